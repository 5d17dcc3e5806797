"""Edges and steps of an injected current, commanded or measured: changes from one constant level to another.

Ramps, sines and noise have none. `pulses` divides all sweeps of a recording at common edges. `Recording.holding` is the
level before a sweep's first change.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

SHORTEST = 5.0  # ms, the shortest level
BEFORE = 2.0  # ms, the shortest level before it
SMOOTHED = 0.5  # ms, averaged on both sides of a change of a measured current
NOISE = 8.0  # standard deviations of such averages, exceeded by a change
NOISELESS = 1e-6  # of the current's range, the largest noise of a command
SMALLEST = 0.03  # of the current's range, exceeded by a change
LARGE = 0.3  # of the current's range, exceeded by the first step
SAME_EDGE = 1.0  # ms before a step that belong to its edge
FLAT = 0.1  # of a step's size, the largest drift of its level


@dataclasses.dataclass(frozen=True)
class CurrentStep:
    """One step of a current.

    Attributes:
        start, stop: samples of the level, the last one excluded.
        before: preceding level, in the current's unit.
        size: level minus the preceding level.
    """

    start: int
    stop: int
    before: float
    size: float

    @property
    def level(self) -> float:
        """The current during the step, in its unit."""
        return self.before + self.size


def steps(i: np.ndarray, dt: float) -> list[CurrentStep]:
    """All steps of a current i [time] sampled every ``dt`` ms, in order.

    At a change, the means of half a millisecond on its two sides (of one sample in a noiseless command) differ by more
    than 8 standard deviations of such means and by more than 3 % of the range. A change is a step if the level lasts
    5 ms after it and 2 ms before it, and neither drifts by more than a tenth of the step.
    """
    edges, levels = _levels(i, lasting_edges(i, dt))
    result = []
    for k in range(1, len(levels)):
        (first, start, stop), size = edges[k - 1 : k + 2], levels[k] - levels[k - 1]
        long = (stop - start) * dt >= SHORTEST and (start - first) * dt >= BEFORE
        if long and max(drift(i[first:start]), drift(i[start:stop])) < FLAT * abs(size):
            result.append(CurrentStep(start, stop, levels[k - 1], size))
    return result


def lasting_edges(i: np.ndarray, dt: float) -> list[int]:
    """The beginning of a current i [time], the changes to a new level that lasts 2 ms, and the end, as samples."""
    edges = [0, *changes(i, dt), len(i)]
    # A glitch is too short for a level, and after it the current is the same again.
    edges = [0, *(b for a, b in itertools.pairwise(edges) if (b - a) * dt >= BEFORE and b < len(i)), len(i)]
    edges, levels = _levels(i, edges)
    least = SMALLEST * np.ptp(i)
    large = [k for k in range(1, len(levels)) if abs(levels[k] - levels[k - 1]) > least]
    return [0, *(edges[k] for k in large), len(i)]


def first_step(i: np.ndarray, dt: float) -> int | None:
    """The first sample of the first large step of a current i [time], or None without one.

    Large means more than 30 % of the current's range. Until 1 ms before the step the current must stay within that
    distance of its first level: a ramp or noise before the step gives None.
    """
    least = LARGE * float(np.ptp(i))
    start = next((step.start for step in steps(i, dt) if abs(step.size) > least), None)
    if start is None:
        return None
    before = i[: max(1, start - round(SAME_EDGE / dt))] - np.median(i[: max(1, len(i) // 100)])
    return start if np.max(np.abs(before)) <= least else None


def _levels(i: np.ndarray, edges: list[int]) -> tuple[list[int], list[float]]:
    """The edges and the mean currents between them."""
    return edges, [float(np.mean(i[a:b])) for a, b in itertools.pairwise(edges)]


def changes(i: np.ndarray, dt: float) -> list[int]:
    """The samples at which the level of a current [time] changes; see `steps`."""
    span = float(np.ptp(i))
    if span == 0 or len(i) < 4:
        return []
    noise = sample_noise(i)
    # Averages over half a millisecond of a command would blur two changes of one block.
    width = max(1, round(SMOOTHED / dt)) if noise > NOISELESS * span else 1
    if len(i) < 2 * width + 2:
        return []
    total = np.concatenate([[0.0], np.cumsum(i)])
    means = (total[width:] - total[:-width]) / width
    moved = np.abs(means[width:] - means[:-width])  # at sample k + width
    large = moved > max(NOISE * noise / np.sqrt(width), SMALLEST * span)
    return [a + int(np.argmax(moved[a:b])) + width for a, b in stretches(large)]


def explained_by_levels(x: np.ndarray, edges: list[int]) -> float:
    """The part of the variance of x [time] that its levels between ``edges`` explain; 1 for a constant."""
    rest = sum(float(np.sum(np.square(part - part.mean()))) for part in np.split(x, edges))
    total = float(np.sum(np.square(x - x.mean())))
    return 1.0 - rest / total if total > 0 else 1.0


def sample_noise(i: np.ndarray) -> float:
    """The standard deviation of white noise in a current i [time], by the median of differences of neighbours."""
    differences = np.diff(i)
    return 1.4826 * float(np.median(np.abs(differences - np.median(differences)))) / np.sqrt(2)


def commanded(i: np.ndarray) -> bool:
    """Whether a current i [time] is a command, without noise."""
    return sample_noise(i) <= NOISELESS * float(np.ptp(i))


def base_level(i: np.ndarray, dt: float) -> float:
    """The resting level of a current i [time]: its level at the beginning or the end, whichever is closer to 0.

    A sweep may begin or end in a step. Of a current without steps it is the first value.
    """
    edges = changes(i, dt)
    if not edges:
        return float(i[0])
    return float(min(np.mean(i[: edges[0]]), np.mean(i[edges[-1] :]), key=abs))


def depolarised(i: np.ndarray, dt: float) -> np.ndarray:
    """Whether a current i [time] exceeds its `base_level` by more than 3 % of its range [time]."""
    least = base_level(i, dt) + SMALLEST * float(np.ptp(i))
    edges = changes(i, dt)
    if not edges:
        return i > least
    edges, levels = _levels(i, [0, *edges, len(i)])
    return np.repeat(np.array(levels) > least, np.diff(edges))


def stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """The runs of True in a mask [time], as (first sample, last sample excluded)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def drift(i: np.ndarray) -> float:
    """The range of the means of four quarters of a level."""
    quarters = [part.mean() for part in np.array_split(i, 4) if len(part)]
    return float(np.ptp(quarters))
