"""What a spike train looks like: its features as numbers, and a score of one train against another.

Made for searches, which need no derivative: a silent model is told how many spikes it misses, and a model that fires
how far its spikes are from the recorded ones, in time and in shape.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..probes import find_spikes
from ..pytrees import pytree

Array = jax.Array

THRESHOLD = -10.0  # mV: recorded spikes pass it even where sampling cuts their tops
CAPACITY = 128
QUIET = -40.0  # mV: below it the voltage is compared as it is, above it only spikes are
AFTER = 15.0  # ms after the last spike in which its trough is looked for


@pytree
class Features:
    """Features of one sweep; those of spikes are NaN where there are none (troughs, where there is no spike).

    Attributes:
        count: spikes.
        times: [capacity] ms from the sweep's beginning, NaN where there are no more.
        peak: highest potential, mV.
        width: mean time above `THRESHOLD` per spike, ms.
        trough: lowest potential between the first spike and `AFTER` the last, mV.
        quiet: [time] the potential clipped at `QUIET`, mV.
    """

    count: Array
    times: Array
    peak: Array
    width: Array
    trough: Array
    quiet: Array


def features(v: Array, interval: float) -> Features:
    """The features of a trace v [time] in mV, sampled every ``interval`` ms."""
    buffer = find_spikes(v, THRESHOLD, CAPACITY)
    found = buffer.steps >= 0
    times = jnp.where(found, (buffer.steps.astype(v.dtype) + buffer.fractions) * interval, jnp.nan)
    fired = buffer.count > 0
    count = jnp.maximum(buffer.count, 1).astype(v.dtype)
    width = jnp.sum((v > THRESHOLD).astype(v.dtype)) * interval / count
    t = jnp.arange(len(v), dtype=v.dtype) * interval
    last = jnp.max(jnp.where(found, times, -jnp.inf))
    # Until AFTER the last spike: a trough that comes later belongs to the stimulus's end.
    between = (t >= times[0]) & (t <= last + AFTER)
    trough = jnp.min(jnp.where(between, v, jnp.inf))
    nan = jnp.asarray(jnp.nan, dtype=v.dtype)
    return Features(
        buffer.count, times, jnp.where(fired, jnp.max(v), nan), jnp.where(fired, width, nan),
        jnp.where(fired, trough, nan), jnp.minimum(v, QUIET),
    )  # fmt: skip


def score(model: Features, data: Features) -> Array:
    """How far one sweep of a model is from the recorded one; 0 is the same, each term about 1 at an ordinary error.

    * every spike too many or too few counts 1, less in long trains (√ of the larger count);
    * spike times, matched by number: |Δt| over 10 ms, at most 1, averaged over the train;
    * subthreshold: root mean square below `QUIET` over 4 mV;
    * shape, where both fire: |Δpeak|/20 mV, |Δwidth|/1 ms, |Δtrough|/10 mV, each at most 1.
    """
    missed = jnp.abs(model.count - data.count).astype(model.peak.dtype)
    longest = jnp.maximum(jnp.maximum(model.count, data.count), 1).astype(model.peak.dtype)
    lag = jnp.minimum(jnp.abs(model.times - data.times) / 10.0, 1.0)
    timing = jnp.sum(jnp.where(jnp.isfinite(lag), lag, 0.0)) / longest
    below = jnp.sqrt(jnp.mean(jnp.square(model.quiet - data.quiet))) / 4.0
    shape = sum(
        jnp.minimum(jnp.abs(getattr(model, name) - getattr(data, name)) / size, 1.0)
        for name, size in (("peak", 20.0), ("width", 1.0), ("trough", 10.0))
    )
    # A silent model of a firing cell has no shape: the worst there is. Where the cell is silent, shape says nothing.
    shape = jnp.where(jnp.isfinite(shape), shape, jnp.where(data.count > 0, 3.0, 0.0))
    return missed / jnp.sqrt(longest) + timing + below + shape
