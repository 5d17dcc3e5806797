"""Hines elimination: one node after the other, from the tips to the root (Hines 1984).

A CPU compiles this loop to some nanoseconds for each node. Arrays are [node, …], with the trees of a batch behind the
nodes. With more than a few trees XLA takes the loop apart into operations that start one by one, which costs a hundred
times as much; see `membrax.morphology.solve.parallel`.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Factor(NamedTuple):
    """A factorised matrix; arrays are [node, …] in the order of the algorithm that made them.

    A node eliminated between its parent and a child c is x_k = own b_k + up x_parent + down x_c, where b_k includes the
    contributions of nodes eliminated before it.
    """

    own: Array
    up: Array
    down: Array


class HinesOrder(NamedTuple):
    """The order in which nodes are eliminated; static.

    Attributes:
        child: all nodes but the root, the tips first [node − 1].
        parent: the parent of each [node − 1].
        root: the last node.
    """

    child: np.ndarray
    parent: np.ndarray
    root: int


def order_of(parent: np.ndarray, depth: np.ndarray) -> HinesOrder:
    """The order of a tree of nodes with ``parent`` and ``depth`` [node]."""
    child = np.argsort(-depth, kind="stable")[:-1].astype(np.int32)
    return HinesOrder(child, parent[child].astype(np.int32), int(np.argmin(depth)))


def factorise(order: HinesOrder, s: Array, g: Array) -> Factor:
    """Factorise the matrix; arguments as of `membrax.morphology.solve.elimination.solver`."""

    def eliminate(s: Array, at: tuple[Array, Array, Array]) -> tuple[Array, tuple[Array, Array]]:
        k, p, g = at
        own = 1.0 / (s[k] + g)
        up = g * own
        return s.at[p].add(up * s[k]), (own, up)

    s = s + jnp.zeros_like(g)  # batched if either is
    child, parent = jnp.asarray(order.child), jnp.asarray(order.parent)
    s, (own, up) = jax.lax.scan(eliminate, s, (child, parent, g[order.child]))
    at_root = 1.0 / s[order.root]
    return Factor(
        jnp.append(own, at_root[None], axis=0), jnp.append(up, jnp.zeros_like(at_root)[None], axis=0), jnp.zeros_like(s)
    )


def substitute(order: HinesOrder, factor: Factor, b: Array) -> Array:
    """The solution x [node] for b [node]."""
    child, parent = jnp.asarray(order.child), jnp.asarray(order.parent)
    own, up = factor.own[:-1], factor.up[:-1]

    def forward(b: Array, at: tuple[Array, Array, Array]) -> tuple[Array, None]:
        k, p, up = at
        return b.at[p].add(up * b[k]), None

    def backward(x: Array, at: tuple[Array, Array, Array, Array]) -> tuple[Array, None]:
        k, p, own, up = at
        return x.at[k].set(own * x[k] + up * x[p]), None

    b = b + jnp.zeros_like(factor.own)
    b, _ = jax.lax.scan(forward, b, (child, parent, up))
    b = b.at[order.root].multiply(factor.own[-1])
    return jax.lax.scan(backward, b, (child, parent, own, up), reverse=True)[0]
