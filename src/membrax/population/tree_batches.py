"""Batches of trees on a CPU: every step is taken by all trees of a batch, with the neurons last in every array.

`jax.vmap` of the time loop puts neurons first. A tree is eliminated node by node, and the values of a node in all
neurons are then far apart in memory; with the neurons last they are a row. More than `LARGEST` trees are divided into
batches; a batch takes all steps of a chunk before the next begins, so that its state stays in the cache.

Processor time of alternatives over that of these batches on one core, for a ball and stick of 9 compartments, a binary
tree of 400 and a cable of 200:

| trees | `jax.vmap` of all | `jax.vmap` of 8, or of 128 from 32 on | one batch of all |
| --- | --- | --- | --- |
| 8 | 1.15, 1.06, 1.10 | 1.16, 1.02, 1.07 | 1 |
| 24 | 1.43, 1.16, 1.19 | 1.52, 1.26, 1.15 | 1 |
| 100 | 2.92, 1.59, 1.65 | 2.91, 1.48, 1.54 | 1 |
| 1000 | 3.11, 2.74, 2.07 | 3.03, 1.73, 1.88 | 0.92, 1.34, 1.15 |

The solve of a batch goes node by node for fewer than 16 trees and by rounds for more. By rounds it takes 1.08 to 1.37
times as long for 8 trees, node by node 1.28 to 2.36 times for 24 and more. A single tree has no row of neurons: it
takes the time loop under `jax.vmap`, where a binary tree of 397 compartments takes 0.88 of a batch's time, and a cable
of 401 takes 1.03. Other integrators, and devices other than CPUs, use `jax.vmap` of the time loop too.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.custom_batching import custom_vmap

from ..cell import Cell, State, environment
from ..integrators import Integrator
from ..morphology.system import TreeSystem
from ..probes import Step
from ..sharding import map_with_axes
from ..stimuli import Stimulus
from ..stimuli.means import channel_key
from ..timegrid import Time
from ..timeloop import TimeLoop, assembled, first_samples, step_means, thin
from .axes import Axes
from .chunk_settings import ChunkSettings

T = TypeVar("T")

LAST = -1
LARGEST = 128  # trees in a batch, by measurement
VECTOR = 8  # numbers that a CPU with AVX2 takes at once; the rest of a row would be taken one by one


def advance(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, dt: float, probes: tuple,
    integrator: Integrator, axes: Axes, settings: ChunkSettings,
) -> tuple[State, dict, dict]:  # fmt: skip
    """State, memories [neuron, …] and samples [time, neuron, …] after some steps; arguments as of `chunk.chunk`."""
    named = {"axes": axes, "dt": dt, "probes": probes, "integrator": integrator, "window": settings.window}
    count = len(state.v)
    if count <= LARGEST:
        state, memories, samples = _advance_batch(cells, stimulus, state, memories, times, **named)
        return state, memories, jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), samples)

    def advance_some(neurons: Array) -> tuple:
        pick = lambda tree, axes: map_with_axes(lambda x, axis: x if axis is None else x[neurons], tree, axes)  # noqa: E731
        some = pick(cells, axes.cells), pick(stimulus, axes.stimulus), pick(state, axes.state)
        after, *others = _advance_batch(*some, jax.tree.map(lambda x: x[neurons], memories), times, **named)
        each = lambda x, axis: jnp.broadcast_to(x, (len(neurons), *x.shape)) if axis is None else x  # noqa: E731
        return map_with_axes(each, after, axes.state), *others

    state, memories, samples = _map_batches(advance_some, count)
    state = map_with_axes(lambda x, axis: x[0] if axis is None else x, state, axes.state)
    return state, memories, jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), samples)


def _map_batches(function: Callable[[Array], T], count: int) -> T:
    """``function(neurons)`` for one batch after the other; the last neuron pads the last batch."""
    size = batch_size(count)
    neurons = np.minimum(np.arange(math.ceil(count / size) * size), count - 1)
    values = jax.lax.map(function, jnp.asarray(neurons.reshape(-1, size)))
    return jax.tree.map(lambda x: x.reshape(len(neurons), *x.shape[2:])[:count], values)


def batch_size(count: int) -> int:
    """The trees in a batch: all, or whole vectors in batches of nearly equal size."""
    return count if count <= LARGEST else math.ceil(count / math.ceil(count / LARGEST) / VECTOR) * VECTOR


def _advance_batch(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, axes: Axes, dt: float,
    probes: tuple, integrator: Integrator, window: int,
) -> tuple[State, dict, dict]:  # fmt: skip
    """State, memories and samples of one batch after some steps, all [neuron, …]."""
    (cells, system), (cell_axes, system_axes) = _assembled(cells, axes.cells, stimulus, dt, integrator)
    last = lambda tree: jax.tree.map(lambda axis: LAST, tree)  # noqa: E731
    loop = BatchLoop(
        cells, system, _neurons_last(stimulus, axes.stimulus), dt, probes, integrator, window, 1,
        *_with_two_axes((cells, system), (cell_axes, system_axes)), cell_axes, system_axes, last(axes.stimulus),
        last(axes.state),
    )  # fmt: skip
    state, memories = _neurons_last(state, axes.state), jax.tree.map(_move_last, memories)
    state, memories, samples = loop.run(state, memories, (times, ()))
    first = lambda x: jnp.moveaxis(x, LAST, 0)  # noqa: E731
    state = map_with_axes(lambda x, axis: x if axis is None else first(x), state, axes.state)
    return state, jax.tree.map(first, memories), jax.tree.map(first, thin(samples, probes))


@dataclasses.dataclass(frozen=True)
class BatchLoop(TimeLoop):
    """A `TimeLoop` of many neurons, each of whose steps advances all of them.

    Attributes:
        cell, system, stimulus: of all neurons.
        cell_two_axes, system_two_axes: cells and system with an axis of compartments and one of neurons in every array
            that differs along either.
        cell_axes, system_axes, stimulus_axes, state_axes: the neuron axes: last, or None.
    """

    cell_two_axes: Cell
    system_two_axes: TreeSystem
    cell_axes: Cell
    system_axes: TreeSystem
    stimulus_axes: Stimulus
    state_axes: State

    def step(self, carry: tuple, at: tuple) -> tuple[tuple, dict]:
        """One step of all neurons; the probes are vmapped over it."""
        (before, notes), (t, _) = carry, at
        drive, pieces = self._means(before, t)
        key = before.key if before.key is None else jax.vmap(lambda key: channel_key(key, before.step))(before.key)
        env = environment(self.cell_two_axes, t.plus(0.5 * self.dt), key, self.dt)
        after = self.integrator.advance(self.cell_two_axes, before, pieces, self.dt, env, self.system_two_axes)
        after = dataclasses.replace(after, step=before.step + 1, drive=drive)

        def watch(
            cell: Cell, system: TreeSystem | None, before: State, after: State, pieces: tuple[Array, ...],
            key: Array | None, notes: dict,
        ) -> tuple[dict, dict]:  # fmt: skip
            env = environment(cell, t.plus(0.5 * self.dt), key, self.dt)
            mean = jnp.asarray(sum(pieces) / len(pieces))
            return self.observe(Step(cell, before, after, mean, self.dt, env, self.integrator.staggered, system), notes)

        pieces = tuple(jnp.broadcast_to(mean, (len(mean), before.v.shape[LAST])) for mean in pieces)
        states = self.state_axes, self.state_axes
        axes = self.cell_axes, self.system_axes, *states, LAST, None if key is None else LAST, LAST
        watch_all = jax.vmap(watch, in_axes=axes, out_axes=LAST)
        notes, kept = watch_all(self.cell, self.system, before, after, pieces, key, notes)
        return (after, notes), kept

    def _means(self, state: State, t: Time) -> tuple[Any, tuple]:
        """The stimulus's memory after the step and its means [1 + site, neuron], with 1 neuron if all are equal."""

        def of_one(cell: Cell, system: TreeSystem | None, stimulus: Stimulus, state: State) -> tuple[Any, tuple]:
            return step_means(cell, stimulus, state, t, self.dt, self.integrator, system)

        if self.stimulus.random or jax.tree.leaves((self.stimulus_axes, self.system_axes)):
            axes = self.cell_axes, self.system_axes, self.stimulus_axes, self.state_axes
            return jax.vmap(of_one, in_axes=axes, out_axes=LAST)(self.cell, self.system, self.stimulus, state)
        drive, pieces = of_one(self.cell, self.system, self.stimulus, state)
        return drive, tuple(mean[:, None] for mean in pieces)

    def open_buffers(self, memories: dict) -> dict:
        """As of `TimeLoop`, for all neurons."""
        return jax.vmap(super().open_buffers, in_axes=LAST, out_axes=LAST)(memories)

    def close_buffers(self, memories: dict, buffers: dict) -> dict:
        """As of `TimeLoop`, for all neurons."""
        return jax.vmap(super().close_buffers, in_axes=LAST, out_axes=LAST)(memories, buffers)

    def sample_state(self, state: State) -> dict:
        """As of `TimeLoop`, for all neurons."""
        of_one = lambda cell, state: first_samples(cell, state, self.probes)  # noqa: E731
        return jax.vmap(of_one, in_axes=(self.cell_axes, self.state_axes), out_axes=LAST)(self.cell, state)


