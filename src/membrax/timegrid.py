"""Times that stay exact in float32: whole milliseconds and a fraction, on a grid counted in steps.

A float32 second resolves 0.06 µs, a float32 hour 0.25 ms, which is ten time steps. Therefore a time is two numbers, and
a difference is taken between the large numbers first.
"""

from __future__ import annotations

from typing import cast

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .checks import finite_number
from .pytrees import pytree


@pytree
class Time:
    """A time: ``whole`` milliseconds (an integer kept as a float, exact for 4.6 hours) and a ``fraction`` of one."""

    whole: Array
    fraction: Array

    def since(self, start: ArrayLike) -> Array:
        """Milliseconds from ``start`` [ms] to this time."""
        return (self.whole - start) + self.fraction

    def plus(self, dt: ArrayLike) -> Time:
        """The time ``dt`` [ms] later; ``dt`` is a step, small compared with a float32's whole numbers."""
        return Time(self.whole, self.fraction + dt)

    def normalised(self) -> Time:
        """The same time with its fraction in [0, 1)."""
        carry = jnp.floor(self.fraction)
        return Time(self.whole + carry, self.fraction - carry)


def zero() -> Time:
    """Time 0."""
    return Time(jnp.zeros(()), jnp.zeros(()))


def milliseconds(time: Time) -> np.ndarray:
    """The time in float64 ms, on the host."""
    return np.asarray(time.whole, dtype=np.float64) + np.asarray(time.fraction, dtype=np.float64)


def grid(first: int, count: int, dt: float, origin: float = 0.0) -> Time:
    """The beginnings of the steps ``first … first + count − 1`` [count], calculated in float64 on the host.

    An origin within rounding of the grid counts as on it, so that a run in two parts has the same times as the whole
    run, to the bit.

    Args:
        first: the number of the first step.
        count: the number of steps.
        dt: the step, ms.
        origin: the time of step 0, ms.
    """
    at = origin / dt
    first, origin = (first + round(at), 0.0) if abs(at - round(at)) < 1e-4 else (first, origin)
    t = origin + (first + np.arange(count)) * dt
    whole = np.floor(t + 1e-9)
    dtype = jnp.result_type(float)
    # The host keeps arrays of NumPy; a jitted function takes them as they are.
    return Time(cast(Array, whole.astype(dtype)), cast(Array, (t - whole).astype(dtype)))


def steps(duration: ArrayLike, dt: ArrayLike, *, name: str = "duration") -> int:
    """The number of steps of ``dt`` in ``duration``, both plain numbers in ms.

    Raises:
        ValueError: a traced, non-finite or non-positive value, or a duration that is no multiple of dt.
    """
    dt = finite_number(dt, "dt", "ms", above=0.0)
    duration = finite_number(duration, name, "ms", above=0.0)
    if not duration / dt < 2**31:
        raise ValueError(f"{name} = {duration:g} ms is too many steps of dt = {dt:g} ms")
    count = round(duration / dt)
    if abs(count * dt - duration) > 1e-6 * dt * max(1.0, count * 1e-3) or count == 0:
        near = max(1, count) * dt
        raise ValueError(f"{name} must be a multiple of dt = {dt:g} ms, got {duration:g} ms; {near:.12g} ms would do")
    return count
