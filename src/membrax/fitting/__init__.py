"""Fitting cells to recordings: many starts, the clamp released, searches on spikes."""

from ..late import late
from .compare import Comparison
from .fit import fit
from .misfit import Misfit, misfit
from .result import Fit, Starts

__all__ = ["Comparison", "Fit", "Misfit", "Starts", "fit", "fit_recording", "misfit"]

__getattr__, __dir__ = late(__name__, fit_recording="recipe")
