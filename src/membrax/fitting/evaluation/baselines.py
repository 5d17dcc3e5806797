"""Predictions of a sweep that need no model: a fit has to be better than these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def interpolated_count(level: float, levels: Sequence[float], counts: Sequence[float]) -> float:
    """The spike count at ``level``, linearly interpolated between known points of a cell's f–I curve.

    Counts at one level are averaged; beyond the known levels the curve is constant.

    Args:
        level: of the pulse to predict; NaN gives NaN.
        levels: of the known pulses [pulse], in the same unit.
        counts: their spike counts [pulse].
    """
    known = np.isfinite(levels)
    if not np.isfinite(level) or not known.any():
        return float("nan")
    x, which = np.unique(np.asarray(levels, dtype=float)[known], return_inverse=True)
    y = np.bincount(which, weights=np.asarray(counts, dtype=float)[known]) / np.bincount(which)
    return float(np.interp(level, x, y))


def mean_trace(v: np.ndarray, training: Sequence[int]) -> np.ndarray:
    """The mean [time] over the training sweeps of v [sweep, time], mV."""
    return np.mean(v[list(training)], axis=0)
