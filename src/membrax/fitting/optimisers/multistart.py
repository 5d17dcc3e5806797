"""What all methods share: many starts, of each of which the best free-running place is kept."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


def keep_best(search: Any, *, place: Array, loss: Array, **moved: Any) -> Any:
    """The search at its new places, each start's best so far remembered; NaN is never better.

    Args:
        search: a dataclass with ``place``, ``best`` [start, parameter] and ``loss`` [start].
        place, loss: where the starts are now, and the loss there of the free-running model.
        moved: other fields with their new values.
    """
    better = loss < search.loss
    best = jnp.where(better[:, None], place, search.best)
    return dataclasses.replace(search, place=place, best=best, loss=jnp.where(better, loss, search.loss), **moved)


def pack(search: Any) -> dict[str, np.ndarray]:
    """What a checkpoint has to hold of a tree of arrays."""
    return {str(k): np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(search))}


def unpack(fresh: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The search as it was, from one just begun."""
    structure = jax.tree.structure(fresh)
    return jax.tree.unflatten(structure, [jnp.asarray(arrays[str(k)]) for k in range(structure.num_leaves)])
