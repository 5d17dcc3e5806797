"""The recipe for a recording of an unknown cell: preprocessed, searched on its spike trains, and evaluated."""

from . import templates
from .fit_recording import fit_recording
from .sweep_selection import SweepSelection, select_training_sweeps

__all__ = ["SweepSelection", "fit_recording", "select_training_sweeps", "templates"]
