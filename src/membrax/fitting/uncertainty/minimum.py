"""The minimum of the sum of squares near a fit, and the estimate's covariance there."""

from __future__ import annotations

import dataclasses

import numpy as np
from jax.typing import ArrayLike

from ..problem.problem import Problem
from .covariance import Covariance, covariance
from .linearisation import Linearisation, linearise
from .polish import polish
from .whiteness import Whiteness, whiteness

EDGE = 1e-3  # of the way between the bounds: a parameter nearer to one of them is fixed there
OPEN = 0.1  # standard errors of a remaining Gauss–Newton step, from which on the fit is polished


@dataclasses.dataclass(frozen=True)
class Minimum:
    """A minimum of the residuals' sum of squares.

    Attributes:
        linear: residuals and sensitivities.
        moving: [parameter], False for a parameter that is fixed at a bound.
        whiteness: of the residuals.
        errors: the covariance.
        moved: the largest distance from the fit's best place, in standard errors; 0 where that was a minimum already.
    """

    linear: Linearisation
    moving: np.ndarray
    whiteness: Whiteness
    errors: Covariance
    moved: float = 0.0

    @property
    def loss(self) -> float:
        """The mean squared error, mV²."""
        return float(np.mean(np.square(self.linear.residuals)))


def find_minimum(place: ArrayLike, problem: Problem, estimator: str | None) -> Minimum:
    """The minimum near a place [parameter], and the covariance there.

    Args:
        place: of the fit.
        problem: that the fit solved.
        estimator: "white" or "blocks"; None is "white" where a test does not reject white residuals.

    Raises:
        ValueError: the voltage or its sensitivities aren't finite there.
    """
    fitted = _minimum_at(place, problem, estimator)
    if _remaining_step(fitted) <= OPEN:
        return fitted
    places, _ = polish(problem, np.asarray(place)[None], np.ones(np.size(place)))
    polished = _minimum_at(places[0], problem, estimator)
    errors = np.where(polished.moving & (polished.errors.errors > 0), polished.errors.errors, np.inf)
    moved = float(np.max(np.abs(polished.linear.place - fitted.linear.place) / errors))
    return dataclasses.replace(polished, moved=moved)


def _minimum_at(place: ArrayLike, problem: Problem, estimator: str | None) -> Minimum:
    linear = linearise(place, problem)
    if not (np.all(np.isfinite(linear.residuals)) and np.all(np.isfinite(linear.slopes))):
        raise ValueError(
            "the voltage of the best cell or its sensitivities are not finite: its uncertainty is unknown; fit again"
            " with narrower bounds or a smaller dt"
        )
    moving = np.minimum(linear.place, 1.0 - linear.place) >= EDGE
    test = whiteness(linear.residuals)
    chosen = estimator or ("white" if test.white else "blocks")
    return Minimum(linear, moving, test, covariance(linear, moving, chosen, test.autocorrelation_time))


def _remaining_step(minimum: Minimum) -> float:
    """The longest component of the remaining Gauss–Newton step, in standard errors.

    For a parameter at its bound, the score that points away from the bound.
    """
    linear = minimum.linear
    gradient = np.einsum("stk,st->k", linear.slopes, linear.residuals)
    size = minimum.errors.sigma * np.sqrt(np.einsum("stk,stk->k", linear.slopes, linear.slopes))
    score = np.divide(gradient, size, out=np.zeros_like(gradient), where=size > 0)
    inwards = np.where(linear.place < 0.5, -score, score)
    return float(np.max(np.where(minimum.moving, np.abs(minimum.errors.step), inwards), initial=0.0))
