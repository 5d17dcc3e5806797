"""Fitting cells to recordings: many starts, the clamp released, searches on spikes, what to make of the result."""

from ..late import late
from .compare import Comparison
from .fit import fit
from .misfit import Misfit, misfit
from .result import Fit, Starts

__all__ = [
    "Comparison",
    "Fit",
    "Misfit",
    "Objective",
    "Quality",
    "Section",
    "Starts",
    "check_fittable",
    "choose_fitted",
    "efel_features",
    "efel_section",
    "evaluate",
    "fit",
    "fit_recording",
    "linear",
    "load_cell",
    "misfit",
    "objective",
    "prepare",
    "quality",
    "resample",
    "template_for",
    "templates",
    "terms",
    "trust",
    "uncertainty",
    "with_membrane",
]

__getattr__, __dir__ = late(
    __name__,
    "linear",
    "templates",
    "terms",
    "trust",
    Objective="objectives",
    Quality="recorded_quality",
    Section="report_page",
    check_fittable="refusals",
    choose_fitted="choosing",
    efel_features="extracted",
    efel_section="extracted",
    evaluate="evaluation",
    fit_recording="recipe",
    load_cell="saved",
    objective="objectives",
    prepare="preparation",
    quality="recorded_quality",
    resample="resampling",
    template_for="templates",
    uncertainty="trust",
    with_membrane="sizing",
)
