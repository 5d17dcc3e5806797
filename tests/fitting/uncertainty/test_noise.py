import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.uncertainty.noise import from_baseline, from_differences, noise

SIGMA = 0.3  # mV
T = np.arange(8000) * 0.05


def white(seed=0, sigma=SIGMA, shape=(2, 8000)):
    return np.random.default_rng(seed).normal(0.0, sigma, shape)


def coloured(rho, seed=0):
    x = white(seed)
    for k in range(1, x.shape[1]):
        x[:, k] = rho * x[:, k - 1] + np.sqrt(1 - rho**2) * x[:, k]
    return x


def recording(v, i=0.0):
    return mx.Recording(t=T, v=v, i=i, unit="uA/cm2")


@pytest.mark.parametrize("signal", [np.full_like(T, -65.0), -65.0 + 0.1 * T, -65.0 + 10.0 * np.sin(T / 20.0)])
def test_white_noise_on_a_smooth_voltage(signal):
    # A median over 16 000 differences: its standard error is 1 %.
    assert from_differences(signal + white()) == pytest.approx(SIGMA, rel=0.04)


def test_spikes_are_few_samples():
    spikes = sum(100.0 * np.exp(-np.square((T - at) / 0.3)) for at in range(20, 400, 25))
    assert from_differences(-65.0 + spikes + white()) == pytest.approx(SIGMA, rel=0.06)


def test_a_coarse_converter_does_not_hide_the_noise():
    v = np.round(white(sigma=0.02) / 0.1) * 0.1 - 65.0
    assert 0.0 < from_differences(v) < 0.1


def test_a_noiseless_line_has_none():
    assert from_differences(np.linspace(-70.0, -60.0, 50)[None]) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(from_differences(np.zeros((1, 2))))


def test_correlated_noise_is_measured_on_the_baseline():
    i = np.where(T < 100.0, 0.1, 1.0)
    measured = noise(recording(-65.0 + coloured(0.9), i))
    # Neighbours differ little: differences show hardly any noise. The baseline of 2000 samples has some 100
    # independent ones in either sweep.
    assert measured.differences < 0.3 * SIGMA
    assert measured.baseline == pytest.approx(SIGMA, rel=0.25)
    assert measured.level == measured.baseline and "baseline" in measured.source


def test_without_a_quiet_baseline_the_level_is_by_differences():
    i = np.random.default_rng(1).normal(size=T.size)
    measured = noise(recording(-65.0 + white(), i))
    assert np.isnan(measured.baseline)
    assert measured.level == measured.differences and "differences" in measured.source


def test_the_baseline_ends_where_the_current_changes():
    v = np.concatenate([white(shape=(1, 4000)), 50.0 + white(sigma=20.0, shape=(1, 4000))], axis=1)
    i = np.where(np.arange(8000) < 4000, 0.0, 1.0)[None]
    assert from_baseline(v, i, 0.05) == pytest.approx(SIGMA, rel=0.05)
    assert np.isnan(from_baseline(v[:, 3990:], i[:, 3990:], 0.05))


@given(st.floats(1e-3, 1e3), st.floats(-100.0, 100.0), st.floats(-1.0, 1.0))
def test_noise_scales_with_the_voltage_without_level_and_slope(factor, level, slope):
    v = white(shape=(1, 300))
    line = level + slope * np.arange(300)
    assert from_differences(factor * v + line) == pytest.approx(factor * from_differences(v), rel=1e-6, abs=1e-9)
