"""The uncertainty of a fit, in one call."""

from __future__ import annotations

import numpy as np

from ..result import Fit
from . import messages
from .covariance import check_estimator
from .directions import directions
from .ensemble import ensemble, likelihood_ratio
from .intervals import as_factors, check_level, in_units, intervals, quantile
from .linearisation import best_place, check_fit, fitted_problem, is_least_squares, units_of
from .minimum import find_minimum
from .noise import Noise, noise
from .result import Uncertainty

ENOUGH = 3  # members of an ensemble from which on it has a spread


def assess(
    fit: Fit, *, level: float = 0.95, estimator: str | None = None, tolerance: float | None = None
) -> Uncertainty:
    """Standard errors, confidence intervals, correlations and sloppy directions of a fit's parameters.

    A fit on the voltage's mean squared error is a least-squares estimate. Its covariance is that of white residuals
    where the test of Ljung and Box does not reject them, and that of a block jackknife otherwise. Both are scaled by
    the residuals, so a misfit beyond the recording's noise widens the intervals. The distance of a wrong model's
    parameters from those of the cell remains unknown, and a warning says so. A fit that is not at the minimum of the
    sum of squares is polished first. Parameters at their bounds are fixed. A parameter that has no effect on the
    voltage has an infinite interval, and the notes name the combination that is not identified.

    A fit on spikes or by a custom loss minimises no sum of squares, and its loss has no known distribution. The spread
    of the starts that are equally good replaces intervals, and a warning says so.

    Args:
        fit: from `membrax.fit`.
        level: of the intervals.
        estimator: "white" or "blocks"; by default chosen by the test. See `covariance.covariance`.
        tolerance: the loss over the best loss up to which a start fits equally well; by default that of the F test at
            ``level`` for a sum of squares, and 1.1 for other losses.

    Raises:
        ValueError: no fit, a level outside (0, 1), an unknown estimator, a tolerance below 1, a best cell whose
            sensitivities aren't finite.
    """
    check_fit(fit)
    check_level(level)
    check_estimator(estimator)
    recorded_noise = noise(fit.data.select(fit.sweeps))
    if not is_least_squares(fit):
        return _by_starts(fit, recorded_noise, tolerance)
    return _by_residuals(fit, recorded_noise, level, estimator, tolerance)


def _by_residuals(
    fit: Fit, recorded_noise: Noise, level: float, estimator: str | None, tolerance: float | None
) -> Uncertainty:
    """The uncertainty of a least-squares estimate."""
    problem = fitted_problem(fit)
    free, starts = problem.free, len(fit.starts.loss)
    minimum = find_minimum(best_place(fit, free), problem, estimator)
    errors, place = minimum.errors, minimum.linear.place
    moving, criterion = int(minimum.moving.sum()), "as requested"
    if tolerance is None:
        tolerance = likelihood_ratio(moving, minimum.linear.samples - moving, errors.inflation, level)
        criterion = f"the {100 * level:g} % region of the F test"
    equals = ensemble(fit, tolerance, criterion=criterion)
    half_width = quantile(errors.freedom, level) * errors.errors
    ends = intervals(free, place, half_width)
    return Uncertainty(
        values=dict(zip(free.names, free.value(place).tolist(), strict=True)),
        units=units_of(fit),
        bounds=dict(fit.bounds),
        errors=in_units(free, place, errors.errors),
        factors=as_factors(free, errors.errors),
        intervals=ends,
        level=level,
        estimator=errors.estimator,
        covariance=errors.matrix,
        correlation=errors.correlation,
        directions=directions(
            errors.gram, errors.sigma, errors.inflation, free.names, minimum.moving, len(errors.null)
        ),
        misfit=errors.sigma,
        noise=recorded_noise,
        whiteness=minimum.whiteness,
        inflation=errors.inflation,
        ensemble=equals,
        flags=messages.flags(free, minimum, half_width),
        notes=tuple(messages.notes(free, minimum, recorded_noise, equals, starts)),
        warnings=tuple(messages.warnings(minimum, recorded_noise, equals, starts, ends)),
    )


def _by_starts(fit: Fit, recorded_noise: Noise, tolerance: float | None) -> Uncertainty:
    """The spread of the starts: no covariance, no level, no directions."""
    equals = ensemble(fit, tolerance)
    enough, starts = len(equals) >= ENOUGH, len(fit.starts.loss)
    unknown = (float("nan"), float("nan"))
    residuals = np.asarray(fit.v)[fit.sweeps] - fit.data.v[fit.sweeps]
    warnings = [
        f"a fit by {fit.loss_name} is no least-squares estimate and has no standard errors: the intervals are the"
        f" spread of {len(equals)} of {starts} starts within {equals.tolerance:.3g} times the best"
    ]
    if not enough:
        warnings.append(f"{len(equals)} starts show no spread: fit with more starts")
    return Uncertainty(
        values=dict(fit.values),
        units=units_of(fit),
        bounds=dict(fit.bounds),
        errors={path: float(np.std(x, ddof=1)) if enough else float("nan") for path, x in equals.values.items()},
        factors={},
        intervals=equals.spread if enough else dict.fromkeys(fit.values, unknown),
        level=float("nan"),
        estimator="ensemble",
        covariance=np.full((len(fit.values),) * 2, np.nan),
        correlation=np.full((len(fit.values),) * 2, np.nan),
        directions=(),
        misfit=float(np.sqrt(np.mean(np.square(residuals)))),
        noise=recorded_noise,
        whiteness=None,
        inflation=float("nan"),
        ensemble=equals,
        flags=dict.fromkeys(fit.at_bounds, "at its bound"),
        notes=(),
        warnings=tuple(warnings),
    )
