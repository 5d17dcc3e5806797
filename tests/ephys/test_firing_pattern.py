"""Rate and adaptation of trains under known steps."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.firing_pattern import firing_pattern

REST, PEAK = -65.0, 30.0
WIDTH = 1.2  # ms at half height


def spiking(times, dt, duration=500.0, width=WIDTH, peak=PEAK):
    """A sweep with Gaussian spikes."""
    t = np.arange(round(duration / dt)) * dt
    sigma = width / (2 * np.sqrt(2 * np.log(2)))
    v = REST + (peak - REST) * np.exp(-0.5 * np.square((t[:, None] - np.asarray(times)) / sigma)).sum(axis=1)
    return t, v


@pytest.mark.parametrize("dt", [0.02, 0.05, 0.1, 0.25])
def recorded(*trains, on=100.0, off=400.0, dt=0.1):
    """Sweeps under one step up, each with its spikes."""
    sweeps = [spiking(times, dt)[1] for times in trains]
    t = spiking([], dt)[0]
    return mx.Recording(t=t, v=np.array(sweeps), i=0.1 * ((t >= on) & (t < off)))


def test_rate_is_that_of_the_step():
    fires = firing_pattern(recorded([150.0, 200.0, 250.0, 300.0, 350.0], [120.0, 160.0]))
    assert fires.spike_counts.tolist() == [5, 2]
    assert fires.max_rate == pytest.approx(5 / 0.3, rel=0.01)
    assert fires.adaptation_index == pytest.approx(0.0, abs=1e-3)
    assert fires.undriven == 0


def test_spikes_outside_steps_are_undriven():
    assert firing_pattern(recorded([50.0, 150.0, 450.0])).undriven == 2
    t, v = spiking([100.0, 200.0], 0.1)
    assert firing_pattern(mx.Recording(t=t, v=v, i=0.0)).undriven == 2


def test_ramp_has_no_undriven_spikes():
    t, v = spiking([100.0, 200.0], 0.1)
    assert firing_pattern(mx.Recording(t=t, v=v, i=0.1 * t / t[-1])).undriven == 0


def test_silent_recording_has_no_pattern():
    t, v = spiking([], 0.1)
    fires = firing_pattern(mx.Recording(t=t, v=v, i=np.linspace(0.0, 0.1, t.size)))
    assert np.isnan([fires.ap_duration_half_width, fires.adaptation_index]).all()
    assert fires.max_rate == 0.0
