"""Quotients and bounds whose derivatives cost little, and sums that keep their digits.

JAX differentiates x/y by one quotient per direction and another by y², and a maximum by a quotient that settles ties;
in the derivative of a cell's step these are much of the work.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero


@jax.custom_jvp
def reciprocal(y: Any) -> Array:
    """1/y, whose derivative −dy/y² asks for no second division."""
    return jnp.asarray(1.0 / y)


@reciprocal.defjvp
def _reciprocal_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    r = reciprocal(*primals)
    return r, -r * r * tangents[0]


@jax.custom_jvp
def quotient(x: Any, y: Any) -> Array:
    """x/y, with d(x/y) = (dx − (x/y) dy)/y by one reciprocal for all directions."""
    return jnp.asarray(x / y)


@functools.partial(quotient.defjvp, symbolic_zeros=True)
def _quotient_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (x, y), (dx, dy) = primals, tangents
    value = quotient(x, y)
    moved = None if isinstance(dx, SymbolicZero) else dx
    if not isinstance(dy, SymbolicZero):
        moved = -value * dy if moved is None else moved - value * dy
    return value, quotient(moved, y)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def capped_exponential(x: Any, highest: float) -> Array:
    """eˣ, but no more than at x = ``highest``; NaN stays.

    The result is held, and not the argument: XLA would take a product of two exponentials for the exponential of a
    sum, and calculate e² of an e that is at hand.
    """
    return jnp.where(x > highest, math.exp(highest), jnp.exp(x))


@capped_exponential.defjvp
def _capped_exponential_jvp(highest: float, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    value = capped_exponential(*primals, highest)
    return value, jnp.where(primals[0] > highest, 0.0, value) * tangents[0]


def at_least(x: Any, bound: Any) -> Array:
    """The larger of x and a bound; NaN stays, and at the bound the derivative is that of x."""
    return jnp.where(x < bound, bound, x)


def positive_or_nan(x: Any) -> Array:
    """x where it is above 0, else NaN without a warning in the derivative: a concentration of 0 has no potential."""
    x = jnp.asarray(x, dtype=float)
    return jnp.where(x > 0, x, jnp.nan)


def blocked_sum(x: Array) -> Array:
    """The sum over the last axis, of sums of some numbers each: in float32 a sum of thousands one by one loses digits.

    How many it loses would also depend on what else is summed beside it.
    """
    count = x.shape[-1]
    size = max(1, math.isqrt(count))
    rows = math.ceil(count / size)
    some = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, rows * size - count)])
    return jnp.sum(jnp.sum(some.reshape(*x.shape[:-1], rows, size), axis=-1), axis=-1)
