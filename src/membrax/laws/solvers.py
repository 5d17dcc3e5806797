"""Five ways of stepping C dv/dt = −g (v − e) + i(t) through time, for learning what order and stability mean.

A method is a function ``(v, t, dt, current, *, conductance, reversal, capacitance)`` that returns v [mV] at t + dt
from v at t; ``current`` is a number [µA/cm²] or a function of the time in ms. What they do to dv/dt = −λv, from one
step to the next, is all there is to their stability (Hairer & Wanner 1996, IV.2–3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .rc import step as exact_step


def forward_euler(
    v: Any, t: Any, dt: Any, current: Any, *, conductance: Any, reversal: Any, capacitance: Any
) -> Array:  # fmt: skip
    """v + dt f(v, t): along the tangent at the beginning. R(z) = 1 − z, stable up to z = dt/τ = 2."""
    return v + dt * _rate(v, t, current, conductance, reversal, capacitance)


def backward_euler(
    v: Any, t: Any, dt: Any, current: Any, *, conductance: Any, reversal: Any, capacitance: Any
) -> Array:  # fmt: skip
    """v₁ = v + dt f(v₁, t + dt): along the tangent at the end, solved for v₁. R(z) = 1/(1 + z), never unstable."""
    z = dt * conductance / capacitance
    return v + dt * _rate(v, t + dt, current, conductance, reversal, capacitance) / (1.0 + z)


def crank_nicolson(
    v: Any, t: Any, dt: Any, current: Any, *, conductance: Any, reversal: Any, capacitance: Any
) -> Array:  # fmt: skip
    """v₁ = v + dt/2 (f(v, t) + f(v₁, t + dt)), solved for v₁. R(z) = (1 − z/2)/(1 + z/2): it rings, but never grows."""
    z = dt * conductance / capacitance
    mean = 0.5 * (_at(current, t) + _at(current, t + dt))
    return v + dt * _rate(v, t, mean, conductance, reversal, capacitance) / (1.0 + 0.5 * z)


def exponential_euler(
    v: Any, t: Any, dt: Any, current: Any, *, conductance: Any, reversal: Any, capacitance: Any
) -> Array:  # fmt: skip
    """The exact solution under the current of the beginning. R(z) = e⁻ᶻ; the error is that of the held current."""
    membrane = {"conductance": conductance, "reversal": reversal, "capacitance": capacitance}
    return exact_step(dt, _at(current, t), v0=v, **membrane)


def runge_kutta(
    v: Any, t: Any, dt: Any, current: Any, *, conductance: Any, reversal: Any, capacitance: Any
) -> Array:  # fmt: skip
    """The classical four stages (Kutta 1901). R(z) = 1 − z + z²/2 − z³/6 + z⁴/24, stable up to z = 2.785."""

    def f(v: Any, t: Any) -> Array:
        return _rate(v, t, current, conductance, reversal, capacitance)

    middle = t + 0.5 * dt
    k1 = f(v, t)
    k2 = f(v + 0.5 * dt * k1, middle)
    k3 = f(v + 0.5 * dt * k2, middle)
    k4 = f(v + dt * k3, t + dt)
    return v + dt / 6.0 * (k1 + 2.0 * (k2 + k3) + k4)


# The limit of the classical Runge–Kutta method is the real root of z³ − 4z² + 12z − 24.
_ORDERS = {forward_euler: 1, backward_euler: 1, crank_nicolson: 2, exponential_euler: 1, runge_kutta: 4}
_LIMITS = {forward_euler: 2.0, runge_kutta: 2.785293563405282}


def order(method: Callable) -> int:
    """The power of dt with which the error of a smooth solution vanishes.

    Raises:
        ValueError: a method that isn't one of this file's.
    """
    _check(method)
    return _ORDERS[method]


def stability_limit(method: Callable) -> float:
    """The z = dt/τ above which |R(z)| > 1, so that errors grow; ∞ where there is none.

    Raises:
        ValueError: a method that isn't one of this file's.
    """
    _check(method)
    return _LIMITS.get(method, math.inf)


def amplification(method: Callable, z: Any) -> Array:
    """R(z): what one step makes of v = 1 in dv/dt = −λv, z = λ dt. The truth is e⁻ᶻ. Any shape."""
    z = jnp.asarray(z, dtype=float)
    one = jnp.ones_like(z)
    return method(one, 0.0 * one, one, 0.0, conductance=z, reversal=0.0, capacitance=1.0)


def solve(
    method: Callable, current: Any, *, steps: int, dt: Any, conductance: Any, reversal: Any, capacitance: Any,
    v0: Any = None,
) -> Array:  # fmt: skip
    """v [time, …] [mV] at 0, dt, …, ``steps``·dt, by ``steps`` steps of a method; further axes are the membrane's.

    Args:
        method: one of this file's, or another function of the same arguments.
        current: [µA/cm²], or a function of the time in ms.
        steps: how many, a plain number.
        dt: the step [ms].
        conductance, reversal, capacitance: g [mS/cm²], e [mV], C [µF/cm²].
        v0: v at 0 ms [mV]; by default e.

    Raises:
        ValueError: a count below 0 or a step that is not above 0 ms.
    """
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    if not isinstance(dt, jax.core.Tracer) and not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {dt} ms")
    dt, g, e, c = (jnp.asarray(x, dtype=float) for x in (dt, conductance, reversal, capacitance))
    start = e if v0 is None else jnp.asarray(v0, dtype=float)
    v0 = jnp.broadcast_to(start, jnp.broadcast_shapes(*map(jnp.shape, (start, g, e, c))))

    def advance(v: Array, t: Array) -> tuple[Array, Array]:
        after = method(v, t, dt, current, conductance=g, reversal=e, capacitance=c)
        return after, after

    times = jnp.arange(steps, dtype=dt.dtype) * dt
    return jnp.concatenate([v0[None], jax.lax.scan(advance, v0, times)[1]])


def _rate(v: Any, t: Any, current: Any, conductance: Any, reversal: Any, capacitance: Any) -> Array:
    """dv/dt [mV/ms]."""
    return (_at(current, t) - conductance * (v - reversal)) / capacitance


def _at(current: Any, t: Any) -> Any:
    return current(t) if callable(current) else current


def _check(method: Callable) -> None:
    if method not in _ORDERS:
        raise ValueError(f"expected one of {', '.join(known.__name__ for known in _ORDERS)}, got {method!r}")
