"""The bottom of the sum of squares that a fit came near, and the estimate's covariance there."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ..problem.problem import Problem
from .covariance import Covariance, covariance
from .linearisation import Linear, linear
from .polish import descend
from .whiteness import Whiteness, whiteness

EDGE = 1e-3  # of the way between the bounds: nearer to one of them a parameter is held there
OPEN = 0.1  # standard errors that a Gauss–Newton step would still go, from which on it is worth some more steps


@dataclasses.dataclass(frozen=True)
class Bottom:
    """Where the residuals' sum of squares is least.

    Attributes:
        fit: residuals and sensitivities.
        moving: [parameter], False for what stands at a bound.
        whiteness: of the residuals.
        errors: the covariance.
        moved: how far it is from the fit's best place, in standard errors; 0 where that was at the bottom already.
    """

    fit: Linear
    moving: np.ndarray
    whiteness: Whiteness
    errors: Covariance
    moved: float = 0.0


def bottom(place: Any, problem: Problem, estimator: str | None) -> Bottom:
    """The bottom near a place [parameter], and the covariance by "white", "blocks" or what the residuals ask for.

    Raises:
        ValueError: the voltage or its sensitivities aren't finite there.
    """
    here = _at(place, problem, estimator)
    if _still_open(here) <= OPEN:
        return here
    places, _ = descend(problem, np.asarray(place)[None], np.ones(len(place)))
    there = _at(places[0], problem, estimator)
    errors = np.where(there.moving & (there.errors.errors > 0), there.errors.errors, np.inf)
    return dataclasses.replace(there, moved=float(np.max(np.abs(there.fit.place - here.fit.place) / errors)))


def _at(place: Any, problem: Problem, estimator: str | None) -> Bottom:
    fit = linear(place, problem)
    if not (np.all(np.isfinite(fit.residuals)) and np.all(np.isfinite(fit.slopes))):
        raise ValueError("the best cell's voltage or its sensitivities are not finite: nothing can be said of its fit")
    moving = np.minimum(fit.place, 1.0 - fit.place) >= EDGE
    heard = whiteness(fit.residuals)
    chosen = estimator or ("white" if heard.white else "blocks")
    return Bottom(fit, moving, heard, covariance(fit, moving, chosen, heard.memory))


def _still_open(here: Bottom) -> float:
    """The longest step that is left, in standard errors; of what is held, the score that points off its bound."""
    gradient = np.einsum("stk,st->k", here.fit.slopes, here.fit.residuals)
    size = here.errors.sigma * np.sqrt(np.einsum("stk,stk->k", here.fit.slopes, here.fit.slopes))
    score = np.divide(gradient, size, out=np.zeros_like(gradient), where=size > 0)
    inwards = np.where(here.fit.place < 0.5, -score, score)
    return float(np.max(np.where(here.moving, np.abs(here.errors.step), inwards), initial=0.0))
