"""The estimate of the time that is left, compared with schedules played to their end."""

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.batch.progress import duration, seconds_left


def played(lengths, processes, now):
    """When all cells are done, the elapsed seconds of those that run, and the number of those that wait, at ``now``."""
    free = [0.0] * processes
    spans = []
    for length in lengths:
        begin = heapq.heappop(free)
        heapq.heappush(free, begin + length)
        spans.append((begin, begin + length))
    running = [now - begin for begin, end in spans if begin <= now < end]
    return max(end for _, end in spans), running, sum(begin > now for begin, _ in spans)


@given(cells=st.integers(1, 40), processes=st.integers(1, 8), share=st.floats(0.01, 0.99))
def test_equal_cells_end_when_the_estimate_says(cells, processes, share):
    end, *_ = played([60.0] * cells, processes, 0.0)
    now = share * end
    _, running, waiting = played([60.0] * cells, processes, now)
    assert seconds_left(60.0, running, waiting, processes) == pytest.approx(end - now, abs=1e-6)


@given(data=st.data(), cells=st.integers(8, 40), processes=st.integers(1, 4))
def test_unequal_cells_end_within_their_spread(data, cells, processes):
    lengths = data.draw(st.lists(st.floats(50.0, 70.0), min_size=cells, max_size=cells))
    now = 0.5 * played(lengths, processes, 0.0)[0]
    end, running, waiting = played(lengths, processes, now)
    rounds = -(-(waiting + len(running)) // processes)
    assert abs(seconds_left(60.0, running, waiting, processes) - (end - now)) <= 10.0 * (rounds + 2)


def test_a_cell_that_takes_longer_than_the_mean_is_about_to_end():
    assert seconds_left(60.0, [300.0], 0, 1) == 0.0
    assert seconds_left(60.0, [300.0], 2, 1) == 120.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (99.4, "99 s"), (100, "2 min"), (3600, "60 min"), (12_000, "3 h 20 min"), (100 * 60, "1 h 40 min")],
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text
