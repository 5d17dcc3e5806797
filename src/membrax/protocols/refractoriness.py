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
from .excitability import FIRST, resting, threshold
from .search import MODEL_THRESHOLD, over_levels, require_one_cell, smallest_level

RISE = 5.0  # mV that v rises after the end of the pulse in a spike, more than by the charge of the pulse
RECOVERED = 1.05  # times the threshold at rest, below which the relative refractory period ends


class RefractoryPeriod(NamedTuple):
    """Threshold of a second pulse.

    Attributes:
        intervals: between the beginnings of the pulses [interval], ms.
        thresholds: of the second [interval], µA/cm²; NaN where the strongest tried makes no second spike, or where one
            comes without any pulse.
        at_rest: the threshold of a single pulse, µA/cm².
        absolute: the interval up to which no second spike can be had, ms; NaN if none was so short.
        relative: the interval after which the threshold is at most 5 % above that at rest, ms; NaN if none was so long.
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
) -> RefractoryPeriod:
    """The threshold of a second pulse after a spike, and the absolute and relative refractory period.

    A second spike crosses `MODEL_THRESHOLD` (0 mV) once more, after the moment at which the first spike alone has its
    peak, and rises on by itself after its pulse; neither a response that the pulse alone carries up counts, nor a first
    spike that is still rising when the second pulse comes. Both periods are of the grid of ``intervals``: they lie
    between two of its entries.

    Args:
        cell: one neuron with a stable rest.
        intervals: between the beginnings of the pulses [interval], ms, above ``width``; by default 1 … 30.
        width: of both pulses, ms.
        first: strength of the first pulse, in thresholds at rest.
        strongest: the strongest second pulse tried, in thresholds at rest.
        settle: how long after the second pulse its spike may come, ms.
        dt: ms.

    Raises:
        ValueError: a batch, a parameter out of bounds, an unstable rest, no spike from rest, or intervals not above
            the width.
    """
    cell = require_one_cell(cell)
    width, first = (
        finite_number(width, "width", "ms", above=0.0),
        finite_number(first, "first", "thresholds", above=1.0),
    )
    strongest, settle = (
        finite_number(strongest, "strongest", "thresholds", above=1.0),
        finite_number(settle, "settle", "ms", above=0),
    )
    intervals = np.arange(1.0, 30.5, 0.5) if intervals is None else intervals
    intervals = np.sort(finite_numbers(intervals, "intervals", "ms", above=width))
    alone = threshold(cell, width, settle=settle, dt=dt)
    if np.isnan(alone):
        raise ValueError(f"no single pulse of {width:g} ms makes this cell fire")
    found = _second_thresholds(cell, intervals, width, first * alone, strongest * alone, settle, dt)
    refused, high = np.isnan(found), ~(found <= RECOVERED * alone)
    absolute = intervals[refused][-1] if refused.any() else np.nan
    relative = np.nan if high[-1] else intervals[np.flatnonzero(high)[-1] + 1] if high.any() else intervals[0]
    return RefractoryPeriod(intervals, found, alone, float(absolute), float(relative))


def _second_thresholds(
    cell: Cell, intervals: np.ndarray, width: float, first: float, strongest: float, settle: float, dt: float
) -> np.ndarray:
    start = resting(cell)
    duration = float(np.ceil((FIRST + intervals.max() + width + settle) / dt - 1e-6) * dt)
    t = jnp.asarray(np.arange(round(duration / dt) + 1) * dt, dtype=float)

    def respond(level: Array | float, begin: Array | float) -> Array:
        pulses = step(first, FIRST, FIRST + width) + step(level, begin, begin + width)
        return simulate(cell, pulses, duration=duration, dt=dt, state=start).v

    first_peak = t[jnp.argmax(respond(0.0, FIRST + width))]

    def fires(level: Array, interval: Array) -> Array:
        begin = FIRST + interval
        v = respond(level, begin)
        up = jnp.append(jnp.zeros(1, dtype=bool), (v[:-1] < MODEL_THRESHOLD) & (v[1:] >= MODEL_THRESHOLD))
        # A strong second pulse brings a first spike that is still to come forward: that, too, is a first spike.
        second = jnp.any(up & (t <= first_peak)) & (jnp.cumsum(up & (t > first_peak)) > 0)
        after = (t >= begin + width) & (t <= begin + width + settle)
        peak = jnp.max(jnp.where(after & second, v, -jnp.inf))
        return peak > jnp.maximum(v[jnp.argmax(after)] + RISE, MODEL_THRESHOLD)

    found = smallest_level(over_levels(fires, intervals), np.zeros_like(intervals), np.full_like(intervals, strongest))
    return np.where(found == 0.0, np.nan, found)
