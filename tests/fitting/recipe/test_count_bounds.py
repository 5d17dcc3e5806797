"""Bounds on spike counts of held-out sweeps: whole numbers around the interpolated count, without their voltage."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.problem.count_bounds import excess
from membrax.fitting.recipe.count_bounds import MOST, count_bounds

T = np.arange(400) * 0.5


def steps(sizes, shape=None):
    """A recording of one current at many sizes [nA], with a constant voltage."""
    shape = (T > 50.0) & (T < 150.0) if shape is None else shape
    i = np.asarray(sizes)[:, None] * np.asarray(shape, float)[None]
    return mx.Recording(t=T, v=np.full(i.shape, -65.0), i=i, unit="nA")


def bounds(data, fitted, counts):
    """{size of the current: (fewest, most)}."""
    result = count_bounds(data, fitted, np.array(counts))
    if result is None:
        return {}
    sizes = np.asarray(result.sweeps.i, dtype=float).max(axis=1).round(3)
    return dict(zip(sizes.tolist(), zip(result.fewest.tolist(), result.most.tolist(), strict=True), strict=True))


def test_bounds_are_the_whole_numbers_near_the_line():
    # 4 spikes at 0.1 and 8 at 0.3 nA: 6 at 0.2, 0.7 fewer or 1.1 more.
    assert bounds(steps([0.1, 0.2, 0.3]), [0, 2], [4, 8]) == {0.2: (6.0, 7.0)}


def test_a_steep_line_has_wider_bounds():
    assert bounds(steps([0.1, 0.2, 0.3]), [0, 2], [0, 20]) == {}  # a threshold anywhere
    assert bounds(steps([0.1, 0.2, 0.3]), [0, 2], [2, 22]) == {0.2: (11.0, 15.0)}


def test_a_wide_gap_at_threshold_has_no_bounds():
    narrow = steps([0.1, 0.2, 0.3, 0.5, 0.7])
    assert bounds(narrow, [0, 2, 4], [0, 2, 6]) == {0.2: (1.0, 1.0), 0.5: (4.0, 5.0)}
    wide = steps([-0.5, 0.1, 0.3, 0.5])
    assert bounds(wide, [0, 2, 3], [0, 2, 6]) == {}


def test_bounds_above_the_largest_current_follow_the_line():
    data = steps([0.1, 0.2, 0.25, 0.4])
    assert bounds(data, [0, 1], [4, 8]) == {0.25: (8.0, 10.0)}  # 0.4 nA is too far


def test_a_falling_line_is_extrapolated():
    assert bounds(steps([0.1, 0.2, 0.3]), [0, 1], [8, 6]) == {0.3: (4.0, 6.0)}


def test_a_silent_cell_and_zero_currents_have_no_bounds():
    assert count_bounds(steps([0.1, 0.2, 0.3]), [0, 2], np.array([0, 0])) is None
    assert count_bounds(steps([0.0, 0.0]), [0], np.array([1])) is None


def test_voltages_of_other_sweeps_are_not_read():
    data = steps([0.1, 0.2, 0.3])
    v = data.v.copy()
    v[1] = 40.0
    one, two = (count_bounds(d, [0, 2], np.array([4, 8])) for d in (data, dataclasses.replace(data, v=v)))
    np.testing.assert_array_equal(one.sweeps.v, two.sweeps.v)
    assert one.most == two.most


@given(st.lists(st.integers(0, 40), min_size=2, max_size=6), st.integers(0, 2**16))
def test_few_sweeps_have_bounds_and_every_range_a_number(counts, seed):
    sizes = np.sort(np.random.default_rng(seed).choice(40, 12, replace=False)) * 0.01 + 0.01
    fitted = list(range(0, 2 * len(counts), 2))
    result = count_bounds(steps(sizes), fitted, np.array(counts))
    if result is not None:
        assert 1 <= len(result.fewest) <= MOST
        assert np.all(np.asarray(result.fewest) <= np.asarray(result.most))


def test_spikes_outside_of_the_bounds_are_counted():
    result = count_bounds(steps([0.1, 0.2, 0.3]), [0, 2], np.array([2, 22]))
    for count, off in ((9, 2.0), (11, 0.0), (15, 0.0), (17, 2.0)):
        assert excess(jnp.array([count]), result)[0] == pytest.approx(off)


def test_a_wide_gap_has_more_than_one_bound():
    assert list(bounds(steps(np.arange(19) * 0.01), [0, 5, 6, 18], [0, 0, 2, 10])) == [0.09, 0.12, 0.15]
    # Where the fitted ones lie close, one for each gap is enough; where many are fitted, one at all.
    sizes = np.arange(21) * 0.01
    assert list(bounds(steps(sizes), [4, 8, 12, 16, 20], [0, 2, 4, 6, 8])) == [0.06, 0.1, 0.14, 0.18]
    assert len(bounds(steps(sizes), list(range(4, 21, 2)), list(range(9)))) == 1


# --- misleading currents


def test_shared_test_pulse_changes_no_bounds():
    family = steps([-0.1, 0.0, 0.1, 0.2])
    pulse = 0.3 * ((T > 10.0) & (T < 40.0))
    same = dataclasses.replace(family, i=family.i - pulse)
    assert bounds(same, [1, 3], [0, 4]) == bounds(family, [1, 3], [0, 4])


def test_one_of_equal_sweeps_has_bounds():
    assert len(count_bounds(steps([0.2] * 10), [1, 3, 5, 7, 9], np.full(5, 5)).most) == 1


def test_steps_from_the_first_sample_on_have_no_bounds():
    from_the_start = steps([-0.1, 0.0, 0.1, 0.2, 0.3], T < 100.0)
    assert bounds(from_the_start, [1, 4], [0, 10]) == {}  # the threshold may be anywhere between


def test_above_a_silencing_current_are_no_bounds():
    assert bounds(steps([0.1, 0.3, 0.4, 0.45]), [0, 1, 2], [5, 10, 0]) == {}


def test_repeats_of_a_training_current_have_its_count():
    assert bounds(steps([0.1, 0.3, 0.3, 0.3 * (1 + 1e-15)]), [0, 1, 2], [3, 9, 9]) == {0.3: (9.0, 9.0)}


@given(st.integers(0, 2**16))
def test_three_currents_three_times_with_drifting_rests(seed):
    random = np.random.default_rng(seed)
    data = steps(np.repeat([0.1, 0.2, 0.3], 3))
    data = dataclasses.replace(data, i=data.i + random.normal(0.0, 1e-4, 9)[:, None])
    count_bounds(data, [0, 3, 6, 7], np.array([2, 5, 8, 9]))


@pytest.mark.parametrize("noise", [0.002, 0.006])
def test_noise_of_a_measured_current_changes_no_bounds(noise):
    data = steps([0.0, 0.1, 0.2, 0.3])
    noisy = dataclasses.replace(data, i=data.i + np.random.default_rng(4).normal(0.0, noise, data.i.shape))
    assert list(bounds(noisy, [0, 1, 3], [0, 4, 8]).values()) == list(bounds(data, [0, 1, 3], [0, 4, 8]).values())
