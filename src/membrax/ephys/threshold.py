"""The thresholds by which recorded spikes are detected and measured."""

from __future__ import annotations

import numpy as np

THRESHOLD = -10.0  # mV: recorded spikes pass it even where sampling cuts their tops


QUIET = -40.0  # mV: below it the voltage is compared as it is; above it spikes are, and how long it is far off


AFTER = 15.0  # ms after a spike in which its trough is looked for


def passes(v: np.ndarray) -> np.ndarray:
    """Whether a recorded trace v [..., time] passes `THRESHOLD` upwards between two samples [..., time − 1]."""
    return (v[..., :-1] < THRESHOLD) & (v[..., 1:] >= THRESHOLD)