def _with_two_axes(trees: tuple[Cell, TreeSystem], axes: tuple[Cell, TreeSystem]) -> tuple[Cell, TreeSystem]:
    """Cells and system for `over_patches`: arrays [compartment, neuron], and numbers that all share."""

    def with_two(x: Array, axis: int | None) -> Array:
        if axis is None:
            return x[:, None] if x.ndim else x
        return x if x.ndim > 1 else x[None]

    (cells, system), (cell_axes, system_axes) = trees, axes
    arrays = map_with_axes(with_two, (system.area, system.conductance), (system_axes.area, system_axes.conductance))
    patches = map_with_axes(with_two, *(dataclasses.replace(cell, morphology=None) for cell in (cells, cell_axes)))
    patches = dataclasses.replace(patches, morphology=cells.morphology)
    return patches, dataclasses.replace(system, area=arrays[0], conductance=arrays[1])


def _assembled(
    cells: Cell, axes: Cell, stimulus: Stimulus, dt: float, integrator: Integrator
) -> tuple[tuple[Cell, TreeSystem], tuple[Cell, TreeSystem]]:
    """The cells and their system, and the neuron axes of both, which arrays that all neurons share don't have."""

    def assemble(cell: Cell) -> tuple[Cell, TreeSystem]:
        cell, system = assembled(cell, stimulus, dt, integrator)
        assert system is not None
        return cell, system

    if not jax.tree.leaves(axes):
        both = assemble(cells)
        return both, jax.tree.map(lambda _: None, both)
    assembled_axes = _axes_of(assemble, cells, axes)
    return jax.vmap(assemble, in_axes=(axes,), out_axes=assembled_axes)(cells), assembled_axes


def _axes_of(function: Callable[[Cell], T], cells: Cell, axes: Cell) -> T:
    """Which arrays of ``function(cell)`` differ between neurons: `LAST`, or None.

    Only JAX, while it batches the function, knows that; a rule of `custom_vmap` passes it on.
    """
    seen = []

    def with_rule(cell: Cell) -> T:
        identity = custom_vmap(lambda value: value)

        @identity.def_vmap
        def rule(_: int, batched: tuple, value: T) -> tuple[T, Any]:
            seen.append(jax.tree.map(lambda differs: LAST if differs else None, *batched))
            return value, *batched

        return identity(function(cell))

    jax.eval_shape(jax.vmap(with_rule, in_axes=(axes,)), cells)
    return seen[-1]


def _neurons_last(tree: T, axes: object) -> T:
    return map_with_axes(lambda x, axis: x if axis is None else _move_last(x), tree, axes)


def _move_last(x: Array) -> Array:
    return x if x.ndim < 2 else jnp.moveaxis(x, 0, LAST)
