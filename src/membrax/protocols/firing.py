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

BELOW = 10.0  # mV, distance of the initial potential below an unstable resting point, at which the cell would remain
PATIENCE = 2.0  # mean intervals without a spike at the end of the run from which on the cell counts as silent


class FICurve(NamedTuple):
    """Firing as a function of current.

    Attributes:
        currents: current densities of the steps [level], µA/cm².
        rate: mean rate over the last intervals [level], Hz; 0 where the cell does not fire until the end.
        first_rate: inverse of the first interval [level], Hz; 0 for fewer than two spikes.
        counts: total number of spikes [level].
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
    """Measure firing rates for steps of current from rest, all levels at once.

    A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV). A cell with an unstable rest starts 10 mV below it, since
    it would leave its resting point only slowly.

    Args:
        cell: one neuron.
        currents: current densities of the steps [level], µA/cm².
        duration: duration of the steps, ms.
        dt: time step, ms.
        intervals: number of last intervals in the mean rate; a shorter train has the mean of all its intervals.

    Raises:
        ValueError: a batch, a parameter out of bounds, a current that is not finite, fewer than one interval.
    """
    cell, currents = require_one_cell(cell), finite_numbers(currents, "currents", "µA/cm²")
    steps(duration, dt)
    if intervals < 1:
        raise ValueError(f"intervals must be at least 1, got {intervals}")
    start, capacity = _initial_state(cell), spike_capacity(duration, dt)
    one = lambda level: spike_times(cell, step(level), start, duration, dt, capacity)  # noqa: E731
    times, counts = (np.asarray(x) for x in jax.jit(jax.vmap(one))(jnp.asarray(currents, dtype=float)))
    rates = np.array([_rates(t[np.isfinite(t)], duration, intervals) for t in times.astype(float)])
    return FICurve(currents, rates[:, 0], rates[:, 1], counts)


def _initial_state(cell: Cell) -> State:
    """The resting state, or the state 10 mV below it if it is unstable."""
    point = resting_point(cell)
    return state_at(cell, point.v if bool(point.stable) else point.v - BELOW)


def _rates(spikes: np.ndarray, duration: float, intervals: int) -> tuple[float, float]:
    """Mean rate of the last intervals and rate of the first interval [Hz]."""
    if len(spikes) < 2:
        return 0.0, 0.0
    gaps = np.diff(spikes)
    last = gaps[-intervals:].mean()
    continues = duration - spikes[-1] < PATIENCE * last
    return (1e3 / last if continues else 0.0), 1e3 / gaps[0]
