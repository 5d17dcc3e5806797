"""Fit cells to recordings: optimisers from many starts, losses, linear starts, the recipe, evaluation, uncertainty."""

from typing import TYPE_CHECKING

from ..html_page import Section
from ..lazy import late
from .evaluation import Evaluation, evaluate
from .fit import fit
from .optimisers import CMAES, Adam, LevenbergMarquardt
from .result import Fit, Starts
from .value_and_grad import ValueAndGrad, value_and_grad

if TYPE_CHECKING:
    from . import linear, losses, uncertainty
    from .evaluation.efel import efel_features
    from .objectives import Objective, objective
    from .recipe import fit_recording, templates
    from .recipe.sweep_selection import select_training_sweeps

__all__ = [
    "CMAES",
    "Adam",
    "Evaluation",
    "Fit",
    "LevenbergMarquardt",
    "Objective",
    "Section",
    "Starts",
    "ValueAndGrad",
    "efel_features",
    "evaluate",
    "fit",
    "fit_recording",
    "linear",
    "losses",
    "objective",
    "select_training_sweeps",
    "templates",
    "uncertainty",
    "value_and_grad",
]

__getattr__, __dir__ = late(
    __name__,
    "linear",
    "losses",
    "uncertainty",
    Objective="objectives",
    select_training_sweeps="recipe.sweep_selection",
    efel_features="evaluation.efel",
    fit_recording="recipe",
    objective="objectives",
    templates="recipe",
)
