"""Bounds on the spike counts of held-out sweeps, from the counts of the training sweeps.

A search on a few spike trains finds models that fire correctly there, and too much or not at all at other currents.
The currents of the held-out sweeps are known, and a cell's firing changes little between neighbouring currents. So the
search requires spike counts between those of the neighbouring training sweeps. Of the held-out sweeps only the current
is read (to which `membrax.ephys.preprocess` has added the drift of their rest).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np

from ...ephys.amplitudes import relative_amplitudes
from ...recordings import Recording
from ..problem.count_bounds import CountBounds
from ..problem.target import target

MOST = 4  # held-out sweeps with bounds: each costs the search as much as a training sweep
TOGETHER = 9  # training sweeps and these; one is enough where more are fitted
WIDE = 0.15  # of the range of the training currents, the least distance of a second sweep in one gap
SLACK = 0.5  # spikes that a count may be off the line between two others,
BELOW, ABOVE = 0.05, 0.15  # and more for every spike between those: firing rates bend, mostly upwards
ROUNDING = 1e-6
REPEATED = 0.01  # of the largest current: currents closer than that are repeats


def count_bounds(
    data: Recording, training: Sequence[int], counts: np.ndarray, dt: float | None = None
) -> CountBounds | None:
    """Bounds on the spike counts of a few held-out sweeps between and just beyond the training sweeps.

    Args:
        data: the recording; of held-out sweeps only the currents are read.
        training: the training sweeps.
        counts: their spike counts [training].
        dt: the simulation's step, ms, as `target` takes it.

    Returns:
        The bounds; None where the training sweeps say nothing about the others.
    """
    fitted = list(training)
    sizes = relative_amplitudes(data)
    if np.isnan(sizes[fitted]).any():
        return None
    held_out = (k for k in range(data.sweeps) if k not in fitted)
    ranges = {k: pair for k in held_out if (pair := _range(sizes[k], sizes[fitted], counts))}
    chosen = _most_informative(sizes, ranges, sizes[fitted])
    if not chosen:
        return None
    blind = dataclasses.replace(data, v=np.zeros_like(data.v))
    fewest, most = np.array([ranges[k] for k in chosen]).T
    return CountBounds(target(blind, chosen, dt), jnp.asarray(fewest, dtype=float), jnp.asarray(most, dtype=float))


def _range(size: float, fitted: np.ndarray, counts: np.ndarray) -> tuple[int, int] | None:
    """Fewest and most spikes at a current of this size, or None where the training sweeps leave it open."""
    at, n = _merged(fitted, np.asarray(counts, dtype=float))
    firing = np.flatnonzero(n > 0)
    if not np.isfinite(size) or len(firing) == 0:
        return None
    nearest = int(np.argmin(np.abs(at - size)))
    if abs(at[nearest] - size) <= REPEATED:
        return _around(n[nearest], 0.0)
    above = int(np.searchsorted(at, size))
    if above == len(at):
        return _beyond(size, at[firing], n[firing]) if n[-1] > 0 else None
    if above == 0 or (n[above - 1] == 0 and n[above] == 0):
        return None
    gap, widest = at[above] - at[above - 1], np.max(np.diff(at[firing]), initial=0.0)
    if n[above - 1] == 0 and gap > widest + ROUNDING:  # the threshold may be anywhere between
        return None
    return _around(float(np.interp(size, at, n)), abs(n[above] - n[above - 1]))


def _merged(sizes: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Training currents in ascending order, repeats merged into one, and the mean count of each."""
    order = np.argsort(sizes)
    group = np.cumsum(np.diff(sizes[order], prepend=sizes[order][0]) > REPEATED)
    each = np.bincount(group)
    return np.bincount(group, sizes[order]) / each, np.bincount(group, counts[order]) / each


def _beyond(size: float, at: np.ndarray, n: np.ndarray) -> tuple[int, int] | None:
    """Fewest and most spikes above the largest training current: from its count to the extrapolated one.

    Firing rates of cells that adapt rise less the higher they are.
    """
    if len(at) < 2 or size - at[-1] > at[-1] - at[-2] + ROUNDING:
        return None
    line = n[-1] + (n[-1] - n[-2]) / (at[-1] - at[-2]) * (size - at[-1])
    return math.floor(min(line, n[-1]) + ROUNDING), math.floor(max(line, n[-1]) + ROUNDING)


def _around(count: float, difference: float) -> tuple[int, int]:
    """The whole numbers around an interpolated count; ``difference`` is that of the counts on either side."""
    fewest, most = count - SLACK - BELOW * difference, count + SLACK + ABOVE * difference
    return math.ceil(fewest - ROUNDING), math.floor(most + ROUNDING)


def _most_informative(sizes: np.ndarray, ranges: Mapping[int, tuple[int, int]], fitted: np.ndarray) -> list[int]:
    """The sweep in the middle of each gap between training currents, and beyond them; then others.

    Others are those far from all training currents and from those chosen: within a wide gap a model could fire
    anyhow.
    """
    known, most = np.sort(fitted), min(MOST, max(1, TOGETHER - len(fitted)))
    distance = lambda k, known: float(np.min(np.abs(known - sizes[k])))  # noqa: E731
    farthest: dict[int, int] = {}
    for k in sorted(ranges, key=lambda k: sizes[k]):
        repeats = distance(k, known) <= REPEATED  # all of them say the same as a training sweep
        gap = -1 if repeats else int(np.searchsorted(known, sizes[k]))
        if gap not in farthest or distance(k, known) > distance(farthest[gap], known) + ROUNDING:
            farthest[gap] = k
    chosen = sorted(farthest.values(), key=lambda k: distance(k, known), reverse=True)[:most]
    while len(chosen) < most and (left := sorted(set(ranges) - set(chosen))):
        all_known = np.concatenate([known, sizes[chosen]])
        far = max(left, key=lambda k: distance(k, all_known))
        if distance(far, all_known) <= max(WIDE * np.ptp(known) - ROUNDING, REPEATED):
            break
        chosen.append(far)
    return sorted(chosen)
