"""Trees on a CPU: some take all of their steps, then the next ones, so that those at hand stay in its cache."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, State
from ..integrators import Integrator
from ..stimuli import Stimulus
from ..timegrid import Time
from . import sharding, tree_batches
from .setup import Axes

# By measurement. Few trees are eliminated node by node, where rows of 8 numbers fill a vector; many by rounds, where
# the longer a row, the less it costs to start an operation.
FEW, MANY, AT_MOST = 8, 32, 128
VECTOR = 8  # numbers that a CPU with AVX2 takes at once; what is left over of a row it would take one by one


def in_turn(
    one: Callable, cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, axes: Axes,
    dt: float, probes: tuple, integrator: Integrator, window: int,
) -> tuple[State, dict, dict]:  # fmt: skip
    """State, memories [neuron, …] and samples [time, neuron, …] after some steps; see `run.chunk`.

    Args:
        one: state, memories and samples of one neuron from its cell, stimulus, state and memories, and the times.
        cells, stimulus, state, memories, times, axes, dt, probes, integrator, window: as in `run.chunk`.
    """
    count = len(state.v)

    def of(neurons: Array) -> tuple:
        pick = lambda tree, axes: sharding.map_with_axes(lambda x, a: x if a is None else x[neurons], tree, axes)  # noqa: E731
        own = pick(cells, axes.cells), pick(stimulus, axes.stimulus), pick(state, axes.state)
        own = *own, jax.tree.map(lambda x: x[neurons], memories)
        if count < MANY:
            side_by_side = jax.vmap(one, in_axes=(axes.cells, axes.stimulus, axes.state, 0, None))
            return side_by_side(*own, times)
        how = {"dt": dt, "probes": probes, "integrator": integrator, "window": window}
        after, *others = tree_batches.march(*own, times, axes=axes, **how)
        each = lambda x, axis: jnp.broadcast_to(x, (len(neurons), *x.shape)) if axis is None else x  # noqa: E731
        return sharding.map_with_axes(each, after, axes.state), *others

    state, memories, samples = _in_batches(of, count)
    state = sharding.map_with_axes(lambda x, axis: x[0] if axis is None else x, state, axes.state)
    return state, memories, jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), samples)


def _in_batches(function: Callable, count: int) -> Any:
    """``function(neurons)`` of all neurons, one batch of them after the other, the last one filled up with the last."""
    size = _size(count)
    neurons = np.minimum(np.arange(math.ceil(count / size) * size), count - 1)
    found = jax.lax.map(function, jnp.asarray(neurons.reshape(-1, size)))
    return jax.tree.map(lambda x: x.reshape(len(neurons), *x.shape[2:])[:count], found)


def _size(count: int) -> int:
    """Neurons of a batch: a few, or of many a whole number of vectors, in batches that are as equal as can be."""
    if count < MANY:
        return min(FEW, count)
    return math.ceil(count / math.ceil(count / AT_MOST) / VECTOR) * VECTOR
