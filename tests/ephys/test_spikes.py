"""Spikes of known height, width and time."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.spikes import adaptation, firing, sweep_spikes

REST, PEAK = -65.0, 30.0
WIDTH = 1.2  # ms at half height


def spiking(times, dt, duration=500.0, width=WIDTH, peak=PEAK):
    """A sweep with Gaussian spikes."""
    t = np.arange(round(duration / dt)) * dt
    sigma = width / (2 * np.sqrt(2 * np.log(2)))
    v = REST + (peak - REST) * np.exp(-0.5 * np.square((t[:, None] - np.asarray(times)) / sigma)).sum(axis=1)
    return t, v


@pytest.mark.parametrize("dt", [0.02, 0.05, 0.1, 0.25])
def test_a_spike_has_its_width_and_height_at_every_sampling(dt):
    found = sweep_spikes(*spiking([100.0, 200.03, 300.07], dt)[::-1])
    assert len(found) == 3
    np.testing.assert_allclose(found.ap_duration_half_width, WIDTH, rtol=0.02 + (dt / WIDTH) ** 2)
    # A parabola through the top loses at most |v''| dt²/8 = h ln 2 (dt/width)².
    lost = (PEAK - REST) * np.log(2) * (dt / WIDTH) ** 2
    assert np.all(found.peak_voltage <= PEAK + 1e-9) and np.all(found.peak_voltage >= PEAK - lost - 1e-9)
    assert np.all(np.abs(found.samples_above_half - WIDTH / dt) <= 1)
    # It passes −10 mV a fixed time before its top.
    before = WIDTH / (2 * np.sqrt(2 * np.log(2))) * np.sqrt(2 * np.log((PEAK - REST) / (-10.0 - REST)))
    np.testing.assert_allclose(found.times, np.array([100.0, 200.03, 300.07]) - before, atol=0.02 + dt**2)


def test_the_foot_is_where_the_rise_begins():
    t = np.arange(0.0, 100.0, 0.05)
    ramp = np.interp(t, [0, 50, 50.5, 51, 100], [-65.0, -45.0, 35.0, -45.0, -65.0])
    assert sweep_spikes(ramp, t).ap_begin_voltage[0] == pytest.approx(-45.0, abs=0.5)


def test_a_spike_cut_by_the_end_has_no_width():
    t, v = spiking([499.8], 0.1)
    found = sweep_spikes(v, t)
    assert len(found) == 1 and np.isnan(found.ap_duration_half_width[0]) and found.samples_above_half[0] == 0


def test_silence_has_no_spikes():
    t, v = spiking([], 0.1)
    assert len(sweep_spikes(v, t)) == 0
    fires = firing(mx.Recording(t=t, v=v, i=np.linspace(0.0, 0.1, t.size)))
    assert (
        np.isnan(fires.ap_duration_half_width)
        and np.isnan(fires.adaptation_index)
        and np.isnan(fires.silent_fraction)
        and fires.max_rate == 0.0
    )


@pytest.mark.parametrize("ratio", [1.0, 1.2, 0.8])
def test_intervals_of_constant_ratio_have_its_index(ratio):
    times = np.cumsum(10.0 * ratio ** np.arange(8))
    assert adaptation(times) == pytest.approx((ratio - 1) / (ratio + 1), abs=1e-12)


def test_too_few_spikes_have_none():
    assert np.isnan(adaptation(np.array([1.0, 2.0])))


def recorded(*trains, on=100.0, off=400.0, dt=0.1):
    """Sweeps under one step up, each with its spikes."""
    sweeps = [spiking(times, dt)[1] for times in trains]
    t = spiking([], dt)[0]
    return mx.Recording(t=t, v=np.array(sweeps), i=0.1 * ((t >= on) & (t < off)))


def test_rate_and_silence_are_those_of_the_step():
    fires = firing(recorded([150.0, 200.0, 250.0, 300.0, 350.0], [120.0, 160.0]))
    assert fires.spike_counts.tolist() == [5, 2]
    assert fires.max_rate == pytest.approx(5 / 0.3, rel=0.01)
    assert fires.adaptation_index == pytest.approx(0.0, abs=1e-3)
    # One step is silent for its last 50 of 300 ms, the other for 240.
    assert fires.silent_fraction == pytest.approx((50 / 300 + 240 / 300) / 2, abs=0.01)
    assert fires.undriven == 0


def test_spikes_without_a_step_are_counted_apart():
    assert firing(recorded([50.0, 150.0, 450.0])).undriven == 2
    t, v = spiking([100.0, 200.0], 0.1)
    assert firing(mx.Recording(t=t, v=v, i=0.0)).undriven == 2


def test_a_ramp_tells_nothing_of_spikes_outside_of_it():
    t, v = spiking([100.0, 200.0], 0.1)
    assert firing(mx.Recording(t=t, v=v, i=0.1 * t / t[-1])).undriven == 0
