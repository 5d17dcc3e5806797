"""A number that was measured, with its error and its unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Measured:
    """A measured number; NaN where it could not be measured.

    Attributes:
        value: in ``unit``.
        error: one standard error, in ``unit``; NaN where it is not known.
        unit: "mV", "MΩ", …; "" for a ratio.
        count: how many sweeps or steps it was measured on.
    """

    value: float
    error: float
    unit: str
    count: int = 0

    @property
    def known(self) -> bool:
        """Whether it was measured."""
        return bool(np.isfinite(self.value))

    def __str__(self) -> str:
        if not self.known:
            return "not measured"
        digits = decimals(self.error if np.isfinite(self.error) and self.error > 0 else 0.01 * abs(self.value))
        error = f" ± {self.error:.{digits}f}" if np.isfinite(self.error) else ""
        return f"{self.value:.{digits}f}{error} {self.unit}".rstrip()


def unmeasured(unit: str) -> Measured:
    """What could not be measured."""
    return Measured(np.nan, np.nan, unit, 0)


def decimals(error: float) -> int:
    """How many decimals show the two leading digits of an error, none for one of 10 and more, at most 4."""
    return int(np.clip(1 - np.floor(np.log10(error)), 0, 4)) if error > 0 else 1


def combined(values: Sequence[float], errors: Sequence[float], weights: Sequence[float], unit: str) -> Measured:
    """The weighted mean of several measurements of one number.

    Its error is the larger of two: what the scatter of the values says, √(Σw²(x − x̄)² n/(n − 1)), and what their own
    errors say, √(Σw²σ²), with weights that sum to 1. A single value has its own error.

    Args:
        values, errors, weights: [measurement]; those whose value is not finite are left out.
        unit: of the values.
    """
    x, sigma, w = (np.asarray(a, dtype=float) for a in (values, errors, weights))
    good = np.isfinite(x) & (w > 0)
    x, sigma, w = x[good], sigma[good], w[good]
    count = len(x)
    if not count:
        return unmeasured(unit)
    w = w / np.sum(w)
    mean = float(np.sum(w * x))
    own = float(np.sqrt(np.sum(np.square(w * sigma)))) if np.all(np.isfinite(sigma)) else np.nan
    scatter = float(np.sqrt(np.sum(np.square(w * (x - mean))) * count / (count - 1))) if count > 1 else np.nan
    known = [error for error in (own, scatter) if np.isfinite(error)]
    return Measured(mean, max(known, default=np.nan), unit, count)
