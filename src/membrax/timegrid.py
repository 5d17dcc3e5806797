"""Time that stays exact in float32: whole milliseconds and a fraction, on a grid counted in steps.

A float32 second resolves 0.06 µs, a float32 hour 0.25 ms: ten time steps. So a moment is kept as two numbers, and
differences are taken between the large ones first.
"""

from __future__ import annotations

import numbers
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .pytrees import pytree


@pytree
class Time:
    """A moment: ``whole`` milliseconds (an integer kept as a float, exact for 4.6 hours) and a ``fraction``."""

    whole: Array
    fraction: Array

    def since(self, moment: Any) -> Array:
        """Milliseconds from ``moment`` [ms] to this instant."""
        return (self.whole - moment) + self.fraction

    def plus(self, dt: Any) -> Time:
        """The instant ``dt`` [ms] later; ``dt`` is a step, small beside a float32's whole numbers."""
        return Time(self.whole, self.fraction + dt)

    def normalised(self) -> Time:
        """The same moment with its fraction in [0, 1)."""
        carry = jnp.floor(self.fraction)
        return Time(self.whole + carry, self.fraction - carry)


def zero() -> Time:
    """The start of time."""
    return Time(jnp.zeros(()), jnp.zeros(()))


def milliseconds(instant: Time) -> np.ndarray:
    """The instant in float64 ms, on the host."""
    return np.asarray(instant.whole, dtype=np.float64) + np.asarray(instant.fraction, dtype=np.float64)


def grid(first: int, count: int, dt: float, origin: float = 0.0) -> Time:
    """Instants of the steps ``first … first + count − 1`` [count], computed in float64 on the host.

    An origin within rounding of the grid is taken as on it, so that a run cut in two sees the same instants as the
    whole run, to the bit.
    """
    at = origin / dt
    first, origin = (first + round(at), 0.0) if abs(at - round(at)) < 1e-4 else (first, origin)
    t = origin + (first + np.arange(count)) * dt
    whole = np.floor(t + 1e-9)
    dtype = jnp.result_type(float)
    return Time(whole.astype(dtype), (t - whole).astype(dtype))


def steps(duration: Any, dt: Any, *, name: str = "duration") -> int:
    """How many steps of ``dt`` make up ``duration``, both plain numbers in ms.

    Raises:
        ValueError: a traced, non-finite or non-positive value, or a duration that is no multiple of dt.
    """
    dt = positive_scalar(dt, "dt")
    duration = positive_scalar(duration, name)
    if not duration / dt < 2**31:
        raise ValueError(f"{name} = {duration:g} ms is too many steps of dt = {dt:g} ms")
    count = round(duration / dt)
    if abs(count * dt - duration) > 1e-6 * dt * max(1.0, count * 1e-3) or count == 0:
        near = max(1, count) * dt
        raise ValueError(f"{name} must be a multiple of dt = {dt:g} ms, got {duration:g} ms; {near:.12g} ms would do")
    return count


def positive_scalar(value: Any, name: str, unit: str = "ms") -> float:
    """``value`` as a positive Python float.

    Raises:
        ValueError: it is traced by JAX, no number, not finite or not above 0.
    """
    if isinstance(value, jax.core.Tracer):
        raise ValueError(
            f"{name} is traced by JAX, but it shapes the computation: pass a plain number in {unit}, "
            "outside jit, vmap and grad"
        )
    if isinstance(value, bool) or not isinstance(value, numbers.Real | np.ndarray | jax.Array) or np.ndim(value):
        raise ValueError(f"{name} must be a plain number in {unit}, got {value!r}")
    value = float(value)
    if not np.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value:g} {unit}")
    if value <= 0:
        raise ValueError(f"{name} must be above 0 {unit}, got {value:g} {unit}")
    return value
