"""A recording: every sweep's voltage over its current."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ...units import UNIT_LABELS
from .. import style
from .sweeps import against

FIELDS = ("t", "v", "i", "unit", "holding", "sweeps")


@style.styled
def recording(recording: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw all sweeps, the voltage over the injected current, coloured by the current that tells them apart.

    Args:
        recording: from `membrax.recordings.load`, or built by hand.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no recording.
    """
    style.expect(recording, FIELDS, "a Recording, as from membrax.recordings.load")
    figure = style.figure(3.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    key, label = against(recording)
    many, scale = recording.sweeps > 1, Normalize(key.min(), key.max())
    paints = style.graded()(scale(key)) if many else [style.INK]
    for k in np.argsort(key)[::-1]:
        above.plot(recording.t, recording.v[k], color=paints[k], lw=0.7)
        below.plot(recording.t, recording.i[k], color=paints[k], lw=0.9, drawstyle="steps-post")
    above.set_ylabel("membrane potential (mV)")
    below.set_ylabel(f"current\n({UNIT_LABELS[recording.unit]})")
    below.set_xlabel("time (ms)")
    figure.align_ylabels()
    if many:
        figure.colorbar(ScalarMappable(scale, style.graded()), ax=[above, below], label=label, aspect=30, pad=0.02)
    style.title(figure, _title(recording))
    return style.finish(figure, path)


def _title(recording: Any) -> str:
    """What it is and how much of it."""
    name = f"{recording.name}: " if recording.name else ""
    sampled = f"{recording.duration:.6g} ms at {recording.rate:.4g} kHz"
    return f"{name}{style.counted(recording.sweeps, 'sweep')} of {sampled}"
