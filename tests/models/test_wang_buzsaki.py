"""The fast hippocampal interneuron as Wang & Buzsáki (1996) describe it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx

WB = mx.models.wang_buzsaki()
REST = jax.jit(lambda cell: mx.rest(cell).v)
CURRENTS = jnp.asarray([0.0, 0.14, 0.155, 0.17, 0.2, 0.5, 1.0, 2.0])


@pytest.fixture(scope="module")
def runs():
    """Spike counts, last intervals and voltages of one second at each of `CURRENTS`."""
    one = lambda i: mx.simulate(WB, i, duration=1000.0, dt=0.05)  # noqa: E731
    traces = jax.jit(jax.vmap(one))(CURRENTS)
    return np.asarray(traces.spike_count), np.asarray(traces.spikes), np.asarray(traces.v)


def test_parameters_are_the_published_ones():
    assert [float(WB.channels[name].g) for name in ("na", "k", "leak")] == pytest.approx([35.0, 9.0, 0.1])
    assert [float(WB.channels[name].e) for name in ("na", "k", "leak")] == pytest.approx([55.0, -90.0, -65.0])
    assert [float(WB.channels[name].speed) for name in ("na", "k")] == [5.0, 5.0]
    assert float(WB.capacitance) == 1.0


def test_it_rests_near_minus_64(runs):
    assert float(REST(WB)) == pytest.approx(-64.02, abs=0.01)
    np.testing.assert_allclose(runs[2][0, -100:], -64.02, atol=0.01)


def test_its_rheobase_is_0_16_microamperes(runs):
    counts = runs[0]
    assert list(counts[:3] > 0) == [False, False, False]
    assert np.all(counts[3:] > 0)


def test_its_rate_begins_at_zero_and_rises(runs):
    # A saddle-node on the invariant circle: 4 Hz is possible, and 1 µA/cm² is some 60 Hz.
    counts = runs[0][3:]
    assert counts[0] <= 5
    assert np.all(np.diff(counts) > 0)
    assert counts[3] == pytest.approx(59, abs=2)


def test_it_fires_tonically(runs):
    intervals = np.diff(runs[1][-2][: runs[0][-2]])[1:]
    np.testing.assert_allclose(intervals, intervals.mean(), rtol=0.01)


def test_spikes_overshoot_with_a_shallow_afterhyperpolarisation(runs):
    v = runs[2][-2, 2000:]
    assert 20.0 < v.max() < 35.0
    assert -70.0 < v.min() < -64.0
