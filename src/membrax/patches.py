"""A tree's membrane as many patches: the channels of one compartment, asked for all of them at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .channels import Env
from .morphology.densities import is_spread, over

Array = jax.Array


def spread(cell: Any) -> Any:
    """The cell with every parameter that differs between regions as an array [compartment]."""
    layout = cell.morphology.layout
    bare = dataclasses.replace(cell, morphology=None)
    bare = jax.tree.map(lambda value: over(value, layout), bare, is_leaf=is_spread)
    return dataclasses.replace(bare, morphology=cell.morphology)


def over_patches(function: Callable, cell: Any, moving: tuple, fixed: tuple, env: Env) -> Any:
    """``function(patch, *moving, *fixed, env)`` for every compartment, a patch being a cell without a morphology.

    Args:
        function: of one patch.
        cell: of a tree; its parameters are numbers, or arrays [compartment].
        moving: arrays, or trees of them, that differ between compartments [compartment].
        fixed: what they share.
        env: its temperature may be [compartment]; a random key is made into one for every compartment.
    """
    patch = dataclasses.replace(spread(cell), morphology=None)
    count = len(jax.tree.leaves(moving)[0])
    keys = None if env.key is None else jax.vmap(lambda k: jax.random.fold_in(env.key, k))(jnp.arange(count))
    shared = dataclasses.replace(env, key=None)
    axes = jax.tree.map(lambda x: 0 if jnp.ndim(x) else None, (patch, shared))

    def one(patch: Any, shared: Env, key: Any, *moving: Any) -> Any:
        return function(patch, *moving, *fixed, dataclasses.replace(shared, key=key))

    where = (*axes, None if keys is None else 0, *(0 for _ in moving))
    return jax.vmap(one, in_axes=where)(patch, shared, keys, *moving)
