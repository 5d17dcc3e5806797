"""Spikes of known height, width and time."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys import spikes
from membrax.ephys.spikes import sweep_spikes

REST, PEAK = -65.0, 30.0
WIDTH = 1.2  # ms at half height


def spiking(times, dt, duration=500.0, width=WIDTH, peak=PEAK):
    """A sweep with Gaussian spikes."""
    t = np.arange(round(duration / dt)) * dt
    sigma = width / (2 * np.sqrt(2 * np.log(2)))
    v = REST + (peak - REST) * np.exp(-0.5 * np.square((t[:, None] - np.asarray(times)) / sigma)).sum(axis=1)
    return t, v


@pytest.mark.parametrize("dt", [0.02, 0.05, 0.1, 0.25])
def test_spike_has_its_width_and_height_at_every_sampling(dt):
    result = sweep_spikes(*spiking([100.0, 200.03, 300.07], dt)[::-1])
    assert len(result) == 3
    np.testing.assert_allclose(result.ap_duration_half_width, WIDTH, rtol=0.02 + (dt / WIDTH) ** 2)
    # A parabola through the top loses at most |v''| dt²/8 = h ln 2 (dt/width)².
    lost = (PEAK - REST) * np.log(2) * (dt / WIDTH) ** 2
    assert np.all(result.peak_voltage <= PEAK + 1e-9) and np.all(result.peak_voltage >= PEAK - lost - 1e-9)
    assert np.all(np.abs(result.samples_above_half - WIDTH / dt) <= 1)
    # It crosses −10 mV a fixed time before its top.
    before = WIDTH / (2 * np.sqrt(2 * np.log(2))) * np.sqrt(2 * np.log((PEAK - REST) / (-10.0 - REST)))
    np.testing.assert_allclose(result.times, np.array([100.0, 200.03, 300.07]) - before, atol=0.02 + dt**2)


def test_spike_begins_where_its_steep_rise_begins():
    t = np.arange(0.0, 100.0, 0.05)
    ramp = np.interp(t, [0, 50, 50.5, 51, 100], [-65.0, -45.0, 35.0, -45.0, -65.0])
    assert sweep_spikes(ramp, t).ap_begin_voltage[0] == pytest.approx(-45.0, abs=0.5)


def test_spike_cut_by_the_end_has_no_width():
    t, v = spiking([499.8], 0.1)
    result = sweep_spikes(v, t)
    assert len(result) == 1 and np.isnan(result.ap_duration_half_width[0]) and result.samples_above_half[0] == 0


def test_silence_has_no_spikes():
    t, v = spiking([], 0.1)
    assert len(sweep_spikes(v, t)) == 0


def test_recording_has_the_spikes_of_its_sweeps():
    t, v = spiking([100.0, 200.0], 0.1)
    result = spikes(mx.Recording(t=t, v=np.stack([v, np.full_like(v, REST)]), i=0.0))
    assert result.counts.tolist() == [2, 0]
    head, first, second = result.table().splitlines()
    assert "half width (ms)" in head and first.split()[0] == second.split()[0] == "0"
    assert float(first.split()[1]) == pytest.approx(result.sweeps[0].times[0], abs=0.01)


def test_spikes_needs_a_recording():
    with pytest.raises(ValueError, match="data must be a Recording"):
        spikes(np.zeros(3))
