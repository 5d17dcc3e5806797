"""How often a cell should fire in sweeps that no fit has seen, from those that it has.

A search on a few spike trains finds models that fire rightly there and too much, or not at all, at other currents. The
stimuli of the other sweeps are known, and a cell's firing changes little between neighbouring currents: so a model is
held to spike counts between those of the fitted sweeps. Of the other sweeps only the current is read here (into which
`preparation.prepare` has put the drift of their rest).
"""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
import numpy as np

from ...ephys.edges import base_level
from ...recordings import Recording
from ..problem.count_bounds import CountBounds
from ..problem.target import target

MOST = 4  # sweeps that a search is held to besides: each costs as much as a fitted one
TOGETHER = 9  # fitted sweeps and these; where more are fitted, one is enough
WIDE = 0.15  # of the fitted currents' range, at which distance a second sweep of a gap has something to say
SLACK = 0.5  # spikes that a count may be off the line between two others,
BELOW, ABOVE = 0.05, 0.15  # and more for every spike between those: firing rates bend, mostly upwards
ROUNDING = 1e-6
SAME_SHAPE = 0.05  # of a current's power that may differ from the others' shape
NOISE = 0.02  # of the largest current's root mean square, by which any may differ: a measured current has noise
SMOOTHED = 2.0  # ms over which currents are averaged before they are compared
DIRECTED = 0.1  # of a shape's area: with less of a sum it is neither depolarising nor hyperpolarising
SAME_HOLDING = 0.05  # of the currents' range, by which holding currents may differ
REPEATED = 0.01  # of the largest current: closer ones are repeats


def expected(data: Recording, fitted: list[int], counts: np.ndarray, dt: float | None = None) -> CountBounds | None:
    """What is to be expected of sweeps between and just beyond the fitted ones; None where nothing is.

    Args:
        data: the recording; only the currents of sweeps that aren't fitted are read.
        fitted: the fitted sweeps.
        counts: their spike counts [fitted].
        dt: the simulation's step, as `target` takes it.
    """
    sizes = amplitudes(data)
    if np.isnan(sizes[fitted]).any():
        return None
    others = (k for k in range(data.sweeps) if k not in fitted)
    ranges = {k: pair for k in others if (pair := _range(sizes[k], sizes[fitted], counts))}
    chosen = _telling(sizes, ranges, sizes[fitted])
    if not chosen:
        return None
    blind = dataclasses.replace(data, v=np.zeros_like(data.v))
    fewest, most = np.array([ranges[k] for k in chosen]).T
    return CountBounds(target(blind, chosen, dt), jnp.asarray(fewest, dtype=float), jnp.asarray(most, dtype=float))


def amplitudes(data: Recording) -> np.ndarray:
    """How large each sweep's current is [sweep], where all have one shape: multiples of the largest one's size.

    What all sweeps share, such as a test pulse, is no part of the shape. NaN for sweeps of another shape or from
    another holding current, and for all where the shape has no direction. Means of 2 ms are compared, and what differs
    by less than 2 % of the largest is taken for a measured current's noise.
    """
    i, dt = _smoothed(data)
    held = np.array([base_level(one, dt) for one in i])
    moving = i - held[:, None]
    plain, unshared = _sizes(moving), _sizes(_unshared(moving))
    # Where sweeps are repeats of one current, what is left without the shared part is noise.
    sizes = plain if np.sum(np.isfinite(plain)) >= np.sum(np.isfinite(unshared)) else unshared
    same = np.abs(held - np.median(held)) <= SAME_HOLDING * np.ptp(i)
    return np.where(same, sizes, np.nan)


def _sizes(moving: np.ndarray) -> np.ndarray:
    """Currents [sweep, time] as multiples of the largest of them [sweep]; NaN for those of another shape."""
    shape = moving[np.argmax(np.sum(np.square(moving), axis=1))]
    power, direction = float(shape @ shape), float(np.sum(shape))
    if power == 0.0 or abs(direction) < DIRECTED * np.sum(np.abs(shape)):
        return np.full(len(moving), np.nan)
    shape = np.sign(direction) * shape  # the largest may be hyperpolarising
    sizes = moving @ shape / power
    rest = np.sum(np.square(moving - sizes[:, None] * shape), axis=1)
    alike = rest <= np.maximum(SAME_SHAPE * np.sum(np.square(moving), axis=1), NOISE**2 * power)
    return np.where(alike, sizes, np.nan)


