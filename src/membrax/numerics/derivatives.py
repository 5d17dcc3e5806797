"""Derivatives in which what all directions share is worked out once.

JAX carries every direction of a derivative through every operation. A step of a gate is some fifty of them and has
three inputs; here its three slopes are found first, by one pass each, and a direction then costs a product for each
input that moves. The slopes serve forward and reverse mode alike, and can be differentiated themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero


def evaluate_separable(function: Callable, own: dict[str, Array], *shared: Any) -> dict[str, Array]:
    """``function(own, *shared)``, whose results depend each on its namesake in ``own`` and on all of ``shared``.

    Args:
        function: of numbers; where there are arrays among them, or where it knows traced values that it was not given,
            it is differentiated as it is.
        own: {name: value}.
        shared: trees.
    """
    leaves, rebuild = _arrays(shared)
    used = _used(lambda own, *leaves: function(own, *rebuild(leaves)), own, leaves)
    if used is None or any(jnp.ndim(leaf) for leaf in (*own.values(), *leaves) if _continuous(leaf)):
        return function(own, *shared)

    @jax.custom_jvp
    def value(own: dict, *leaves: Array) -> dict:
        return function(own, *rebuild(leaves))

    @functools.partial(value.defjvp, symbolic_zeros=True)
    def derivative(primals: tuple, tangents: tuple) -> tuple[dict, dict]:
        (own, *leaves), (own_moves, *moves) = primals, tangents
        found = value(own, *leaves)
        total = dict.fromkeys(found)
        moving = {name for name in own if not _still(own_moves[name])}
        if moving:
            ones = {name: jnp.ones_like(x) for name, x in own.items()}
            slopes = jax.jvp(lambda own: function(own, *rebuild(leaves)), (own,), (ones,))[1]
            total |= {name: slopes[name] * own_moves[name] for name in moving}
        for k in used:
            if not _still(move := moves[k]):
                at = lambda x, k=k: function(own, *rebuild((*leaves[:k], x, *leaves[k + 1 :])))  # noqa: E731
                slopes = jax.jvp(at, (leaves[k],), (jnp.ones_like(leaves[k]),))[1]
                total = {n: _add(total[n], slope * move) for n, slope in slopes.items()}
        return found, {name: jnp.zeros_like(found[name]) if t is None else t for name, t in total.items()}

    return value(own, *leaves)


def evaluate_scalar(function: Callable, *given: Any) -> Array:
    """``function(*given)``, a number that depends on many others: all its slopes come from one reverse pass.

    Args:
        function: of trees of numbers; differentiated as it is under the same conditions as for `evaluate_separable`.
        given: the trees.
    """
    leaves, rebuild = _arrays(given)
    used = _used(lambda _, *leaves: function(*rebuild(leaves)), {}, leaves)
    if used is None or any(jnp.ndim(leaf) for leaf in leaves if _continuous(leaf)):
        return function(*given)

    @jax.custom_jvp
    def value(*leaves: Array) -> Array:
        return function(*rebuild(leaves))

    @functools.partial(value.defjvp, symbolic_zeros=True)
    def derivative(leaves: tuple, moves: tuple) -> tuple[Array, Array]:
        moving = [k for k in used if not _still(moves[k])]

        def of_moving(*some: Array) -> Array:
            every = list(leaves)
            for k, leaf in zip(moving, some, strict=True):
                every[k] = leaf
            return function(*rebuild(every))

        if not moving:
            return value(*leaves), jnp.zeros_like(value(*leaves))
        found, pull = jax.vjp(of_moving, *(leaves[k] for k in moving))
        slopes = pull(jnp.ones_like(found))
        return found, functools.reduce(jnp.add, [s * moves[k] for s, k in zip(slopes, moving, strict=True)])

    return value(*leaves)


def _arrays(trees: Any) -> tuple[list[Array], Callable]:
    """The arrays among the leaves of some trees, and what puts others in their place; plain numbers stay."""
    leaves, structure = jax.tree.flatten(trees)
    where = [k for k, leaf in enumerate(leaves) if isinstance(leaf, jax.Array)]

    def rebuild(arrays: Any) -> Any:
        every = list(leaves)
        for k, array in zip(where, arrays, strict=True):
            every[k] = array
        return jax.tree.unflatten(structure, every)

    return [leaves[k] for k in where], rebuild


def _used(function: Callable, own: dict, leaves: list[Array]) -> list[int] | None:
    """Which of the leaves a function looks at; None if it looks at traced values that are not among its arguments."""
    closed = jax.make_jaxpr(function)(own, *leaves)
    if any(isinstance(constant, jax.core.Tracer) for constant in closed.consts):
        return None
    seen = {id(x) for equation in closed.jaxpr.eqns for x in equation.invars} | {id(x) for x in closed.jaxpr.outvars}
    given = closed.jaxpr.invars[len(closed.jaxpr.invars) - len(leaves) :]
    return [k for k, x in enumerate(given) if id(x) in seen]


def _still(move: Any) -> bool:
    return isinstance(move, SymbolicZero) or move.dtype == jax.dtypes.float0


def _continuous(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.floating)


def _add(total: Array | None, term: Array) -> Array:
    return term if total is None else total + term
