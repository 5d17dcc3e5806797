"""The linear system of an implicit step on a tree, solved in as many operations as there are nodes (Hines 1984).

For every node k, with the conductances g to its neighbours,

    s_k x_k + Σ g (x_k − x_neighbour) = b_k.

Elimination goes from the tips to the root. It is written in terms of s, the part of the diagonal that is not the sum of
the g: all numbers stay positive and nothing is subtracted (Grassmann, Taksar & Heyman 1985, Oper Res 33:1107), so that
in float32 a compartment's capacitance isn't lost beside an axial conductance that is thousands of times as large.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.custom_batching import custom_vmap

from . import by_rounds, one_by_one
from .factor import Factor
from .rounds import Rounds, rounds

MANY = 16  # trees beside each other, from which on a CPU, too, eliminates by rounds


class Elimination(NamedTuple):
    """In which order nodes are eliminated; static. See `elimination_of`.

    Attributes:
        nodes: one after the other.
        rounds: in rounds of nodes that don't wait for each other.
    """

    nodes: one_by_one.Order
    rounds: Rounds


def elimination_of(parent: np.ndarray, depth: np.ndarray) -> Elimination:
    """The order of elimination of a tree of nodes with ``parent`` and ``depth`` [node]."""
    return Elimination(one_by_one.order_of(parent, depth), rounds(parent))


def solver(order: Elimination, s: Array, g: Array) -> Any:
    """A function that solves the system for any b [node]; it can be differentiated in s, g and b, in both modes.

    Arrays may have a second axis of trees, which in g may be 1 long.

    Args:
        order: from `elimination_of`.
        s: [node], above 0 in sum; 0 at branch points, 1e-5 area (c/(γ dt) + slope) in compartments, µS.
        g: conductance between each node and its parent [node], µS; that of the root is not looked at.
    """
    child, parent, root = order.nodes
    g = g.at[root].set(0.0)
    factor = _factorise(order, jax.lax.stop_gradient((s, g)))
    above = np.arange(len(child) + 1)
    above[child] = parent

    def matrix(x: Array) -> Array:
        flow = g * (x - x[above])
        return s * x + flow.at[parent].add(-flow[child])

    def solve(_: Any, b: Array) -> Array:
        return _substitute(order, factor, b)

    return lambda b: jax.lax.custom_linear_solve(matrix, b, solve, symmetric=True)


def _factorise(order: Elimination, matrix: tuple[Array, Array]) -> Factor:
    node = order.rounds.node
    return _where_it_suits(
        lambda matrix: one_by_one.factorise(order.nodes, *matrix),
        lambda matrix: by_rounds.factorise(order.rounds, *(x[node] for x in matrix)),
        matrix,
    )


def _substitute(order: Elimination, factor: Factor, b: Array) -> Array:
    node, row = order.rounds.node, order.rounds.row
    return _where_it_suits(
        functools.partial(one_by_one.substitute, order.nodes),
        lambda factor, b: by_rounds.substitute(order.rounds, factor, b[node])[row],
        factor,
        b,
    )


def _where_it_suits(one_by_one: Callable, by_rounds: Callable, *given: Any) -> Any:
    """One of two functions, by device: a CPU goes node by node as long as there are not many trees."""
    few = by_rounds if _trees(given[0]) >= MANY else one_by_one
    return jax.lax.platform_dependent(
        *given, cpu=_batch_behind(few, by_rounds), default=_batch_behind(by_rounds, by_rounds)
    )


def _trees(matrix: Any) -> int:
    """How many trees stand behind the nodes in the arrays [node, …] of a matrix or a factor."""
    return max(math.prod(x.shape[1:]) for x in jax.tree.leaves(matrix))


def _batch_behind(few: Callable, many: Callable) -> Callable:
    """The function of few, which `jax.vmap` gives arrays [node, …] with the batch behind the nodes, or that of many.

    In JAX's own layout, with the batch in front, nodes would be read in strides. Many are those whose first argument,
    the matrix or its factor, is batched with at least `MANY`: a factor is then used in the way that made it.
    """
    behind = custom_vmap(few)

    @behind.def_vmap
    def rule(size: int, batched: Any, *given: Any) -> tuple[Any, Any]:
        moved = lambda x, b: jnp.moveaxis(x, 0, -1) if b else x[..., None]  # noqa: E731
        is_many = size >= MANY and any(jax.tree.leaves(batched[0]))
        found = (many if is_many else _batch_behind(few, many))(*jax.tree.map(moved, given, tuple(batched)))
        found = jax.tree.map(lambda x: jnp.broadcast_to(jnp.moveaxis(x, -1, 0), (size, *x.shape[:-1])), found)
        return found, jax.tree.map(lambda _: True, found)

    return behind
