"""What is to be said about an uncertainty: flags of parameters, what was decided, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..problem.parameters import Free
from .directions import combination
from .ensemble import Ensemble
from .jackknife import LONG
from .minimum import Bottom
from .noise import Noise

EXCESS = 1.2  # times the recording's noise, from which on a misfit is more than noise
ARRIVED = 0.5  # standard errors that a Gauss–Newton step may still go at what is called a minimum
FEW = 5.0  # degrees of freedom; fewer say that a handful of blocks decide


def flags(free: Free, here: Bottom, reach: np.ndarray) -> dict[str, str]:
    """{path: what is wrong with it}; ``reach`` [parameter] is half the interval, in places."""
    said = {}
    for k, name in enumerate(free.names):
        if not here.moving[k]:
            said[name] = "at its bound, held there"
        elif np.isinf(here.errors.errors[k]):
            said[name] = "not identified"
        elif 2.0 * reach[k] > 1.0:
            said[name] = "interval wider than the bounds"
        elif here.errors.freedom[k] < FEW:
            said[name] = "rests on a few blocks"
    return said


def notes(free: Free, here: Bottom, heard: Noise, alike: Ensemble, starts: int) -> Iterable[str]:
    """What was measured and decided."""
    errors, white = here.errors, here.whiteness
    yield (
        f"residuals {errors.sigma:.3g} mV, {errors.sigma / heard.level:.2f} times the noise of {heard.level:.3g} mV"
        f" ({heard.source})"
    )
    tests = f"Durbin–Watson {white.durbin_watson:.2f}, Ljung–Box p {_chance(white.ljung_box)}"
    interval = here.fit.interval
    if errors.estimator == "white":
        yield f"covariance of white residuals ({tests})"
    else:
        yield (
            f"block jackknife over {errors.blocks} blocks of {errors.block * interval:.3g} ms: residuals remember"
            f" {white.memory * interval:.3g} ms ({tests}); variances are {errors.inflation:.3g} times white ones"
        )
    if here.moved:
        yield f"the fit was not quite at its minimum: some steps moved it by up to {here.moved:.2g} standard errors"
    held = [name for name, moves in zip(free.names, here.moving, strict=True) if not moves]
    if held:
        yield f"held at a bound: {', '.join(held)}"
    for vector in errors.null:
        yield f"the voltage does not depend on {combination(dict(zip(free.names, vector, strict=True)))}"
    equal = f"loss up to {alike.tolerance:.4g} times the best, {alike.told}"
    yield f"{len(alike)} of {starts} starts fit equally well: {equal}"


def warnings(
    here: Bottom, heard: Noise, alike: Ensemble, starts: int, ends: dict[str, tuple[float, float]]
) -> Iterable[str]:
    """Why the intervals ``ends`` {path: (low, high)} may not hold."""
    errors = here.errors
    if errors.sigma > EXCESS * heard.level:
        yield (
            f"the misfit is {errors.sigma / heard.level:.3g} times the noise: the intervals are of this model's best"
            " values, however far those are from the cell's"
        )
    left = np.max(np.abs(errors.step), initial=0.0)
    if left > ARRIVED:
        yield f"this is no minimum: a Gauss–Newton step would go {left:.2g} standard errors further"
    short = errors.block < 0.999 * LONG * here.whiteness.memory
    if errors.estimator == "blocks" and short:
        yield (
            f"blocks are {errors.block / here.whiteness.memory:.2g} times as long as residuals remember, less than"
            f" {LONG}: the intervals may be too narrow"
        )
    if len(alike) == 1 and starts > 1:
        yield f"one of {starts} starts alone came to the best loss: there may be a better one"
    outside = [name for name, pair in alike.spread.items() if _leaves(pair, ends[name])]
    if outside:
        yield f"starts that fit equally well lie outside the interval of {', '.join(outside)}"


def _leaves(spread: tuple[float, float], interval: tuple[float, float]) -> bool:
    """Whether a spread leaves an interval by more than the interval's own length."""
    low, high = interval
    return bool(spread[0] < low - (high - low) or spread[1] > high + (high - low))


def _chance(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-4 else "< 0.0001"
