"""The linear system of an implicit step on a tree, solved in as many operations as there are nodes (Hines 1984).

For every node k, with the conductances g to its neighbours,

    s_k x_k + Σ g (x_k − x_neighbour) = b_k.

Elimination goes from the tips to the root. It is written in terms of s, the part of the diagonal that is not the sum of
the g: all numbers stay positive and nothing is subtracted (Grassmann, Taksar & Heyman 1985, Oper Res 33:1107), so that
in float32 a compartment's capacitance isn't lost beside an axial conductance that is thousands of times as large.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap

from .rounds import Round, rounds

Array = jax.Array


class Elimination(NamedTuple):
    """In which order nodes are eliminated; static. See `elimination_of`.

    Attributes:
        child: all nodes but the root, from the tips on [node − 1].
        parent: of each of them [node − 1].
        root: the node that is left.
        rounds: the same by rounds of nodes that don't wait for each other.
    """

    child: np.ndarray
    parent: np.ndarray
    root: int
    rounds: tuple[Round, ...]


class Factor(NamedTuple):
    """A matrix that is factorised; arrays are [node], in the order in which the way that made them looks at them.

    A node eliminated between its parent and a child c is x_k = own b_k + up x_parent + down x_c, where b_k has what
    came from nodes before it.
    """

    own: Array
    up: Array
    down: Array


def elimination_of(parent: np.ndarray, depth: np.ndarray) -> Elimination:
    """The order of elimination of a tree of nodes with ``parent`` and ``depth`` [node]."""
    child = np.argsort(-depth, kind="stable")[:-1].astype(np.int32)
    root = int(np.argmin(depth))
    return Elimination(child, parent[child].astype(np.int32), root, rounds(parent))


def solver(order: Elimination, s: Array, g: Array) -> Any:
    """A function that solves the system for any b [node]; it can be differentiated in s, g and b, in both modes.

    Args:
        order: from `elimination_of`.
        s: [node], above 0 in sum; 0 at branch points, 1e-5 area (c/(γ dt) + slope) in compartments, µS.
        g: conductance between each node and its parent [node], µS; that of the root is not looked at.
    """
    g = g.at[order.root].set(0.0)
    factor = _factorise(order, *jax.lax.stop_gradient((s, g)))

    def matrix(x: Array) -> Array:
        flow = g * (x - x[_above(order, len(x))])
        return s * x + flow.at[order.parent].add(-flow[order.child])

    def solve(_: Any, b: Array) -> Array:
        return _substitute(order, factor, b)

    return lambda b: jax.lax.custom_linear_solve(matrix, b, solve, symmetric=True)


def _above(order: Elimination, count: int) -> np.ndarray:
    """Each node's parent [node], the root its own."""
    above = np.arange(count)
    above[order.child] = order.parent
    return above


def _factorise(order: Elimination, s: Array, g: Array) -> Factor:
    return jax.lax.platform_dependent(
        s, g, cpu=_by_rows(functools.partial(_one_by_one, order)), default=functools.partial(_by_rounds, order)
    )


def _substitute(order: Elimination, factor: Factor, b: Array) -> Array:
    return jax.lax.platform_dependent(
        factor,
        b,
        cpu=_by_rows(functools.partial(_through_one_by_one, order)),
        default=functools.partial(_through_rounds, order),
    )


# --- one node after the other: a CPU compiles this loop to some nanoseconds for each


def _by_rows(function: Callable) -> Callable:
    """The function, which `jax.vmap` gives arrays [node, …] with the batch behind the nodes: a node is then a row.

    In JAX's own layout, with the batch in front, a loop over nodes would go through memory in strides.
    """
    rows = custom_vmap(function)

    @rows.def_vmap
    def rule(size: int, batched: Any, *given: Any) -> tuple[Any, Any]:
        behind = lambda x, b: jnp.moveaxis(x, 0, -1) if b else x[..., None]  # noqa: E731
        found = _by_rows(function)(*jax.tree.map(behind, given, tuple(batched)))
        found = jax.tree.map(lambda x: jnp.broadcast_to(jnp.moveaxis(x, -1, 0), (size, *x.shape[:-1])), found)
        return found, jax.tree.map(lambda _: True, found)

    return rows


def _one_by_one(order: Elimination, s: Array, g: Array) -> Factor:
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


def _through_one_by_one(order: Elimination, factor: Factor, b: Array) -> Array:
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


# --- rounds: half of what is left at once, for devices that do much at a time


def _by_rounds(order: Elimination, s: Array, g: Array) -> Factor:
    own, up, down = (jnp.zeros_like(s) for _ in range(3))
    for some in order.rounds:
        k, p, c = some.node, some.parent, some.child
        towards, away = g[k], jnp.where(some.has_child, g[c], 0.0)
        r = 1.0 / (s[k] + towards + away)
        own, up, down = own.at[k].set(r), up.at[k].set(towards * r), down.at[k].set(away * r)
        s = s.at[p].add(towards * r * s[k]).at[c].add(away * r * s[k])
        # What was between the node and its child is now between the child and the node's parent.
        g = g.at[c].multiply(jnp.where(some.has_child, towards * r, 1.0))
    return Factor(own.at[order.root].set(1.0 / s[order.root]), up, down)


def _through_rounds(order: Elimination, factor: Factor, b: Array) -> Array:
    for some in order.rounds:
        here = b[some.node]
        b = b.at[some.parent].add(factor.up[some.node] * here).at[some.child].add(factor.down[some.node] * here)
    x = b.at[order.root].multiply(factor.own[order.root])
    for some in reversed(order.rounds):
        k, p, c = some.node, some.parent, some.child
        x = x.at[k].set(factor.own[k] * x[k] + factor.up[k] * x[p] + factor.down[k] * x[c])
    return x
