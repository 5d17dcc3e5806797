"""The parts that all optimisers share: many starts, and the best free-running place of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..problem.problem import Problem

S = TypeVar("S")
T = TypeVar("T")


class MultistartState(Protocol):
    """All starts of an optimiser between two iterations."""

    @property
    def best(self) -> np.ndarray | Array:
        """Each start's best place so far [start, parameter], of the free-running model."""
        ...

    @property
    def loss(self) -> np.ndarray | Array:
        """Its loss [start]; infinite where none was finite, or where the start was dropped."""
        ...


class Optimiser(Protocol[S]):
    """An optimiser with its settings; the driver calls ``begin`` once and ``iterate`` for every iteration.

    A state of type S is a `MultistartState`. The same problem, places, seed and settings give the same numbers.
    """

    @property
    def name(self) -> str:
        """The name, as in ``Fit.method``."""
        ...

    @property
    def iterations(self) -> int:
        """The number of iterations."""
        ...

    @property
    def loss_name(self) -> str:
        """The quantity that is minimised, with its unit."""
        ...

    @property
    def default_starts(self) -> int:
        """The number of starts if the user gives none."""
        ...

    def begin(self, problem: Problem, place: Array, seed: int) -> S:
        """The state before the first iteration, from places [start, parameter]."""
        ...

    def iterate(self, problem: Problem, state: S, iteration: int) -> S:
        """The state after one more iteration, the one numbered ``iteration`` from 0 on."""
        ...

    def pack(self, state: S) -> dict[str, np.ndarray]:
        """The state as named arrays, for a checkpoint."""
        ...

    def unpack(self, fresh: S, arrays: Mapping[str, np.ndarray]) -> S:
        """The state of a checkpoint, from the state that ``begin`` returned and the packed arrays."""
        ...


def keep_best(state: T, *, place: Array, loss: Array, **changes: object) -> T:
    """The state at new places, with each start's best place so far; NaN is never better.

    Args:
        state: a dataclass with ``place``, ``best`` [start, parameter] and ``loss`` [start].
        place: the new places [start, parameter].
        loss: the loss of the free-running model there [start].
        changes: other fields with their new values.
    """
    before: Any = state
    better = loss < before.loss
    best = jnp.where(better[:, None], place, before.best)
    return dataclasses.replace(before, place=place, best=best, loss=jnp.where(better, loss, before.loss), **changes)


def pack(state: object) -> dict[str, np.ndarray]:
    """A pytree of arrays as named arrays, for a checkpoint."""
    return {str(k): np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(state))}


def unpack(fresh: T, arrays: Mapping[str, np.ndarray]) -> T:
    """The pytree that was packed, with the structure of ``fresh``."""
    structure = jax.tree.structure(fresh)
    return jax.tree.unflatten(structure, [jnp.asarray(arrays[str(k)]) for k in range(structure.num_leaves)])
