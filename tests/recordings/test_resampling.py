"""Resampling keeps frequencies below the new Nyquist frequency, charge and times, and removes those above."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.ephys.spikes import sweep_spikes
from membrax.fitting.recipe.sampling import sampling_interval
from membrax.recordings.resampling import resample

DT = 0.05
T = np.arange(8000) * DT


def sine(hertz, dt=DT, samples=8000):
    t = np.arange(samples) * dt
    return mx.Recording(t=t, v=-65.0 + 10.0 * np.sin(2 * np.pi * hertz * t / 1e3), i=0.1 * (t > 0.3 * t[-1]))


def spikes(width, dt, times=(100.0, 200.0, 300.0)):
    t = np.arange(round(400.0 / dt)) * dt
    sigma = width / (2 * np.sqrt(2 * np.log(2)))
    v = -65.0 + 95.0 * np.exp(-0.5 * np.square((t[:, None] - np.asarray(times)) / sigma)).sum(axis=1)
    return mx.Recording(t=t, v=v, i=0.1 * (t > 50.0))


@pytest.mark.parametrize("dt", [0.1, 0.125, 0.2, 0.025])
def test_slow_components_remain(dt):
    result = resample(sine(200.0), dt)
    assert result.dt == pytest.approx(dt)
    inside = (result.t > 20.0) & (result.t < 380.0)
    np.testing.assert_allclose(result.v[0, inside], -65 + 10 * np.sin(0.4 * np.pi * result.t[inside]), atol=0.05)


def test_fast_components_vanish_and_decimation_aliases():
    data = sine(4000.0)  # above the Nyquist frequency of 0.2 ms, 2.5 kHz
    middle = slice(200, 1800)
    assert np.std(resample(data, 0.2).v[0, middle]) < 0.1
    assert np.std(data.decimate(4).v[0, middle]) > 5.0


def test_noise_decreases_with_its_band():
    v = -65.0 + np.random.default_rng(0).normal(0.0, 1.0, T.size)
    result = resample(mx.Recording(t=T, v=v, i=0.1 * (T > 100.0)), 0.2)
    assert np.std(result.v) == pytest.approx(0.5, rel=0.1)  # √(1/4) of white noise


@pytest.mark.parametrize("dt", [0.1, 0.15, 0.2, 0.125])
def test_charge_is_conserved(dt):
    i = np.random.default_rng(0).normal(0.0, 0.1, T.size)
    data = mx.Recording(t=T, v=np.linspace(-70.0, -60.0, T.size), i=i)
    result = resample(data, dt)
    # The charge until every new sample is unchanged.
    edges = np.concatenate([[0.0], np.cumsum(i) * DT])
    flowed = np.interp(result.t[1:], DT * np.arange(T.size + 1), edges)
    np.testing.assert_allclose(np.cumsum(result.i[0])[:-1] * result.dt, flowed, atol=1e-9)


@pytest.mark.parametrize("dt", [0.04, 0.05, 0.1, 0.2])
def test_spikes_are_neither_moved_nor_cut(dt):
    data = spikes(1.0, 0.02)
    before, after = (sweep_spikes(one.v[0], one.t) for one in (data, resample(data, dt)))
    # Only the interpolation between samples shifts the crossing of −10 mV: the second derivative over 8 dt².
    np.testing.assert_allclose(after.times, before.times, atol=0.01 + 0.5 * dt**2)
    assert np.max(np.abs(after.peak_voltage - before.peak_voltage)) < 0.1 + 95 * np.log(2) * dt**2


def test_its_own_interval_changes_nothing():
    data = sine(100.0)
    assert resample(data, DT) is data


def test_resampling_adds_a_note():
    assert "resampled: every 0.1 ms" in resample(sine(100.0), 0.1).notes[-1]


@pytest.mark.parametrize(
    "width, dt, expected",
    [(1.0, 0.02, 0.04), (1.0, 0.05, 0.05), (0.3, 0.01, 0.03), (2.0, 0.25, 0.25), (0.3, 0.05, 0.05)],
)
def test_rule_keeps_samples_per_spike_and_step(width, dt, expected):
    assert sampling_interval(spikes(width, dt)) == pytest.approx(expected)


@given(st.floats(0.3, 3.0), st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.25]))
def test_rule_holds_for_every_spike(width, dt):
    result = sampling_interval(spikes(width, dt, times=(100.0,)))
    assert result >= dt - 1e-12 and abs(result / dt - round(result / dt)) < 1e-9
    assert result <= dt + 1e-12 or result <= min(0.05, 1.05 * width / 8) + 1e-9


@pytest.mark.parametrize("wrong", [0.0, -0.1, np.nan, "0.1", True, 1e4, 0.05 * np.pi])
def test_invalid_intervals_are_refused(wrong):
    with pytest.raises(ValueError, match="dt must be"):
        resample(sine(100.0), wrong)


def test_real_cell_keeps_its_spikes(shared_data):
    (file,) = (shared_data / "recordings" / "allen").glob("*518290966*.npz")
    data = mx.recordings.load(file)
    assert sampling_interval(data) == pytest.approx(0.04)
    result = resample(data, 0.05)
    before, after = (sweep_spikes(one.v[0], one.t) for one in (data, result))
    assert len(before) == len(after) == 12
    np.testing.assert_allclose(after.times, before.times, atol=0.005)
    np.testing.assert_allclose(after.peak_voltage, before.peak_voltage, atol=0.2)
