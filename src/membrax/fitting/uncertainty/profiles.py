"""Profile likelihoods: one parameter fixed at values around its best one, the others fitted anew at each of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from ...checks import whole_number
from ..problem.parameters import Free
from ..result import Fit
from .covariance import check_estimator
from .intervals import check_level, value
from .linearisation import best_place, check_fit, fitted_problem, is_least_squares, units_of
from .minimum import EDGE, Minimum, find_minimum
from .profile_points import Points, critical_root, inflation, interval_ends, profile_points, signed_roots

POINTS = 15
GAIN = 0.1  # of s²: a profile that lies deeper than this below the fit shows a better fit


@dataclasses.dataclass(frozen=True)
class Profile:
    """The profile likelihood of one parameter: the least loss as a function of its value.

    Attributes:
        path: of the parameter.
        unit: of the parameter.
        values: at which it was fixed [point], ascending.
        loss: the least mean squared error with the parameter fixed there [point], mV².
        root: signed root [point]: the distance from the best value in standard errors, as seen by the data; a straight
            line where the model is linear.
        others: {path: [point]}, the other parameters at the least loss.
        best: the value of least loss.
        interval: (low, high) at ``level``; infinite, or 0 for a logarithmic parameter, where the profile does not rise
            to the threshold between the bounds.
        threshold: the loss at the interval's ends, mV².
        critical_root: the root at the interval's ends, in standard errors: Student's t at ``level``.
        wald: (low, high) by the standard error.
        level: of the interval.
        logarithmic: whether the parameter's scale is.
        deeper: whether some point is a better fit than the given one.
        at_bounds: other parameters that are at their bounds at some point, which makes the profile rise.
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
    critical_root: float
    wald: tuple[float, float]
    level: float
    logarithmic: bool
    deeper: bool
    at_bounds: tuple[str, ...]


def profiles(
    fit: Fit, paths: str | Iterable[str] | None = None, *, level: float = 0.95, points: int = POINTS,
    estimator: str | None = None,
) -> dict[str, Profile]:  # fmt: skip
    """Profile likelihoods of some parameters, or of all that are not at a bound.

    All points of all profiles are one batch: each begins where the linearisation has its minimum and is fitted by
    Levenberg–Marquardt, without nudging. An interval ends where the sum of squares has risen by s² times the square of
    Student's t, for white residuals the χ² threshold of a likelihood ratio (Bates & Watts 1988, section 6.1; Raue et
    al. 2009, Bioinformatics 25:1923). Where residuals are correlated the rise is first divided by the inflation of
    this parameter's variance (Rotnitzky & Jewell 1990, Biometrika 77:485).

    Known limit: in float32 a loss has some seven digits, and the threshold lies 4/n of it above the least for n
    samples: beyond a million samples profiles are rough.

    Args:
        fit: from `membrax.fit`, on the voltage's mean squared error.
        paths: of the parameters; by default all that are not at a bound.
        level: of the intervals.
        points: of each profile, an odd number of at least 5.
        estimator: see `assess`.

    Returns:
        {path: `Profile`}.

    Raises:
        ValueError: no fit, or one that is not least squares; a parameter that is not free or is at its bound, or no
            parameter; a level outside (0, 1); an even number of points, or fewer than 5; an unknown estimator.
    """
    check_fit(fit)
    check_level(level)
    check_estimator(estimator)
    if not is_least_squares(fit):
        raise ValueError(
            f"a profile needs a sum of squares, and this fit is by {fit.loss_name}; assess gives the spread of its"
            " starts"
        )
    points = whole_number(points, "points", at_least=5)
    if points % 2 == 0:
        raise ValueError(f"points must be an odd number of at least 5, got {points}")
    problem = fitted_problem(fit)
    names, units = problem.free.names, units_of(fit)
    chosen = _chosen(paths, names)
    minimum = find_minimum(best_place(fit, problem.free), problem, estimator)
    numbers = _moving(chosen, names, minimum, requested=paths is not None)
    every = profile_points(numbers, minimum, problem, points, level)
    return {names[k]: _profile(k, every, problem.free, minimum, level, units[names[k]]) for k in numbers}


def _chosen(paths: str | Iterable[str] | None, names: Sequence[str]) -> list[str]:
    """The requested parameters, each once.

    Raises:
        ValueError: one of them is not free, or there is none.
    """
    chosen = list(names) if paths is None else [paths] if isinstance(paths, str) else list(paths)
    unknown = [path for path in chosen if path not in names]
    if unknown or not chosen:
        raise ValueError(f"paths must be of the free parameters {', '.join(names)}, got {unknown or chosen!r}")
    return list(dict.fromkeys(chosen))


def _moving(chosen: Sequence[str], names: tuple[str, ...], minimum: Minimum, *, requested: bool) -> list[int]:
    """The numbers of the chosen parameters that are not at a bound.

    Raises:
        ValueError: all are at a bound, or a requested one is.
    """
    numbers = [names.index(path) for path in chosen]
    fixed = [names[k] for k in numbers if not minimum.moving[k]]
    if fixed and (requested or len(fixed) == len(numbers)):
        raise ValueError(f"{', '.join(fixed)} is at its bound: widen the bounds and fit again")
    return [k for k in numbers if minimum.moving[k]]


def _reaches_a_bound(places: np.ndarray) -> bool:
    """Whether a parameter [point] reaches a bound."""
    return bool(np.any(np.minimum(places, 1.0 - places) < EDGE))


def _profile(k: int, every: Points, free: Free, minimum: Minimum, level: float, unit: str) -> Profile:
    """The profile of one parameter, in its unit."""
    points, best = every.of(k), minimum.linear.place[k]
    low, high = interval_ends(k, every, minimum, level)
    critical = critical_root(k, minimum, level)
    half_width, values = critical * minimum.errors.errors[k], free.value(points.places)
    square = minimum.errors.sigma**2 / minimum.linear.samples
    return Profile(
        path=free.names[k],
        unit=unit,
        values=np.array([value(free, k, x) for x in points.places[:, k]]),
        loss=points.loss,
        root=signed_roots(k, points, minimum),
        others={name: values[:, j] for j, name in enumerate(free.names) if j != k},
        best=value(free, k, best),
        interval=(
            value(free, k, -np.inf if np.isnan(low) else low), value(free, k, np.inf if np.isnan(high) else high),
        ),
        threshold=minimum.loss + critical**2 * square * inflation(k, minimum),
        critical_root=critical,
        wald=(value(free, k, best - half_width), value(free, k, best + half_width)),
        level=level,
        logarithmic=free.logarithmic[k],
        deeper=bool(np.nanmin(points.loss) < minimum.loss - GAIN * square),
        at_bounds=tuple(
            name for j, name in enumerate(free.names) if j != k and _reaches_a_bound(points.places[:, j])
        ),
    )  # fmt: skip
