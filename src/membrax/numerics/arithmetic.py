"""Quotients and bounds with cheap derivatives, and a sum that keeps its digits.

JAX differentiates x/y by one quotient per direction and another by y², and a maximum by a quotient that settles ties.
In the derivative of a cell's step these quotients are much of the work.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from ..typing import Number


@jax.custom_jvp
def reciprocal(y: Number) -> Array:
    """1/y, with a derivative −dy/y² that needs no second division."""
    return jnp.asarray(1.0 / y)


@reciprocal.defjvp
def _reciprocal_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    r = reciprocal(*primals)
    return r, -r * r * tangents[0]


@jax.custom_jvp
def quotient(x: Number, y: Number) -> Array:
    """x/y, with the derivative (dx − (x/y) dy)/y from one reciprocal for all directions."""
    return jnp.asarray(x / y)


@functools.partial(quotient.defjvp, symbolic_zeros=True)
def _quotient_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (x, y), (dx, dy) = primals, tangents
    value = quotient(x, y)
    numerator = None if isinstance(dx, SymbolicZero) else dx
    if not isinstance(dy, SymbolicZero):
        numerator = -value * dy if numerator is None else numerator - value * dy
    return value, quotient(numerator, y)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def capped_exponential(x: Number, highest: float) -> Array:
    """The smaller of eˣ and e^``highest``; NaN stays.

    The cap is on the result and not on the argument: XLA rewrites a product of two exponentials as the exponential of
    a sum, and would compute e² anew where e is known.
    """
    return jnp.where(x > highest, math.exp(highest), jnp.exp(x))


@capped_exponential.defjvp
def _capped_exponential_jvp(highest: float, primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    value = capped_exponential(*primals, highest)
    return value, jnp.where(primals[0] > highest, 0.0, value) * tangents[0]


def floats(*values: ArrayLike) -> tuple[Array, ...]:
    """The values as arrays of the default precision."""
    return tuple(jnp.asarray(value, dtype=float) for value in values)


def at_least(x: Number, bound: Number) -> Array:
    """The larger of x and a bound; NaN stays. At the bound the derivative is that of x."""
    return jnp.where(x < bound, bound, x)


def positive_or_nan(x: ArrayLike) -> Array:
    """x where it is above 0, else NaN, with a derivative that raises no warning.

    A concentration of 0, for example, has no Nernst potential.
    """
    x = jnp.asarray(x, dtype=float)
    return jnp.where(x > 0, x, jnp.nan)


def blocked_sum(x: Array) -> Array:
    """The sum over the last axis, as a sum of the sums of √n blocks.

    A plain sum of thousands of float32 numbers loses digits, and how many depends on the other sums of the batch.
    """
    count = x.shape[-1]
    size = max(1, math.isqrt(count))
    rows = math.ceil(count / size)
    padded = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, rows * size - count)])
    return jnp.sum(jnp.sum(padded.reshape(*x.shape[:-1], rows, size), axis=-1), axis=-1)
