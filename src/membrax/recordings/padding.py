"""Samples at the ends of a sweep that hold an exact constant in place of a recorded voltage.

A stopped acquisition fills the rest of its array with zeros, a fill value or the last sample. A membrane's potential
is noisy, and a simulated one approaches its resting level smoothly, perhaps down to the last digit. A constant run at
an end is therefore padding if the voltage jumps to it, or if it follows a noisy voltage that never stays so long at one
value elsewhere.
"""

from __future__ import annotations

import numpy as np

_SHORTEST = 3  # samples of 0 mV or of an impossible value after a jump
SAMPLES, MS = 20, 2.0  # the least length of any other padding: both
_BEYOND = 200.0  # mV, beyond every membrane's potential: a fill value
_JUMP = 1.0  # mV, and these multiples of the usual change between two samples and of the smallest one:
_CHANGES, _LEVELS = 10.0, 5.0
_NEAR, _NEAR_MS = 100, 10.0  # samples and ms next to the run by which noise is judged, the longer of the two
_REVERSALS = 5  # of the direction of v about its drift in that part: noise; a relaxation has at most one or two
_VALUES = 5  # distinct ones in that part: a quiet voltage between two coarse levels of a converter has two or three
LONGER = 5  # factor by which a run of padding is longer than every other run of equal values


def padding(v: np.ndarray, i: np.ndarray, dt: float) -> tuple[int, int]:
    """The numbers of samples of padding at the beginning and at the end of one sweep.

    Args:
        v: voltage of the sweep [time], mV, finite.
        i: current of the sweep [time]; NaN is allowed.
        dt: sampling interval, ms.
    """
    runs = _runs(v)
    if len(runs) < 2 or _levels(v, runs, dt):
        return 0, 0
    first, last = runs[0], v.size - runs[-1]
    jumps = _jumps(v, first, dt), _jumps(v[::-1], last, dt)
    if v[0] == v[-1] and jumps[0] != jumps[1] and min(first, last) >= SAMPLES:
        return 0, 0  # the level of rest, reached smoothly at one end and by a reset of an integrate-and-fire cell
    inner = int(np.max(np.diff(runs), initial=1))
    others = max(inner, 0 if jumps[1] else last), max(inner, 0 if jumps[0] else first)
    before = _padded(v, first, dt, jumps[0], others[0]) if jumps[0] or not _starts(i, first) else 0
    return before, _padded(v[::-1], last, dt, jumps[1], others[1])


def _runs(v: np.ndarray) -> np.ndarray:
    """The first samples of all runs of equal values but the first run."""
    return np.flatnonzero(np.diff(v)) + 1


def _levels(v: np.ndarray, runs: np.ndarray, dt: float) -> bool:
    """Whether v jumps between levels also within the sweep, as a commanded voltage does."""
    lengths = np.diff(runs)
    for k in np.flatnonzero(lengths >= max(SAMPLES, MS / dt)):
        start, stop = runs[k], runs[k + 1]
        if _jumps(v[start:], stop - start, dt) and _jumps(v[:stop][::-1], stop - start, dt):
            return True
    return False


def _jumps(v: np.ndarray, count: int, dt: float) -> bool:
    """Whether v jumps after its first ``count`` equal samples."""
    if count >= v.size:
        return False
    changes = np.abs(np.diff(following(v, count, dt)))
    usual = float(np.median(changes)) if changes.size else 0.0
    smallest = float(np.min(changes[changes > 0], initial=np.inf))
    least = max(_JUMP, _CHANGES * usual, _LEVELS * smallest if np.isfinite(smallest) else 0.0)
    return bool(abs(v[count] - v[0]) > least)


def following(v: np.ndarray, count: int, dt: float) -> np.ndarray:
    """The part of a voltage [time] after its first ``count`` samples by which noise is judged."""
    return v[count : count + max(_NEAR, round(min(_NEAR_MS / dt, v.size)))]


def _padded(v: np.ndarray, count: int, dt: float, jumps: bool, other: int) -> int:
    """The number of samples of padding among the first ``count``, which are equal.

    ``other`` is the length of the longest other run of equal samples. Of a held sample, the recorded one stays.
    """
    if jumps and count >= _SHORTEST and (v[0] == 0 or abs(v[0]) > _BEYOND):
        return count
    if count < SAMPLES or count * dt < MS:
        return 0
    if jumps:
        return count
    return count - 1 if count > LONGER * other and noisy(following(v, count, dt)) else 0


def noisy(v: np.ndarray) -> bool:
    """Whether a voltage [time] often changes its direction and has several values."""
    changes = np.diff(v) - np.median(np.diff(v))  # a drift has a direction of its own
    directions = np.sign(changes[changes != 0])
    reversals = int(np.count_nonzero(np.diff(directions)))
    return reversals >= _REVERSALS and np.unique(v).size >= _VALUES


def _starts(i: np.ndarray, count: int) -> bool:
    """Whether the current first changes where v does: a simulated cell leaves its exact rest."""
    changes = np.flatnonzero(i[1:] != i[:-1])
    return bool(changes.size) and abs(int(changes[0]) + 1 - count) <= 2
