import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.ephys.coincidence import ceiling, coincidences, gamma, too_fast

# Spikes at least 9 ms apart in one second: 2νΔ stays below 1.
TRAINS = st.lists(st.integers(0, 110), max_size=40, unique=True).map(lambda k: 9.0 * np.sort(np.array(k, dtype=float)))


def test_spikes_within_delta_coincide_once():
    data, model = np.array([10.0, 50.0, 100.0]), np.array([13.9, 14.0, 54.1, 97.0])
    assert coincidences(data, model) == 2  # the recorded spike already coincides with the first model spike
    assert coincidences(data, model, delta=4.2) == 3


def test_gamma_by_hand():
    data, model = np.array([10.0, 50.0, 100.0, 200.0]), np.array([12.0, 70.0])
    # ν = 2/500 ms, 2νΔ = 0.032; (1 − 4 · 0.032)/(½ · 6 · (1 − 0.032)).
    assert gamma(data, model, 500.0) == pytest.approx((1 - 0.128) / (3 * 0.968))


@given(TRAINS)
def test_train_agrees_with_itself(train):
    factor = gamma(train, train, 1000.0)
    assert np.isnan(factor) if not len(train) else factor == pytest.approx(1.0)


@given(TRAINS, TRAINS, st.floats(-200.0, 200.0))
def test_coincidences_are_symmetric_and_shift_invariant(one, other, shift):
    result = coincidences(one, other)
    assert result == coincidences(other, one) <= min(len(one), len(other))
    assert coincidences(np.round(one + shift), np.round(other + shift)) == coincidences(one, other, 4.0)
    assert result <= coincidences(one, other, 8.0)


@given(TRAINS, TRAINS)
def test_identical_trains_have_the_largest_gamma(one, other):
    factor = gamma(one, other, 1000.0)
    assert np.isnan(factor) or factor <= 1.0 + 1e-12


def test_chance_is_zero():
    rng = np.random.default_rng(3)
    trains = [np.sort(rng.uniform(0.0, 1e5, rng.poisson(500))) for _ in range(40)]
    factors = [gamma(one, other, 1e5) for one, other in zip(trains[::2], trains[1::2], strict=True)]
    # The standard error of the mean is 0.002.
    assert np.mean(factors) == pytest.approx(0.0, abs=0.008)


def test_gamma_without_spikes_is_nan():
    silent, fast = np.array([]), np.arange(0.0, 100.0, 8.0)
    assert np.isnan(gamma(silent, silent, 100.0))
    assert np.isnan(gamma(fast, fast, 100.0))  # 2νΔ = 1.04
    assert gamma(silent, np.array([5.0]), 100.0) == 0.0


def test_windows_that_fill_the_time_are_too_fast():
    assert not too_fast(124, 1000.0) and too_fast(125, 1000.0)  # 2 · 4 ms · 125 = 1 s
    assert not too_fast(125, 1000.0, delta=2.0)


def test_burst_in_a_slow_train_coincides_in_full():
    burst = np.array([100.0, 105.0, 110.0, 115.0, 400.0])  # 200 Hz within, 5 Hz on average
    assert coincidences(burst, burst + 1.0) == 5
    assert gamma(burst, burst, 1000.0) == pytest.approx(1.0)


def test_ceiling_is_the_mean_over_ordered_pairs():
    trains = [np.array([10.0, 40.0]), np.array([11.0, 80.0]), np.array([10.5])]
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    assert ceiling(trains, 100.0) == pytest.approx(np.mean([gamma(trains[a], trains[b], 100.0) for a, b in pairs]))
    assert np.isnan(ceiling(trains[:1], 100.0))


@pytest.mark.parametrize(("duration", "delta", "name"), [(0.0, 4.0, "duration"), (10.0, -1.0, "delta")])
def test_invalid_durations_are_refused(duration, delta, name):
    with pytest.raises(ValueError, match=rf"{name} must be above 0 ms, got"):
        gamma(np.array([1.0]), np.array([1.0]), duration, delta)
