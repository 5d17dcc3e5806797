"""The uncertainty of a fit as one value: intervals, correlations, directions, and warnings about them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...tables import NONE, text_table
from .directions import Direction
from .ensemble import Ensemble
from .noise import Noise
from .whiteness import Whiteness

WORDS = (0, 5, 6)  # columns of the table that hold words


@dataclasses.dataclass(frozen=True)
class Uncertainty:
    """The uncertainty of a fit's parameters.

    Attributes:
        values: {path: estimate} in the parameter's unit, at the minimum of the sum of squares.
        units: {path: unit}.
        bounds: {path: (low, high)} of the fit.
        errors: {path: standard error} in the same unit (delta method); of a logarithmic parameter see ``factors``.
        factors: {path: standard error as a factor}, exp of that of the logarithm, for logarithmic parameters.
        intervals: {path: (low, high)}; of a logarithmic parameter low and high are the estimate over and times one
            factor. Infinite for a parameter that is not identified, NaN for one at its bound.
        level: of the intervals, such as 0.95; NaN where they are an ensemble's spread.
        estimator: "white", "blocks" or "ensemble".
        covariance: of the estimates in places [parameter, parameter]; see `covariance.Covariance`.
        correlation: [parameter, parameter], NaN in the rows and columns of a parameter that is fixed at its bound or
            not identified.
        directions: from the stiffest to the sloppiest.
        misfit: the standard deviation of the residuals, mV.
        noise: of the recording.
        whiteness: of the residuals; None for an ensemble.
        inflation: ratio of an estimate's variance to that under white residuals, averaged over all directions.
        ensemble: the starts that fit equally well.
        flags: {path: remark} on single parameters, such as "not identified".
        notes: measurements and decisions, in words.
        warnings: reasons why the intervals may not hold, in words; empty where there is none.
    """

    values: dict[str, float]
    units: dict[str, str]
    bounds: dict[str, tuple[float, float]]
    errors: dict[str, float]
    factors: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    level: float
    estimator: str
    covariance: np.ndarray
    correlation: np.ndarray
    directions: tuple[Direction, ...]
    misfit: float
    noise: Noise
    whiteness: Whiteness | None
    inflation: float
    ensemble: Ensemble
    flags: dict[str, str]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def reliable(self) -> bool:
        """Whether there is no warning about the intervals."""
        return not self.warnings

    def table(self) -> str:
        """Estimates, errors and intervals as text, with notes and warnings below."""
        share = f"{100 * self.level:g} % interval" if np.isfinite(self.level) else "spread of the starts"
        rows = [["parameter", "value", "error", share, "", "unit", ""]]
        for path, value in self.values.items():
            low, high = self.intervals[path]
            best, below, above = (rounded(x, high - low) for x in (value, low, high))
            error = rounded(self.errors[path], self.errors[path])
            rows.append([path, best, error, below, above, self.units[path], self.flags.get(path, "")])
        warnings = (f"warning: {warning}" for warning in self.warnings)
        return "\n".join([text_table(rows, left=WORDS), "", *self.notes, *warnings])


def rounded(value: float, scale: float) -> str:
    """A number with two digits of the scale on which it matters, or four where there is no such scale."""
    if np.isnan(value):
        return NONE
    if not (np.isfinite(value) and np.isfinite(scale) and scale > 0):
        return f"{value:.4g}".replace("inf", "∞")
    places = int(np.clip(1 - np.floor(np.log10(scale)), 0, 9))
    return f"{value:.{places}f}"
