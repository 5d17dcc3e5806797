import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings import Recording
from membrax.recordings.holding import holding_level


def _step(n=4000, on=1000, off=3000, holding=-12.6, amplitude=118.0):
    i = np.full(n, holding)
    i[on:off] += amplitude
    return i


@given(st.floats(-1, 1), st.floats(-5, 5), st.integers(1, 3000))
def test_command_step_gives_its_first_value_exactly(holding, amplitude, on):
    assert holding_level(_step(on=on, holding=holding, amplitude=amplitude)) == holding


@given(st.integers(0, 2**32 - 1), st.floats(-50, 50), st.sampled_from([-100.0, 40.0, 300.0]))
def test_measured_step_gives_its_level_before_the_step(seed, holding, amplitude):
    noise = np.random.default_rng(seed).normal(0, 5, 12000)
    i = _step(12000, 2800, 10800, holding, amplitude) + noise
    assert holding_level(i) == pytest.approx(holding, abs=0.6)


def test_coarse_converter_does_not_round_the_level():
    noise = np.random.default_rng(0).normal(0, 4, 12000)
    i = np.round((_step(12000, 2800, 10800) + noise) / 3.1) * 3.1
    assert holding_level(i) == pytest.approx(-12.6, abs=0.5)


def test_mains_hum_is_no_step():
    t = np.arange(12000) * 0.25
    i = _step(12000, 2800, 10800) + 8 * np.sin(2 * np.pi * 0.05 * t)
    i += np.random.default_rng(1).normal(0, 1, t.size)
    assert holding_level(i) == pytest.approx(-12.6, abs=1.5)


def test_ramp_after_a_constant_start_keeps_the_level():
    i = np.concatenate([np.full(312, 20.0), np.linspace(20, 120, 19688)])
    assert holding_level(i) == 20.0


def test_constant_sweep_is_its_own_level():
    assert holding_level(np.full(50, 0.03)) == 0.03
    assert holding_level(np.random.default_rng(2).normal(7, 1, 10000)) == pytest.approx(7, abs=0.1)


def test_short_sweeps_have_a_level_too():
    assert holding_level(np.array([0.5, 1.0])) == 0.5
    assert holding_level(np.array([0.0, 0.0, 0.1, 0.1, 0.0])) == 0.0


def test_holding_is_per_sweep():
    t = np.arange(4000) * 0.1
    i = np.stack([_step(holding=0.0, amplitude=0.1), _step(holding=-0.05, amplitude=0.2)])
    assert np.array_equal(Recording(t, np.full_like(i, -65.0), i).holding, [0.0, -0.05])
