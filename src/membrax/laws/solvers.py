"""Five integration methods for C dv/dt = −g (v − e) + i(t), with their order and stability.

A method is a function ``(v, t, dt, current, *, conductance, reversal, capacitance)`` that returns v [mV] at t + dt
from v at t; ``current`` is a number [µA/cm²] or a function of the time in ms. One step on dv/dt = −λv determines its
stability (Hairer & Wanner 1996, IV.2–3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import floats
from ..pytrees import is_concrete
from ..typing import Number
from .rc import step as exact_step

Current: TypeAlias = float | Array | Callable[[Array], Array]
"""A current density [µA/cm²], or a function of the time in ms."""


class Method(Protocol):
    """One step of an integration method."""

    def __call__(
        self,
        v: Array,
        t: Array,
        dt: Array,
        current: Current,
        *,
        conductance: Array,
        reversal: Array,
        capacitance: Array,
    ) -> Array:
        """v [mV] at t + dt from v at t [ms]."""
        ...


def forward_euler(
    v: Array, t: Array, dt: Array, current: Current, *, conductance: Array, reversal: Array, capacitance: Array
) -> Array:  # fmt: skip
    """v + dt f(v, t), along the tangent at the beginning. R(z) = 1 − z, stable up to z = dt/τ = 2."""
    return v + dt * _rate(v, t, current, conductance, reversal, capacitance)


def backward_euler(
    v: Array, t: Array, dt: Array, current: Current, *, conductance: Array, reversal: Array, capacitance: Array
) -> Array:  # fmt: skip
    """v₁ = v + dt f(v₁, t + dt) solved for v₁, along the tangent at the end. R(z) = 1/(1 + z), stable for any z."""
    z = dt * conductance / capacitance
    return v + dt * _rate(v, t + dt, current, conductance, reversal, capacitance) / (1.0 + z)


def crank_nicolson(
    v: Array, t: Array, dt: Array, current: Current, *, conductance: Array, reversal: Array, capacitance: Array
) -> Array:  # fmt: skip
    """v₁ = v + dt/2 (f(v, t) + f(v₁, t + dt)) solved for v₁. R(z) = (1 − z/2)/(1 + z/2): may ring, but is stable."""
    z = dt * conductance / capacitance
    mean = 0.5 * (_at(current, t) + _at(current, t + dt))
    return v + dt * _rate(v, t, mean, conductance, reversal, capacitance) / (1.0 + 0.5 * z)


def exponential_euler(
    v: Array, t: Array, dt: Array, current: Current, *, conductance: Array, reversal: Array, capacitance: Array
) -> Array:  # fmt: skip
    """The exact solution for the current at the beginning. R(z) = e⁻ᶻ; only the constant current is an error."""
    membrane = {"conductance": conductance, "reversal": reversal, "capacitance": capacitance}
    return exact_step(dt, _at(current, t), v0=v, **membrane)


def runge_kutta(
    v: Array, t: Array, dt: Array, current: Current, *, conductance: Array, reversal: Array, capacitance: Array
) -> Array:  # fmt: skip
    """The classical four stages (Kutta 1901). R(z) = 1 − z + z²/2 − z³/6 + z⁴/24, stable up to z = 2.785."""

    def f(v: Array, t: Array) -> Array:
        return _rate(v, t, current, conductance, reversal, capacitance)

    middle = t + 0.5 * dt
    k1 = f(v, t)
    k2 = f(v + 0.5 * dt * k1, middle)
    k3 = f(v + 0.5 * dt * k2, middle)
    k4 = f(v + dt * k3, t + dt)
    return v + dt / 6.0 * (k1 + 2.0 * (k2 + k3) + k4)


# The stability limit of the classical Runge–Kutta method is the real root of z³ − 4z² + 12z − 24.
_ORDERS = {forward_euler: 1, backward_euler: 1, crank_nicolson: 2, exponential_euler: 1, runge_kutta: 4}
_LIMITS = {forward_euler: 2.0, runge_kutta: 2.785293563405282}


def order(method: Method) -> int:
    """The order of a method, the power of dt with which its error vanishes for a smooth solution.

    Raises:
        ValueError: a method that is not defined in this file.
    """
    _check(method)
    return _ORDERS[method]


def stability_limit(method: Method) -> float:
    """The z = dt/τ above which |R(z)| > 1 and errors grow; ∞ for a method without a limit.

    Raises:
        ValueError: a method that is not defined in this file.
    """
    _check(method)
    return _LIMITS.get(method, math.inf)


def amplification(method: Method, z: Number) -> Array:
    """The stability function R(z), v after one step from v = 1 with dv/dt = −λv, z = λ dt; exactly e⁻ᶻ. Any shape."""
    z = jnp.asarray(z, dtype=float)
    one = jnp.ones_like(z)
    return method(one, 0.0 * one, one, 0.0, conductance=z, reversal=jnp.zeros(()), capacitance=jnp.ones(()))


def solve(
    method: Method,
    current: Current,
    *,
    steps: int,
    dt: Number,
    conductance: Number,
    reversal: Number,
    capacitance: Number,
    v0: Number | None = None,
) -> Array:
    """v at 0, dt, …, ``steps``·dt [time, …] [mV] by a method; further axes are those of the membrane.

    Args:
        method: a method of this file, or another function of the same arguments.
        current: [µA/cm²], or a function of the time in ms.
        steps: the number of steps, a plain number.
        dt: the step [ms].
        conductance, reversal, capacitance: g [mS/cm²], e [mV], C [µF/cm²].
        v0: v at 0 ms [mV]; by default e.

    Raises:
        ValueError: a number of steps below 0, or a dt that is not above 0 ms.
    """
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    if is_concrete(dt) and not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {dt} ms")
    dt, g, e, c = floats(dt, conductance, reversal, capacitance)
    start = e if v0 is None else jnp.asarray(v0, dtype=float)
    v0 = jnp.broadcast_to(start, jnp.broadcast_shapes(*map(jnp.shape, (start, g, e, c))))

    def advance(v: Array, t: Array) -> tuple[Array, Array]:
        after = method(v, t, dt, current, conductance=g, reversal=e, capacitance=c)
        return after, after

    times = jnp.arange(steps, dtype=dt.dtype) * dt
    return jnp.concatenate([v0[None], jax.lax.scan(advance, v0, times)[1]])


def _rate(v: Array, t: Array, current: Current, conductance: Array, reversal: Array, capacitance: Array) -> Array:
    """dv/dt [mV/ms]."""
    return (_at(current, t) - conductance * (v - reversal)) / capacitance


def _at(current: Current, t: Array) -> Array | float:
    return current(t) if callable(current) else current


def _check(method: Method) -> None:
    if method not in _ORDERS:
        raise ValueError(f"expected one of {', '.join(known.__name__ for known in _ORDERS)}, got {method!r}")
