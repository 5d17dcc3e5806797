"""Spike times by a cubic through four samples: its order, its derivative, and the same times however a run is cut."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import brentq

import membrax as mx
from membrax import probes
from membrax.probes.crossings import crossing, cubic_crossing

PULSE = mx.stimuli.step(12.0, start=0.51)
CUBIC = probes.spikes(interpolation="cubic")
cubic = jax.jit(cubic_crossing)


def upstroke(t):
    """A smooth potential [mV] that crosses 0 mV at 2 ms, as fast as a spike."""
    return 60.0 * (np.tanh((t - 2.0) / 0.4 - 0.5) + np.tanh(0.5))


def errors(interval):
    """Errors [ms] of line and cubic for samples of `upstroke`, the largest over the places of the grid."""
    found = []
    for shift in np.linspace(0.05, 0.95, 19):
        t = 2.0 + interval * (np.arange(4) - 2 - shift)
        v = [jnp.asarray(x) for x in upstroke(t)]
        fractions = crossing(v[2], v[3], 0.0)[1], cubic((v[0], v[1]), v[2], v[3], 0.0)[1]
        found.append([abs(t[2] + float(x) * interval - 2.0) for x in fractions])
    return np.max(found, axis=0)


@pytest.mark.x64
def test_a_line_is_of_second_and_a_cubic_of_fourth_order():
    coarse, fine = errors(0.02), errors(0.01)
    # The next order is 0.01/0.4 of the leading one, times a ratio of derivatives of up to about 5.
    assert coarse[0] / fine[0] == pytest.approx(4.0, rel=0.15)
    assert coarse[1] / fine[1] == pytest.approx(16.0, rel=0.15)
    assert fine[1] < 0.01 * fine[0]


@given(st.lists(st.integers(-1000, 1000), min_size=4, max_size=4))
def test_a_cubic_crosses_where_a_line_does_and_in_the_step(samples):
    oldest, old, before, after = (jnp.asarray(x / 10, dtype=float) for x in samples)
    crossed, fraction = cubic((oldest, old), before, after, 0.0)
    assert crossed == crossing(before, after, 0.0)[0]
    assert 0.0 <= fraction <= 1.0


@given(st.floats(0.01, 0.99), st.floats(-0.3, 0.3), st.floats(-0.1, 0.1))
def test_a_cubic_is_exact_for_a_cubic(root, bend, twist):
    s = np.array([-2.0, -1.0, 0.0, 1.0])
    v = 50.0 * ((s - root) + bend * (s - root) ** 2 + twist * (s - root) ** 3)
    if not v[2] < 0.0 <= v[3]:
        return
    oldest, old, before, after = (jnp.asarray(x, dtype=float) for x in v - 20.0)
    fraction = cubic((oldest, old), before, after, -20.0)[1]
    # Rounding of samples of up to 200 mV, on a slope of at least 10 mV per step.
    assert float(fraction) == pytest.approx(root, abs=200 * 4 * 1.2e-7 / 10)


@pytest.mark.parametrize(("known", "power"), [(0, 1), (1, 2), (2, 3)])
def test_missing_samples_leave_a_line_or_a_parabola(known, power):
    s = np.array([-2.0, -1.0, 0.0, 1.0])
    v = 10.0 * ((s + 1.0) ** power - 1.4**power)
    earlier = [jnp.asarray(x if k >= 2 - known else np.inf, dtype=float) for k, x in enumerate(v[:2])]
    before, after = (jnp.asarray(x, dtype=float) for x in v[2:])
    assert float(cubic(tuple(earlier), before, after, 0.0)[1]) == pytest.approx(0.4, abs=1e-6)


def interpolated_crossings(v, dt):
    """Times of crossings of 0 mV by a polynomial through ten samples."""
    times = []
    for k in np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0)):
        at = np.arange(-4, 6)
        polynomial = BarycentricInterpolator(at.astype(float), v[k + at])
        times.append((k + brentq(lambda s, p=polynomial: float(p(s)), 0.0, 1.0, xtol=1e-14)) * dt)
    return np.array(times)


@pytest.mark.x64
def test_times_of_a_simulation_are_of_fourth_order(cell):
    worst = {}
    for dt in (0.0125, 0.00625):
        record = [CUBIC, probes.spikes(name="line")]
        trace = mx.simulate(cell, PULSE, duration=20.0, dt=dt, record=record)
        known = interpolated_crossings(np.asarray(trace.v), dt)
        assert len(known) == trace.spike_count == 2
        found = trace.spikes[:2], trace.recorded["line"][:2]
        worst[dt] = [np.max(np.abs(np.asarray(times) - known)) for times in found]
    # The place in the step differs between the two grids, so that the ratio is not quite 16.
    assert worst[0.0125][0] > 7 * worst[0.00625][0]
    assert worst[0.00625][0] < 2e-7 < 1e-5 < worst[0.00625][1]


def test_in_float32_a_run_is_far_closer_than_a_line(cell):
    v = np.asarray(mx.simulate(cell, PULSE, duration=20.0, dt=0.00625).v, dtype=float)
    known = interpolated_crossings(v, 0.00625)
    named = {"duration": 20.0, "dt": 0.00625, "progress": False}
    line, found = (mx.run(cell, PULSE, record=probe, **named).spike_times[0] for probe in (probes.spikes(), CUBIC))
    assert np.max(np.abs(found - known)) < 1e-6 < 1e-5 < np.max(np.abs(line - known))


@pytest.mark.parametrize("steps", [1, 2, 3, 88, 89, 90])
def test_the_chunks_of_a_run_change_no_time(cell, steps):
    cells = mx.vary(cell, {"na.g": [120.0, 118.0, 100.0]})
    record = [CUBIC, probes.spikes(-30.0, name="low", interpolation="cubic")]
    named = {"duration": 2.5, "record": record, "progress": False}
    whole, cut = mx.run(cells, PULSE, **named), mx.run(cells, PULSE, chunk=steps * 0.025, **named)
    assert np.all(whole.spike_counts == 1)
    assert np.array_equal(whole.spike_times, cut.spike_times)
    assert np.array_equal(whole.recorded["low"], cut.recorded["low"])
    assert set(whole.recorded) == {"low"}
    # The time is that of the same simulation, and not that of a line.
    trace = mx.simulate(cell, PULSE, duration=2.5, record=record)
    assert float(trace.spikes[0]) == pytest.approx(whole.spike_times[0, 0], abs=1e-6)
    assert abs(float(mx.simulate(cell, PULSE, duration=2.5).spikes[0]) - whole.spike_times[0, 0]) > 1e-5


def test_a_resumed_run_has_the_times_of_the_whole_run(cell, tmp_path):
    named = {"record": CUBIC, "progress": False, "chunk": 2.2}
    whole = mx.run(cell, PULSE, duration=4.4, **named)
    for duration in (2.2, 4.4):  # the spike is at 2.216 ms, in the first step of the second part
        result = mx.run(cell, PULSE, duration=duration, checkpoint=tmp_path / "run.npz", **named)
    assert np.array_equal(result.spike_times, whole.spike_times) and whole.spike_times.size == 1


def test_a_spike_in_the_last_step_is_kept(cell):
    for result in (
        mx.simulate(cell, PULSE, duration=2.225, record=CUBIC).spikes,
        mx.run(cell, PULSE, duration=2.225, record=CUBIC, progress=False).spike_times[0],
    ):
        assert np.asarray(result)[np.isfinite(result)] == pytest.approx([2.2159], abs=1e-3)
    assert mx.simulate(cell, PULSE, duration=2.2, record=CUBIC).spike_count == 0


def test_the_derivative_of_a_time_is_a_difference(cell):
    def second_spike(level):
        return mx.simulate(cell, level, duration=20.0, record=CUBIC).spikes[1]

    forward = jax.jit(jax.jvp, static_argnums=0)(second_spike, (jnp.asarray(12.0),), (jnp.asarray(1.0),))[1]
    reverse = jax.jit(jax.grad(second_spike))(jnp.asarray(12.0))
    difference = (second_spike(12.1) - second_spike(11.9)) / 0.2
    assert float(forward) == pytest.approx(float(difference), rel=5e-3)  # its third derivative is 0.2 % of it
    assert float(reverse) == pytest.approx(float(forward), rel=1e-4)


def test_a_site_of_a_tree_has_cubic_times():
    shape = mx.morphology.discretise(mx.morphology.ball_and_stick(10.0, 300.0, 2.0), max_length=30.0)
    squid = mx.channels.squid
    tree = mx.Cell({"na": squid.Sodium(), "k": squid.Potassium(), "leak": mx.channels.Leak()}, morphology=shape)
    trees = mx.vary(tree, {"na.g": np.linspace(118.0, 122.0, 3)})
    pulse = mx.stimuli.step(1.0, 1.0, unit="nA").at("soma")
    record = [probes.spikes(interpolation="cubic"), probes.spikes(site=(1, 0.9), name="far", interpolation="cubic")]
    named = {"duration": 5.0, "record": record, "progress": False}
    many, cut = mx.run(trees, pulse, **named), mx.run(trees, pulse, chunk=0.1, **named)
    one = mx.simulate(tree, pulse, duration=5.0, record=record)
    known = [interpolated_crossings(np.asarray(one.v[:, k], dtype=float), 0.025)[0] for k in (0, shape.site(1, 0.9))]
    for times in (many.spike_times[1], cut.spike_times[1], one.spikes):
        assert float(times[0]) == pytest.approx(known[0], abs=5e-5)
    for times in (many.recorded["far"][1], cut.recorded["far"][1], one.recorded["far"]):
        assert float(times[0]) == pytest.approx(known[1], abs=5e-5)
    assert np.array_equal(many.spike_times, cut.spike_times, equal_nan=True)


def test_no_value_is_nan_on_the_way(cell):
    with jax.debug_nans(True):
        assert mx.simulate(cell, PULSE, duration=2.5, record=CUBIC).spike_count == 1


def test_an_unknown_interpolation_is_refused(cell):
    with pytest.raises(ValueError, match='interpolation must be "linear" or "cubic", got \'spline\''):
        probes.spikes(interpolation="spline")
    with pytest.raises(ValueError, match="fused=True has linear spike times, but record has"):
        mx.run(cell, PULSE, duration=1.0, record=CUBIC, fused=True, progress=False)
