"""Firing rate as a function of current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from ..cell import Cell, State, state_at
from ..checks import finite_numbers
from ..rest.resting import resting_point
from ..stimuli import step
from ..timegrid import steps
from .search import require_one_cell, spike_capacity, spike_times

BELOW = 10.0  # mV below an unstable resting point, where a cell starts that would otherwise stay there
PATIENCE = 2.0  # intervals without a spike, before the end, after which a cell counts as silent


class FICurve(NamedTuple):
    """Firing against current.

    Attributes:
        currents: [level], µA/cm².
        rate: over the last intervals [level], Hz; 0 where the cell does not fire to the end.
        first_rate: of the first interval [level], Hz; 0 where there are fewer than two spikes.
        counts: spikes in all [level].
    """

    currents: np.ndarray
    rate: np.ndarray
    first_rate: np.ndarray
    counts: np.ndarray


def fi_curve(
    cell: Cell,
    currents: ArrayLike | Sequence[float],
    *,
    duration: float = 1000.0,
    dt: float = 0.025,
    intervals: int = 5,
) -> FICurve:
    """Firing rates for steps of current from rest, all levels at once.

    A cell with an unstable rest starts 10 mV below it, since it would leave its resting point only slowly.

    Args:
        cell: one neuron.
        currents: [level], µA/cm².
        duration: of the steps, ms.
        dt: ms.
        intervals: the number of last intervals in the mean rate; all if there are fewer.

    Raises:
        ValueError: a batch, a parameter out of bounds, a current that is not finite, fewer than one interval.
    """
    cell, currents = require_one_cell(cell), finite_numbers(currents, "currents", "µA/cm²")
    steps(duration, dt)
    if intervals < 1:
        raise ValueError(f"intervals must be at least 1, got {intervals}")
    start, capacity = _beginning(cell), spike_capacity(duration, dt)
    one = lambda level: spike_times(cell, step(level), start, duration, dt, capacity)  # noqa: E731
    times, counts = (np.asarray(x) for x in jax.jit(jax.vmap(one))(jnp.asarray(currents, dtype=float)))
    rates = np.array([_rates(t[np.isfinite(t)], duration, intervals) for t in times.astype(float)])
    return FICurve(currents, rates[:, 0], rates[:, 1], counts)


def _beginning(cell: Cell) -> State:
    """The rest, or a state below it if it is unstable."""
    point = resting_point(cell)
    return state_at(cell, point.v if bool(point.stable) else point.v - BELOW)


def _rates(spikes: np.ndarray, duration: float, intervals: int) -> tuple[float, float]:
    """Rates [Hz] of the last intervals and of the first."""
    if len(spikes) < 2:
        return 0.0, 0.0
    gaps = np.diff(spikes)
    last = gaps[-intervals:].mean()
    continues = duration - spikes[-1] < PATIENCE * last
    return (1e3 / last if continues else 0.0), 1e3 / gaps[0]
