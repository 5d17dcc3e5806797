"""Profile likelihoods: one parameter held at values around its best, the others fitted anew at each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..problem.parameters import Free
from ..result import Fit
from . import profile_points
from .covariance import check_estimator
from .intervals import check_level, value
from .linearisation import check_fit, is_least_squares, place_of, problem_of, units_of
from .minimum import EDGE, Bottom, bottom

POINTS = 15
GAIN = 0.1  # of s²: a profile that goes deeper than this below the fit has found a better one


@dataclasses.dataclass(frozen=True)
class Profile:
    """The best loss that is left for every value of one parameter.

    Attributes:
        path, unit: of the parameter.
        values: that it was held at [point], ascending.
        loss: the best mean squared error with it there [point], mV².
        root: its signed root [point]: how many standard errors the data put between the value and the best one; a
            straight line where the fit is linear.
        others: {path: [point]}, where the others went.
        best: the value of least loss.
        interval: (low, high) at ``level``; infinite, or 0 for a logarithmic parameter, where the profile hasn't risen
            to the threshold between the bounds.
        threshold: the loss at the interval's ends, mV².
        most: the root there, in standard errors: Student's t at ``level``.
        wald: (low, high) by the standard error.
        level: of the interval.
        logarithmic: whether the parameter's scale is.
        deeper: whether some point is a better fit than the one given.
        stopped: others that stand at their bounds at some point: there the profile rises for want of room.
    """

    path: str
    unit: str
    values: np.ndarray
    loss: np.ndarray
    root: np.ndarray
    others: dict[str, np.ndarray]
    best: float
    interval: tuple[float, float]
    threshold: float
    most: float
    wald: tuple[float, float]
    level: float
    logarithmic: bool
    deeper: bool
    stopped: tuple[str, ...]


def profiles(
    found: Fit, paths: str | Iterable[str] | None = None, *, level: float = 0.95, points: int = POINTS,
    estimator: str | None = None,
) -> dict[str, Profile]:  # fmt: skip
    """Profile likelihoods of some parameters, or of all that aren't at a bound.

    All points of all profiles are one batch: each begins where the straight-line approximation would have it and goes
    down from there by Levenberg–Marquardt, without a clamp. An interval ends where the sum of squares has risen by s²
    times the square of Student's t, for white residuals the χ² threshold of a likelihood ratio (Bates & Watts 1988,
    section 6.1; Raue et al. 2009, Bioinformatics 25:1923). Where residuals are correlated the rise is first divided by
    as much as they inflate this parameter's variance (Rotnitzky & Jewell 1990, Biometrika 77:485).

    Known limit: in float32 a loss has some seven digits, and the threshold lies 4/n of it above the least for n
    samples: beyond a million samples profiles are rough.

    Args:
        found: from `membrax.fit`, on the voltage's mean squared error.
        paths: which parameters.
        level: of the intervals.
        points: of each profile, an odd number from 5 on.
        estimator: see `uncertainty`.

    Returns:
        {path: `Profile`}.

    Raises:
        ValueError: no fit, or one that is not least squares; a parameter that isn't free, one that stands at its bound,
            or none; a level outside (0, 1); an even number of points, or fewer than 5; an unknown estimator.
    """
    check_fit(found)
    check_level(level)
    check_estimator(estimator)
    if not is_least_squares(found):
        raise ValueError(f"a profile needs a sum of squares, and this fit is by {found.loss_name}; see uncertainty")
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 5 or points % 2 == 0:
        raise ValueError(f"points must be an odd number from 5 on, got {points!r}")
    problem = problem_of(found)
    chosen = _chosen(paths, problem.free.names)
    here = bottom(place_of(found, problem.free), problem, estimator)
    at = _that_move(chosen, problem.free.names, here, asked=paths is not None)
    every = profile_points.points(at, here, problem, int(points), level)
    names, units = problem.free.names, units_of(found)
    return {names[k]: _profile(k, every, problem.free, here, level, units[names[k]]) for k in at}


def _chosen(paths: Any, names: tuple[str, ...]) -> list[str]:
    chosen = list(names) if paths is None else [paths] if isinstance(paths, str) else list(paths)
    unknown = [path for path in chosen if path not in names]
    if unknown or not chosen:
        raise ValueError(f"a profile is of one of the free parameters {', '.join(names)}, got {unknown or chosen!r}")
    return list(dict.fromkeys(chosen))


def _that_move(chosen: list[str], names: tuple[str, ...], here: Bottom, *, asked: bool) -> list[int]:
    """Positions of the chosen parameters that may move.

    Raises:
        ValueError: none may, or one that was asked for may not.
    """
    at = [names.index(path) for path in chosen]
    stuck = [names[k] for k in at if not here.moving[k]]
    if stuck and (asked or len(stuck) == len(at)):
        raise ValueError(f"{', '.join(stuck)} stands at its bound: widen the bounds and fit again")
    return [k for k in at if here.moving[k]]


def _stands(places: np.ndarray) -> bool:
    """Whether a parameter [point] comes to a bound."""
    return bool(np.any(np.minimum(places, 1.0 - places) < EDGE))


def _profile(k: int, every: profile_points.Points, free: Free, here: Bottom, level: float, unit: str) -> Profile:
    """The profile of one parameter, in its unit."""
    mine, best, least = every.of(k), here.fit.place[k], profile_points.least(here)
    low, high = profile_points.ends(k, every, here, level)
    most = profile_points.threshold(k, here, level)
    reach, values = most * here.errors.errors[k], free.value(mine.places)
    square = here.errors.sigma**2 / here.fit.samples
    return Profile(
        path=free.names[k],
        unit=unit,
        values=np.array([value(free, k, x) for x in mine.places[:, k]]),
        loss=mine.loss,
        root=profile_points.roots(k, mine, here),
        others={name: values[:, j] for j, name in enumerate(free.names) if j != k},
        best=value(free, k, best),
        interval=(
            value(free, k, -np.inf if np.isnan(low) else low), value(free, k, np.inf if np.isnan(high) else high),
        ),
        threshold=least + most**2 * square * profile_points.inflation(k, here),
        most=most,
        wald=(value(free, k, best - reach), value(free, k, best + reach)),
        level=level,
        logarithmic=free.logarithmic[k],
        deeper=bool(np.nanmin(mine.loss) < least - GAIN * square),
        stopped=tuple(name for j, name in enumerate(free.names) if j != k and _stands(mine.places[:, j])),
    )  # fmt: skip
