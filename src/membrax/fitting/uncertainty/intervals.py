"""From places back to the user's units: errors by the delta method, intervals that keep a logarithmic scale."""

from __future__ import annotations

import numpy as np

from ..problem.parameters import Free


def check_level(level: float) -> None:
    """Refuse what is no level of confidence.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    number = isinstance(level, int | float | np.floating) and not isinstance(level, bool)
    if not (number and 0.0 < level < 1.0):
        raise ValueError(f"level must be a probability between 0 and 1, such as 0.95, got {level!r}")


def quantile(freedom: np.ndarray, level: float) -> np.ndarray:
    """How many standard errors a two-sided interval reaches to either side, by Student's t [parameter]."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, 0.5 + 0.5 * level))


def in_units(free: Free, place: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """{path: standard error} in each parameter's unit, from those in places: |dvalue/dplace| times them."""
    values = free.value(np.asarray(place, dtype=np.float64))
    found = {}
    for k, name in enumerate(free.names):
        slope = values[k] * _decades(free, k) if free.logarithmic[k] else free.high[k] - free.low[k]
        found[name] = float(abs(slope) * errors[k])
    return found


def as_factors(free: Free, errors: np.ndarray) -> dict[str, float]:
    """{path: standard error as a factor} of the logarithmic parameters."""
    return {
        name: float(np.exp(_decades(free, k) * errors[k])) for k, name in enumerate(free.names) if free.logarithmic[k]
    }


def intervals(free: Free, place: np.ndarray, reach: np.ndarray) -> dict[str, tuple[float, float]]:
    """{path: (low, high)} from place − reach to place + reach, in units.

    Symmetric on the scale of the search: a logarithmic parameter's ends are the estimate over and times one factor.
    They may leave the bounds, which are what was searched and no knowledge about the cell.
    """
    return {
        name: (value(free, k, place[k] - reach[k]), value(free, k, place[k] + reach[k]))
        for k, name in enumerate(free.names)
    }


def value(free: Free, k: int, place: float) -> float:
    """The value of parameter ``k`` at a place, outside the bounds as well, and at infinity."""
    if free.logarithmic[k]:
        return float(free.low[k] * np.exp(_decades(free, k) * place))
    return float(free.low[k] + (free.high[k] - free.low[k]) * place)


def _decades(free: Free, k: int) -> float:
    """ln(high/low), the length of a logarithmic scale."""
    return float(np.log(free.high[k] / free.low[k]))
