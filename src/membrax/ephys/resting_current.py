"""The current of a recording between its steps, sweep by sweep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..recordings import Recording
from ..recordings.edges import NOISE, SMALLEST, changes, commanded, drift, lasting_edges, sample_noise

Edges = Sequence[Sequence[int]]

AGREE = 0.1  # of a recording's range, the largest difference of one level in all sweeps
SAME = 0.01  # of a sweep's range, the largest difference of two measurements of its first level


def level_edges(data: Recording) -> list[list[int]]:
    """The samples [sweep] between which a sweep's current has its levels, with its beginning and end.

    Changes of a measured current count if the new level lasts 2 ms and differs; all changes of a command do.
    """
    return [[0, *changes(i, data.dt), i.size] if commanded(i) else lasting_edges(i, data.dt) for i in data.i]


def resting_currents(data: Recording, edges: Edges) -> np.ndarray:
    """The resting current of each sweep [sweep], in the recording's unit.

    A sweep may begin or end in a step. Its resting current is the level of that end at which all sweeps agree, if there
    is one such end; else the level closer to 0. A ramp at one end is no level. Where the resting current is the first
    level, it is `Recording.holding`, unless that includes a part of the first step of a measured current.

    Args:
        data: the recording.
        edges: its `level_edges`.
    """
    (first, flat), (last, end) = _ends(data, edges)
    moved, span = np.array([len(one) > 2 for one in edges]), np.ptp(data.i, axis=1)
    common = [moved.any() and np.ptp(level[moved]) <= AGREE * np.ptp(data.i) for level in (first, last)]
    later = np.abs(last) < np.abs(first) if common[0] == common[1] else np.full(data.sweeps, common[1])
    later &= np.abs(last - first) > SMALLEST * span
    rest = np.where(np.abs(data.holding - first) <= SAME * span, data.holding, first)
    rest = np.where(flat, rest, data.holding)
    return np.where(moved & end & (later | ~flat), last, rest)


def begin_in_step(data: Recording, edges: Edges) -> np.ndarray:
    """Whether the first level of each sweep [sweep] is not its resting current; see `resting_currents`."""
    first, flat = _ends(data, edges)[0]
    away = np.abs(first - resting_currents(data, edges)) > SMALLEST * np.ptp(data.i, axis=1)
    return away & flat & np.array([len(one) > 2 for one in edges])


def is_flat(i: np.ndarray, start: int, stop: int) -> bool:
    """Whether a current i [time] drifts between two samples by at most 3 % of its range, beyond its noise."""
    noise = NOISE * sample_noise(i) / np.sqrt(max(1.0, (stop - start) / 4))
    return drift(i[start:stop]) <= SMALLEST * float(np.ptp(i)) + noise


def _ends(data: Recording, edges: Edges) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The first and the last level of each sweep [sweep], and whether they are flat [sweep]."""
    ends = []
    for spans in ([one[:2] for one in edges], [one[-2:] for one in edges]):
        each = list(zip(data.i, spans, strict=True))
        levels = np.array([np.mean(i[a:b]) for i, (a, b) in each], dtype=float)
        ends.append((levels, np.array([is_flat(i, a, b) for i, (a, b) in each])))
    return tuple(ends)
