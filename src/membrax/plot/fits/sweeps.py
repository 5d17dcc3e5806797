"""Sweeps of a recording in figures: the axis that distinguishes them, and marks by their use."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ...ephys.amplitudes import amplitudes
from ...recordings import Recording
from ...units import UNIT_LABELS
from .. import style


def sweep_axis(recording: Recording) -> tuple[np.ndarray, str]:
    """The abscissa of quantities of sweeps [sweep] and its label: the amplitude, or the number of the sweep."""
    levels = amplitudes(recording.i)
    if levels is None:
        return np.arange(recording.sweeps, dtype=float), "sweep"
    return levels, f"injected current ({UNIT_LABELS[recording.unit]})"


def scatter_by_use(
    ax: Axes, x: np.ndarray, y: np.ndarray, training: np.ndarray, name: str, marker: str, size: float,
    colour: style.Colour,
) -> None:  # fmt: skip
    """Draw marks, filled for training sweeps and open for held-out sweeps."""
    for which, fill, use in ((training, colour, "training"), (~training, "white", "held-out")):
        if which.any():
            ax.plot(x[which], y[which], ls="", marker=marker, ms=size, mew=0.9, color=colour, mfc=fill,
                    label=f"{name}, {use}")  # fmt: skip
