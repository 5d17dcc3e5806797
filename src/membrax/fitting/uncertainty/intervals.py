"""Errors and intervals of places in the user's units: the delta method, and intervals on a logarithmic scale."""

from __future__ import annotations

import numpy as np

from ...checks import finite_number
from ..problem.parameters import Free


def check_level(level: float) -> None:
    """Check a level of confidence.

    Raises:
        ValueError: it is no number between 0 and 1.
    """
    finite_number(level, "level", above=0.0, below=1.0)


def quantile(freedom: np.ndarray, level: float) -> np.ndarray:
    """Half the width of a two-sided interval, in standard errors, by Student's t [parameter]."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, 0.5 + 0.5 * level))


def in_units(free: Free, place: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """{path: standard error} in each parameter's unit: |dvalue/dplace| times the error in places."""
    values = free.value(np.asarray(place, dtype=np.float64))
    in_unit = {}
    for k, name in enumerate(free.names):
        slope = values[k] * _log_range(free, k) if free.logarithmic[k] else free.high[k] - free.low[k]
        in_unit[name] = float(abs(slope) * errors[k])
    return in_unit


def as_factors(free: Free, errors: np.ndarray) -> dict[str, float]:
    """{path: standard error as a factor} of the logarithmic parameters."""
    return {
        name: float(np.exp(_log_range(free, k) * errors[k])) for k, name in enumerate(free.names) if free.logarithmic[k]
    }


def intervals(free: Free, place: np.ndarray, half_width: np.ndarray) -> dict[str, tuple[float, float]]:
    """{path: (low, high)} in units, from place − half_width to place + half_width.

    Intervals are symmetric on the scale of the search: a logarithmic parameter's ends are the estimate over and times
    one factor. They may leave the bounds, which limit the search and are no knowledge about the cell.
    """
    return {
        name: (value(free, k, place[k] - half_width[k]), value(free, k, place[k] + half_width[k]))
        for k, name in enumerate(free.names)
    }


def value(free: Free, k: int, place: float) -> float:
    """The value of parameter ``k`` at a place, also outside the bounds and at infinity."""
    if free.logarithmic[k]:
        return float(free.low[k] * np.exp(_log_range(free, k) * place))
    return float(free.low[k] + (free.high[k] - free.low[k]) * place)


def _log_range(free: Free, k: int) -> float:
    """ln(high/low), the length of a logarithmic scale."""
    return float(np.log(free.high[k] / free.low[k]))
