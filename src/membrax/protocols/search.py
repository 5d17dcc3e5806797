"""The smallest level at which something happens, by grids of levels that are simulated together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, State
from ..cell_checks import check_cell, check_parameters, check_patch, check_single
from ..probes import spikes, voltage
from ..pytrees import strong
from ..simulate import simulate
from ..stimuli import Stimulus

LEVELS = 33  # simulated at once: five bits of the answer
RESOLUTION = 1e-5  # of an answer; a float32 still has a hundred steps in it
MODEL_THRESHOLD = 0.0  # mV, whose upward crossing is a spike of a model; recorded ones count from lower
FINEST = 1e-7  # of the first bracket, for an answer near 0


def smallest_level(happens: Callable[[np.ndarray], Any], low: Any, high: Any) -> np.ndarray:
    """The smallest of the levels tried between ``low`` and ``high`` at which something happens; NaN if at none.

    What happens at ``low`` has no threshold in the bracket, and gives ``low`` itself. The first grid has a spacing of
    1/32 of the bracket: what happens only between two of its levels is not seen.

    Args:
        happens: levels [search, level] -> bool [search, level], of the same shape at every call.
        low, high: the bracket [search], or of a single search (); one may be negative.
    """
    low, high = np.broadcast_arrays(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    shape = low.shape
    low, high = low.reshape(-1), high.reshape(-1)
    finest = FINEST * np.abs(high - low)
    missing = np.zeros(low.shape, dtype=bool)
    while np.any(~missing & (np.abs(high - low) > np.maximum(RESOLUTION * np.abs(high), finest))):
        grid = np.linspace(low, high, LEVELS, axis=-1)
        seen = np.array(happens(grid), dtype=bool)
        missing |= ~seen.any(axis=-1)
        first = np.argmax(seen, axis=-1)
        each = np.arange(len(low))
        high = grid[each, first]
        low = np.where(first > 0, grid[each, np.maximum(first - 1, 0)], high)
    return np.where(missing, np.nan, high).reshape(shape)


def best_scale(shape: Callable[[np.ndarray], np.ndarray], data: np.ndarray, low: float, high: float) -> tuple:
    """The x and a of least squares for data ≈ a · shape(x): for each x the best a is at hand, so one search is left.

    Args:
        shape: x [trial, 1] -> its values [trial, datum].
        data: [datum].
        low, high: between which x > 0 is looked for, on a logarithmic grid that closes in.
    """

    def fit(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = shape(x[:, None])
        a = values @ data / np.sum(values**2, axis=1)
        return a, np.sum((a[:, None] * values - data) ** 2, axis=1)

    for _ in range(12):
        tried = np.geomspace(low, high, 101)
        best = int(np.argmin(fit(tried)[1]))
        low, high = tried[max(best - 1, 0)], tried[min(best + 1, 100)]
    x = np.array([np.sqrt(low * high)])
    return float(x[0]), float(fit(x)[0][0])


def over_levels(happens: Callable[..., Array], *along: Any) -> Callable[[np.ndarray], Array]:
    """``happens(level, *along)`` of single numbers as `smallest_level` asks it, compiled once.

    Args:
        happens: traceable, of a level and one entry of each of ``along``.
        along: arrays [search]; what differs between the searches.
    """
    fixed = tuple(jnp.asarray(x, dtype=float).reshape(-1) for x in along)
    inner = jax.vmap(happens, in_axes=(0, *(None for _ in fixed)))
    outer = jax.jit(jax.vmap(inner, in_axes=(0, *(0 for _ in fixed))))
    return lambda grid: outer(jnp.asarray(grid, dtype=float), *fixed)


def spike_times(
    cell: Cell, stimulus: Stimulus, state: State, duration: float, dt: float, capacity: int = 16
) -> tuple[Array, Array]:
    """Times [capacity] of the first upward crossings of `MODEL_THRESHOLD` in ms, padded with NaN, and their number."""
    trace = simulate(
        cell, stimulus, duration=duration, dt=dt, state=state,
        record=(voltage(round(duration / dt)), spikes(capacity=capacity)),
    )  # fmt: skip
    return trace.spikes, trace.spike_count


def spike_capacity(duration: float, dt: float) -> int:
    """The most upward crossings that a run can have, one in two samples: for `spike_times` to lose none."""
    return round(duration / dt) // 2 + 1


def require_one_cell(cell: Any) -> Cell:
    """The cell, its leaves made strong, if it is one neuron with every parameter inside its bounds.

    Raises:
        ValueError: it is none.
    """
    check_cell(cell)
    check_patch(cell, "a protocol")
    check_single(cell, "a protocol", "one cell at a time")
    cell = strong(cell)
    check_parameters(cell)
    return cell


def within(value: Any, name: str, unit: str, *, above: float = -np.inf, below: float = np.inf) -> float:
    """``value`` as a finite Python float between two bounds, both excluded.

    Raises:
        ValueError: names the value, its unit and its bound.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a plain number in {unit}, got {value!r}") from None
    if not above < number < below or not np.isfinite(number):
        bound = f"above {above:g} {unit}" if not number > above else f"below {below:g} {unit}"
        bound = bound if np.isfinite(number) and np.isfinite(above if not number > above else below) else "finite"
        raise ValueError(f"{name} must be {bound}, got {number:g} {unit}")
    return number


def ordered(values: Any, name: str, unit: str, *, above: float = -np.inf) -> np.ndarray:
    """``values`` as an array [n] of finite numbers above a bound.

    Raises:
        ValueError: names the first one that is not, its unit and its bound.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers in {unit}, got {values!r}") from None
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} must be a list of numbers in {unit}, got the shape {array.shape}")
    for number in array:
        within(number, name, unit, above=above)
    return array
