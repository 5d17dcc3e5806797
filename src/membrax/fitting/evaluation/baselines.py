"""What can be predicted of a sweep without any model: the least that a fit has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def interpolated_count(level: float, levels: Sequence[float], counts: Sequence[float]) -> float:
    """The spike count at ``level`` on the straight lines between known points of a cell's f–I curve.

    Several counts at one level are averaged; beyond the known levels the curve goes on flat.

    Args:
        level: of the pulse that is to be predicted; NaN gives NaN.
        levels: of the known pulses [pulse], in the same unit.
        counts: their spikes [pulse].
    """
    known = np.isfinite(levels)
    if not np.isfinite(level) or not known.any():
        return float("nan")
    x, which = np.unique(np.asarray(levels, dtype=float)[known], return_inverse=True)
    y = np.bincount(which, weights=np.asarray(counts, dtype=float)[known]) / np.bincount(which)
    return float(np.interp(level, x, y))


def mean_trace(v: np.ndarray, fitted: Sequence[int]) -> np.ndarray:
    """The mean [time] of the fitted sweeps of v [sweep, time], mV."""
    return np.mean(v[list(fitted)], axis=0)
