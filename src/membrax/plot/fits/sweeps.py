"""Sweeps of a recording for a figure: the axis that distinguishes them, and a choice of some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ephys.amplitudes import amplitudes
from ...units import UNIT_LABELS


def against(recording: Any) -> tuple[np.ndarray, str]:
    """What to draw a quantity of each sweep against [sweep], and its label: the amplitude, or the sweep's number."""
    found = amplitudes(recording.i)
    if found is None:
        return np.arange(recording.sweeps, dtype=float), "sweep"
    return found, f"injected current ({UNIT_LABELS[recording.unit]})"


def some(items: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of them, evenly spread, the first and the last among them."""
    return [items[k] for k in np.unique(np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int))]
