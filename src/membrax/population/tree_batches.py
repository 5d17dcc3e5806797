"""The loop over time of many trees at once, with the neurons last in every array.

`jax.vmap` of a loop puts them first. A tree is eliminated node by node, and a node's values in all neurons then lie far
apart; here they are a row.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_batching import custom_vmap

from ..cell import Cell, State, environment
from ..integrators import Integrator
from ..morphology.system import TreeSystem
from ..probes import Step
from ..stimuli import Stimulus
from ..stimuli.stimulus import channel_key
from ..timegrid import Time
from ..timeloop import TimeLoop, assembled, first_samples, means, thin
from . import sharding
from .setup import Axes

LAST = -1


def march(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, axes: Axes, dt: float,
    probes: tuple, integrator: Integrator, window: int,
) -> tuple[State, dict, dict]:  # fmt: skip
    """`timeloop.march` of many neurons: state, memories and thinned samples, all [neuron, …].

    Args:
        cells, stimulus, state, memories: with neuron axes as ``axes`` has them; of memories all are [neuron, …].
        times: the beginnings of the steps [step].
        axes, dt, probes, integrator, window: as in `run.chunk`.
    """
    (cells, system), (cell_axes, system_axes) = _assembled(cells, axes.cells, stimulus, dt, integrator)
    last = lambda tree: jax.tree.map(lambda axis: LAST, tree)  # noqa: E731
    way = Abreast(
        cells, system, _last(stimulus, axes.stimulus), dt, probes, integrator, window, 1,
        *_in_rows(cells, cell_axes, system, system_axes), cell_axes, system_axes, last(axes.stimulus), last(axes.state),
    )  # fmt: skip
    state, memories = _last(state, axes.state), jax.tree.map(_behind, memories)
    state, memories, samples = way.march(state, memories, (times, ()))
    front = lambda x: jnp.moveaxis(x, LAST, 0)  # noqa: E731
    state = sharding.map_with_axes(lambda x, axis: x if axis is None else front(x), state, axes.state)
    return state, jax.tree.map(front, memories), jax.tree.map(front, thin(samples, probes))


@dataclasses.dataclass(frozen=True)
class Abreast(TimeLoop):
    """A `TimeLoop` of many neurons, all of which take each step together.

    Attributes:
        cell, stimulus: of all of them.
        cells_in_rows, system_in_rows: the cells and their system once more, with an axis of compartments and one of
            neurons in all that differs anywhere.
        cell_axes, system_axes, stimulus_axes, state_axes: where the neuron axes are: last, or None.
    """

    cells_in_rows: Cell
    system_in_rows: TreeSystem
    cell_axes: Cell
    system_axes: TreeSystem
    stimulus_axes: Stimulus
    state_axes: State

    def one(self, carry: tuple, at: tuple) -> tuple[tuple, dict]:
        """A step of all neurons at once; what probes see of it they see neuron by neuron."""
        (before, notes), (t, _) = carry, at
        drive, pieces = self._means(before, t)
        key = before.key if before.key is None else jax.vmap(lambda key: channel_key(key, before.step))(before.key)
        env = environment(self.cells_in_rows, t.plus(0.5 * self.dt), key, self.dt)
        after = self.integrator.advance(self.cells_in_rows, before, pieces, self.dt, env, self.system_in_rows)
        after = dataclasses.replace(after, step=before.step + 1, drive=drive)

        def look(
            cell: Cell, system: TreeSystem, before: State, after: State, pieces: tuple, key: Any, notes: dict
        ) -> tuple[dict, dict]:
            env = environment(cell, t.plus(0.5 * self.dt), key, self.dt)
            mean = sum(pieces) / len(pieces)
            return self.looked(Step(cell, before, after, mean, self.dt, env, self.integrator.staggered, system), notes)

        pieces = tuple(jnp.broadcast_to(mean, (len(mean), before.v.shape[LAST])) for mean in pieces)
        states = self.state_axes, self.state_axes
        where = self.cell_axes, self.system_axes, *states, LAST, None if key is None else LAST, LAST
        each = jax.vmap(look, in_axes=where, out_axes=LAST)
        notes, kept = each(self.cell, self.system, before, after, pieces, key, notes)
        return (after, notes), kept

    def _means(self, state: State, t: Time) -> tuple[Any, tuple]:
        """The stimulus's memory after the step, and its means [1 + site, neuron], 1 long if all get the same."""

        def of(cell: Cell, system: TreeSystem, stimulus: Stimulus, state: State) -> tuple[Any, tuple]:
            return means(cell, stimulus, state, t, self.dt, self.integrator, system)

        if self.stimulus.random or jax.tree.leaves((self.stimulus_axes, self.system_axes)):
            where = self.cell_axes, self.system_axes, self.stimulus_axes, self.state_axes
            return jax.vmap(of, in_axes=where, out_axes=LAST)(self.cell, self.system, self.stimulus, state)
        drive, pieces = of(self.cell, self.system, self.stimulus, state)
        return drive, tuple(mean[:, None] for mean in pieces)

    def noting(self, memories: dict) -> dict:
        """As of `TimeLoop`, of all neurons."""
        return jax.vmap(super().noting, in_axes=LAST, out_axes=LAST)(memories)

    def noted(self, memories: dict, notes: dict) -> dict:
        """As of `TimeLoop`, of all neurons."""
        return jax.vmap(super().noted, in_axes=LAST, out_axes=LAST)(memories, notes)

    def seen(self, state: State) -> dict:
        """As of `TimeLoop`, of all neurons."""
        of = lambda cell, state: first_samples(cell, state, self.probes)  # noqa: E731
        return jax.vmap(of, in_axes=(self.cell_axes, self.state_axes), out_axes=LAST)(self.cell, state)


