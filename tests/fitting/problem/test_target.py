import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.problem.target import LARGEST_STEP, substeps, target
from membrax.recordings import choose_sweeps

T = np.arange(60) * 0.1


def recording(sweeps=3, interval=0.1, unit="uA/cm2"):
    i = np.zeros((sweeps, 60))
    i[:, 20:40] = 1.0
    i += np.arange(sweeps)[:, None]
    return mx.Recording(t=np.arange(60) * interval, v=-65.0 + np.arange(60) + i, i=i, unit=unit)


# --- steps


@pytest.mark.parametrize("interval, count", [(0.05, 1), (0.025, 1), (0.1, 2), (0.05001, 2), (0.2, 4), (1.0, 20)])
def test_the_default_step_is_the_largest_below_its_limit(interval, count):
    assert substeps(interval, None) == count


@given(st.floats(1e-3, 2.0))
def test_the_default_step_is_near_its_limit(interval):
    count = substeps(interval, None)
    assert interval / count <= LARGEST_STEP * (1 + 1e-4)
    assert count == 1 or interval / (count - 1) > LARGEST_STEP


@given(st.sampled_from([0.02, 0.025, 0.05, 0.1, 1 / 3, 0.04, 0.0401606]), st.integers(1, 50))
def test_every_whole_fraction_of_the_interval_is_taken(interval, count):
    assert substeps(interval, interval / count) == count


def test_a_step_of_numpy_is_as_good():
    assert substeps(0.1, np.float64(0.025)) == substeps(0.1, np.float32(0.025)) == 4


@pytest.mark.parametrize("dt", [0.03, 0.2, 0.11, 0.0999])
def test_other_steps_are_refused_and_a_good_one_named(dt):
    with pytest.raises(ValueError, match=r"whole fraction of the sampling interval 0.1 ms.*would do") as caught:
        substeps(0.1, dt)
    near = float(str(caught.value).split(";")[1].split()[0])
    assert substeps(0.1, near) >= 1


@pytest.mark.parametrize("dt", [0, -0.1, np.nan, np.inf, "0.1", [0.1], 1j, True])
def test_a_step_that_is_no_positive_number_is_refused(dt):
    with pytest.raises(ValueError, match="dt must be"):
        substeps(0.1, dt)


# --- sweeps


def test_no_choice_is_every_sweep():
    assert choose_sweeps(recording(), None) == [0, 1, 2]


@pytest.mark.parametrize(
    "given, chosen",
    [(1, [1]), (np.int64(2), [2]), ([2, 0], [2, 0]), (range(2), [0, 1]), (np.array([1, 2]), [1, 2]), ((1,), [1])],
)
def test_sweeps_are_kept_in_the_order_given(given, chosen):
    kept = choose_sweeps(recording(), given)
    assert kept == chosen and all(type(k) is int for k in kept)


@pytest.mark.parametrize(
    "given, message",
    [
        ([3], "there is no sweep 3: sweeps go from 0 to 2"),
        (-1, "there is no sweep -1"),
        ([0, 1, 0], "names a sweep twice"),
        ([], "at least one sweep from 0 to 2"),
        ("0", "at least one sweep|whole numbers"),
        (1.0, "at least one sweep|whole numbers"),
        ([0.5], "whole numbers"),
        (True, "whole numbers"),
        ([[0, 1]], "whole numbers"),
        (np.array(1.5), "at least one sweep|whole numbers"),
    ],
)
def test_unknown_repeated_and_missing_sweeps_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        choose_sweeps(recording(), given)


# --- what is fitted to what


def test_a_target_has_a_current_for_each_interval():
    data = recording()
    goal = target(data, [2, 0], None)
    np.testing.assert_allclose(goal.v, data.v[[2, 0]], rtol=1e-6)
    np.testing.assert_allclose(goal.i, data.i[[2, 0], :-1], rtol=1e-6)
    np.testing.assert_allclose(goal.holding, [2.0, 0.0])
    assert (goal.interval, goal.substeps, goal.unit) == (0.1, 2, "uA/cm2")
    assert goal.dt == pytest.approx(0.05)


def test_a_target_takes_its_step():
    assert target(recording(), [0], 0.1).substeps == 1
    assert target(recording(), [0], 0.02).substeps == 5


def test_two_samples_are_the_shortest_recording():
    goal = target(recording().crop(0.0, 0.1), [0], None)
    assert goal.i.shape == (1, 1) and goal.v.shape == (1, 2)


def test_a_recording_with_a_hole_is_no_recording():
    v = np.full(60, -65.0)
    v[17] = np.nan
    with pytest.raises(ValueError, match="v must be finite"):
        mx.Recording(t=T, v=v, i=np.zeros(60), unit="uA/cm2")
