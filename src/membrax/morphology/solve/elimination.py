"""The linear system of an implicit step on a tree, solved in O(nodes) operations (Hines 1984).

For every node k, with the conductances g to its neighbours,

    s_k x_k + Σ g (x_k − x_neighbour) = b_k.

The elimination is written in terms of s, the part of the diagonal that is not the sum of the g: all numbers stay
positive and nothing is subtracted (Grassmann, Taksar & Heyman 1985, Oper Res 33:1107), so that in float32 the
capacitance of a compartment isn't lost in an axial conductance that is thousands of times as large.
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

from . import hines, parallel
from .contraction import Contraction, contract
from .hines import Factor, HinesOrder

MANY = 16  # trees in a batch, from which on a CPU eliminates in parallel too


class Elimination(NamedTuple):
    """The orders in which nodes are eliminated; static. See `elimination_of`.

    Attributes:
        hines: one node after the other.
        contraction: rounds of independent nodes.
    """

    hines: HinesOrder
    contraction: Contraction


def elimination_of(parent: np.ndarray, depth: np.ndarray) -> Elimination:
    """The orders of elimination of a tree of nodes with ``parent`` and ``depth`` [node]."""
    return Elimination(hines.order_of(parent, depth), contract(parent))


def solver(order: Elimination, s: Array, g: Array) -> Callable[[Array], Array]:
    """Factorise the system; the result solves it for any b [node], differentiably in s, g and b in both modes.

    Arrays may have a second axis of trees, which in g may be 1 long.

    Args:
        order: from `elimination_of`.
        s: [node], with a sum above 0; 0 at branch points, 1e-5 area (c/(γ dt) + slope) in compartments, µS.
        g: conductance between each node and its parent [node], µS; the entry of the root is ignored.
    """
    child, parent, root = order.hines
    g = g.at[root].set(0.0)
    factor = _factorise(order, jax.lax.stop_gradient((s, g)))
    above = np.arange(len(child) + 1)
    above[child] = parent

    def matrix(x: Array) -> Array:
        flow = g * (x - x[above])
        return s * x + flow.at[parent].add(-flow[child])

    def solve(_: Callable[[Array], Array], b: Array) -> Array:
        return _substitute(order, factor, b)

    return lambda b: jax.lax.custom_linear_solve(matrix, b, solve, symmetric=True)


def _factorise(order: Elimination, matrix: tuple[Array, Array]) -> Factor:
    node = order.contraction.node
    return _by_device(
        lambda matrix: hines.factorise(order.hines, *matrix),
        lambda matrix: parallel.factorise(order.contraction, *(x[node] for x in matrix)),
        matrix,
    )


def _substitute(order: Elimination, factor: Factor, b: Array) -> Array:
    node, row = order.contraction.node, order.contraction.row
    return _by_device(
        functools.partial(hines.substitute, order.hines),
        lambda factor, b: parallel.substitute(order.contraction, factor, b[node])[row],
        factor,
        b,
    )


def _by_device(sequential: Callable, in_parallel: Callable, *arguments: Any) -> Any:
    """The result of one of two functions: the sequential one on a CPU, unless there are many trees."""
    few = in_parallel if _trees(arguments[0]) >= MANY else sequential
    return jax.lax.platform_dependent(
        *arguments, cpu=_batch_behind(few, in_parallel), default=_batch_behind(in_parallel, in_parallel)
    )


def _trees(matrix: tuple[Array, ...]) -> int:
    """The number of trees behind the nodes in the arrays [node, …] of a matrix or a factor."""
    return max(math.prod(x.shape[1:]) for x in jax.tree.leaves(matrix))


def _batch_behind(few: Callable, many: Callable) -> Callable:
    """The function ``few``, for which `jax.vmap` puts the batch behind the nodes, or ``many`` for a large batch.

    In JAX's own layout, with the batch in front, nodes would be read in strides. A batch is large if the first
    argument, the matrix or its factor, is batched with at least `MANY`: a factor is then used by the algorithm that
    made it.
    """
    behind = custom_vmap(few)

    @behind.def_vmap
    def rule(size: int, batched: Any, *arguments: Any) -> tuple[Any, Any]:
        moved = lambda x, b: jnp.moveaxis(x, 0, -1) if b else x[..., None]  # noqa: E731
        is_many = size >= MANY and any(jax.tree.leaves(batched[0]))
        result = (many if is_many else _batch_behind(few, many))(*jax.tree.map(moved, arguments, tuple(batched)))
        result = jax.tree.map(lambda x: jnp.broadcast_to(jnp.moveaxis(x, -1, 0), (size, *x.shape[:-1])), result)
        return result, jax.tree.map(lambda _: True, result)

    return behind
