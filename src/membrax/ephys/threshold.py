"""The thresholds by which recorded spikes are detected and measured, and their crossings."""

from __future__ import annotations

import numpy as np

SPIKE_THRESHOLD = -10.0  # mV: recorded spikes pass it even where sampling cuts their tops
SUBTHRESHOLD = -40.0  # mV: below it voltages are compared directly; above it, by spikes and by the time spent apart
TROUGH_WINDOW = 15.0  # ms after a spike in which its trough is searched


def millivolts(v: float) -> str:
    """A potential v [mV] as text with a true minus sign: "−10 mV"."""
    return f"{v:g} mV".replace("-", "−")


def upward_crossings(v: np.ndarray, threshold: float = SPIKE_THRESHOLD) -> np.ndarray:
    """Whether a trace v [..., time] crosses ``threshold`` [mV] upwards between two samples [..., time − 1]."""
    return (v[..., :-1] < threshold) & (v[..., 1:] >= threshold)
