"""Upward crossings of a threshold between two samples: by a straight line, or by a cubic through four samples."""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

ITERATIONS = 12  # of the root; smooth samples need 3; an iteration that leaves the bracket halves it
FLAT = 1e-3  # of the line's slope, below which the slope of a cubic gives no derivative of the root

Earlier: TypeAlias = tuple[Array, ...]
"""v two steps and one step before a step with a crossing [mV], inf where there is none; empty for a line."""


def crossing(before: Array, after: Array, threshold: float | Array) -> tuple[Array, Array]:
    """Whether v crossed ``threshold`` [mV] upwards, and at which fraction of the step (linear interpolation)."""
    crossed = (before < threshold) & (after >= threshold)
    rise = jnp.where(crossed, after - before, 1.0)
    return crossed, (threshold - before) / rise


def cubic_crossing(earlier: Earlier, before: Array, after: Array, threshold: float | Array) -> tuple[Array, Array]:
    """Whether v crossed ``threshold`` [mV] upwards, and at which fraction of the step (cubic interpolation).

    The cubic goes through two samples in front of the step and the two at its ends, so that no sample behind the
    crossing is awaited. For a smooth v its error is at most 0.042 d⁴v/dt⁴ dt⁴ over dv/dt, that of a straight line
    0.125 d²v/dt² dt² over dv/dt. Without one or both of the earlier samples it is a parabola or the straight line.
    The derivative is that of the implicit function.

    Args:
        earlier: v two samples and one sample before ``before`` [mV]; inf for a missing one.
        before, after: v at the ends of the step [mV].
        threshold: mV.
    """
    crossed, line = crossing(before, after, threshold)
    oldest, old = earlier
    samples = (v - threshold for v in _continued(oldest, old, before, after))
    # Without a crossing the numbers are those of a line through the middle of the step.
    oldest, old, before, after = (jnp.where(crossed, v, n - 2.5) for n, v in enumerate(samples))
    cubic = _coefficients(oldest, old, before, after)
    root = jax.lax.stop_gradient(_root(cubic, jnp.where(crossed, line, 0.5)))
    value, slope = _value_and_slope(cubic, root)
    rise = cubic[1] + cubic[2] + cubic[3]
    newton = value / jnp.where(slope > FLAT * rise, slope, rise)
    return crossed, root - (newton - jax.lax.stop_gradient(newton))


def _continued(oldest: Array, old: Array, before: Array, after: Array) -> tuple[Array, Array, Array, Array]:
    """The samples, with a missing one on the line or parabola through the others."""
    old = jnp.where(jnp.isfinite(old), old, 2.0 * before - after)
    return jnp.where(jnp.isfinite(oldest), oldest, 3.0 * old - 3.0 * before + after), old, before, after


def _coefficients(oldest: Array, old: Array, before: Array, after: Array) -> tuple[Array, Array, Array, Array]:
    """Those of 1, s, s² and s³ of the cubic through samples at s = −2, −1, 0 and 1."""
    second = 0.5 * (after + old) - before
    third = (after - 3.0 * before + 3.0 * old - oldest) / 6.0
    return before, 0.5 * (after - old) - third, second, third


def _value_and_slope(cubic: tuple[Array, Array, Array, Array], s: Array) -> tuple[Array, Array]:
    """The cubic and its derivative at s."""
    a, b, c, d = cubic
    return a + s * (b + s * (c + s * d)), b + s * (2.0 * c + s * 3.0 * d)


def _root(cubic: tuple[Array, Array, Array, Array], s: Array) -> Array:
    """The root in 0 … 1 of a cubic that rises from below 0 to above: Newton's method from s within a bracket."""
    low, high = jnp.zeros_like(s), jnp.ones_like(s)
    for _ in range(ITERATIONS):
        value, slope = _value_and_slope(cubic, s)
        low, high = jnp.where(value < 0.0, s, low), jnp.where(value < 0.0, high, s)
        newton = s - value / jnp.where(slope > 0.0, slope, 1.0)
        inside = (slope > 0.0) & (newton >= low) & (newton <= high)
        s = jnp.where(inside, newton, 0.5 * (low + high))
    return s
