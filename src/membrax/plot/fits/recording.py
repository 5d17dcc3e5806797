"""A recording: the voltages of all sweeps above their currents."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ...recordings import Recording, RecordingLike, as_recording
from ...units import UNIT_LABELS
from .. import style
from .sweeps import sweep_axis


@style.styled
def recording(recording: RecordingLike, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw all sweeps, the voltage above the injected current, coloured by the current that distinguishes them.

    Args:
        recording: the recording, or a file that `membrax.recordings.load` reads.
        path: where to save a PNG.

    Raises:
        ValueError: neither a recording nor a path.
    """
    recording = as_recording(recording)
    figure = style.figure(3.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    key, label = sweep_axis(recording)
    many, scale = recording.sweeps > 1, Normalize(key.min(), key.max())
    colours = style.graded()(scale(key)) if many else [style.INK]
    for k in np.argsort(key)[::-1]:
        above.plot(recording.t, recording.v[k], color=colours[k], lw=0.7)
        below.plot(recording.t, recording.i[k], color=colours[k], lw=0.9, drawstyle="steps-post")
    above.set_ylabel(style.POTENTIAL)
    below.set_ylabel(f"current\n({UNIT_LABELS[recording.unit]})")
    below.set_xlabel("time (ms)")
    figure.align_ylabels()
    if many:
        figure.colorbar(ScalarMappable(scale, style.graded()), ax=[above, below], label=label, aspect=30, pad=0.02)
    style.title(figure, _title(recording))
    return style.finish(figure, path)


def _title(recording: Recording) -> str:
    """Name, number of sweeps, duration and sampling rate."""
    name = f"{recording.name}: " if recording.name else ""
    sampled = f"{recording.duration:.6g} ms at {recording.rate:.4g} kHz"
    return f"{name}{style.counted(recording.sweeps, 'sweep')} of {sampled}"
