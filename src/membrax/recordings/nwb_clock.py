"""The clocks of an NWB series, and a stimulus on the clock of its response.

A stimulus of one's own clock is a zero-order hold: a sample lasts until the next one. On the grid of the response it
becomes its mean over each interval, so its charge is unchanged, and it is zero where no stimulus was recorded.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np

from .recording_checks import JITTER

_ROUNDING = 1e-6  # of a sample of the response: edges as near as this to its grid lie on it


@dataclasses.dataclass(frozen=True)
class Clock:
    """The times of the samples of a series, or of a part of it.

    Attributes:
        begin: s, time of the first sample on the file's clock.
        dt: ms, sampling interval.
        count: number of samples.
        stamps: [time] s, where the file has time stamps that deviate from a uniform grid; None elsewhere.
    """

    begin: float
    dt: float
    count: int
    stamps: np.ndarray | None = None

    @property
    def end(self) -> float:
        """End of the last sample, s."""
        return self.begin + 1e-3 * self.dt * self.count


def from_stamps(stamps: np.ndarray) -> Clock:
    """The clock of increasing time stamps [time] in s; uniform stamps within rounding become a grid.

    Raises:
        ValueError: fewer than 2 stamps, or stamps that are not finite or do not increase.
    """
    if stamps.ndim != 1 or stamps.size < 2:
        raise ValueError(f"at least 2 time stamps are required, got the shape {stamps.shape}")
    if not np.all(np.isfinite(stamps)) or np.min(np.diff(stamps)) <= 0:
        raise ValueError("its time stamps do not increase")
    dt = float(f"{1000.0 * (stamps[-1] - stamps[0]) / (stamps.size - 1):.9g}")
    grid = stamps[0] + 1e-3 * dt * np.arange(stamps.size)
    uniform = np.max(np.abs(stamps - grid)) <= JITTER * 1e-3 * dt
    return Clock(float(stamps[0]), dt, stamps.size, None if uniform else stamps)


def overlap(one: Clock, other: Clock) -> float:
    """Common time of two clocks, s; negative without any."""
    return min(one.end, other.end) - max(one.begin, other.begin)


def on_clock(values: np.ndarray, stimulus: Clock, response: Clock) -> np.ndarray:
    """A stimulus on the grid of its response, zero outside the stimulus.

    Args:
        values: [stimulus time] samples of the stimulus, in any unit.
        stimulus, response: their clocks.

    Returns:
        [response time], in the unit of ``values``.
    """
    edges = _edges(stimulus, response)
    if edges.size == response.count + 1 and np.array_equal(edges, np.arange(edges.size)):
        return values
    return _held(values, edges, response.count)


def moved(clock: Clock, begin: float) -> Clock:
    """The clock with its first sample at ``begin``, s."""
    stamps = None if clock.stamps is None else clock.stamps + (begin - clock.begin)
    return dataclasses.replace(clock, begin=begin, stamps=stamps)


def _edges(stimulus: Clock, response: Clock) -> np.ndarray:
    """Beginnings of the stimulus's samples and the end of the last, in samples of the response [stimulus time + 1]."""
    shift = 1000.0 * (stimulus.begin - response.begin) / response.dt
    ratio = stimulus.dt / response.dt
    if stimulus.stamps is not None:
        ends = np.append(stimulus.stamps, stimulus.stamps[-1] + 1e-3 * stimulus.dt)
        steps = 1000.0 * (ends - stimulus.begin) / response.dt
    elif abs(ratio - 1.0) * stimulus.count < JITTER:  # one rate, up to the jitter that a Recording allows
        steps = np.arange(stimulus.count + 1.0)
        shift = round(shift) if abs(shift - round(shift)) < JITTER else shift
    else:
        steps = ratio * np.arange(stimulus.count + 1.0)
    edges = shift + steps
    return np.where(np.abs(edges - np.rint(edges)) < _ROUNDING, np.rint(edges), edges)


def _held(values: np.ndarray, edges: np.ndarray, count: int) -> np.ndarray:
    """Means over the intervals [k, k + 1) of values that hold from edge to edge; exact where a value fills one.

    Args:
        values: [n] from edges[k] to edges[k + 1].
        edges: [n + 1], increasing.
        count: number of intervals.

    Returns:
        [count]; 0 outside the edges.
    """
    cuts = np.union1d(edges[(edges > 0) & (edges < count)], np.arange(count + 1.0))
    middles, lengths = 0.5 * (cuts[1:] + cuts[:-1]), np.diff(cuts)
    sources = np.searchsorted(edges, middles, side="right") - 1
    inside = (sources >= 0) & (sources < values.size)
    pieces = np.where(inside, values[np.clip(sources, 0, values.size - 1)], 0.0)
    places = np.floor(middles).astype(int)
    first = pieces[np.searchsorted(places, np.arange(count))]
    return first + np.bincount(places, (pieces - first[places]) * lengths, count)


def goes_on(clocks: Sequence[Clock]) -> bool:
    """Whether one clock counts through several sweeps: each begins after the end of the one before."""
    ordered = sorted(clocks, key=lambda clock: clock.begin)
    return len(ordered) > 1 and all(overlap(one, other) <= 1e-3 * one.dt for one, other in itertools.pairwise(ordered))


def checked(clock: Clock) -> Clock:
    """The clock itself.

    Raises:
        ValueError: its interval is not above 0 ms, or its beginning is not finite.
    """
    if not (math.isfinite(clock.dt) and clock.dt > 0 and math.isfinite(clock.begin)):
        raise ValueError(f"its clock begins at {clock.begin:g} s with an interval of {clock.dt:g} ms")
    return clock
