"""Elimination of one node after the other: a CPU compiles this loop to some nanoseconds for each.

Arrays are [node, …], with trees of a batch behind the nodes. Beside more than a few trees XLA takes the loop apart into
operations that are started one by one, which costs a hundred times as much; see `membrax.morphology.by_rounds`.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .factor import Factor


class Order(NamedTuple):
    """Which node goes when; static.

    Attributes:
        child: all nodes but the root, from the tips on [node − 1].
        parent: of each of them [node − 1].
        root: the node that is left.
    """

    child: np.ndarray
    parent: np.ndarray
    root: int


def order_of(parent: np.ndarray, depth: np.ndarray) -> Order:
    """The order of a tree of nodes with ``parent`` and ``depth`` [node]."""
    child = np.argsort(-depth, kind="stable")[:-1].astype(np.int32)
    return Order(child, parent[child].astype(np.int32), int(np.argmin(depth)))


def factorise(order: Order, s: Array, g: Array) -> Factor:
    """The factor, in the order in which nodes go; see `membrax.morphology.elimination.solver`."""

    def eliminate(s: Array, at: tuple) -> tuple[Array, tuple]:
        k, p, g = at
        own = 1.0 / (s[k] + g)
        up = g * own
        return s.at[p].add(up * s[k]), (own, up)

    s = s + jnp.zeros_like(g)  # of a batch, if either is
    s, (own, up) = jax.lax.scan(eliminate, s, (order.child, order.parent, g[order.child]))
    at_root = 1.0 / s[order.root]
    return Factor(
        jnp.append(own, at_root[None], axis=0), jnp.append(up, jnp.zeros_like(at_root)[None], axis=0), jnp.zeros_like(s)
    )


def substitute(order: Order, factor: Factor, b: Array) -> Array:
    """x [node] for b [node]."""
    child, parent = jnp.asarray(order.child), jnp.asarray(order.parent)
    own, up = factor.own[:-1], factor.up[:-1]

    def gather(b: Array, at: tuple) -> tuple[Array, None]:
        k, p, up = at
        return b.at[p].add(up * b[k]), None

    def share(x: Array, at: tuple) -> tuple[Array, None]:
        k, p, own, up = at
        return x.at[k].set(own * x[k] + up * x[p]), None

    b = b + jnp.zeros_like(factor.own)
    b, _ = jax.lax.scan(gather, b, (child, parent, up))
    b = b.at[order.root].multiply(factor.own[-1])
    return jax.lax.scan(share, b, (child, parent, own, up), reverse=True)[0]
