"""Functions with custom derivative rules, which compute the slopes once for all directions of a derivative.

JAX carries every direction through every operation. A step of a gate has some fifty operations and three inputs. The
rules here compute the slopes by each input first, in one pass each; a direction then costs one product for each input
that changes. The slopes serve forward and reverse mode, and are differentiable themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.core import Tracer
from jax.custom_derivatives import SymbolicZero

Tangent = Array | SymbolicZero


def evaluate_separable(function: Callable[..., dict], own: dict[str, Array], *shared: Any) -> dict[str, Array]:
    """``function(own, *shared)``, each of whose results depends on its namesake in ``own`` and on all of ``shared``.

    Args:
        function: a function of numbers. With arrays among its arguments, or with traced values that are not among
            them, it is differentiated by JAX as it is.
        own: {name: value}.
        shared: trees of arrays and numbers.
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
        (own, *leaves), (own_tangents, *leaf_tangents) = primals, tangents
        results = value(own, *leaves)
        total = dict.fromkeys(results)
        moving = {name for name in own if not _is_zero(own_tangents[name])}
        if moving:
            ones = {name: jnp.ones_like(x) for name, x in own.items()}
            slopes = jax.jvp(lambda own: function(own, *rebuild(leaves)), (own,), (ones,))[1]
            total |= {name: slopes[name] * own_tangents[name] for name in moving}
        for k in used:
            if not _is_zero(tangent := leaf_tangents[k]):
                at = lambda x, k=k: function(own, *rebuild([*leaves[:k], x, *leaves[k + 1 :]]))  # noqa: E731
                slopes = jax.jvp(at, (leaves[k],), (jnp.ones_like(leaves[k]),))[1]
                total = {n: _add(total[n], slope * tangent) for n, slope in slopes.items()}
        return results, {name: jnp.zeros_like(results[name]) if t is None else t for name, t in total.items()}

    return value(own, *leaves)


def evaluate_scalar(function: Callable[..., Array], *arguments: Any) -> Array:
    """``function(*arguments)``, one number that depends on many: all its slopes come from one reverse pass.

    Args:
        function: a function of trees of numbers; JAX differentiates it as it is under the same conditions as in
            `evaluate_separable`.
        arguments: the trees.
    """
    leaves, rebuild = _arrays(arguments)
    used = _used(lambda _, *leaves: function(*rebuild(leaves)), {}, leaves)
    if used is None or any(jnp.ndim(leaf) for leaf in leaves if _continuous(leaf)):
        return function(*arguments)

    @jax.custom_jvp
    def value(*leaves: Array) -> Array:
        return function(*rebuild(leaves))

    @functools.partial(value.defjvp, symbolic_zeros=True)
    def derivative(leaves: tuple, tangents: tuple) -> tuple[Array, Array]:
        moving = [k for k in used if not _is_zero(tangents[k])]

        def of_moving(*changed: Array) -> Array:
            every = list(leaves)
            for k, leaf in zip(moving, changed, strict=True):
                every[k] = leaf
            return function(*rebuild(every))

        if not moving:
            return value(*leaves), jnp.zeros_like(value(*leaves))
        result, pull = jax.vjp(of_moving, *(leaves[k] for k in moving))
        slopes = pull(jnp.ones_like(result))
        return result, functools.reduce(jnp.add, [s * tangents[k] for s, k in zip(slopes, moving, strict=True)])

    return value(*leaves)


def _arrays(trees: tuple) -> tuple[list[Array], Callable[[Sequence[Array]], tuple]]:
    """The arrays among the leaves of ``trees``, and a function that rebuilds the trees with other arrays.

    Plain numbers stay.
    """
    leaves, structure = jax.tree.flatten(trees)
    places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, jax.Array)]
    # JAX keeps `rebuild` for a later derivative: traced values in it would outlive their trace.
    plain = [None if isinstance(leaf, jax.Array) else leaf for leaf in leaves]

    def rebuild(arrays: Sequence[Array]) -> tuple:
        every: list[Any] = list(plain)
        for k, array in zip(places, arrays, strict=True):
            every[k] = array
        return jax.tree.unflatten(structure, every)

    return [leaves[k] for k in places], rebuild


def _used(function: Callable, own: dict, leaves: list[Array]) -> list[int] | None:
    """The indices of the leaves that a function uses; None if it uses traced values that are not its arguments."""
    closed = jax.make_jaxpr(function)(own, *leaves)
    if any(isinstance(constant, Tracer) for constant in closed.consts):
        return None
    seen = {id(x) for equation in closed.jaxpr.eqns for x in equation.invars} | {id(x) for x in closed.jaxpr.outvars}
    inputs = closed.jaxpr.invars[len(closed.jaxpr.invars) - len(leaves) :]
    return [k for k, x in enumerate(inputs) if id(x) in seen]


def _is_zero(tangent: Tangent) -> bool:
    return isinstance(tangent, SymbolicZero) or tangent.dtype == jax.dtypes.float0


def _continuous(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jnp.floating)


def _add(total: Array | None, term: Array) -> Array:
    return term if total is None else total + term