def _unshared(moving: np.ndarray) -> np.ndarray:
    """Currents [sweep, time] without what is the same in all of them; as they are where all is."""
    shared = np.std(moving, axis=0) <= NOISE * np.max(np.abs(moving), initial=0.0)
    return moving if shared.all() else np.where(shared, 0.0, moving)


def _smoothed(data: Recording) -> tuple[np.ndarray, float]:
    """Means of the currents over 2 ms [sweep, block], and how long each lasts [ms]; a remainder is left out."""
    width = min(max(1, round(SMOOTHED / data.dt)), data.i.shape[1] // 4 or 1)
    blocks = data.i.shape[1] // width
    return data.i[:, : blocks * width].reshape(data.sweeps, blocks, width).mean(axis=2), width * data.dt


def _range(size: float, fitted: np.ndarray, counts: np.ndarray) -> tuple[int, int] | None:
    """Fewest and most spikes at a current of this size, or None where the fitted sweeps don't say."""
    at, n = _merged(fitted, np.asarray(counts, dtype=float))
    firing = np.flatnonzero(n > 0)
    if not np.isfinite(size) or len(firing) == 0:
        return None
    nearest = int(np.argmin(np.abs(at - size)))
    if abs(at[nearest] - size) <= REPEATED:
        return _about(n[nearest], 0.0)
    above = int(np.searchsorted(at, size))
    if above == len(at):
        return _beyond(size, at[firing], n[firing]) if n[-1] > 0 else None
    if above == 0 or (n[above - 1] == 0 and n[above] == 0):
        return None
    gap, widest = at[above] - at[above - 1], np.max(np.diff(at[firing]), initial=0.0)
    if n[above - 1] == 0 and gap > widest + ROUNDING:  # the threshold may be anywhere between
        return None
    return _about(np.interp(size, at, n), abs(n[above] - n[above - 1]))


def _merged(sizes: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fitted currents in ascending order, repeats of one as one, with the mean of their counts."""
    order = np.argsort(sizes)
    group = np.cumsum(np.diff(sizes[order], prepend=sizes[order][0]) > REPEATED)
    each = np.bincount(group)
    return np.bincount(group, sizes[order]) / each, np.bincount(group, counts[order]) / each


def _beyond(size: float, at: np.ndarray, n: np.ndarray) -> tuple[int, int] | None:
    """The same above the largest fitted current: from no more spikes to as many more as the line says.

    Firing rates of cells that adapt rise less the higher they are.
    """
    if len(at) < 2 or size - at[-1] > at[-1] - at[-2] + ROUNDING:
        return None
    line = n[-1] + (n[-1] - n[-2]) / (at[-1] - at[-2]) * (size - at[-1])
    return math.floor(min(line, n[-1]) + ROUNDING), math.floor(max(line, n[-1]) + ROUNDING)


def _about(line: float, steep: float) -> tuple[int, int]:
    """The whole numbers around a point of the line."""
    fewest, most = line - SLACK - BELOW * steep, line + SLACK + ABOVE * steep
    return math.ceil(fewest - ROUNDING), math.floor(most + ROUNDING)


def _telling(sizes: np.ndarray, ranges: dict[int, tuple[int, int]], fitted: np.ndarray) -> list[int]:
    """Of every gap between fitted currents, and beyond them, the sweep that is farthest from its ends; then others.

    Others are those far from all fitted and chosen ones: within a wide gap a model may do what it likes.
    """
    known, most = np.sort(fitted), min(MOST, max(1, TOGETHER - len(fitted)))
    distance = lambda k, known: float(np.min(np.abs(known - sizes[k])))  # noqa: E731
    farthest: dict[int, int] = {}
    for k in sorted(ranges, key=lambda k: sizes[k]):
        repeats = distance(k, known) <= REPEATED  # all of them say what a fitted one says
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
