"""Fitting cells to recordings: many starts, the clamp released, searches on spikes."""

from .compare import Comparison
from .fit import fit
from .misfit import Misfit, misfit
from .recipe import fit_recording
from .result import Fit, Starts

__all__ = ["Comparison", "Fit", "Misfit", "Starts", "fit", "fit_recording", "misfit"]
