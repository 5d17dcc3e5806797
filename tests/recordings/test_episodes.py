import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings import Recording, cut
from membrax.recordings.episodes import cut_where_regular
from membrax.recordings.step_times import departures

DT = 0.5  # ms


def continuous(onsets, durations, levels, total, *, noise=0.0, holding=0.0, shape=None, seed=0):
    """A continuous recording of steps of ``levels`` [nA], times in samples; v counts the samples."""
    i = np.full(total, float(holding))
    for onset, duration, level in zip(onsets, durations, levels, strict=True):
        i[onset : onset + duration] += level * (1.0 if shape is None else shape(np.arange(duration) / duration))
    i += noise * np.random.default_rng(seed).normal(size=total)
    return Recording(DT * np.arange(total), -70.0 + 1e-3 * np.arange(total), i, name="long")


def places(data):
    """The first sample of each sweep in the continuous recording, from v."""
    return np.rint((data.v[:, 0] + 70) * 1000).astype(int)


def unchanged(pieces, data):
    rows = places(pieces)[:, None] + np.arange(pieces.t.size)
    return np.array_equal(pieces.v, data.v[0][rows]) and np.array_equal(pieces.i, data.i[0][rows])


LEVELS = [-0.05, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45]


@pytest.mark.parametrize("noise", [0.0, 0.002])
@pytest.mark.parametrize("holding", [0.0, -0.03])
def test_ten_regular_steps_are_ten_sweeps(noise, holding):
    onsets = 2000 + 4000 * np.arange(10)  # 1 s of rest, then a step of 500 ms every 2 s
    data = continuous(onsets, [1000] * 10, LEVELS, 40_000, noise=noise, holding=holding)
    pieces = cut_where_regular(data, True)
    assert (pieces.sweeps, pieces.t[0], pieces.t.size) == (10, 0.0, 4000)
    assert np.all(np.abs(places(pieces) - 4000 * np.arange(10)) <= 1) and unchanged(pieces, data)
    assert np.allclose(pieces.crop(1010, 1490).i.mean(axis=1), np.array(LEVELS) + holding, atol=1e-3)
    assert any("10 steps of current found at regular times" in note for note in pieces.notes)
    assert "cut=False loads the continuous recording whole" in pieces.notes


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_repeated_ramps_are_sweeps(noise):
    data = continuous(
        1000 + 4000 * np.arange(5), [2000] * 5, [0.3] * 5, 20_000, noise=noise, shape=lambda x: x, holding=0.01
    )
    pieces = cut(data)
    assert (pieces.sweeps, pieces.t.size) == (5, 4000) and unchanged(pieces, data)
    assert np.all(np.argmax(pieces.i, axis=1) >= 2000) and np.all(pieces.i[:, -500:] < 0.1)


@pytest.mark.parametrize("first", [-0.05, -0.1, -0.15, -0.2])
def test_step_of_zero_is_a_sweep(first):
    levels = [round(first + 0.05 * k, 2) for k in range(6)]
    data = continuous(500 + 2000 * np.arange(6), [800] * 6, levels, 12_000)
    pieces = cut_where_regular(data, True)
    assert pieces.i[:, 900] == pytest.approx(levels) and pieces.t.size == 2000


def test_train_is_one_step():
    starts = np.add.outer(3000 * np.arange(4), 100 * np.arange(10)).ravel() + 600
    data = continuous(starts, [10] * 40, [0.5] * 40, 12_000)
    pieces = cut(data)
    assert pieces.sweeps == 4 and all(len(departures(i, DT)) == 10 for i in pieces.i)


@pytest.mark.parametrize("zero", [False, True])
def test_test_pulse_belongs_to_the_step_after_it(zero):
    levels = [0.1, 0.2, 0.0 if zero else 0.15, 0.3, 0.4, 0.5]
    onsets = 3000 * np.arange(6) + 1200
    data = continuous(
        np.sort([*(onsets - 800), *onsets]), [200, 1000] * 6, np.stack([[-0.05] * 6, levels], 1).ravel(), 18_000
    )
    pieces = cut_where_regular(data, True)
    assert (pieces.sweeps, pieces.t.size) == (6, 3000)
    assert pieces.i[:, 500] == pytest.approx([-0.05] * 6) and pieces.i[:, 1700] == pytest.approx(levels)


@pytest.mark.parametrize(("drift", "hum"), [(0.015, 0.0), (0.03, 0.0), (0.0, 0.003), (0.0, 0.01)])
@pytest.mark.parametrize("levels", [[0.1] * 8, [-0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.25]])
def test_drift_and_mains_hum_do_not_hide_steps(drift, hum, levels):
    total = 32_000
    data = continuous(2000 + 4000 * np.arange(8), [1000] * 8, levels, total, noise=0.001)
    slow = drift * np.arange(total) / total + hum * np.sin(0.1 * np.pi * DT * np.arange(total))  # 50 Hz
    data = Recording(data.t, data.v, data.i + slow)
    pieces = cut_where_regular(data, True)
    assert pieces.sweeps == 8 and np.all(np.abs(places(pieces) - 4000 * np.arange(8)) <= 2)


def test_steps_by_hand_at_nearly_regular_times():
    onsets = 2000 + 4000 * np.arange(6) + np.array([0, 15, -12, 20, -18, 3])  # 1 % of the period is 40 samples
    data = continuous(onsets, [1000] * 6, [0.1] * 6, 24_000)
    pieces = cut_where_regular(data, True)
    assert pieces.sweeps == 6 and np.ptp(onsets - places(pieces)) <= 1


