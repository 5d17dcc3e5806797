"""Features of a spike train: closed forms on triangles, eFEL on a real cell, and their slopes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting import losses

pytestmark = pytest.mark.slow

INTERVAL = 0.05
T = np.arange(0.0, 150.0, INTERVAL)
REST, THRESHOLD = -65.0, -10.0
EXACT = jax.config.jax_enable_x64


def trace(times, peak=40.0, flank=1.0, trough=-75.0, rest=REST):
    """Triangles with flanks of ``flank`` ms, each followed by a trough that recovers over 12 ms."""
    t = jnp.asarray(T, dtype=float)
    v = jnp.full(T.shape, rest)
    for top in times:
        since = t - top - flank
        v = jnp.where((since > 0) & (since < 12.0), trough + (rest - trough) * since / 12.0, v)
        v = jnp.maximum(v, peak - (peak - jnp.where(t > top, trough, rest)) * jnp.abs(t - top) / flank)
    return v


LOOK = jax.jit(lambda v: losses.features(v, INTERVAL, spikes=4))
COUNT = jax.jit(losses.soft_count)


def test_features_of_triangles():
    found = LOOK(trace([30.0, 70.0, 110.0]))
    up, down = (40.0 - THRESHOLD) / 105.0, (40.0 - THRESHOLD) / 115.0  # ms from the peak
    known = {
        "times": [30.0 - up, 70.0 - up, 110.0 - up],
        "peak_voltage": [40.0] * 3,
        "ap_width": [up + down] * 3,
        "trough": [-75.0] * 3,
        "ahp_depth": [-10.0] * 3,
        "spike_half_width": [57.5 / 105.0 + 57.5 / 115.0] * 3,
    }
    for name, expected in known.items():
        sampled = 0.1 if name in ("trough", "ahp_depth") else 2e-2
        np.testing.assert_allclose(getattr(found, name)[:3], expected, atol=sampled)
        assert np.isnan(float(getattr(found, name)[3]))
    assert float(found.soft_count) == pytest.approx(3.0, abs=1e-3)
    assert float(found.mean_rate) == pytest.approx(3e3 / (T[-1]), rel=1e-3)
    assert float(found.time_to_first_spike) == float(found.times[0])
    assert float(found.voltage_base) == pytest.approx(REST, abs=1e-4)


def test_a_silent_trace_has_a_base_and_a_count_and_no_shape():
    found = LOOK(trace([]))
    assert float(found.soft_count) < 1e-4 and float(found.voltage_base) == REST
    assert all(
        np.all(np.isnan(getattr(found, name)))
        for name in ("times", "peak_voltage", "ap_width", "trough", "spike_half_width")
    )
    assert np.isnan(float(found.time_to_first_spike))


def test_a_spike_that_the_sweep_cuts_off_has_no_width():
    found = LOOK(trace([149.8]))
    assert np.isfinite(float(found.times[0])) and np.isnan(float(found.ap_width[0]))


def test_a_trough_is_looked_for_before_the_next_spike():
    found = LOOK(trace([30.0, 38.0]))
    assert float(found.trough[0]) == pytest.approx(-75.0, abs=0.2)
    low = trace([30.0, 38.0]).at[900:].set(-90.0)  # 7 ms after the second
    assert float(LOOK(low).trough[0]) == pytest.approx(-75.0, abs=0.2) and float(LOOK(low).trough[1]) == -90.0


@given(st.floats(-9.0, 60.0))
def test_the_soft_count_rises_from_zero_to_one(peak):
    rise = 1.0 / (1.0 + np.exp(-(peak - THRESHOLD) / 3.0)) - 1.0 / (1.0 + np.exp(-(REST - THRESHOLD) / 3.0))
    assert float(COUNT(trace([30.0], peak=peak))) == pytest.approx(rise, abs=1e-2)


ONE = ("soft_count", "mean_rate", "voltage_base", "time_to_first_spike")


EACH = ("peak_voltage", "ap_width", "spike_half_width", "trough", "ahp_depth")


def test_slopes_are_finite_differences():
    way = lambda x: trace([30.03 + x], 0.4 + x, 1.0 + 0.02 * x, -75.0 + x, REST + 0.5 * x)  # noqa: E731

    def along(x):
        found = LOOK(way(x))
        return jnp.stack([getattr(found, name) for name in ONE] + [getattr(found, name)[0] for name in EACH])

    step, tolerance = (1e-6, 1e-5) if EXACT else (3e-3, 3e-2)
    value, backward, forward = (jax.jit(f) for f in (along, jax.jacrev(along), jax.jacfwd(along)))
    expected = (np.asarray(value(step), dtype=float) - np.asarray(value(-step), dtype=float)) / (2 * step)
    for k, name in enumerate((*ONE, *EACH)):
        assert float(backward(0.0)[k]) == pytest.approx(expected[k], rel=tolerance, abs=1e-3), name
    np.testing.assert_allclose(forward(0.0), backward(0.0), rtol=1e-3, atol=1e-5)
    assert np.all(np.abs(np.delete(expected, [0, 1])) > 1e-3)


def test_they_are_efel_s_on_a_real_cell(shared_data):
    efel = pytest.importorskip("efel")
    data = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf").crop(None, 650.0)
    efel.reset()
    efel.set_setting("Threshold", THRESHOLD)
    efel.set_setting("interp_step", data.dt)
    names = ["spike_count", "peak_voltage", "AP_width", "voltage_base", "spike_half_width"]
    trace = {"T": data.t, "V": data.v[14], "stim_start": [146.8], "stim_end": [646.8]}
    theirs = efel.get_feature_values([trace], names)[0]
    ours = losses.features(data.v[14], data.dt, base=(0.9 * 146.8, 146.8))
    count = int(theirs["spike_count"][0])
    assert float(ours.soft_count) == pytest.approx(count, abs=0.05) and count == 8
    assert float(ours.voltage_base) == pytest.approx(theirs["voltage_base"][0], abs=0.01)
    np.testing.assert_allclose(ours.peak_voltage[:count], theirs["peak_voltage"], atol=1e-3)
    np.testing.assert_allclose(ours.ap_width[:count], theirs["AP_width"], atol=2 * data.dt)
    np.testing.assert_allclose(ours.spike_half_width[:count], theirs["spike_half_width"], rtol=0.08)


# --- distance

FAR = jax.jit(lambda v, recorded: losses.feature_distance(v, recorded, INTERVAL, spikes=4))


def test_a_difference_of_one_size_costs_half():
    base = float(FAR(trace([30.0], rest=-67.0, trough=-75.0), trace([30.0])))
    assert base == pytest.approx(0.5 / 8, abs=0.25 / 8)  # the base, and the depth by less


def test_a_silent_model_of_a_firing_cell_has_no_features():
    # Six features are missing, the rate is far off, the base is right.
    assert float(FAR(trace([]), trace([30.0, 70.0]))) == pytest.approx(7 / 8, abs=0.01)


def test_a_firing_model_of_a_silent_cell_is_told_by_its_rate():
    assert 0.9 / 8 < float(FAR(trace([30.0, 70.0]), trace([]))) <= 1 / 8


@pytest.mark.parametrize(
    "call, told",
    [
        (lambda v: losses.features(v, 0.0), "interval must be above 0 ms, got 0 ms"),
        (lambda v: losses.features(v, INTERVAL, base=(5.0, 2.0)), r"in order within 0 to 149.95 ms, got 5 and 2"),
        (lambda v: losses.voltage_base(v, INTERVAL, end=200.0), r"in order within 0 to 149.95 ms, got 0 and 200"),
        (lambda v: losses.soft_count(v, steepness=0.0), "steepness must be above 0 mV, got 0 mV"),
        (lambda v: losses.soft_count(v[None]), r"v must be one sweep \[time\]"),
        (lambda v: jax.jit(losses.features)(v, INTERVAL), "interval must be a plain number in ms"),
    ],
)
def test_bad_input_is_refused_in_words(call, told):
    with pytest.raises(ValueError, match=told):
        call(trace([30.0]))
