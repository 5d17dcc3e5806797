"""Sweeps of a recording as a figure needs them: the amplitude that tells them apart, and some of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

UNITS = {"nA": "nA", "uA/cm2": "µA/cm²"}  # how a stimulus's unit is written in a figure


def amplitudes(i: np.ndarray) -> np.ndarray | None:
    """The current that tells sweeps i [sweep, time] apart [sweep], or None where no one number does.

    It is each sweep's mean over the samples at which the sweeps differ most (their standard deviation is above half
    its largest), which is the step of a step protocol, whatever test pulses all sweeps have in common. None for a
    single sweep, for equal ones, and for noise, which varies more within a sweep than between them.
    """
    if len(i) < 2:
        return None
    spread = i.std(axis=0)
    if spread.max() <= 1e-9 * max(1.0, np.abs(i).max()):
        return None
    window = i[:, spread > 0.5 * spread.max()]
    found = window.mean(axis=1)
    return found if found.std() > window.std(axis=1).mean() else None


def against(recording: Any) -> tuple[np.ndarray, str]:
    """What to draw a quantity of each sweep against [sweep], and its label: the amplitude, or the sweep's number."""
    found = amplitudes(recording.i)
    if found is None:
        return np.arange(recording.sweeps, dtype=float), "sweep"
    return found, f"injected current ({UNITS[recording.unit]})"


def some(items: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of them, evenly spread, the first and the last among them."""
    return [items[k] for k in np.unique(np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int))]
