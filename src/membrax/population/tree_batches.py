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
from ..probes import Step
from ..stimuli import Stimulus
from ..stimuli.stimulus import channel_key
from ..timegrid import Time
from ..timeloop import TimeLoop, first_samples, means, thin, wired
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
    cells, cell_axes = _wired(cells, axes.cells, stimulus, dt, integrator)
    last = lambda tree: jax.tree.map(lambda axis: LAST, tree)  # noqa: E731
    way = Abreast(
        cells, _last(stimulus, axes.stimulus), dt, probes, integrator, window, 1,
        _in_rows(cells, cell_axes), cell_axes, last(axes.stimulus), last(axes.state),
    )  # fmt: skip
    state, memories = _last(state, axes.state), jax.tree.map(_behind, memories)
    state, memories, samples = way.march(state, memories, (times, ()))
    front = lambda x: jnp.moveaxis(x, LAST, 0)  # noqa: E731
    state = sharding.map_with_axes(lambda x, axis: x if axis is None else front(x), state, axes.state)
    return state, jax.tree.map(front, memories), jax.tree.map(front, thin(samples, probes))


@dataclasses.dataclass(frozen=True)
class Abreast(TimeLoop):
    """A `Way` of many neurons, each of whose steps is taken by all of them.

    Attributes:
        cell, stimulus: of all of them.
        in_rows: the cells once more, with an axis of compartments and one of neurons in all that differs anywhere.
        cell_axes, stimulus_axes, state_axes: where the neuron axes are: last, or None.
    """

    in_rows: Cell
    cell_axes: Cell
    stimulus_axes: Stimulus
    state_axes: State

    def one(self, carry: tuple, at: tuple) -> tuple[tuple, dict]:
        """A step of all neurons at once; what probes see of it they see neuron by neuron."""
        (before, notes), (t, _) = carry, at
        drive, pieces = self._means(before, t)
        key = before.key if before.key is None else jax.vmap(lambda key: channel_key(key, before.step))(before.key)
        env = environment(self.in_rows, t.plus(0.5 * self.dt), key, self.dt)
        after = self.integrator.advance(self.in_rows, before, pieces, self.dt, env)
        after = dataclasses.replace(after, step=before.step + 1, drive=drive)

        def look(cell: Cell, before: State, after: State, pieces: tuple, key: Any, notes: dict) -> tuple[dict, dict]:
            env = environment(cell, t.plus(0.5 * self.dt), key, self.dt)
            mean = sum(pieces) / len(pieces)
            return self.looked(Step(cell, before, after, mean, self.dt, env, self.integrator.staggered), notes)

        pieces = tuple(jnp.broadcast_to(mean, (len(mean), before.v.shape[LAST])) for mean in pieces)
        where = self.cell_axes, self.state_axes, self.state_axes, LAST, None if key is None else LAST, LAST
        each = jax.vmap(look, in_axes=where, out_axes=LAST)
        notes, kept = each(self.cell, before, after, pieces, key, notes)
        return (after, notes), kept

    def _means(self, state: State, t: Time) -> tuple[Any, tuple]:
        """The stimulus's memory after the step, and its means [1 + site, neuron], 1 long if all get the same."""

        def of(cell: Cell, stimulus: Stimulus, state: State) -> tuple[Any, tuple]:
            return means(cell, stimulus, state, t, self.dt, self.integrator)

        if self.stimulus.random or jax.tree.leaves((self.stimulus_axes, self.cell_axes.morphology)):
            where = self.cell_axes, self.stimulus_axes, self.state_axes
            return jax.vmap(of, in_axes=where, out_axes=LAST)(self.cell, self.stimulus, state)
        drive, pieces = of(self.cell, self.stimulus, state)
        return drive, tuple(mean[:, None] for mean in pieces)

    def noting(self, memories: dict) -> dict:
        """As of `Way`, of all neurons."""
        return jax.vmap(super().noting, in_axes=LAST, out_axes=LAST)(memories)

    def noted(self, memories: dict, notes: dict) -> dict:
        """As of `Way`, of all neurons."""
        return jax.vmap(super().noted, in_axes=LAST, out_axes=LAST)(memories, notes)

    def seen(self, state: State) -> dict:
        """As of `Way`, of all neurons."""
        of = lambda cell, state: first_samples(cell, state, self.probes)  # noqa: E731
        return jax.vmap(of, in_axes=(self.cell_axes, self.state_axes), out_axes=LAST)(self.cell, state)


def _in_rows(cells: Cell, axes: Cell) -> Cell:
    """Wired cells as `patches.over_patches` wants them: all that is not one number for all is [compartment, neuron]."""

    def row(x: Array, axis: int | None) -> Array:
        if axis is None:
            return x[:, None] if x.ndim else x
        return x if x.ndim > 1 else x[None]

    tree, where = cells.morphology, axes.morphology
    area, conductance = row(tree.area, where.area), row(tree.conductance, where.conductance)
    bare = sharding.map_with_axes(row, *(dataclasses.replace(cell, morphology=None) for cell in (cells, axes)))
    return dataclasses.replace(bare, morphology=dataclasses.replace(tree, area=area, conductance=conductance))


def _wired(cells: Cell, axes: Cell, stimulus: Stimulus, dt: float, integrator: Integrator) -> tuple[Cell, Cell]:
    """The cells as steps take them, and where their neuron axes are: what all share has none."""

    def wire(cell: Cell) -> Cell:
        return wired(cell, stimulus, dt, integrator)

    if not jax.tree.leaves(axes):
        cell = wire(cells)
        return cell, jax.tree.map(lambda _: None, cell)
    found = []

    def told(cell: Cell) -> Cell:
        tell = custom_vmap(lambda cell: cell)

        @tell.def_vmap
        def rule(_: int, batched: tuple, cell: Cell) -> tuple[Cell, Cell]:
            found.append(jax.tree.map(lambda one: LAST if one else None, *batched))
            return cell, *batched

        return tell(wire(cell))

    # Only JAX, while it batches, knows what of the wiring differs between neurons.
    jax.eval_shape(jax.vmap(told, in_axes=(axes,)), cells)
    return jax.vmap(wire, in_axes=(axes,), out_axes=found[-1])(cells), found[-1]


def _last(tree: Any, axes: Any) -> Any:
    return sharding.map_with_axes(lambda x, axis: x if axis is None else _behind(x), tree, axes)


def _behind(x: Any) -> Any:
    return x if x.ndim < 2 else jnp.moveaxis(x, 0, LAST)
