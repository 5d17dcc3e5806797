"""Quotients and bounds whose derivatives cost little.

JAX differentiates x/y by one quotient per direction and another by y², and a maximum by a quotient that settles ties;
in the derivative of a cell's step these are much of the work.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Array = jax.Array


@jax.custom_jvp
def quotient(x: Any, y: Any) -> Array:
    """x/y, with d(x/y) = (dx − (x/y) dy)/y by one reciprocal for all directions."""
    return jnp.asarray(x / y)


@quotient.defjvp
def _quotient_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    (x, y), (dx, dy) = primals, tangents
    value = quotient(x, y)
    return value, (dx - value * dy) * quotient(jnp.ones_like(y), y)


def at_least(x: Any, bound: Any) -> Array:
    """The larger of x and a bound; NaN stays, and at the bound the derivative is that of x."""
    return jnp.where(x < bound, bound, x)


def at_most(x: Any, bound: Any) -> Array:
    """The smaller of x and a bound; NaN stays, and at the bound the derivative is that of x."""
    return jnp.where(x > bound, bound, x)
