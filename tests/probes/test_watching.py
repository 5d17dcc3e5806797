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


def test_spike_times_are_padded_with_nan(full):
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
