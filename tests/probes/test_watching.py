from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax import probes
from membrax.probes import find_spikes, spike_times
from membrax.probes.watching import crossing
from membrax.timegrid import Time, zero


def by_hand(v, threshold):
    """Upward crossings of a list of numbers, in steps."""
    return [k + (threshold - a) / (b - a) for k, (a, b) in enumerate(pairwise(v)) if a < threshold <= b]


find = jax.jit(find_spikes, static_argnums=2)
TENTHS = st.integers(-1000, 1000).map(lambda n: n / 10)


@given(st.lists(TENTHS, min_size=2, max_size=30), TENTHS)
def test_crossings_are_those_found_by_hand(v, threshold):
    found = find(jnp.asarray(np.pad(v, (0, 30 - len(v)), mode="edge"), dtype=float), jnp.asarray(threshold), 30)
    known = by_hand(v, threshold)
    assert int(found.count) == len(known)
    at = (np.asarray(found.steps) + np.asarray(found.fractions))[: len(known)]
    assert at == pytest.approx(known, abs=1e-4)
    assert np.all(np.asarray(found.steps)[len(known) :] == -1)


def test_a_sample_on_the_threshold_is_one_crossing():
    assert find_spikes(jnp.asarray([-1.0, 0.0, 1.0, 0.0, 0.0, -1.0]), 0.0, 4).count == 1


@pytest.mark.parametrize("v", [[-1.0, jnp.nan, 1.0], [jnp.nan, 1.0, 1.0]])
def test_nothing_is_no_crossing(v):
    crossed, _ = crossing(jnp.asarray(v[:-1]), jnp.asarray(v[1:]), 0.0)
    assert not crossed.any()


def test_spikes_found_online_are_those_found_in_the_trace(full):
    posthoc = find_spikes(full.v, 0.0, 256)
    times = np.asarray(spike_times(posthoc, 0.025, zero(), jnp.zeros((), jnp.int32)))
    assert full.spike_count == posthoc.count == 2
    assert np.array_equal(full.spikes, times, equal_nan=True)
    assert np.array_equal(full.spikes, full.recorded["spikes"], equal_nan=True)


def test_spike_times_are_padded_with_inf(full):
    assert full.spikes.shape == (256,)
    assert np.array_equal(np.isfinite(full.spikes), np.arange(256) < 2)


def test_spikes_are_found_where_the_voltage_is_thinned(cell, full):
    thin = mx.simulate(cell, mx.stimuli.step(12.0, start=0.51), duration=20.0, record=probes.voltage(400))
    assert thin.v.shape == (3,)
    assert np.array_equal(thin.spikes, full.spikes, equal_nan=True)


def test_another_threshold_is_crossed_at_another_time(cell, full):
    low = mx.simulate(
        cell, mx.stimuli.step(12.0, start=0.51), duration=20.0, record=probes.spikes(threshold=-30.0, capacity=5)
    )
    known = np.array(by_hand(np.asarray(full.v, dtype=float).tolist(), -30.0)) * 0.025
    assert low.spikes.shape == (5,)
    assert np.asarray(low.spikes)[:2] == pytest.approx(known, abs=1e-5)
    assert np.all(low.spikes[:2] < full.spikes[:2])


def test_spikes_beyond_the_buffer_are_only_counted(cell, full):
    with pytest.warns(UserWarning, match=r"fired 2 spikes, of which .* first 1 are kept; .*spikes\(capacity=2\)"):
        few = mx.simulate(cell, mx.stimuli.step(12.0, start=0.51), duration=20.0, record=probes.spikes(capacity=1))
    assert few.spike_count == 2
    assert np.array_equal(few.spikes, full.spikes[:1])


def test_times_are_counted_from_where_the_simulation_began():
    found = find_spikes(jnp.asarray([-1.0, -1.0, 3.0, 3.0]), 0.0, 2)
    later = Time(jnp.asarray(7.0), jnp.asarray(0.5))
    assert np.asarray(spike_times(found, 0.1, later, jnp.zeros((), jnp.int32)))[0] == pytest.approx(7.625)
    assert np.asarray(spike_times(found, 0.1, later, jnp.ones((), jnp.int32)))[0] == pytest.approx(7.525)


def test_the_summary_is_that_of_the_full_trace(full):
    v, summary = np.asarray(full.v, dtype=float), full.recorded["summary"]
    assert summary.minimum == v.min().astype(summary.minimum.dtype)
    assert summary.maximum == v.max().astype(summary.maximum.dtype)
    assert float(summary.mean) == pytest.approx(np.mean(0.5 * (v[1:] + v[:-1])), abs=1e-3)
    assert summary.steps == 800


def test_the_mean_of_a_long_still_run_does_not_drift():
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.1, e=-65.1)}, v_init=-65.1)
    trace = mx.simulate(cell, duration=5e4, dt=0.5, record=[probes.summary(), probes.voltage(1000)])
    assert float(trace.recorded["summary"].mean) == pytest.approx(-65.1, abs=1e-4)


def test_spike_times_can_be_differentiated(cell):
    def second_spike(level):
        return mx.simulate(cell, level, duration=20.0).spikes[1]

    slope = jax.jit(jax.jvp, static_argnums=0)(second_spike, (jnp.asarray(12.0),), (jnp.asarray(1.0),))[1]
    early, late = second_spike(11.8), second_spike(12.2)
    assert float(slope) == pytest.approx(float(late - early) / 0.4, rel=0.05)
    assert slope < 0


@pytest.mark.parametrize("chunk", [None, 5.0])
def test_several_spike_probes_in_one_run(cell, chunk):
    pulse, low = mx.stimuli.step(12.0, start=0.51), probes.spikes(-30.0, name="low")
    record = [probes.voltage(4), probes.spikes(), low]
    trace = mx.simulate(cell, pulse, duration=20.0, record=record)
    cells = mx.vary(cell, {"na.g": [120.0, 100.0, 0.0]})
    result = mx.run(cells, pulse, duration=20.0, record=record, chunk=chunk, progress=False)
    alone = mx.run(cells, pulse, duration=20.0, record=low, progress=False)
    assert np.array_equal(result.recorded["low"], alone.spike_times, equal_nan=True)
    assert np.array_equal(result.spike_times, mx.run(cells, pulse, duration=20.0, progress=False).spike_times, True)
    for times, kept in ((trace.recorded["low"], alone.spike_times), (trace.spikes, result.spike_times)):
        assert np.asarray(times)[:2] == pytest.approx(kept[0, :2], abs=1e-5)


def test_a_run_that_records_the_voltage_keeps_spike_times(cell):
    named = {"duration": 10.0, "progress": False}
    kept = mx.run(cell, 12.0, record=probes.voltage(4), **named)
    assert np.array_equal(kept.spike_times, mx.run(cell, 12.0, **named).spike_times) and kept.spike_times.size == 1


@pytest.mark.parametrize("name", ["", "my axon", 3])
def test_a_spike_probe_has_a_word_as_its_name(name):
    with pytest.raises(ValueError, match="name must be a word such as"):
        probes.spikes(name=name)
