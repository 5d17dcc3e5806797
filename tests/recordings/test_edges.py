"""Steps of commands and of measured currents; currents without steps."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings.edges import base_level, changes, depolarised, first_step, steps, stretches

DT = 0.1
T = np.arange(4000) * DT


def command(*levels):
    """Five equal parts of these levels, nA."""
    return np.repeat(np.asarray(levels, dtype=float), len(T) // len(levels))


def noisy(i, noise=0.003, seed=0):
    return i + np.random.default_rng(seed).normal(0.0, noise, i.shape)


def test_steps_of_a_command_are_exact():
    result = steps(command(0.0, -0.1, 0.0, 0.2, 0.05), DT)
    assert [step.start for step in result] == [800, 1600, 2400, 3200]
    assert [step.stop for step in result] == [1600, 2400, 3200, 4000]
    np.testing.assert_allclose([step.before for step in result], [0.0, -0.1, 0.0, 0.2], atol=1e-12)
    np.testing.assert_allclose([step.level for step in result], [-0.1, 0.0, 0.2, 0.05], atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_measured_current_has_the_same_steps(seed):
    result = steps(noisy(command(-0.01, 0.1, -0.01, 0.06, -0.01), seed=seed), DT)
    assert len(result) == 4
    assert np.max(np.abs(np.array([step.start for step in result]) - [800, 1600, 2400, 3200])) <= 2
    # The mean of 800 samples is known to 0.003/√800 = 0.0001 nA.
    np.testing.assert_allclose([step.size for step in result], [0.11, -0.11, 0.07, -0.07], atol=0.001)


@pytest.mark.parametrize(
    "i",
    [
        0.1 * T / T[-1],
        noisy(0.1 * T / T[-1]),
        0.1 * np.sin(2 * np.pi * T / 60.0),
        noisy(np.zeros_like(T)),
        np.full_like(T, 0.3),
        np.random.default_rng(1).normal(0.0, 0.1, T.size),
    ],
    ids=["ramp", "measured ramp", "sine", "noise about nothing", "constant", "noise"],
)
def test_currents_without_levels_have_no_steps(i):
    assert steps(i, DT) == []


def test_glitch_is_no_step():
    i = noisy(command(0.0, 0.1))
    i[3000:3004] += 0.05
    assert [step.stop for step in steps(i, DT)] == [4000]


def test_many_steps_take_time_in_proportion(monkeypatch):
    seen, ptp = [], np.ptp
    monkeypatch.setattr(np, "ptp", lambda x, *rest, **options: seen.append(np.size(x)) or ptp(x, *rest, **options))
    i = noisy(np.tile(np.repeat([0.0, 0.1], 100), 200))
    assert len(steps(i, DT)) == 399
    assert sum(seen) < 5 * i.size  # the range of the whole current a few times, not once for each edge


def test_too_short_step_is_none():
    i = np.zeros_like(T)
    i[1000:1020] = 0.1  # 2 ms
    assert [step.size for step in steps(i, DT)] == [pytest.approx(-0.1)]


def test_sweep_may_begin_in_a_step():
    assert base_level(command(0.2, 0.0), DT) == 0.0
    assert base_level(command(-0.03, 0.007, -0.03), DT) == pytest.approx(-0.03)
    assert depolarised(command(0.2, 0.0), DT).tolist() == [True] * 2000 + [False] * 2000
    assert not depolarised(command(-0.1, 0.0), DT).any()


@given(st.lists(st.booleans(), max_size=60))
def test_stretches_are_the_runs(mask):
    result = stretches(np.array(mask, dtype=bool))
    again = np.zeros(len(mask), dtype=bool)
    for start, stop in result:
        assert start < stop and not again[start:stop].any()
        again[start:stop] = True
    assert again.tolist() == mask
    assert all(b < c for (_, b), (c, _) in itertools.pairwise(result))


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_offset_and_scale_leave_steps_unchanged(offset, scale):
    i = noisy(command(0.0, 0.1, 0.0, -0.05))
    assert changes(scale * i + offset * scale, DT) == changes(i, DT)


@pytest.mark.parametrize(
    ("levels", "expected"), [([0, 0, 1, 1], 2), ([0, 0, 0, 0], None), ([1, 1, -2, 1], 2), ([0, 0.1, 1, 0], 2)]
)
def test_first_step_is_the_first_large_one(levels, expected):
    result = first_step(np.repeat(np.array(levels, dtype=float), 100), 0.1)
    assert result == (None if expected is None else 100 * expected)


def test_step_after_a_ramp_is_not_the_first():
    current = np.concatenate([np.linspace(0.0, 0.5, 300), np.full(200, 1.0)])
    assert first_step(current, 0.1) is None
