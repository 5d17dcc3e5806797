"""The phase plane: stability and trajectories of two variables, and the FitzHugh–Nagumo equations."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import floats
from ..typing import Number


class Field(Protocol):
    """The vector field of a plane: (dv/dt, dw/dt) at (v, w), all arrays of one shape."""

    def __call__(self, v: Array, w: Array, /) -> tuple[Array, Array]:
        """(dv/dt, dw/dt)."""
        ...


class Linear(NamedTuple):
    """The linearisation of a field about a point, in the inverse unit of its time.

    Attributes:
        trace: trace of the Jacobian; a fixed point is stable if it is below 0 and the determinant above 0.
        determinant: determinant of the Jacobian; a fixed point is a saddle if it is below 0.
        real: real parts of the eigenvalues [..., 2], the larger first.
        imaginary: imaginary parts [..., 2].
    """

    trace: Array
    determinant: Array
    real: Array
    imaginary: Array


def fitzhugh_nagumo(
    v: Number,
    w: Number,
    current: Number = 0.0,
    *,
    a: Number = 0.7,
    b: Number = 0.8,
    phi: Number = 0.08,
) -> tuple[Array, Array]:
    """(dv/dt, dw/dt) = (v − v³/3 − w + I, φ (v + a − b w)), dimensionless (FitzHugh 1961; Nagumo et al. 1962).

    FitzHugh's x, y and z are −v, w and −I, his c is φ^(−½), and his unit of time is c times the present one. His a and
    b are the defaults; his c = 3 is φ = 1/9, in place of which textbooks take 0.08.
    """
    v, w, current, a, b, phi = floats(v, w, current, a, b, phi)
    return v - v * v * v / 3.0 - w + current, phi * (v + a - b * w)


def fitzhugh_nagumo_nullclines(
    v: Number, current: Number = 0.0, *, a: Number = 0.7, b: Number = 0.8
) -> tuple[Array, Array]:
    """The w of dv/dt = 0, the cubic v − v³/3 + I, and the w of dw/dt = 0, the line (v + a)/b; b not 0."""
    v, current, a, b = floats(v, current, a, b)
    return v - v * v * v / 3.0 + current, (v + a) / b


def fitzhugh_nagumo_rest(current: Number = 0.0, *, a: Number = 0.7, b: Number = 0.8) -> tuple[Array, Array]:
    """(v, w) of the only fixed point for 0 < b < 1, the real root of v³ + 3 (1/b − 1) v + 3 (a/b − I) = 0.

    With p = 1/b − 1 > 0 it is v = −2 √p sinh(⅓ asinh(3 (a/b − I)/(2 p^(3/2)))), smooth in all arguments. NaN for other
    b, for which there may be three.
    """
    current, a, b = floats(current, a, b)
    p = jnp.where((b > 0) & (b < 1), 1.0 / jnp.where(b > 0, b, 1.0) - 1.0, jnp.nan)
    v = -2.0 * jnp.sqrt(p) * jnp.sinh(jnp.arcsinh(1.5 * (a / b - current) / (p * jnp.sqrt(p))) / 3.0)
    return v, (v + a) / b


def fitzhugh_nagumo_hopf(*, a: Number = 0.7, b: Number = 0.8, phi: Number = 0.08) -> tuple[Array, Array]:
    """The two currents between which the fixed point is unstable; the trace 1 − v² − φ b is 0 at v = ∓√(1 − φ b).

    NaN for φ b > 1, where the point is always stable, and for b outside 0 < b < 1, where there may be three points.
    """
    a, b, phi = floats(a, b, phi)
    b = jnp.where((b > 0) & (b < 1), b, jnp.nan)
    v = jnp.sqrt(jnp.where(phi * b <= 1.0, 1.0 - phi * b, jnp.nan))
    current = lambda v: (v + a) / b - v + v * v * v / 3.0  # noqa: E731
    return current(-v), current(v)


def linearise(field: Field, v: Number, w: Number) -> Linear:
    """Trace, determinant and eigenvalues of a field's Jacobian at (v, w), numbers or arrays of one shape.

    λ = T/2 ± √(T²/4 − D); where the two are equal, at D = T²/4, the derivative of an eigenvalue is infinite.
    """
    v, w = floats(v, w)
    one, zero = jnp.ones_like(v), jnp.zeros_like(v)
    _, (vv, wv) = jax.jvp(field, (v, w), (one, zero))
    _, (vw, ww) = jax.jvp(field, (v, w), (zero, one))
    trace, determinant = vv + ww, vv * ww - vw * wv
    # (vv − ww)²/4 + vw wv is T²/4 − D without cancellation.
    split = 0.25 * (vv - ww) ** 2 + vw * wv
    real, imaginary = _root(split), _root(-split)
    middle = 0.5 * trace
    reals = jnp.stack([middle + real, middle - real], -1)
    return Linear(trace, determinant, reals, jnp.stack([imaginary, -imaginary], -1))


def trajectory(field: Field, start: tuple[Number, Number], *, dt: float, steps: int) -> tuple[Array, Array]:
    """(v, w), each [step + 1, ...], from ``start`` by the classical Runge–Kutta method of order 4.

    Args:
        field: a field that does not depend on time.
        start: (v, w), numbers or arrays of one shape.
        dt: the step, in the field's unit of time.
        steps: the number of steps.
    """

    def one_step(at: tuple, _: None) -> tuple[tuple, tuple]:
        moved = lambda slope, part: tuple(x + part * dt * s for x, s in zip(at, slope, strict=True))  # noqa: E731
        k1 = field(*at)
        k2 = field(*moved(k1, 0.5))
        k3 = field(*moved(k2, 0.5))
        k4 = field(*moved(k3, 1.0))
        slope = tuple((a + 2.0 * b + 2.0 * c + d) / 6.0 for a, b, c, d in zip(k1, k2, k3, k4, strict=True))
        after = moved(slope, 1.0)
        return after, after

    v, w = floats(*start)
    later_v, later_w = jax.lax.scan(one_step, (v, w), None, length=steps)[1]
    return jnp.concatenate([v[None], later_v]), jnp.concatenate([w[None], later_w])


def _root(x: Array) -> Array:
    """√x above 0, else 0 with a derivative of 0."""
    above = x > 0
    return jnp.where(above, jnp.sqrt(jnp.where(above, x, 1.0)), 0.0)
