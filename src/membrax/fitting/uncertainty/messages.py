"""The sentences of an uncertainty: flags of parameters, notes on measurements and decisions, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..problem.parameters import Free
from .directions import combination
from .ensemble import Ensemble
from .jackknife import LONG
from .minimum import Minimum
from .noise import Noise

EXCESS = 1.2  # times the recording's noise, from which on a misfit is more than noise
ARRIVED = 0.5  # standard errors of a remaining Gauss–Newton step, up to which a place counts as a minimum
FEW = 5.0  # degrees of freedom; with fewer a handful of blocks determine an error


def flags(free: Free, minimum: Minimum, half_width: np.ndarray) -> dict[str, str]:
    """{path: remark}; ``half_width`` [parameter] is that of the intervals, in places."""
    remarks = {}
    for k, name in enumerate(free.names):
        if not minimum.moving[k]:
            remarks[name] = "fixed at its bound"
        elif np.isinf(minimum.errors.errors[k]):
            remarks[name] = "not identified"
        elif 2.0 * half_width[k] > 1.0:
            remarks[name] = "interval wider than the bounds"
        elif minimum.errors.freedom[k] < FEW:
            remarks[name] = "determined by a few blocks"
    return remarks


def notes(free: Free, minimum: Minimum, noise: Noise, ensemble: Ensemble, starts: int) -> Iterator[str]:
    """Measurements and decisions."""
    errors, white = minimum.errors, minimum.whiteness
    yield (
        f"residuals {errors.sigma:.3g} mV, {errors.sigma / noise.level:.2f} times the noise of {noise.level:.3g} mV"
        f" ({noise.source})"
    )
    tests = f"Durbin–Watson {white.durbin_watson:.2f}, Ljung–Box p {_p_value(white.ljung_box)}"
    interval = minimum.linear.interval
    if errors.estimator == "white":
        yield f"covariance of white residuals ({tests})"
    else:
        yield (
            f"block jackknife over {errors.blocks} blocks of {errors.block * interval:.3g} ms; residual"
            f" autocorrelation time {white.autocorrelation_time * interval:.3g} ms ({tests}); variances are"
            f" {errors.inflation:.3g} times those of white residuals"
        )
    if minimum.moved:
        yield f"the fit was not quite at its minimum: further steps moved it by {minimum.moved:.2g} standard errors"
    fixed = [name for name, moves in zip(free.names, minimum.moving, strict=True) if not moves]
    if fixed:
        yield f"fixed at a bound: {', '.join(fixed)}"
    for vector in errors.null:
        yield f"the voltage does not depend on {combination(dict(zip(free.names, vector, strict=True)))}"
    equal = f"loss up to {ensemble.tolerance:.4g} times the best, {ensemble.criterion}"
    yield f"{len(ensemble)} of {starts} starts fit equally well: {equal}"


def warnings(
    minimum: Minimum, noise: Noise, ensemble: Ensemble, starts: int, intervals: Mapping[str, tuple[float, float]]
) -> Iterator[str]:
    """Reasons why the intervals {path: (low, high)} may not hold."""
    errors, time = minimum.errors, minimum.whiteness.autocorrelation_time
    if errors.sigma > EXCESS * noise.level:
        yield (
            f"the misfit is {errors.sigma / noise.level:.3g} times the noise: the intervals are those of this model's"
            " best values, which may be far from the cell's"
        )
    remaining = np.max(np.abs(errors.step), initial=0.0)
    if remaining > ARRIVED:
        yield f"the fit is not at a minimum: a Gauss–Newton step would move it by {remaining:.2g} standard errors"
    if errors.estimator == "blocks" and errors.block < 0.999 * LONG * time:
        length = f"{errors.block / time:.2g} times the residual autocorrelation time"
        short = f"the jackknife block is shorter than {LONG} residual autocorrelation times"
        if errors.block < time:
            short = "the jackknife block is shorter than the residual autocorrelation time"
        yield f"{short} ({length}): the intervals may be too narrow"
    if len(ensemble) == 1 and starts > 1:
        yield f"only one of {starts} starts reached the best loss: a better minimum may exist"
    outside = [name for name, pair in ensemble.spread.items() if _leaves(pair, intervals[name])]
    if outside:
        yield f"starts that fit equally well lie outside the interval of {', '.join(outside)}"


def _leaves(spread: tuple[float, float], interval: tuple[float, float]) -> bool:
    """Whether a spread leaves an interval by more than the interval's own length."""
    low, high = interval
    return bool(spread[0] < low - (high - low) or spread[1] > high + (high - low))


def _p_value(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-4 else "< 0.0001"
