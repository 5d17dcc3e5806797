"""The steps of each sweep of a recording, with onsets and durations of their own, for its f–I and V–I curves.

`ephys.pulses` divides all sweeps at the same times, for the comparison of a model with its recording.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ..recordings import Recording
from ..recordings.edges import BEFORE, FLAT, SAME_EDGE, SHORTEST, SMALLEST, commanded, drift, sample_noise
from .pulses import Pulse, numbered, pulses
from .resting_current import level_edges, resting_currents

Span: TypeAlias = tuple[int, int]  # first sample, last sample excluded
ROUNDING = 1e-6  # ms by which a level may be shorter
DRIFT = 3.0  # standard errors of a quarter of a level, by which noise moves it
VARIATION = 0.25  # of a step, the largest standard deviation within it, such as that of mains hum


def sweep_steps(data: Recording) -> tuple[tuple[Pulse, ...], np.ndarray]:
    """The steps of every sweep, in the order of the sweeps; one without a step is a single piece without a level.

    A step is a level that differs from the sweep's resting current (`resting_currents`) by more than 3 % of the sweep's
    range and lasts 5 ms; in a command, a shorter one too that comes from rest and returns to it, each for 2 ms. Sweeps
    are compared in three ways, each over more than half of the sweeps with steps:

    * Where they change from one step to the next, a sweep whose current stays has two steps as well.
    * Where they have a step and a sweep stays at rest, it has a step of 0.
    * A step that is equal in all sweeps while others differ is a test pulse, and is left out.

    Where no sweep has such a step, the pieces are those of `pulses`, whose edges may be slower.

    Returns:
        The steps, their levels above the resting current, and the resting current of each sweep [sweep], in the
        recording's unit.
    """
    edges = level_edges(data)
    rest = resting_currents(data, edges)
    i = data.i - rest[:, None]
    own = [_own(i[k], one, data.dt) for k, one in enumerate(edges)]
    if not any(own):
        return pulses(data), data.holding
    same = 1 if all(map(commanded, data.i)) else max(1, round(SAME_EDGE / data.dt))
    span = float(np.ptp(i))
    cuts = _shared_changes(own, same)
    own = [[part for step in steps for part in _cut(step, cuts, same)] for steps in own]
    windows = _shared_windows(own, same)
    own = [sorted([*steps, *_steps_of_0(i[k], steps, edges[k], windows, same, span)]) for k, steps in enumerate(own)]
    return _as_pulses(data, i, _without_test_pulses(i, own, windows, same), rest), rest


def _own(i: np.ndarray, edges: Sequence[int], dt: float) -> list[Span]:
    """The steps of one sweep's current above rest i [time]; none if fewer than half of its levels are steps."""
    least, noise = SMALLEST * float(np.ptp(i)), sample_noise(i)
    spans = list(itertools.pairwise(edges))
    levels = np.array([np.median(i[a:b]) for a, b in spans])
    times = np.array([(b - a) * dt + ROUNDING for a, b in spans])
    away, rests = np.abs(levels) > least, np.abs(levels) <= least
    rests &= times >= BEFORE
    between = np.zeros_like(away)
    between[1:-1] = rests[:-2] & rests[2:]
    lasting = away & ((times >= SHORTEST) | (between & commanded(i)))
    moved = np.abs(np.diff(levels))
    smallest = np.minimum(np.append(np.inf, moved), np.append(moved, np.inf))  # change at either end
    found = [
        spans[k] for k in np.flatnonzero(lasting & np.isfinite(smallest)) if _is_level(i, *spans[k], smallest[k], noise)
    ]
    return found if 2 * len(found) >= np.count_nonzero(away) else []


