"""The contribution of each unknown conductance to the charge balance along a recorded voltage."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import pytrees
from ...cell import Cell, currents, environment
from ...typing import Bounds, Gates
from ..problem.parameters import paths
from ..problem.target import Target
from ..problem.voltage_driven import along, finer

PROBED = (-75.0, -40.0, 10.0)  # mV, where currents are tested for linearity


@dataclasses.dataclass(frozen=True)
class Column:
    """One unknown: a current at unit conductance, with its reversal at one end of its bounds if that is free too.

    Attributes:
        name: of the free parameter, perhaps of several tied conductances.
        leaves: their paths, without "channels".
        reversal: the free reversal's name, or None.
        end: its value here, mV.
    """

    name: str
    leaves: tuple[str, ...]
    reversal: str | None = None
    end: float = 0.0

    def on(self, cell: Cell) -> Cell:
        """The cell with this column's conductances at 1 mS/cm²."""
        if self.reversal is not None:
            cell = pytrees.put(cell, self.reversal, jnp.asarray(self.end, dtype=float))
        return _all(cell, self.leaves, 1.0)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of its conductances."""
        return tuple(dict.fromkeys(channel_of(path) for path in self.leaves))


def columns_of(cell: Cell, bounds: Bounds) -> tuple[Column, ...]:
    """The unknowns among some free parameters: conductances that scale a current, each with its reversal if free.

    A reversal between two bounds is no linear unknown, but a conductance at each bound is: for g₁ at e₁ and g₂ at e₂,
    neither negative, the sum is a conductance g₁ + g₂ whose reversal (g₁e₁ + g₂e₂)/(g₁ + g₂) lies between them.
    """
    columns: list[Column] = []
    for name in bounds:
        leaves = tuple(path.removeprefix("channels.") for path in paths(name))
        if not all(is_conductance(cell, path) for path in leaves):
            continue
        reversal = f"{channel_of(leaves[0])}.e"
        bounded = next((other for other in bounds if other.removeprefix("channels.") == reversal), None)
        if len(leaves) == 1 and bounded is not None and is_linear(cell, reversal):
            columns += [Column(name, leaves, bounded, float(end)) for end in bounds[bounded]]
        else:
            columns.append(Column(name, leaves))
    return tuple(columns)


def channel_of(path: str) -> str:
    """The channel that a path belongs to."""
    return path.removeprefix("channels.").split(".")[0]


def is_conductance(cell: Cell, path: str) -> bool:
    """Whether a leaf is a conductance density that scales its channel's current."""
    leaf = pytrees.leaves(cell).get(path)
    return leaf is not None and leaf.metadata.get("unit") == "mS/cm²" and is_linear(cell, path)


def is_linear(cell: Cell, path: str) -> bool:
    """Whether a channel's current at fixed gates is linear in one of its leaves, and not constant."""
    channel = channel_of(path)
    leaf = pytrees.leaves(cell).get(path)
    if channel not in cell.channels or leaf is None:
        return False
    env, v = environment(cell), jnp.asarray(PROBED)
    changed = [pytrees.put(cell, path, jnp.asarray(leaf.value + step, dtype=float)) for step in (0.0, 1.0, 2.0)]
    kinetics, *_ = (other.channels[channel] for other in changed)

    def current(v: Array) -> list[Array]:
        gates = kinetics.init(v, env)
        return [other.channels[channel].current(gates, v, env) for other in changed]

    one, two, three = (np.asarray(x, dtype=float) for x in jax.vmap(current)(v))
    bend, slope = three - 2.0 * two + one, three - one
    return bool(np.any(slope != 0) and np.all(np.abs(bend) <= 1e-4 * np.abs(slope).max()))


def regressors(cell: Cell, columns: tuple[Column, ...], data: Target, ids: Array, count: int) -> Array:
    """Window means [window, column + 1] of every column's current at 1 mS/cm², and of all other currents [µA/cm²].

    Args:
        cell: the model; the values of its unknown conductances have no effect.
        columns: the unknowns.
        data: the sweeps.
        ids: [sweep, time − 1] the window of each interval, numbered through all sweeps.
        count: the number of windows.
    """
    env, n = environment(cell), data.substeps
    unknown = {path for column in columns for path in column.leaves}
    off = _all(cell, unknown, 0.0)
    on = [column.on(off) for column in columns]

    def measure(gates: dict[str, Gates], v: Array) -> Array:
        rest = currents(off, gates, v, env)

        def difference(column: Column, other: Cell) -> Array:
            parts = [other.channels[k].current(gates[k], v, env) - rest[k] for k in column.channels]
            return sum(parts, jnp.zeros_like(v))

        each = [difference(column, other) for column, other in zip(columns, on, strict=True)]
        return jnp.stack([*each, sum(rest.values(), jnp.zeros_like(v))])

    values = jax.vmap(lambda v: along(cell, finer(v, n), data.dt, measure))(data.v)
    steps = jnp.repeat(ids.reshape(-1), n)
    total = jax.ops.segment_sum(values.reshape(-1, len(columns) + 1), steps, num_segments=count)
    lengths = jax.ops.segment_sum(jnp.ones(steps.shape), steps, num_segments=count)
    return total / lengths[:, None]


def _all(cell: Cell, leaves: Iterable[str], value: float) -> Cell:
    for path in leaves:
        cell = pytrees.put(cell, path, jnp.asarray(value, dtype=float))
    return cell
