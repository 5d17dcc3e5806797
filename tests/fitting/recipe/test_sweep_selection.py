"""Training sweeps bracket the firing range, and about half of the sweeps are held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.recipe.sweep_selection import select_training_sweeps

T = np.arange(600) * 0.5


def recording(counts, currents=None):
    """A sweep for each spike count, under rising currents from −0.1 nA by default."""
    currents = np.arange(len(counts)) * 0.05 - 0.1 if currents is None else np.asarray(currents)
    v = np.full((len(counts), T.size), -65.0)
    for k, count in enumerate(counts):
        v[k, 110 + 10 * np.arange(count)] = 30.0
    return mx.Recording(t=T, v=v, i=currents[:, None] * ((T >= 50.0) & (T < 250.0)))


def test_a_family_of_steps_is_bracketed():
    counts = [0, 0, 0, 0, 0, 1, 3, 5, 8, 12, 15, 18]
    selection = select_training_sweeps(recording(counts))
    assert selection.sweeps == [0, 4, 5, 8, 11]
    assert [reason.split(",")[0] for reason in selection.why] == [
        "the strongest hyperpolarisation", "the largest current that leaves it silent", "the first that fires",
        "the middle of the firing range", "the top of the firing range",
    ]  # fmt: skip
    assert "sweep 11: the top of the firing range, 18 spikes" in str(selection)


def test_the_order_of_the_sweeps_does_not_matter():
    counts = np.array([0, 0, 0, 0, 0, 1, 3, 5, 8, 12, 15, 18])
    order = np.random.default_rng(0).permutation(len(counts))
    selection = select_training_sweeps(recording(counts[order], (np.arange(12) * 0.05 - 0.1)[order]))
    assert sorted(order[selection.sweeps].tolist()) == [0, 4, 5, 8, 11]


@pytest.mark.parametrize(
    "counts, expected",
    [
        ([3], [0]),
        ([0, 4], [1]),
        ([0, 0, 5], [2]),
        ([0, 0, 1, 2], [0, 3]),  # with two that fire one of them is held out
        ([6, 15, 18, 22, 29], [0, 2, 4]),
        ([0, 0, 15, 22, 29], [2, 4]),
        ([0, 0, 0, 0, 0, 0, 2, 2, 3], [0, 5, 6, 8]),
        ([0, 0, 0, 0, 0, 0, 0, 0], [0, 3, 5, 7]),
    ],
)
def test_few_sweeps(counts, expected):
    assert select_training_sweeps(recording(counts)).sweeps == expected


def test_a_saturating_range_is_left_without_wide_gaps():
    counts = [0] * 7 + [2, 3, 4, 5, 6, 6, 7, 7, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 10, 9]
    firing = [k for k in select_training_sweeps(recording(counts)).sweeps if k >= 7]
    assert firing[0] == 7 and firing[-1] == 29 and max(np.diff(firing)) <= 6


def test_the_middle_is_no_repeat_of_the_top():
    selection = select_training_sweeps(
        recording([0, 0, 1, 2, 3, 5] + 8 * [8], [-0.1, 0.0, 0.05, 0.1, 0.15, 0.2] + 8 * [0.3])
    )
    middle = [k for k, why in zip(selection.sweeps, selection.why, strict=True) if why.startswith("the middle")]
    assert middle and middle[0] < 6


@pytest.mark.parametrize("sweeps, fitted", [(10, 5), (17, 6), (24, 8), (60, 8)])
def test_a_third_is_selected_but_five_to_eight(sweeps, fitted):
    assert len(select_training_sweeps(recording(np.arange(sweeps) // 4)).sweeps) == fitted


def test_repeats_of_one_current_are_spread():
    selection = select_training_sweeps(recording([2] * 9, [0.1] * 9))
    assert len(selection.sweeps) == 4 and "same current" in selection.why[0]
    assert np.all(np.diff(selection.sweeps) >= 1) and selection.sweeps[0] > 0 and selection.sweeps[-1] < 8


@given(st.lists(st.integers(0, 12), min_size=1, max_size=20), st.integers(1, 9), st.randoms())
def test_properties_of_every_selection(counts, most, random):
    currents = [0.02 * k - 0.1 for k in range(len(counts))]
    random.shuffle(currents)
    data = recording(counts, currents)
    selection = select_training_sweeps(data, most)
    assert selection == select_training_sweeps(data, most)
    assert selection.sweeps == sorted(set(selection.sweeps)) and len(selection.why) == len(selection.sweeps)
    assert 1 <= len(selection.sweeps) <= max(1, min(most, (len(counts) + 1) // 2))
    firing = [k for k, count in enumerate(counts) if count]
    if firing and len(counts) > 1:
        # The largest current at which the cell fires is always among them: nothing is extrapolated.
        assert max(firing, key=lambda k: currents[k]) in selection.sweeps
    if len(firing) > 1 and len(counts) > 1:
        assert set(firing) - set(selection.sweeps)


@pytest.mark.parametrize("most", [0, -1, 2.5, "3"])
def test_a_wrong_number_raises(most):
    with pytest.raises(ValueError, match="most"):
        select_training_sweeps(recording([0, 1, 2]), most)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("171116sh_0018.abf", [0, 5, 6, 8, 11, 16]),
        ("File_axon_5.abf", [0, 5, 6, 8]),
        ("171116sh_0016.abf", [0, 6, 7, 8, 10]),
    ],
)
def test_real_recordings(shared_data, name, expected):
    data = mx.recordings.load(shared_data / "recordings" / name)
    assert select_training_sweeps(data).sweeps == expected
