"""Fewer samples of a trace that look the same: every spike and every edge stays."""

from __future__ import annotations

import numpy as np

POINTS = 200_000  # of all voltages of a page, without spikes: some 2 MB
FEWEST = 400  # of a sweep
BEFORE, AFTER = 2.0, 8.0  # ms around a spike in which every sample stays


def points_of_sweep(sweeps: int) -> int:
    """The number of points of one sweep of a page with so many of them."""
    return max(FEWEST, POINTS // sweeps)


def thin(v: np.ndarray, points: int, keep: np.ndarray | None = None) -> np.ndarray:
    """The samples of a trace v [time] that are drawn: the lowest and the highest of each of points/2 bins.

    Args:
        v: the trace.
        points: number of samples, about; a trace with no more keeps all of them.
        keep: [time] samples that stay in addition.

    Returns:
        Their numbers, in order, with the first and the last sample.
    """
    if len(v) <= points:
        return np.arange(len(v))
    width = -(-2 * len(v) // points)
    bins = -(-len(v) // width)
    padded = np.pad(v, (0, bins * width - len(v)), mode="edge").reshape(bins, width)
    starts = width * np.arange(bins)
    extremes = np.concatenate([starts + padded.argmin(axis=1), starts + padded.argmax(axis=1)])
    kept = np.zeros(0, dtype=int) if keep is None else np.flatnonzero(keep)
    return np.unique(np.concatenate([np.minimum(extremes, len(v) - 1), kept, [0, len(v) - 1]]))


def near_spikes(samples: int, indices: np.ndarray, dt: float, points: int) -> np.ndarray:
    """Whether a sample is near a spike [time]; none are where they would exceed ``points``."""
    near = np.zeros(samples, dtype=bool)
    for k in indices:
        near[max(0, k - round(BEFORE / dt)) : k + round(AFTER / dt)] = True
    return near if near.sum() <= points else np.zeros(samples, dtype=bool)


def corners(i: np.ndarray, points: int) -> np.ndarray:
    """The samples of a current [time] between which it is straight; `thin` where these are more than ``points``."""
    bent = np.zeros(len(i), dtype=bool)
    bent[[0, -1]] = True
    bent[1:-1] = np.abs(np.diff(i, n=2)) > 1e-9 * max(float(np.ptp(i)), 1e-300)
    return np.flatnonzero(bent) if bent.sum() <= points else thin(i, points)
