"""The recipe for a recording of an unknown cell: measured, searched on its spikes, evaluated."""

from . import templates
from .fit_recording import fit_recording

__all__ = ["fit_recording", "templates"]
