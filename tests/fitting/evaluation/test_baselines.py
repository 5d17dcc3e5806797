import numpy as np
import pytest

from membrax.fitting.evaluation.baselines import interpolated_count, mean_trace

LEVELS, COUNTS = [0.2, -0.1, 0.1], [6, 0, 2]


@pytest.mark.parametrize(
    ("level", "count"), [(0.1, 2.0), (0.15, 4.0), (0.0, 1.0), (0.3, 6.0), (-0.5, 0.0), (np.nan, np.nan)]
)
def test_counts_lie_on_straight_lines_and_go_on_flat(level, count):
    assert interpolated_count(level, LEVELS, COUNTS) == pytest.approx(count, nan_ok=True)


def test_counts_at_one_level_are_averaged():
    assert interpolated_count(0.1, [0.1, 0.1, 0.2], [2, 3, 9]) == 2.5


def test_without_a_known_level_nothing_is_predicted():
    assert np.isnan(interpolated_count(0.1, [np.nan], [4])) and np.isnan(interpolated_count(0.1, [], []))


def test_the_mean_trace_is_that_of_the_fitted_sweeps():
    v = np.array([[0.0, 2.0], [100.0, 100.0], [4.0, 4.0]])
    np.testing.assert_array_equal(mean_trace(v, [0, 2]), [2.0, 3.0])
