"""Numbers with errors: their mean and their text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.ephys.estimate import Estimate, random_effects_mean, unmeasured


def test_values_that_agree_are_weighted_by_their_errors():
    result = random_effects_mean([10.0, 10.2, 9.9], [0.2, 0.4, 0.3], "ms")
    w = 1 / np.square([0.2, 0.4, 0.3])
    assert result.value == pytest.approx(np.sum(w * [10.0, 10.2, 9.9]) / np.sum(w))
    assert result.error >= 1 / np.sqrt(np.sum(w)) and result.count == 3 and result.unit == "ms"


def test_scatter_beyond_errors_gives_equal_weights():
    result = random_effects_mean([1.0, 2.0, 3.0, 6.0], [0.001, 0.002, 0.001, 0.003], "")
    assert result.value == pytest.approx(3.0, abs=1e-3)
    # Student's t at one sigma is 1.197 for four values.
    assert result.error == pytest.approx(1.197 * np.std([1, 2, 3, 6], ddof=1) / 2, rel=1e-3)


def test_single_value_keeps_its_error():
    assert random_effects_mean([3.0, np.nan], [0.5, 1.0], "mV") == Estimate(3.0, 0.5, "mV", 1)
    assert not random_effects_mean([], [], "mV").known


@pytest.mark.parametrize("count", [2, 4, 10])
def test_error_is_that_of_the_mean(count):
    rng = np.random.default_rng(count)
    within = 0
    for _ in range(400):
        sigma = rng.uniform(0.5, 2.0, count)
        result = random_effects_mean(5.0 + rng.normal(0.0, np.hypot(sigma, 1.0)), sigma, "")
        within += abs(result.value - 5.0) < 2 * result.error
    # With three degrees of freedom, 90 % of Student's t lie within twice its one-sigma width, 95 % of a Gaussian.
    assert 0.88 <= within / 400 <= 0.99


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), st.floats(1e-3, 1e2))
def test_mean_lies_among_the_values(values, error):
    result = random_effects_mean(values, [error] * len(values), "")
    assert min(values) - 1e-9 <= result.value <= max(values) + 1e-9
    assert result.error > 0


def test_two_digits_of_the_error_are_shown():
    assert str(Estimate(132.71, 3.31, "MΩ", 5)) == "132.7 ± 3.3 MΩ"
    assert str(Estimate(-62.0437, 0.131, "mV", 5)) == "-62.04 ± 0.13 mV"
    assert str(Estimate(712.3, 432.1, "MΩ", 1)) == "712 ± 432 MΩ"
    assert str(Estimate(0.2151, np.nan, "", 1)) == "0.2151"
    assert str(unmeasured("pF")) == "not measured"
