"""The membrane of a tree as many patches: the functions of one patch, for all compartments at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from .channels import Env
from .morphology import Compartments
from .morphology.compartments.densities import is_spread, over


class WithMorphology(Protocol):
    """A dataclass of parameters with a morphology, such as `membrax.Cell`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def morphology(self) -> Compartments | None:
        """The compartments; None for a patch."""
        ...


C = TypeVar("C", bound=WithMorphology)
R = TypeVar("R")


def spread(cell: C) -> C:
    """The cell of a tree with every parameter that differs between regions as an array [compartment]."""
    assert cell.morphology is not None
    layout = cell.morphology.layout
    patch = dataclasses.replace(cell, morphology=None)
    patch = jax.tree.map(lambda value: over(value, layout), patch, is_leaf=is_spread)
    return dataclasses.replace(patch, morphology=cell.morphology)


def over_patches(function: Callable[..., R], cell: WithMorphology, moving: tuple, fixed: tuple, env: Env) -> R:
    """``function(patch, *moving, *fixed, env)`` for every compartment; a patch is a cell without a morphology.

    For many trees that take their steps together there is a second axis, [compartment, neuron]. An array that all
    compartments, or all neurons, share has length 1 along that axis.

    Args:
        function: of one patch.
        cell: of a tree; its parameters are numbers, or arrays [compartment].
        moving: arrays, or trees of arrays, that differ between compartments [compartment].
        fixed: arguments that all compartments share.
        env: the environment. Its temperature may be [compartment]; its random key, or one key for each neuron,
            gives every compartment a key of its own.
    """
    patch = dataclasses.replace(spread(cell), morphology=None)
    keys = None if env.key is None else _keys(env.key, len(jax.tree.leaves(moving)[0]))

    def one(patch: WithMorphology, env: Env, key: Array | None, *moving: Any) -> R:
        return function(patch, *moving, *fixed, dataclasses.replace(env, key=key))

    return _map_axes(one, (patch, dataclasses.replace(env, key=None)), (keys, *moving))


def _map_axes(function: Callable[..., R], shared: tuple, moving: tuple) -> R:
    """``function(*shared, *moving)`` for every entry of ``moving``, and of ``shared`` where that is longer than 1."""
    rank = jnp.ndim(jax.tree.leaves(moving)[-1])
    if not rank:
        return function(*shared, *moving)
    differs = lambda x: jnp.ndim(x) == rank and len(x) > 1  # noqa: E731
    axes = jax.tree.map(lambda x: 0 if differs(x) else None, shared)
    shared = jax.tree.map(lambda x: x[0] if jnp.ndim(x) == rank and not differs(x) else x, shared)
    inner = lambda shared, moving: _map_axes(function, shared, moving)  # noqa: E731
    return jax.vmap(inner, in_axes=(axes, 0))(shared, moving)


def _keys(key: Array, count: int) -> Array:
    """Keys [compartment, …] from one key, or from one for each neuron."""
    fold = jax.random.fold_in
    for _ in range(key.ndim):
        fold = jax.vmap(fold, in_axes=(0, None))
    return jax.vmap(lambda k: fold(key, k))(jnp.arange(count))