def test_recording_that_ends_within_a_step():
    data = continuous(2000 + 4000 * np.arange(5), [1000] * 4 + [700], LEVELS[:5], 18_700)
    pieces = cut_where_regular(data, True)
    assert pieces.sweeps == 4 and "left out: 8000 to 9350 ms (1350 ms in all)" in pieces.notes


def test_irregular_steps_stay_whole_and_can_be_cut():
    data = continuous([1000, 3000, 7500, 9100], [600] * 4, [0.1, 0.2, 0.3, 0.1], 12_000)
    whole = cut_where_regular(data, True)
    assert whole.sweeps == 1 and np.array_equal(whole.v, data.v)
    assert any("membrax.recordings.cut cuts it at its 4 steps of current" in note for note in whole.notes)
    pieces = cut(data)
    assert pieces.sweeps == 4 and np.ptp(pieces.i, axis=1) == pytest.approx([0.1, 0.2, 0.3, 0.1])
    assert unchanged(pieces, data) and any(note.startswith("left out: ") for note in pieces.notes)


@pytest.mark.parametrize(
    "shape", [lambda x: np.sin(40 * np.pi * x), lambda x: np.random.default_rng(1).normal(size=x.size)]
)
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_sine_and_noise_are_not_cut(shape, noise):
    data = continuous([0], [20_000], [0.2], 20_000, shape=shape, noise=noise)
    assert cut_where_regular(data, True).sweeps == 1


def test_constant_current_is_one_sweep():
    data = continuous([], [], [], 2000)
    assert cut_where_regular(data, True).notes == ("sweeps: one, the continuous recording",)
    with pytest.raises(ValueError, match=r"of long has 0 steps, and two are required; pass .* as starts="):
        cut(data)


def test_caller_may_choose_the_cuts():
    data = continuous([], [], [], 2000)
    pieces = cut(data, starts=[100, 400, 500], length=50)
    assert list(places(pieces)) == [200, 800, 1000] and pieces.t.size == 100 and unchanged(pieces, data)
    assert cut(data, starts=[0, 300, 600]).t.size == 600
    for options, message in (
        ({"starts": [0, 20], "length": 50}, r"sweeps of 50 ms overlap: the closest starts are 20 ms apart"),
        ({"starts": [900], "length": 200}, r"must lie within the recording, 0 to 999\.5 ms"),
        ({"starts": [5, 5]}, "starts must be increasing times"),
        ({"length": 5}, "pass starts="),
    ):
        with pytest.raises(ValueError, match=message):
            cut(data, **options)
    with pytest.raises(ValueError, match=r"one continuous sweep, got 3; choose one by data\.select"):
        cut(pieces)


def test_long_step_between_close_ones_is_refused():
    data = continuous([1000, 2000, 3000], [100, 100, 5000], [0.1] * 3, 12_000)
    with pytest.raises(ValueError, match="has 3 steps, and they are too close to each other"):
        cut(data)


@st.composite
def protocols(draw, regular):
    """A continuous recording, with the onsets and durations of its steps in samples."""
    count = draw(st.integers(3, 8))
    longest = draw(st.integers(20, 400))
    durations = draw(st.lists(st.integers(10, longest), min_size=count, max_size=count))
    rest = draw(st.integers(max(8, longest // 4), 500))
    extra = [0] * count if regular else draw(st.lists(st.integers(0, 300), min_size=count, max_size=count))
    lead = draw(st.integers(30, 900))
    onsets = lead + np.concatenate([[0], np.cumsum(longest + rest + np.array(extra[1:]))]).astype(int)
    total = int(onsets[-1]) + longest + draw(st.integers(20, 900))
    sizes = st.floats(0.05, 0.5) | st.floats(-0.5, -0.05)
    levels = draw(st.lists(sizes, min_size=count, max_size=count))
    noise = draw(st.sampled_from([0.0, 0.001]))
    data = continuous(onsets, durations, levels, total, noise=noise, holding=draw(st.floats(-0.1, 0.1)))
    return data, onsets, np.array(durations)


def each_step_is_in_one_sweep(pieces, onsets, durations):
    """Whether every step lies within exactly one sweep; a measured onset is certain to half a millisecond."""
    starts = places(pieces)
    inside = (onsets >= starts[:, None] - 1) & (onsets + durations <= starts[:, None] + pieces.t.size + 1)
    touched = (onsets + durations - 2 > starts[:, None]) & (onsets + 2 < starts[:, None] + pieces.t.size)
    return np.all(inside.sum(axis=0) == 1) and np.all(touched.sum(axis=0) == 1)


@given(protocols(regular=True))
def test_regular_steps_are_each_in_one_sweep(protocol):
    data, onsets, durations = protocol
    pieces = cut_where_regular(data, True)
    assert pieces.sweeps == len(onsets) and unchanged(pieces, data)
    assert each_step_is_in_one_sweep(pieces, onsets, durations)
    assert np.ptp(onsets - places(pieces)) <= 2
    assert cut_where_regular(data, False).sweeps == 1


@given(protocols(regular=False))
def test_irregular_steps_are_each_in_one_sweep(protocol):
    data, onsets, durations = protocol
    pieces = cut(data)
    assert unchanged(pieces, data) and each_step_is_in_one_sweep(pieces, onsets, durations)