def _in_rows(cells: Cell, axes: Cell, system: TreeSystem, where: TreeSystem) -> tuple[Cell, TreeSystem]:
    """Cells and system for `over_patches`: all that is not one number for all is [compartment, neuron]."""

    def row(x: Array, axis: int | None) -> Array:
        if axis is None:
            return x[:, None] if x.ndim else x
        return x if x.ndim > 1 else x[None]

    area, conductance = row(system.area, where.area), row(system.conductance, where.conductance)
    bare = sharding.map_with_axes(row, *(dataclasses.replace(cell, morphology=None) for cell in (cells, axes)))
    rows = dataclasses.replace(bare, morphology=cells.morphology)
    return rows, dataclasses.replace(system, area=area, conductance=conductance)


def _assembled(
    cells: Cell, axes: Cell, stimulus: Stimulus, dt: float, integrator: Integrator
) -> tuple[tuple[Cell, TreeSystem], tuple[Cell, TreeSystem]]:
    """The cells and their system, and where their neuron axes are: what all share has none."""

    def assemble(cell: Cell) -> tuple[Cell, TreeSystem]:
        return assembled(cell, stimulus, dt, integrator)

    if not jax.tree.leaves(axes):
        both = assemble(cells)
        return both, jax.tree.map(lambda _: None, both)
    found = []

    def told(cell: Cell) -> tuple[Cell, TreeSystem]:
        tell = custom_vmap(lambda both: both)

        @tell.def_vmap
        def rule(_: int, batched: tuple, both: tuple) -> tuple[tuple, tuple]:
            found.append(jax.tree.map(lambda one: LAST if one else None, *batched))
            return both, *batched

        return tell(assemble(cell))

    # Only JAX, while it batches, knows what of the system differs between neurons.
    jax.eval_shape(jax.vmap(told, in_axes=(axes,)), cells)
    return jax.vmap(assemble, in_axes=(axes,), out_axes=found[-1])(cells), found[-1]


def _last(tree: Any, axes: Any) -> Any:
    return sharding.map_with_axes(lambda x, axis: x if axis is None else _behind(x), tree, axes)


def _behind(x: Any) -> Any:
    return x if x.ndim < 2 else jnp.moveaxis(x, 0, LAST)
