"""The thresholds by which recorded spikes are detected and measured."""

from __future__ import annotations

import numpy as np

SPIKE_THRESHOLD = -10.0  # mV: recorded spikes pass it even where sampling cuts their tops


SUBTHRESHOLD = -40.0  # mV: below it the voltage is compared as it is; above it spikes are, and how long it is far off


TROUGH_WINDOW = 15.0  # ms after a spike in which its trough is looked for


def millivolts(v: float) -> str:
    """A potential v [mV] as text with a true minus sign: "−10 mV"."""
    return f"{v:g} mV".replace("-", "−")


def upward_crossings(v: np.ndarray) -> np.ndarray:
    """Whether a recorded trace v [..., time] passes `SPIKE_THRESHOLD` upwards between two samples [..., time − 1]."""
    return (v[..., :-1] < SPIKE_THRESHOLD) & (v[..., 1:] >= SPIKE_THRESHOLD)
