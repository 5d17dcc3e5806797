"""How far the numbers of a fit can be believed, as one value: intervals, correlations, directions, and words."""

from __future__ import annotations

import dataclasses

import numpy as np

from .directions import Direction
from .ensemble import Ensemble
from .noise import Noise
from .whiteness import Whiteness

WORDS = (0, 5, 6)  # columns of the table that hold words


@dataclasses.dataclass(frozen=True)
class Uncertainty:
    """The uncertainty of a fit's parameters.

    Attributes:
        values: {path: estimate} in the parameter's unit, at the bottom of the sum of squares where ``moved``.
        units: {path: unit}.
        bounds: {path: (low, high)} of the fit.
        errors: {path: standard error} in the same unit (delta method); of a logarithmic parameter see ``factors``.
        factors: {path: standard error as a factor}, exp of that of the logarithm, for logarithmic parameters.
        intervals: {path: (low, high)}; of a logarithmic parameter low and high are the estimate over and times one
            factor. Infinite for what is not identified, NaN for what stands at its bound.
        level: of the intervals, such as 0.95; NaN where they are an ensemble's spread.
        estimator: "white", "blocks" or "ensemble".
        covariance: of the estimates in places [parameter, parameter]; see `covariance.Covariance`.
        correlation: [parameter, parameter], NaN beside what was held or is not identified.
        directions: from the stiffest to the sloppiest.
        misfit: the standard deviation of the residuals, mV.
        noise: of the recording.
        whiteness: of the residuals.
        inflation: how many times the variance of an estimate is that of white residuals, over all directions.
        ensemble: the starts that fit equally well.
        flags: {path: what is wrong with it}.
        notes: what was decided and measured, in words.
        doubts: why the intervals may not hold, in words; empty if nothing speaks against them.
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
        """Whether nothing speaks against the intervals."""
        return not self.warnings

    def table(self) -> str:
        """Estimates, errors and intervals as text, with the notes below."""
        share = f"{100 * self.level:g} % interval" if np.isfinite(self.level) else "spread of the starts"
        lines = [["parameter", "value", "error", share, "", "unit", ""]]
        for path, value in self.values.items():
            low, high = self.intervals[path]
            told = [digits(x, high - low) for x in (value, low, high)]
            told.insert(1, digits(self.errors[path], self.errors[path]))
            lines.append([path, *told, self.units[path], self.flags.get(path, "")])
        widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
        rows = [_row(line, widths) for line in lines]
        return "\n".join([*rows, "", *self.notes, *(f"doubt: {doubt}" for doubt in self.warnings)])


def _row(line: list[str], widths: list[int]) -> str:
    """Words to the left, numbers to the right."""
    aligned = [
        cell.ljust(width) if k in WORDS else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def digits(value: float, scale: float) -> str:
    """A number with two digits of the scale on which it matters, or four where there is none."""
    if np.isnan(value):
        return "–"
    if not (np.isfinite(value) and np.isfinite(scale) and scale > 0):
        return f"{value:.4g}".replace("inf", "∞")
    places = int(np.clip(1 - np.floor(np.log10(scale)), 0, 9))
    return f"{value:.{places}f}"
