"""Samples at the end of an amplifier's range: runs of one extreme value."""

from __future__ import annotations

import numpy as np

from ..recordings.edges import stretches

SHORTEST = 3  # samples of a run after a steep rise: the cut top of a spike
ENTRY = 0.5  # mV, the least change from the sample before such a run
LONG = 20  # samples, the shortest run in noise that is a limit
STILLER = 4  # least ratio of its length to that of the longest run between the extremes


def clipped(v: np.ndarray) -> np.ndarray:
    """Whether samples of v [sweep, time] in mV are at a limit of the amplifier [sweep, time].

    A limit is the highest or the lowest value of all sweeps in one of two kinds of runs. A cut spike is a run of at
    least 3 equal samples after a jump of more than half a millivolt and of more than three of the converter's steps. A
    limit that the membrane reaches slowly is, in a noisy potential, a run of at least 20 equal samples that is 4 times
    longer than any run of another value. Sweeps of constant potential are not at a limit.
    """
    at_limit = np.zeros(v.shape, dtype=bool)
    moving = np.flatnonzero(np.ptp(v, axis=1) > 0)
    if not len(moving):
        return at_limit
    differences = np.diff(v[moving], axis=1)
    quantum = float(np.min(np.abs(differences[differences != 0])))
    long = max(LONG, STILLER * _longest_inside(v[moving])) if _noisy(differences) else np.inf
    for extreme in (v[moving].max(), v[moving].min()):
        for k in moving:
            for a, b in stretches(v[k] == extreme):
                cut = b - a >= SHORTEST and a > 0 and abs(v[k, a] - v[k, a - 1]) > max(ENTRY, 3 * quantum)
                at_limit[k, a:b] |= cut or b - a >= long
    return at_limit


def _noisy(differences: np.ndarray) -> bool:
    """Whether differences [sweep, time] change sign as often as those of noise; those of a simulation do not."""
    signs = np.sign(differences[differences != 0])
    return bool(np.sum(signs[1:] != signs[:-1]) > 0.2 * len(signs))


def _longest_inside(v: np.ndarray) -> int:
    """Length in samples of the longest run of a value between the extremes."""
    longest = 1
    for sweep in v:
        equal = np.diff(sweep) == 0
        inside = equal & (sweep[1:] > v.min()) & (sweep[1:] < v.max())
        longest = max([longest, *(b - a + 1 for a, b in stretches(inside))])
    return longest
