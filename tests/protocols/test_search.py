"""The search for the smallest level."""

import numpy as np
import pytest

from membrax.protocols.search import smallest_level


@pytest.mark.parametrize(("low", "high", "at"), [(0.0, 10.0, np.pi), (0.0, -50.0, -2.789), (1.0, 2.0, 1.0 + 1e-9)])
def test_it_finds_where_something_begins(low, high, at):
    sign = np.sign(high - low)
    result = float(smallest_level(lambda grid: sign * grid >= sign * at, low, high))
    assert sign * result >= sign * at
    assert result == pytest.approx(at, rel=1e-5)


@pytest.mark.parametrize("tolerance", [0.1, 1e-3, 2e-6])
@pytest.mark.parametrize("at", [0.0123, 3.3, 49.0, -7.0])
def test_the_result_is_within_its_tolerance(tolerance, at):
    tried = []

    def responds(grid):
        tried.append(grid)
        return np.abs(grid) >= abs(at)

    result = float(smallest_level(responds, 0.0, np.sign(at) * 50.0, tolerance))
    assert abs(at) <= abs(result) <= abs(at) * (1 + 1.01 * tolerance) + 50.0 * 1e-7
    assert len(tried) == 1 or np.abs(tried[-2][..., 1] - tried[-2][..., 0]).max() > tolerance * abs(at) / 40


@pytest.mark.parametrize("tolerance", [0.0, 1e-17, 1.0, np.nan])
def test_a_tolerance_that_can_not_be_reached_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be"):
        smallest_level(lambda grid: grid > 1.0, 0.0, 10.0, tolerance)


def test_several_searches_go_together_and_some_find_nothing():
    at = np.array([1.0, np.inf, 7.5, -1.0])
    result = smallest_level(lambda grid: grid >= at[:, None], np.zeros(4), np.full(4, 10.0))
    np.testing.assert_allclose(result, [1.0, np.nan, 7.5, 0.0], rtol=1e-5)


def test_the_first_of_two_ranges_counts():
    assert float(smallest_level(lambda x: ((x > 2) & (x < 4)) | (x > 8), 0.0, 10.0)) == pytest.approx(2.0, rel=1e-4)
