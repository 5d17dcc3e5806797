"""The uncertainty of a fit, in one call."""

from __future__ import annotations

import numpy as np

from ..result import Fit
from . import messages
from .covariance import check_estimator
from .directions import directions
from .ensemble import ensemble, likelihood_ratio
from .intervals import as_factors, check_level, in_units, intervals, quantile
from .linearisation import check_fit, is_least_squares, place_of, problem_of, units_of
from .minimum import bottom
from .noise import Noise, noise
from .result import Uncertainty

ENOUGH = 3  # members of an ensemble from which on it has a spread


def assess(
    found: Fit, *, level: float = 0.95, estimator: str | None = None, tolerance: float | None = None
) -> Uncertainty:
    """Standard errors, confidence intervals, correlations and sloppy directions of a fit's parameters.

    A fit on the voltage's mean squared error is a least-squares estimate. Its covariance is that of white residuals
    where the test of Ljung and Box leaves them white, and a block jackknife's where it doesn't. Both are scaled by the
    residuals, so a misfit beyond the recording's noise widens the intervals; what they then can't say is how far a
    wrong model's parameters are from the cell's, which is a doubt. A fit that is not at the bottom of the sum of
    squares is taken there first. Parameters at their bounds are held. What the voltage doesn't depend on has infinite
    intervals, and the lost combination is named in the notes.

    A fit on spikes ("cmaes"), or by a loss of one's own, minimises no sum of squares, and what it minimises has no
    known distribution: the spread of the starts that do equally well stands in for intervals, and a doubt says so.

    Args:
        found: from `membrax.fit`.
        level: of the intervals.
        estimator: "white" or "blocks"; None chooses. See `covariance.covariance`.
        tolerance: the loss over the best up to which a start fits equally well; None is the F test's at ``level`` for
            voltages, 1.1 for what is no sum of squares.

    Raises:
        ValueError: no fit, a level outside (0, 1), an unknown estimator, a tolerance below 1, a best cell whose
            sensitivities aren't finite.
    """
    check_fit(found)
    check_level(level)
    check_estimator(estimator)
    heard = noise(found.data.select(found.sweeps))
    if not is_least_squares(found):
        return _by_starts(found, heard, tolerance)
    return _by_residuals(found, heard, level, estimator, tolerance)


def _by_residuals(
    found: Fit, heard: Noise, level: float, estimator: str | None, tolerance: float | None
) -> Uncertainty:
    problem = problem_of(found)
    free, starts = problem.free, len(found.starts.loss)
    here = bottom(place_of(found, free), problem, estimator)
    errors, place = here.errors, here.fit.place
    moving = int(here.moving.sum())
    asked = tolerance is not None
    ratio = tolerance if asked else likelihood_ratio(moving, here.fit.samples - moving, errors.inflation, level)
    alike = ensemble(found, ratio, told="as asked for" if asked else f"the F test's {100 * level:g} % region")
    reach = quantile(errors.freedom, level) * errors.errors
    ends = intervals(free, place, reach)
    return Uncertainty(
        values=dict(zip(free.names, free.value(place).tolist(), strict=True)),
        units=units_of(found),
        bounds=dict(found.bounds),
        errors=in_units(free, place, errors.errors),
        factors=as_factors(free, errors.errors),
        intervals=ends,
        level=level,
        estimator=errors.estimator,
        covariance=errors.matrix,
        correlation=errors.correlation,
        directions=directions(errors.gram, errors.sigma, errors.inflation, free.names, here.moving, len(errors.null)),
        misfit=errors.sigma,
        noise=heard,
        whiteness=here.whiteness,
        inflation=errors.inflation,
        ensemble=alike,
        flags=messages.flags(free, here, reach),
        notes=tuple(messages.notes(free, here, heard, alike, starts)),
        warnings=tuple(messages.warnings(here, heard, alike, starts, ends)),
    )


def _by_starts(found: Fit, heard: Noise, tolerance: float | None) -> Uncertainty:
    """The spread of the starts instead: no covariance, no level, no directions."""
    alike = ensemble(found, tolerance)
    enough, starts = len(alike) >= ENOUGH, len(found.starts.loss)
    nothing = np.full((len(found.values),) * 2, np.nan)
    none = (float("nan"), float("nan"))
    residuals = np.asarray(found.v)[found.sweeps] - found.data.v[found.sweeps]
    doubts = [
        f"a fit by {found.loss_name} is no least-squares estimate and has no standard errors: the intervals are the"
        f" spread of {len(alike)} of {starts} starts within {alike.tolerance:.3g} times the best"
    ]
    if not enough:
        doubts.append(f"{len(alike)} starts show no spread: fit with more starts")
    return Uncertainty(
        values=dict(found.values),
        units=units_of(found),
        bounds=dict(found.bounds),
        errors={path: float(np.std(x, ddof=1)) if enough else float("nan") for path, x in alike.values.items()},
        factors={},
        intervals=alike.spread if enough else dict.fromkeys(found.values, none),
        level=float("nan"),
        estimator="ensemble",
        covariance=nothing,
        correlation=nothing,
        directions=(),
        misfit=float(np.sqrt(np.mean(np.square(residuals)))),
        noise=heard,
        whiteness=None,
        inflation=float("nan"),
        ensemble=alike,
        flags=dict.fromkeys(found.at_bounds, "at its bound"),
        notes=(),
        warnings=tuple(doubts),
    )
