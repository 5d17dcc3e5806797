"""A tree's membrane as many patches: the channels of one compartment, asked for all of them at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .channels import Env
from .morphology.compartments.densities import is_spread, over


def spread(cell: Any) -> Any:
    """The cell with every parameter that differs between regions as an array [compartment]."""
    layout = cell.morphology.layout
    bare = dataclasses.replace(cell, morphology=None)
    bare = jax.tree.map(lambda value: over(value, layout), bare, is_leaf=is_spread)
    return dataclasses.replace(bare, morphology=cell.morphology)


def over_patches(function: Callable, cell: Any, moving: tuple, fixed: tuple, env: Env) -> Any:
    """``function(patch, *moving, *fixed, env)`` for every compartment, a patch being a cell without a morphology.

    Of many trees that take their steps abreast there is a second axis, [compartment, neuron], which is 1 long in what
    neurons share, as the first is in what compartments share.

    Args:
        function: of one patch.
        cell: of a tree; its parameters are numbers, or arrays [compartment].
        moving: arrays, or trees of them, that differ between compartments [compartment].
        fixed: what they share.
        env: its temperature may be [compartment]; a random key, or one of each neuron, is made into one for every
            compartment.
    """
    patch = dataclasses.replace(spread(cell), morphology=None)
    keys = None if env.key is None else _keys(env.key, len(jax.tree.leaves(moving)[0]))

    def one(patch: Any, env: Env, key: Any, *moving: Any) -> Any:
        return function(patch, *moving, *fixed, dataclasses.replace(env, key=key))

    return _along(one, (patch, dataclasses.replace(env, key=None)), (keys, *moving))


def _along(function: Callable, shared: tuple, moving: tuple) -> Any:
    """``function(*shared, *moving)`` for every entry of ``moving``; of ``shared`` for those that are not 1 long."""
    rank = jnp.ndim(jax.tree.leaves(moving)[-1])
    if not rank:
        return function(*shared, *moving)
    differs = lambda x: jnp.ndim(x) == rank and len(x) > 1  # noqa: E731
    axes = jax.tree.map(lambda x: 0 if differs(x) else None, shared)
    shared = jax.tree.map(lambda x: x[0] if jnp.ndim(x) == rank and not differs(x) else x, shared)
    inner = lambda shared, moving: _along(function, shared, moving)  # noqa: E731
    return jax.vmap(inner, in_axes=(axes, 0))(shared, moving)


def _keys(key: Any, count: int) -> Any:
    """Keys [compartment, …] from one, or from some."""
    fold = jax.random.fold_in
    for _ in range(key.ndim):
        fold = jax.vmap(fold, in_axes=(0, None))
    return jax.vmap(lambda k: fold(key, k))(jnp.arange(count))
