"""The squid axon as Hodgkin and Huxley published it, and as the field knows it since."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx

HH = mx.models.hodgkin_huxley()
REST = jax.jit(lambda cell: mx.rest(cell).v)


def spikes(cell, stimulus, duration=200.0):
    trace = mx.simulate(cell, stimulus, duration=duration)
    return np.asarray(trace.spikes[: int(trace.spike_count)], dtype=float), np.asarray(trace.v, dtype=float)


def test_parameters_are_those_of_table_3():
    assert float(HH.capacitance) == 1.0
    assert [float(HH.channels[name].g) for name in ("na", "k", "leak")] == pytest.approx([120.0, 36.0, 0.3])
    assert [float(HH.channels[name].e) for name in ("na", "k", "leak")] == pytest.approx([50.0, -77.0, -54.387])
    assert float(HH.celsius) == pytest.approx(6.3)


def test_it_rests_at_minus_65():
    assert float(REST(HH)) == pytest.approx(-65.0, abs=0.01)
    times, v = spikes(HH, None)
    assert len(times) == 0
    np.testing.assert_allclose(v, -65.0, atol=0.02)


def test_it_fires_14_times_in_200_ms_at_10_microamperes():
    times, v = spikes(HH, 10.0)
    assert len(times) == 14
    np.testing.assert_allclose(np.diff(times)[3:], 14.64, atol=0.05)
    assert v[2000:].max() == pytest.approx(30.0, abs=3.0)
    assert v.min() == pytest.approx(-75.1, abs=0.3)


def test_a_brief_shock_causes_a_spike_of_100_mv():
    times, v = spikes(HH, mx.stimuli.step(20.0, 5.0, 5.5))
    assert len(times) == 1
    assert v.max() - v[0] == pytest.approx(104.4, abs=1.0)
    assert -77.0 < v.min() < -75.5


def test_half_the_shock_is_none():
    times, v = spikes(HH, mx.stimuli.step(10.0, 5.0, 5.5))
    assert len(times) == 0
    assert v.max() < -50.0


def test_release_from_an_anode_is_a_spike():
    times, _ = spikes(HH, mx.stimuli.step(-10.0, 5.0, 35.0))
    assert len(times) == 1
    assert 35.0 < times[0] < 50.0


def test_repetitive_firing_starts_near_6_3_at_a_high_rate():
    # The stable limit cycle is born at 6.26 µA/cm² with a period near 18 ms (Rinzel & Miller 1980).
    few, many = (spikes(HH, i)[0] for i in (5.9, 6.5))
    assert len(few) < 5
    assert np.diff(many)[-1] == pytest.approx(17.7, abs=0.7)


def test_a_strong_current_blocks():
    times, v = spikes(HH, 160.0)
    assert len(times) == 1
    assert np.ptp(v[-2000:]) < 1.0


def test_warmth_makes_spikes_brief_and_then_fail():
    def width(celsius):
        v = spikes(mx.replace(HH, {"celsius": celsius}), mx.stimuli.step(40.0, 5.0, 5.5))[1]
        return 0.025 * np.sum(v > -20.0)

    assert width(6.3) > 2 * width(18.5) > 0.0
    assert width(40.0) == 0.0


def test_without_sodium_there_is_no_spike():
    times, _ = spikes(mx.replace(HH, {"na.g": 0.0}), 10.0)
    assert len(times) == 0


def test_each_call_gives_a_cell_of_its_own():
    assert mx.models.hodgkin_huxley() is not mx.models.hodgkin_huxley()
    assert float(jnp.asarray(mx.models.hodgkin_huxley().v_init)) == -65.0
