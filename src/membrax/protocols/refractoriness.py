"""Refractoriness: the threshold of a second pulse as a function of the time since the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell
from ..checks import finite_number, finite_numbers
from ..simulate import simulate
from ..stimuli import step
from .excitability import FIRST, resting_state, rounded_up, threshold
from .search import MODEL_THRESHOLD, TOLERANCE, over_levels, require_one_cell, smallest_level

RISE = 5.0  # mV, the rise of v after the end of the pulse that distinguishes a spike from the response to the pulse
RECOVERED = 1.05  # threshold relative to rest up to which the relative refractory period is over


class RefractoryPeriod(NamedTuple):
    """Threshold of a second pulse as a function of the interval after the first.

    Attributes:
        intervals: intervals between the beginnings of the pulses [interval], ms.
        thresholds: threshold of the second pulse [interval], µA/cm²; NaN where the strongest tested pulse causes no
            second spike, or where a second spike occurs without a second pulse.
        at_rest: threshold of a single pulse, µA/cm².
        absolute: the longest interval without a second spike, ms; NaN if every interval has one.
        relative: the interval from which on the threshold is at most 5 % above ``at_rest``, ms; NaN if it is higher at
            the longest interval.
    """

    intervals: np.ndarray
    thresholds: np.ndarray
    at_rest: float
    absolute: float
    relative: float


def refractory_period(
    cell: Cell,
    intervals: ArrayLike | Sequence[float] | None = None,
    *,
    width: float = 0.2,
    first: float = 2.0,
    strongest: float = 10.0,
    settle: float = 20.0,
    dt: float = 0.01,
    tolerance: float = TOLERANCE,
) -> RefractoryPeriod:
    """Measure the threshold of a second pulse after a spike, and the absolute and relative refractory period.

    A second spike is an upward crossing of `MODEL_THRESHOLD` (0 mV) later than the peak of the first spike without a
    second pulse, with a rise of at least `RISE` after the end of its pulse. This excludes the passive response to the
    pulse, and a first spike that is still rising at the second pulse. Both periods have the resolution of the grid of
    ``intervals``: the true values lie between two of its entries.

    Args:
        cell: one neuron with a stable rest.
        intervals: intervals between the beginnings of the pulses [interval], ms, above ``width``; by default from 1 to
            30 in steps of 0.5.
        width: duration of both pulses, ms.
        first: strength of the first pulse relative to the threshold at rest, above 1.
        strongest: strength of the strongest tested second pulse relative to the threshold at rest, above 1.
        settle: time after the second pulse within which its spike counts, ms.
        dt: time step, ms.
        tolerance: of each threshold, relative to it.

    Raises:
        ValueError: a batch, a parameter out of bounds, an unstable rest, no spike from rest, or intervals not above
            the width.
    """
    cell = require_one_cell(cell)
    width, settle = finite_number(width, "width", "ms", above=0.0), finite_number(settle, "settle", "ms", above=0)
    first = finite_number(first, "first", "thresholds", above=1.0)
    strongest = finite_number(strongest, "strongest", "thresholds", above=1.0)
    intervals = np.arange(1.0, 30.5, 0.5) if intervals is None else intervals
    intervals = np.sort(finite_numbers(intervals, "intervals", "ms", above=width))
    alone = threshold(cell, width, settle=settle, dt=dt, tolerance=tolerance)
    if np.isnan(alone):
        raise ValueError(f"no single pulse of {width:g} ms causes a spike of this cell; try a longer width")
    pulses = first * alone, strongest * alone
    thresholds = _second_thresholds(cell, intervals, width, pulses, settle, dt, tolerance)
    silent, high = np.isnan(thresholds), ~(thresholds <= RECOVERED * alone)
    absolute = intervals[silent][-1] if silent.any() else np.nan
    relative = np.nan if high[-1] else intervals[np.flatnonzero(high)[-1] + 1] if high.any() else intervals[0]
    return RefractoryPeriod(intervals, thresholds, alone, float(absolute), float(relative))


def _second_thresholds(
    cell: Cell, intervals: np.ndarray, width: float, pulses: tuple[float, float], settle: float, dt: float,
    tolerance: float,
) -> np.ndarray:  # fmt: skip
    """Thresholds [interval] of the second pulse, µA/cm²; ``pulses`` are the first and the strongest second one."""
    first, strongest = pulses
    start = resting_state(cell)
    duration = rounded_up(FIRST + intervals.max() + width + settle, dt)
    t = jnp.asarray(np.arange(round(duration / dt) + 1) * dt, dtype=float)

    def response(level: Array | float, begin: Array | float) -> Array:
        both = step(first, FIRST, FIRST + width) + step(level, begin, begin + width)
        return simulate(cell, both, duration=duration, dt=dt, state=start).v

    first_peak = t[jnp.argmax(response(0.0, FIRST + width))]

    def fires(level: Array, interval: Array) -> Array:
        begin = FIRST + interval
        v = response(level, begin)
        up = jnp.append(jnp.zeros(1, dtype=bool), (v[:-1] < MODEL_THRESHOLD) & (v[1:] >= MODEL_THRESHOLD))
        # A strong second pulse can advance a late first spike: a second one needs a crossing before and after the peak.
        second = jnp.any(up & (t <= first_peak)) & (jnp.cumsum(up & (t > first_peak)) > 0)
        after = (t >= begin + width) & (t <= begin + width + settle)
        peak = jnp.max(jnp.where(after & second, v, -jnp.inf))
        return peak > jnp.maximum(v[jnp.argmax(after)] + RISE, MODEL_THRESHOLD)

    none, most = np.zeros_like(intervals), np.full_like(intervals, strongest)
    thresholds = smallest_level(over_levels(fires, intervals), none, most, tolerance)
    return np.where(thresholds == 0.0, np.nan, thresholds)
