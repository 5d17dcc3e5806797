"""The definition of a spike for all peers: an upward crossing of 0 mV."""

from __future__ import annotations

from typing import Any

import numpy as np


def crossings(t: Any, v: Any, threshold: float = 0.0) -> list[float]:
    """The times [ms] at which v rises through the threshold, by linear interpolation between two samples."""
    t, v = np.asarray(t, float), np.asarray(v, float) - threshold
    (k,) = np.nonzero((v[:-1] < 0.0) & (v[1:] >= 0.0))
    return (t[k] - v[k] * (t[k + 1] - t[k]) / (v[k + 1] - v[k])).tolist()
