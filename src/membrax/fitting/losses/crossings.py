"""Differentiable times at which a voltage crosses a threshold.

Between two samples the potential is interpolated by a straight line, whose crossing t* solves v(t*, θ) = threshold. Its
derivative is that of the implicit function, dt*/dθ = −(∂v/∂θ)/(∂v/∂t) at t*, with both slopes of the line, the
same as the derivative of the interpolation. It diverges where a spike only just reaches the threshold. The number of
crossings is piecewise constant: its derivative is 0.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...checks import whole_number
from ...ephys.threshold import SPIKE_THRESHOLD
from ...probes import crossing
from ..scores.spike_score import CAPACITY
from .arguments import finite, positive, trace


class Crossings(NamedTuple):
    """Upward crossings of one trace.

    Attributes:
        times: [capacity] ms from the first sample, 0 where there is none.
        valid: [capacity] which entries are crossings.
        sample: [capacity] the last sample before each.
        count: of all, those beyond the capacity too.
    """

    times: Array
    valid: Array
    sample: Array
    count: Array


def crossings(
    v: Array, interval: ArrayLike, threshold: Array | float = SPIKE_THRESHOLD, capacity: int = CAPACITY
) -> Crossings:
    """Upward crossings of ``threshold`` [mV] by a trace v [time] in mV, sampled every ``interval`` ms."""
    crossed, fraction = crossing(v[:-1], v[1:], threshold)
    (at,) = jnp.nonzero(crossed, size=capacity, fill_value=-1)
    valid, at = at >= 0, jnp.maximum(at, 0)
    times = (at.astype(v.dtype) + fraction[at]) * interval
    return Crossings(jnp.where(valid, times, 0.0), valid, at, jnp.sum(crossed, dtype=jnp.int32))


def crossing_times(
    v: ArrayLike, interval: ArrayLike, *, threshold: ArrayLike = SPIKE_THRESHOLD, capacity: int = CAPACITY
) -> Array:
    """Times of upward crossings [capacity] in ms from the first sample, inf where there are no more; differentiable.

    Args:
        v: potential [time], mV.
        interval: between samples, ms.
        threshold: mV.
        capacity: the largest number of times.

    Raises:
        ValueError: v is no trace, an interval not above 0 ms, a threshold that is not finite, a capacity below 1.
    """
    v, interval, threshold, capacity = read(v, interval, threshold, capacity)
    at = crossings(v, interval, threshold, capacity)
    return jnp.where(at.valid, at.times, jnp.inf)


def read(v: ArrayLike, interval: ArrayLike, threshold: ArrayLike, capacity: int) -> tuple[Array, Array, Array, int]:
    """The arguments that losses on crossings share, as arrays.

    Raises:
        ValueError: names the one that is wrong.
    """
    v, interval = trace(v), positive(interval, "interval", "ms")
    return v, interval, finite(threshold, "threshold", "mV"), whole_number(capacity, "capacity")


def known(value: Array, v: Array) -> Array:
    """The value, or NaN where its trace is not finite: the crossings of a diverged model mean nothing."""
    return jnp.where(jnp.all(jnp.isfinite(v)), value, jnp.nan)
