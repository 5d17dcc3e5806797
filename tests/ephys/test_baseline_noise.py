"""Noise and synaptic events of known size in the quiet stretches."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.baseline_noise import baseline_noise, quiet_stretches

DT = 0.1
T = np.arange(10000) * DT
EVENTS = (60.0, 130.0, 190.0, 640.0, 900.0)


def recording(noise=0.1, events=(), size=2.0, seed=0, sweeps=2):
    """A step from 300 to 500 ms, and events that rise in 1 ms and fade in 15."""
    v = np.full((sweeps, T.size), -65.0) + np.random.default_rng(seed).normal(0.0, noise, (sweeps, T.size))
    i = np.tile(0.1 * ((T >= 300.0) & (T < 500.0)), (sweeps, 1))
    v += 120.0 * i
    for at in events:
        since = np.maximum(T - at, 0.0)
        v[0] += size * (np.exp(-since / 15.0) - np.exp(-since / 1.0))
    return mx.Recording(t=T, v=v, i=i)


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.5])
def test_white_noise_between_samples_and_in_a_window(noise):
    result = baseline_noise(recording(noise))
    assert result.sample_sd == pytest.approx(noise, rel=0.05) and result.window_sd == pytest.approx(noise, rel=0.1)
    assert result.events == () and result.event_rate == 0.0


def test_slow_noise_is_not_between_samples():
    data = recording(0.02)
    v = data.v + 0.5 * np.sin(2 * np.pi * T / 40.0)
    result = baseline_noise(mx.Recording(t=T, v=v, i=data.i))
    assert result.sample_sd < 0.03 and result.window_sd == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_events_have_their_times(seed):
    result = baseline_noise(recording(events=EVENTS, seed=seed))
    # Those at 640 ms are within the 200 ms after the step.
    expected = [at for at in EVENTS if at != 640.0]
    assert [sweep for sweep, _ in result.events] == [0] * len(expected)
    np.testing.assert_allclose([at for _, at in result.events], expected, atol=3.0)
    assert np.all((result.event_sizes > 0.5) & (result.event_sizes < 2.0))
    assert result.event_rate == pytest.approx(1e3 * len(expected) / result.duration)


def test_small_events_count_as_noise():
    assert baseline_noise(recording(events=EVENTS, size=0.4)).events == ()


def test_steps_and_spikes_are_not_quiet():
    data = recording()
    v = data.v.copy()
    v[0, 1500:1510] = 30.0
    result = quiet_stretches(mx.Recording(t=T, v=v, i=data.i), 0)
    assert result == [(0, 1250), (7000, 10000)] or result == [(0, 1250), (2500, 3000), (7000, 10000)]
    assert quiet_stretches(data, 1) == [(0, 3000), (7000, 10000)]


def test_drift_within_a_sweep_is_measured():
    data = recording(0.05)
    drifting = mx.Recording(t=T, v=data.v + 4.0 * T / T[-1], i=data.i)
    assert baseline_noise(drifting).wander == pytest.approx(3.8, abs=0.15)


def test_no_quiet_stretch_gives_nan():
    ramp = mx.Recording(t=T, v=recording().v, i=np.sin(T / 5.0) * 0.1)
    result = baseline_noise(ramp)
    assert (
        result.stretches == ()
        and np.isnan(result.sample_sd)
        and np.isnan(result.window_sd)
        and np.isnan(result.event_rate)
    )
