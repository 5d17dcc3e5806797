"""What every unknown conductance contributes to the charge balance along a recorded voltage."""

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
    """One unknown: the current at unit conductance, with its reversal at one end of its bounds if that is free too.

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
        """The channels that it is about."""
        return tuple(dict.fromkeys(channel_of(path) for path in self.leaves))


def columns_of(cell: Cell, bounds: Bounds) -> tuple[Column, ...]:
    """The unknowns among some free parameters: conductances that scale a current, each with its reversal if free.

    A reversal between two bounds is no linear unknown, but a conductance at each bound is: of g₁ at e₁ and g₂ at e₂ not
    negative, the sum is a conductance g₁ + g₂ whose reversal (g₁e₁ + g₂e₂)/(g₁ + g₂) lies between them.
    """
    found = []
    for name in bounds:
        leaves = tuple(path.removeprefix("channels.") for path in paths(name))
        if not all(is_conductance(cell, path) for path in leaves):
            continue
        reversal = f"{channel_of(leaves[0])}.e"
        written = next((other for other in bounds if other.removeprefix("channels.") == reversal), None)
        if len(leaves) == 1 and written is not None and is_linear(cell, reversal):
            found += [Column(name, leaves, written, float(end)) for end in bounds[written]]
        else:
            found.append(Column(name, leaves))
    return tuple(found)


def channel_of(path: str) -> str:
    """The channel that a path belongs to."""
    return path.removeprefix("channels.").split(".")[0]


def is_conductance(cell: Cell, path: str) -> bool:
    """Whether a leaf is a conductance density that scales its channel's current."""
    known = pytrees.leaves(cell).get(path)
    return known is not None and known.metadata.get("unit") == "mS/cm²" and is_linear(cell, path)


def is_linear(cell: Cell, path: str) -> bool:
    """Whether a channel's current at fixed gates is a straight line in one of its leaves, and no flat one."""
    channel = channel_of(path)
    known = pytrees.leaves(cell).get(path)
    if channel not in cell.channels or known is None:
        return False
    env, v = environment(cell), jnp.asarray(PROBED)
    moved = [pytrees.put(cell, path, jnp.asarray(known.value + step, dtype=float)) for step in (0.0, 1.0, 2.0)]
    kinetics, *_ = (there.channels[channel] for there in moved)

    def current(v: Array) -> list[Array]:
        gates = kinetics.init(v, env)
        return [there.channels[channel].current(gates, v, env) for there in moved]

    one, two, three = (np.asarray(x, dtype=float) for x in jax.vmap(current)(v))
    bend, slope = three - 2.0 * two + one, three - one
    return bool(np.any(slope != 0) and np.all(np.abs(bend) <= 1e-4 * np.abs(slope).max()))


def regressors(cell: Cell, columns: tuple[Column, ...], data: Target, ids: Array, count: int) -> Array:
    """Window means [window, column + 1] of every column's current at 1 mS/cm², and of the rest [µA/cm²].

    Args:
        cell: the model; its unknown conductances are of no matter.
        columns: the unknowns.
        data: the sweeps.
        ids: [sweep, time − 1] the window of each interval, counted through all sweeps.
        count: how many windows there are.
    """
    env, n = environment(cell), data.substeps
    unknown = {path for column in columns for path in column.leaves}
    off = _all(cell, unknown, 0.0)
    on = [column.on(off) for column in columns]

    def look(gates: dict[str, Gates], v: Array) -> Array:
        rest = currents(off, gates, v, env)

        def gained(column: Column, there: Cell) -> Array:
            parts = [there.channels[k].current(gates[k], v, env) - rest[k] for k in column.channels]
            return sum(parts, jnp.zeros_like(v))

        each = [gained(column, there) for column, there in zip(columns, on, strict=True)]
        return jnp.stack([*each, sum(rest.values(), jnp.zeros_like(v))])

    seen = jax.vmap(lambda v: along(cell, finer(v, n), data.dt, look))(data.v)
    steps = jnp.repeat(ids.reshape(-1), n)
    total = jax.ops.segment_sum(seen.reshape(-1, len(columns) + 1), steps, num_segments=count)
    lengths = jax.ops.segment_sum(jnp.ones(steps.shape), steps, num_segments=count)
    return total / lengths[:, None]


def _all(cell: Cell, leaves: Iterable[str], value: float) -> Cell:
    for path in leaves:
        cell = pytrees.put(cell, path, jnp.asarray(value, dtype=float))
    return cell
