"""Search for the smallest level with a response, on grids of levels that are simulated together."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, State
from ..cell_checks import check_cell, check_parameters, check_patch, check_single
from ..checks import finite_number
from ..probes import spikes, voltage
from ..pytrees import strong
from ..simulate import simulate
from ..stimuli import Stimulus

MODEL_THRESHOLD = 0.0  # mV; an upward crossing is a spike of a model; recordings have a lower threshold
LEVELS = 33  # number of levels simulated at once, five bits of the result
TOLERANCE = 1e-5  # relative to the result, about a hundred steps of float32
FINEST = 1e-7  # resolution relative to the first bracket, for a result near 0


def smallest_level(
    responds: Callable[[np.ndarray], np.ndarray | Array],
    low: float | np.ndarray,
    high: float | np.ndarray,
    tolerance: float = TOLERANCE,
) -> np.ndarray:
    """Find the smallest tested level between ``low`` and ``high`` with a response; NaN without one.

    The bracket shrinks until the level below without a response is nearer than ``tolerance``.

    For a response at ``low`` the bracket has no threshold and the result is ``low``. The spacing of the first grid is
    1/32 of the bracket; a response only between two of its levels is missed.

    Args:
        responds: levels [search, level] -> bool [search, level], of the same shape in every call.
        low, high: the bracket [search], or () for a single search; either may be negative.
        tolerance: of the result, relative to it; a result near 0 has `FINEST` of the bracket.

    Raises:
        ValueError: a tolerance below the precision of the numbers, or of 1 and more.
    """
    finest = 8.0 * float(jnp.finfo(jnp.result_type(float)).eps)
    tolerance = finite_number(tolerance, "tolerance", "of the result", at_least=finest, below=1.0)
    low, high = np.broadcast_arrays(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    shape = low.shape
    low, high = low.reshape(-1), high.reshape(-1)
    finest = FINEST * np.abs(high - low)
    missing = np.zeros(low.shape, dtype=bool)
    while np.any(~missing & (np.abs(high - low) > np.maximum(tolerance * np.abs(high), finest))):
        grid = np.linspace(low, high, LEVELS, axis=-1)
        response = np.array(responds(grid), dtype=bool)
        missing |= ~response.any(axis=-1)
        first = np.argmax(response, axis=-1)
        each = np.arange(len(low))
        high = grid[each, first]
        low = np.where(first > 0, grid[each, np.maximum(first - 1, 0)], high)
    return np.where(missing, np.nan, high).reshape(shape)


def best_scale(
    shape: Callable[[np.ndarray], np.ndarray], data: np.ndarray, low: float, high: float
) -> tuple[float, float]:
    """The least-squares x and a of data ≈ a · shape(x); a has a closed form, so that only x is searched.

    Args:
        shape: x [trial, 1] -> values [trial, datum].
        data: [datum].
        low, high: bounds of x > 0, of a logarithmic grid that contracts.
    """

    def fit(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = shape(x[:, None])
        a = values @ data / np.sum(values**2, axis=1)
        return a, np.sum((a[:, None] * values - data) ** 2, axis=1)

    for _ in range(12):
        grid = np.geomspace(low, high, 101)
        best = int(np.argmin(fit(grid)[1]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 100)]
    x = np.array([np.sqrt(low * high)])
    return float(x[0]), float(fit(x)[0][0])


def over_levels(responds: Callable[..., Array], *along: np.ndarray) -> Callable[[np.ndarray], Array]:
    """Map ``responds(level, *along)`` of single numbers over searches and levels for `smallest_level`, compiled once.

    Args:
        responds: a traceable function of a level and one entry of each of ``along``.
        along: arrays [search] of the arguments that differ between searches.
    """
    fixed = tuple(jnp.asarray(x, dtype=float).reshape(-1) for x in along)
    inner = jax.vmap(responds, in_axes=(0, *(None for _ in fixed)))
    outer = jax.jit(jax.vmap(inner, in_axes=(0, *(0 for _ in fixed))))
    return lambda grid: outer(jnp.asarray(grid, dtype=float), *fixed)


def spike_times(
    cell: Cell, stimulus: Stimulus, state: State, duration: float, dt: float, capacity: int = 16
) -> tuple[Array, Array]:
    """Times [capacity] of the first upward crossings of `MODEL_THRESHOLD` [ms], padded with inf, and their number."""
    trace = simulate(
        cell, stimulus, duration=duration, dt=dt, state=state,
        record=(voltage(round(duration / dt)), spikes(capacity=capacity, threshold=MODEL_THRESHOLD)),
    )  # fmt: skip
    return trace.spikes, trace.spike_count


def spike_capacity(duration: float, dt: float) -> int:
    """The largest possible number of upward crossings in a run, one in two samples: `spike_times` then keeps all."""
    return round(duration / dt) // 2 + 1


def require_one_cell(cell: Cell) -> Cell:
    """Return the cell with strong leaves, if it is one neuron with all parameters within their bounds.

    Raises:
        ValueError: anything else.
    """
    check_cell(cell)
    check_patch(cell, "a protocol")
    check_single(cell, "a protocol", "one cell at a time")
    cell = strong(cell)
    check_parameters(cell)
    return cell
