"""The Boltzmann curve of activation and inactivation: a/(1 + exp(−(v − half)/scale))."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ITERATIONS = 200
CONVERGED = 1e-12  # of the sum of squares


class Boltzmann(NamedTuple):
    """A Boltzmann curve: its maximum a, its half potential [mV] and its scale [mV], below 0 for a falling curve.

    ``residual`` is the root mean square residual, in the unit of the data.
    """

    maximum: float
    half: float
    scale: float
    residual: float

    def __call__(self, v: np.ndarray) -> np.ndarray:
        """The curve at v [mV]."""
        return self.maximum * fraction(v, self.half, self.scale)


def fraction(v: np.ndarray, half: float | np.ndarray, scale: float | np.ndarray) -> np.ndarray:
    """1/(1 + exp(−(v − half)/scale)), without an overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * (np.asarray(v, dtype=float) - half) / scale))


def fit_boltzmann(v: np.ndarray, y: np.ndarray) -> Boltzmann:
    """Fit a Boltzmann curve to y [level] at v [mV] [level], by Levenberg–Marquardt.

    Entries that are not finite are left out.

    Raises:
        ValueError: fewer than three finite entries, or only zeros.
    """
    v, y = np.asarray(v, dtype=float), np.asarray(y, dtype=float)
    good = np.isfinite(v) & np.isfinite(y)
    v, y = v[good], y[good]
    size = np.abs(y).max(initial=0.0)
    if len(v) < 3 or not size:
        raise ValueError(f"a Boltzmann curve needs at least three values that are not all 0, got {len(v)}")
    at, damping = _start(v, y), 1e-3
    residual = y - at[0] * fraction(v, *at[1:])
    for _ in range(ITERATIONS):
        slopes = _slopes(v, at)
        normal = slopes.T @ slopes
        change = np.linalg.lstsq(normal + damping * np.diag(np.diag(normal) + 1e-30), slopes.T @ residual, rcond=None)[
            0
        ]
        trial = at + change
        trial_residual = y - trial[0] * fraction(v, *trial[1:]) if trial[2] else np.full_like(y, np.inf)
        if trial_residual @ trial_residual < residual @ residual:
            gain = residual @ residual - trial_residual @ trial_residual
            at, residual, damping = trial, trial_residual, damping / 5
            if gain < CONVERGED * size**2 * 1e-6:
                break
        else:
            damping *= 4
            if damping > 1e12:
                break
    maximum, half, scale = (float(x) for x in at)
    return Boltzmann(maximum, half, scale, float(np.sqrt(np.mean(residual**2))))


def _start(v: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The best of a grid of halves and scales with their least-squares maxima, since steep curves have local minima."""
    span = np.ptp(v) or 1.0
    half, scale = np.meshgrid(np.linspace(v.min(), v.max(), 81), span * np.geomspace(2e-3, 1.0, 25))
    half, scale = np.tile(half.ravel(), 2)[:, None], np.append(scale, -scale)[:, None]
    f = fraction(v, half, scale)
    maximum = f @ y / np.maximum(np.sum(f**2, axis=1), 1e-30)
    best = np.argmin(np.sum((maximum[:, None] * f - y) ** 2, axis=1))
    return np.array([maximum[best], half[best, 0], scale[best, 0]])


def _slopes(v: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Derivatives of the curve by maximum, half and scale [level, 3]."""
    maximum, half, scale = at
    f = fraction(v, half, scale)
    bend = maximum * f * (1.0 - f) / scale
    return np.stack([f, -bend, -bend * (v - half) / scale], axis=1)
