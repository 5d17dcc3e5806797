"""Distances between two spike trains: spike counts, spike times, and both at once.

Spike times are differentiable, by the implicit function of the interpolated crossing (see `crossings`). The number of
spikes is piecewise constant, so that the derivative of each of these losses is 0 for a silent model; that of `activity`
is not.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...ephys.threshold import SPIKE_THRESHOLD
from ..scores.spike_score import CAPACITY
from .arguments import not_negative, pair, positive
from .crossings import Crossings, crossings, known, read


def spike_count(
    v: ArrayLike,
    recorded: ArrayLike,
    interval: ArrayLike,
    *,
    threshold: ArrayLike = SPIKE_THRESHOLD,
    capacity: int = CAPACITY,
) -> Array:
    """Spikes too many or too few; piecewise constant, its derivative is 0.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        threshold: mV, which a spike crosses upwards.
        capacity: without effect here: all spikes are counted.

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, ours, theirs = _both(v, recorded, interval, threshold, capacity)
    return known(jnp.abs(ours.count - theirs.count).astype(v.dtype), v)


def spike_times(
    v: ArrayLike,
    recorded: ArrayLike,
    interval: ArrayLike,
    *,
    scale: ArrayLike = 5.0,
    missing: ArrayLike = 1.0,
    threshold: ArrayLike = SPIKE_THRESHOLD,
    capacity: int = CAPACITY,
) -> Array:
    """The cost of time differences between spikes of the same number, and of spikes without a partner.

    The k-th spike of one train is matched with the k-th of the other: with x = Δt/scale it costs x²/(1 + x²), which
    saturates at 1. Each spike without a partner costs ``missing``. The sum is divided by the number of recorded
    spikes, or by 1 where there is none. 0 for identical trains; a silent model of a firing cell gets ``missing``.

    Differentiable in the spike times; the number of missing spikes is piecewise constant. Below a ``missing``
    of 1 a spike far from its partner would cost more than none.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        scale: the lag [ms] that costs 1/2.
        missing: the cost of a spike too many or too few.
        threshold: mV, which a spike crosses upwards.
        capacity: spikes that are compared in time; all are counted.

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, ours, theirs = _both(v, recorded, interval, threshold, capacity)
    scale, missing = positive(scale, "scale", "ms"), not_negative(missing, "missing")
    lag = jnp.where(ours.valid & theirs.valid, ours.times - theirs.times, 0.0)
    unmatched = jnp.abs(ours.count - theirs.count).astype(v.dtype)
    total = jnp.sum(saturated(jnp.square(lag / scale))) + missing * unmatched
    return known(total / jnp.maximum(theirs.count, 1).astype(v.dtype), v)


def van_rossum(
    v: ArrayLike,
    recorded: ArrayLike,
    interval: ArrayLike,
    *,
    tau: ArrayLike = 10.0,
    threshold: ArrayLike = SPIKE_THRESHOLD,
    capacity: int = CAPACITY,
) -> Array:
    """The distance D² of two spike trains that are filtered by exponentials (van Rossum 2001, Neural Comput 13:751).

    In closed form: D² = ½ ΣΣ e^(−|tᵢ−tⱼ|/τ) over the model's spikes, as much over the recorded ones, less
    ΣΣ e^(−|tᵢ−uⱼ|/τ) between the two. A spike too many costs 1/2, a pair of spikes δ apart 1 − e^(−δ/τ). Differentiable
    in the spike times (with a kink where two coincide); a spike that comes or goes is a jump.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        tau: time constant of the filter, ms: short counts coincidences, long counts spikes.
        threshold: mV, which a spike crosses upwards.
        capacity: spikes that are compared; later ones are not.

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, ours, theirs = _both(v, recorded, interval, threshold, capacity)
    tau = positive(tau, "tau", "ms")
    within = 0.5 * (_overlap(ours, ours, tau) + _overlap(theirs, theirs, tau))
    return known(within - _overlap(ours, theirs, tau), v)


def saturated(square: Array) -> Array:
    """x²/(1 + x²) of x² (Geman & McClure 1985): like x² near 0, 1 far off, 1/2 at x = 1."""
    return square / (1.0 + square)


def _overlap(one: Crossings, other: Crossings, tau: Array) -> Array:
    """ΣΣ e^(−|tᵢ−uⱼ|/τ)."""
    both = one.valid[:, None] & other.valid[None]
    apart = jnp.where(both, jnp.abs(one.times[:, None] - other.times[None]), 0.0)
    return jnp.sum(jnp.where(both, jnp.exp(-apart / tau), 0.0))


def _both(
    v: ArrayLike, recorded: ArrayLike, interval: ArrayLike, threshold: ArrayLike, capacity: int
) -> tuple[Array, Crossings, Crossings]:
    v, recorded = pair(v, recorded)
    v, interval, threshold, capacity = read(v, interval, threshold, capacity)
    ours, theirs = (crossings(x, interval, threshold, capacity) for x in (v, recorded))
    return v, ours, theirs
