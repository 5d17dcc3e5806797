"""Axes of a population: which arrays of cells, stimulus and state have a neuron axis, and functions along it."""

from __future__ import annotations

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, State
from ..sharding import map_with_axes
from ..stimuli import Stimulus

T = TypeVar("T")


class StaticAxes:
    """A pytree of vmap axes, 0 and None, as a hashable value that `jax.jit` accepts as static."""

    def __init__(self, tree: object) -> None:
        self.tree: Any = tree
        leaves, structure = jax.tree.flatten(tree, is_leaf=lambda x: x is None)
        self._identity = (tuple(leaves), structure)

    def __hash__(self) -> int:
        return hash(self._identity[0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaticAxes) and self._identity == other._identity


class Axes(StaticAxes):
    """The vmap axes of cells, stimulus and state."""

    def __init__(self, cells: Cell, stimulus: Stimulus, state: State) -> None:
        self.cells, self.stimulus, self.state = cells, stimulus, state
        super().__init__((cells, stimulus, state))


def state_axes(state: State) -> State:
    """The vmap axes of a population's state: all neurons share the clock; every other array has a neuron axis."""
    axes = jax.tree.map(lambda _: 0, state)
    clock = jax.tree.map(lambda _: None, (state.time, state.step, state.lag))
    return State(axes.v, axes.gates, *clock, key=axes.key, drive=axes.drive)


def as_population(state: State, count: int, many: bool) -> State:
    """A state with a neuron axis on every array except the clock.

    Args:
        state: of ``count`` neurons, or of one neuron, whose values every neuron then gets.
        count: the number of neurons.
        many: whether the state has a neuron axis already.

    Raises:
        ValueError: the neurons are at different times.
    """
    clock = jax.tree.map(_common, (state.time, state.step, state.lag))
    each = lambda x: x if many else jnp.broadcast_to(x, (count, *jnp.shape(x)))  # noqa: E731
    v, gates, drive = jax.tree.map(each, (state.v, state.gates, state.drive))
    key = state.key if many or state.key is None else keys_of(state.key, count)
    return State(v, gates, *clock, key=key, drive=drive)


def keys_of(key: Array, count: int) -> Array:
    """A random key for each neuron, from one key and the neuron's number [neuron]."""
    return jax.vmap(lambda number: jax.random.fold_in(key, number))(jnp.arange(count))


def _common(x: Array) -> Array:
    if not jnp.ndim(x):
        return x
    times = np.asarray(x)
    if (times != times[0]).any():
        raise ValueError("the neurons of the state stand at different times; a population shares one clock")
    return jnp.asarray(times[0])


def without_padding(tree: T, axes: object, neurons: int) -> T:
    """The pytree with its first ``neurons`` neurons."""
    return map_with_axes(lambda leaf, axis: leaf if axis is None else leaf[:neurons], tree, axes)
