"""Whiteness of a fit's residuals: two tests of their autocorrelation, and the autocorrelation time."""

from __future__ import annotations

import dataclasses

import numpy as np

LAGS = 20  # samples, the longest lag of the test
SIGNIFICANCE = 0.01
LARGEST_SHARE = 0.25  # of a sweep: correlations at longer lags cannot be distinguished from chance


@dataclasses.dataclass(frozen=True)
class Whiteness:
    """How close a fit's residuals are to white noise.

    Attributes:
        durbin_watson: Σ(rₜ − rₜ₋₁)²/Σrₜ²: 2 for white residuals, near 0 for slow ones (Durbin & Watson 1950).
        ljung_box: p value of the autocorrelation at lags up to 20 samples (Ljung & Box 1978).
        autocorrelation_time: 1 + 2Σ|ρ| [samples]; 1 for white residuals.
    """

    durbin_watson: float
    ljung_box: float
    autocorrelation_time: float

    @property
    def white(self) -> bool:
        """Whether the test of Ljung and Box does not reject white residuals, at a significance of 1 %."""
        return self.ljung_box >= SIGNIFICANCE


def whiteness(residuals: np.ndarray) -> Whiteness:
    """Test residuals [sweep, time] about 0; a mean that is not 0 is a misfit and counts as a correlation."""
    total = max(float(np.sum(np.square(residuals))), 1e-300)
    watson = float(np.sum(np.square(np.diff(residuals, axis=1)))) / total
    return Whiteness(watson, ljung_box(residuals), autocorrelation_time(residuals))


def autocovariances(residuals: np.ndarray, lags: int) -> np.ndarray:
    """Σₜ rₜ rₜ₊ₕ of every sweep [sweep, lag], for lags 0 to ``lags``."""
    samples = residuals.shape[1]
    size = 1 << (samples + lags).bit_length()
    power = np.square(np.abs(np.fft.rfft(residuals, size, axis=1)))
    return np.fft.irfft(power, size, axis=1)[:, : lags + 1]


def ljung_box(residuals: np.ndarray, lags: int = LAGS) -> float:
    """Chance of a larger Q = Σ n(n + 2) Σₕ ρₕ²/(n − h) under white residuals, summed over sweeps of n samples.

    Q is χ² with ``lags`` degrees of freedom per sweep. The few that the fit has used are neglected, since there are
    so many samples.
    """
    from scipy.special import chdtrc

    sweeps, n = residuals.shape
    lags = min(lags, n // 4)
    if lags < 1:
        return 1.0
    sums = autocovariances(residuals, lags)
    rho = sums[:, 1:] / np.maximum(sums[:, :1], 1e-300)
    statistic = n * (n + 2) * np.sum(np.square(rho) / (n - np.arange(1, lags + 1)))
    return float(chdtrc(sweeps * lags, statistic))


def autocorrelation_time(residuals: np.ndarray) -> float:
    """1 + 2Σ|ρₕ| [samples], up to the lag after which ρ stays within chance.

    "Within chance" is |ρ| < 2 √(log₁₀ n/n) at five lags in a row, and at √log₁₀ n if that is more (Politis & White
    2004, Econometric Reviews 23:53, the rule for their m).
    """
    n = residuals.size
    longest = max(1, int(LARGEST_SHARE * residuals.shape[1]))
    sums = autocovariances(residuals, longest).sum(axis=0)
    rho = np.abs(sums[1:] / max(sums[0], 1e-300))
    small = rho < 2.0 * np.sqrt(np.log10(n) / n)
    run = max(5, int(np.ceil(np.sqrt(np.log10(n)))))
    within = np.convolve(small, np.ones(run, dtype=int), mode="valid") == run
    last = int(np.argmax(within)) if within.any() else longest
    return float(1.0 + 2.0 * np.sum(rho[:last]))