def _is_level(i: np.ndarray, start: int, stop: int, change: float, noise: float) -> bool:
    """Whether a current varies between two samples by less than a tenth of the change at its ends, beyond its noise."""
    margin = min(1, (stop - start - 1) // 8)  # an edge may be off by a sample
    part = i[start + margin : stop - margin]
    return bool(
        drift(part) < FLAT * change + DRIFT * noise / np.sqrt(max(1.0, part.size / 4))
        and np.std(part) < VARIATION * change + 2 * noise
    )


def _most(count: int, own: Sequence[Sequence[Span]]) -> bool:
    """Whether a number is more than half of the sweeps with steps."""
    return 2 * count > sum(map(bool, own))


def _shared_changes(own: Sequence[Sequence[Span]], same: int) -> list[int]:
    """Samples at which most sweeps change from one step to the next; none of a single sweep."""
    inner = [[b[0] for a, b in itertools.pairwise(steps) if a[1] == b[0]] for steps in own]
    if len(own) == 1:
        return []
    shared: list[int] = []
    for at in sorted(set(itertools.chain(*inner))):
        near = sum(any(abs(at - other) <= same for other in one) for one in inner)
        if _most(near, own) and not (shared and at - shared[-1] <= same):
            shared.append(at)
    return shared


def _cut(step: Span, cuts: Sequence[int], same: int) -> list[Span]:
    """The parts of a step between some samples."""
    inside = [at for at in cuts if step[0] + same < at < step[1] - same]
    return list(itertools.pairwise([step[0], *inside, step[1]]))


def _near(one: Span, other: Span, same: int) -> bool:
    return abs(one[0] - other[0]) <= same and abs(one[1] - other[1]) <= same


def _shared_windows(own: Sequence[Sequence[Span]], same: int) -> list[Span]:
    """The times at which most sweeps have a step."""
    if len(own) == 1:
        return []
    shared: list[Span] = []
    for window in sorted(set(itertools.chain(*own))):
        count = sum(any(_near(window, step, same) for step in steps) for steps in own)
        if _most(count, own) and not any(_near(window, other, same) for other in shared):
            shared.append(window)
    return shared


def _steps_of_0(
    i: np.ndarray, steps: Sequence[Span], edges: Sequence[int], windows: Sequence[Span], same: int, span: float
) -> list[Span]:
    """The windows in which a sweep's current above rest i [time] stays at rest; ``span`` is the recording's range."""
    free = []
    for start, stop in windows:
        changes = any(start + same < at < stop - same for at in edges)
        taken = any(step[0] < stop - same and step[1] > start + same for step in steps)
        resting = abs(np.median(i[start:stop])) <= FLAT * span and np.std(i[start:stop]) <= FLAT * span
        free += [] if changes or taken or not resting else [(start, stop)]
    return free


def _without_test_pulses(i: np.ndarray, own: list[list[Span]], windows: Sequence[Span], same: int) -> list[list[Span]]:
    """The steps of every sweep without those that are equal in all sweeps while others differ."""
    span, tests = float(np.ptp(i)), []
    for window in windows:
        there = [next((step for step in steps if _near(window, step, same)), None) for steps in own]
        levels = [float(np.median(i[k, step[0] : step[1]])) for k, step in enumerate(there) if step]
        if len(levels) == len(own) and np.ptp(levels) <= FLAT * span:
            tests.append(window)
    kept = [[step for step in steps if not any(_near(step, one, same) for one in tests)] for steps in own]
    return kept if any(kept) else own


def _as_pulses(data: Recording, i: np.ndarray, own: Sequence[Sequence[Span]], rest: np.ndarray) -> tuple[Pulse, ...]:
    """The steps as pulses, with levels above rest."""
    pieces = []
    for sweep, steps in enumerate(own):
        for number, (begin, end) in enumerate(steps or [(0, data.t.size)]):
            level = float(np.median(i[sweep, begin:end])) if steps else float("nan")
            start, stop = (float(f"{data.t[0] + k * data.dt:.12g}") for k in (begin, end))
            pieces.append(Pulse(sweep, number, start, stop, level, -1))
    return numbered(pieces, i, rest)
