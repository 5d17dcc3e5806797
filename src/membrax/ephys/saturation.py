"""Samples at the end of an amplifier's range: runs of one extreme value."""

from __future__ import annotations

import numpy as np

from .edges import stretches

SHORTEST = 3  # samples of a run that was entered steeply: the top of a spike, cut
ENTRY = 0.5  # mV from the sample before it
LONG = 20  # samples of a run in noise that is at no other value still for long
STILLER = 4  # times longer than the longest run away from the extremes


def clipped(v: np.ndarray) -> np.ndarray:
    """Whether samples of v [sweep, time] in mV are at a limit [sweep, time].

    A limit is the highest or the lowest value of all sweeps, in runs of at least 3 equal samples that are entered
    by a jump of more than half a millivolt and of more than three of the converter's steps (a cut spike), and, where
    the potential trembles, of at least 20 that are 4 times longer than any run of another value (a limit that the
    membrane has crept to). A sweep that never moves is no limit.
    """
    found = np.zeros(v.shape, dtype=bool)
    moving = np.flatnonzero(np.ptp(v, axis=1) > 0)
    if not len(moving):
        return found
    differences = np.diff(v[moving], axis=1)
    quantum = float(np.min(np.abs(differences[differences != 0])))
    creeping = max(LONG, STILLER * _longest_inside(v[moving])) if _trembles(differences) else np.inf
    for extreme in (v[moving].max(), v[moving].min()):
        for k in moving:
            for a, b in stretches(v[k] == extreme):
                cut = b - a >= SHORTEST and a > 0 and abs(v[k, a] - v[k, a - 1]) > max(ENTRY, 3 * quantum)
                found[k, a:b] |= cut or b - a >= creeping
    return found


def _trembles(differences: np.ndarray) -> bool:
    """Whether differences [sweep, time] change their sign as often as noise makes them; simulated ones do not."""
    signs = np.sign(differences[differences != 0])
    return bool(np.sum(signs[1:] != signs[:-1]) > 0.2 * len(signs))


def _longest_inside(v: np.ndarray) -> int:
    """Samples of the longest run of a value that is no extreme."""
    longest = 1
    for sweep in v:
        still = np.diff(sweep) == 0
        inside = still & (sweep[1:] > v.min()) & (sweep[1:] < v.max())
        longest = max([longest, *(b - a + 1 for a, b in stretches(inside))])
    return longest
