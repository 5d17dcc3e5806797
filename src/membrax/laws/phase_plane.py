"""The phase plane: stability and trajectories of two variables, and FitzHugh's two equations.

A *field* is a function (v, w) -> (dv/dt, dw/dt) of arrays of one shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

Field = Callable[[Array, Array], tuple[Array, Array]]


class Linear(NamedTuple):
    """A plane's linearisation about a point, in the inverse unit of its time.

    Attributes:
        trace: of the Jacobian; below 0, with a determinant above 0, a fixed point is stable.
        determinant: below 0 the point is a saddle.
        real: real parts of the eigenvalues [..., 2], the larger first.
        imaginary: imaginary parts [..., 2].
    """

    trace: Array
    determinant: Array
    real: Array
    imaginary: Array


def fitzhugh_nagumo(
    v: Any, w: Any, current: Any = 0.0, *, a: Any = 0.7, b: Any = 0.8, phi: Any = 0.08
) -> tuple[Array, Array]:
    """(dv/dt, dw/dt) = (v − v³/3 − w + I, φ (v + a − b w)), dimensionless (FitzHugh 1961; Nagumo et al. 1962).

    FitzHugh's x, y and z are −v, w and −I, his c is φ^(−½) and his time this one over c. His a and b are the defaults;
    his c = 3 is φ = 1/9, for which textbooks have taken 0.08 since.
    """
    v, w = jnp.asarray(v, dtype=float), jnp.asarray(w, dtype=float)
    return v - v * v * v / 3.0 - w + current, phi * (v + a - b * w)


def fitzhugh_nagumo_nullclines(v: Any, current: Any = 0.0, *, a: Any = 0.7, b: Any = 0.8) -> tuple[Array, Array]:
    """The w at which dv/dt = 0, the cubic v − v³/3 + I, and that at which dw/dt = 0, the line (v + a)/b; b not 0."""
    v = jnp.asarray(v, dtype=float)
    return v - v * v * v / 3.0 + current, (v + a) / b


def fitzhugh_nagumo_rest(current: Any = 0.0, *, a: Any = 0.7, b: Any = 0.8) -> tuple[Array, Array]:
    """(v, w) of the only fixed point, for 0 < b < 1: the real root of v³ + 3 (1/b − 1) v + 3 (a/b − I) = 0.

    With p = 1/b − 1 > 0 it is v = −2 √p sinh(⅓ asinh(3 (a/b − I)/(2 p^(3/2)))), smooth in everything. NaN for other b,
    where there may be three.
    """
    current, a, b = (jnp.asarray(x, dtype=float) for x in (current, a, b))
    p = jnp.where((b > 0) & (b < 1), 1.0 / jnp.where(b > 0, b, 1.0) - 1.0, jnp.nan)
    v = -2.0 * jnp.sqrt(p) * jnp.sinh(jnp.arcsinh(1.5 * (a / b - current) / (p * jnp.sqrt(p))) / 3.0)
    return v, (v + a) / b


def fitzhugh_nagumo_hopf(*, a: Any = 0.7, b: Any = 0.8, phi: Any = 0.08) -> tuple[Array, Array]:
    """The two currents between which the fixed point is unstable: the trace 1 − v² − φ b is 0 at v = ∓√(1 − φ b).

    NaN where φ b > 1 and it is stable everywhere, and for b outside 0 < b < 1, where there may be three points.
    """
    a, b, phi = (jnp.asarray(x, dtype=float) for x in (a, b, phi))
    b = jnp.where((b > 0) & (b < 1), b, jnp.nan)
    v = jnp.sqrt(jnp.where(phi * b <= 1.0, 1.0 - phi * b, jnp.nan))
    held = lambda v: (v + a) / b - v + v * v * v / 3.0  # noqa: E731
    return held(-v), held(v)


def linearise(field: Field, v: Any, w: Any) -> Linear:
    """Trace, determinant and eigenvalues of a field's Jacobian at (v, w), numbers or arrays of one shape.

    λ = T/2 ± √(T²/4 − D); at D = T²/4, where they meet, the derivative of an eigenvalue is infinite.
    """
    v, w = jnp.asarray(v, dtype=float), jnp.asarray(w, dtype=float)
    one, none = jnp.ones_like(v), jnp.zeros_like(v)
    _, (vv, wv) = jax.jvp(field, (v, w), (one, none))
    _, (vw, ww) = jax.jvp(field, (v, w), (none, one))
    trace, determinant = vv + ww, vv * ww - vw * wv
    # (vv − ww)²/4 + vw wv is T²/4 − D without its cancellation.
    split = 0.25 * (vv - ww) ** 2 + vw * wv
    away, around = _root(split), _root(-split)
    middle = 0.5 * trace
    return Linear(trace, determinant, jnp.stack([middle + away, middle - away], -1), jnp.stack([around, -around], -1))


def trajectory(field: Field, start: tuple[Any, Any], *, dt: float, steps: int) -> tuple[Array, Array]:
    """(v, w), each [step + 1, ...], from ``start``, by the classical Runge–Kutta method of order 4.

    Args:
        field: does not depend on time.
        start: (v, w), numbers or arrays of one shape.
        dt: the step, in the field's unit of time.
        steps: how many.
    """
    begin = tuple(jnp.asarray(x, dtype=float) for x in start)

    def one(at: tuple, _: None) -> tuple[tuple, tuple]:
        moved = lambda slope, part: tuple(x + part * dt * s for x, s in zip(at, slope, strict=True))  # noqa: E731
        k1 = field(*at)
        k2 = field(*moved(k1, 0.5))
        k3 = field(*moved(k2, 0.5))
        k4 = field(*moved(k3, 1.0))
        slope = tuple((a + 2.0 * b + 2.0 * c + d) / 6.0 for a, b, c, d in zip(k1, k2, k3, k4, strict=True))
        after = moved(slope, 1.0)
        return after, after

    _, kept = jax.lax.scan(one, begin, None, length=steps)
    return tuple(jnp.concatenate([first[None], rest]) for first, rest in zip(begin, kept, strict=True))


def _root(x: Array) -> Array:
    """√x above 0, else 0, with a derivative of 0 there and no infinite one."""
    above = x > 0
    return jnp.where(above, jnp.sqrt(jnp.where(above, x, 1.0)), 0.0)
