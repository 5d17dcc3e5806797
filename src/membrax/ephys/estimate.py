"""A measured number with its error and its unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A measured number; NaN if the recording does not determine it.

    Attributes:
        value: in ``unit``.
        error: one standard error, in ``unit``; NaN where it is unknown.
        unit: "mV", "MΩ", …; "" for a ratio.
        count: number of measured sweeps or steps.
    """

    value: float
    error: float
    unit: str
    count: int = 0

    @property
    def known(self) -> bool:
        """Whether the value is finite."""
        return bool(np.isfinite(self.value))

    def __str__(self) -> str:
        if not self.known:
            return "not measured"
        digits = decimals(self.error if np.isfinite(self.error) and self.error > 0 else 0.01 * abs(self.value))
        error = f" ± {self.error:.{digits}f}" if np.isfinite(self.error) else ""
        return f"{self.value:.{digits}f}{error} {self.unit}".rstrip()


def unmeasured(unit: str) -> Estimate:
    """An estimate without a value."""
    return Estimate(np.nan, np.nan, unit, 0)


def decimals(error: float) -> int:
    """The number of decimals that show the two leading digits of an error: none from 10 on, at most 4."""
    return int(np.clip(1 - np.floor(np.log10(error)), 0, 4)) if error > 0 else 1


def t_quantile(count: int) -> float:
    """The factor by which a standard error from the scatter of ``count`` numbers is too small: Student's t at 1 σ."""
    from scipy.special import ndtr, stdtrit

    return float(stdtrit(count - 1, ndtr(1.0))) if count > 1 else np.nan


def random_effects_mean(values: Sequence[float], errors: Sequence[float], unit: str) -> Estimate:
    """The mean of measurements of one number whose scatter may exceed their errors.

    Each weighs 1/(σ² + s²), with its own error σ and the scatter s beyond the errors (random effects, DerSimonian &
    Laird 1986, Control Clin Trials 7:177–188). The error is the larger of 1/√Σw and t √(Σw(x − x̄)²/((n − 1)Σw)), which
    follows the scatter also of few values (Hartung & Knapp 2001, Stat Med 20:3875–3889; t of `t_quantile`). For a
    single value the error is its own.

    Args:
        values, errors: [measurement]; entries that are not finite are omitted.
        unit: of the values.
    """
    x, sigma = (np.asarray(a, dtype=float) for a in (values, errors))
    finite = np.isfinite(x) & np.isfinite(sigma)
    x, sigma = x[finite], sigma[finite]
    count = len(x)
    if not count:
        return unmeasured(unit)
    # An error that is small by chance must not dominate the weights.
    sigma = np.maximum(sigma, 0.3 * np.median(sigma) + 1e-9 * np.max(np.abs(x)) + 1e-60)
    if count == 1:
        return Estimate(float(x[0]), float(sigma[0]), unit, 1)
    w = 1 / np.square(sigma)
    mean = np.sum(w * x) / np.sum(w)
    excess = np.sum(w * np.square(x - mean)) - (count - 1)
    w = 1 / (np.square(sigma) + max(0.0, float(excess / (np.sum(w) - np.sum(w**2) / np.sum(w)))))
    mean = float(np.sum(w * x) / np.sum(w))
    scatter = t_quantile(count) * float(np.sqrt(np.sum(w * np.square(x - mean)) / ((count - 1) * np.sum(w))))
    return Estimate(mean, max(float(1 / np.sqrt(np.sum(w))), scatter), unit, count)
