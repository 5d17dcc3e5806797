"""Features of a spike train, gathered sample by sample, and a score of one train compared with another.

For a silent model the score grows with the number of missed spikes, for a model that fires with the errors of its
spikes in time and in shape. No trace is stored.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...ephys.threshold import SPIKE_THRESHOLD, SUBTHRESHOLD, TROUGH_WINDOW
from ...probes import crossing
from ...pytrees import pytree

CAPACITY = 128
APART = 10.0  # mV, the largest distance of one sample: a shifted spike counts for 1 ms, a block for its duration


@pytree
class Features:
    """Features of one sweep; those of a spike's shape are inf where there is none.

    Attributes:
        count: spikes.
        times: [capacity] ms from the sweep's beginning, inf where there are no more.
        peak: highest potential, mV.
        time_above_threshold: mean time above `SPIKE_THRESHOLD` per spike, ms.
        trough: lowest potential within `TROUGH_WINDOW` of a spike, mV.
        quiet: root mean square distance from the recorded potential, both clipped at `SUBTHRESHOLD`, mV.
        apart: mean distance from the recorded potential, both between `SUBTHRESHOLD` and `SPIKE_THRESHOLD`, of which no
            sample counts for more than `APART`, mV: it compares where spikes begin and stop.
    """

    count: Array
    times: Array
    peak: Array
    time_above_threshold: Array
    trough: Array
    quiet: Array
    apart: Array


@pytree
class RunningFeatures:
    """The running sums and extremes of a sweep; ``since`` is the time since the last spike, ms."""

    samples: Array
    count: Array
    times: Array
    peak: Array
    above: Array
    trough: Array
    since: Array
    quiet: Array
    apart: Array


def begin(v: ArrayLike, recorded: ArrayLike) -> RunningFeatures:
    """The running values at the first sample of the model and of the recording [mV]."""
    v = jnp.asarray(v, dtype=float)
    none, zero = jnp.full_like(v, jnp.inf), jnp.zeros((), jnp.int32)
    error = jnp.square(jnp.minimum(v, SUBTHRESHOLD) - jnp.minimum(recorded, SUBTHRESHOLD))
    times = jnp.full((CAPACITY,), jnp.inf, v.dtype)
    return RunningFeatures(zero, zero, times, v, jnp.zeros_like(v), none, none, error, _apart(v, recorded))


def watch(memory: RunningFeatures, before: Array, after: Array, recorded: Array, interval: float) -> RunningFeatures:
    """The running values after the step from ``before`` to ``after`` [mV]; ``recorded`` is that at ``after``."""
    crossed, fraction = crossing(before, after, SPIKE_THRESHOLD)
    time = (memory.samples.astype(after.dtype) + fraction) * interval
    slot = jnp.where(crossed, memory.count, CAPACITY)
    since = jnp.where(crossed, 0.0, memory.since + interval)
    return RunningFeatures(
        memory.samples + 1,
        memory.count + crossed.astype(jnp.int32),
        memory.times.at[slot].set(time, mode="drop"),
        jnp.maximum(memory.peak, after),
        memory.above + jnp.where(after > SPIKE_THRESHOLD, interval, 0.0),
        jnp.where(since <= TROUGH_WINDOW, jnp.minimum(memory.trough, after), memory.trough),
        since,
        memory.quiet + jnp.square(jnp.minimum(after, SUBTHRESHOLD) - jnp.minimum(recorded, SUBTHRESHOLD)),
        memory.apart + _apart(after, recorded),
    )


def _apart(v: Array, recorded: ArrayLike) -> Array:
    """The distance of two samples clipped to `SUBTHRESHOLD`…`SPIKE_THRESHOLD`, at most `APART` [mV], or NaN."""
    distance = jnp.abs(jnp.clip(v, SUBTHRESHOLD, SPIKE_THRESHOLD) - jnp.clip(recorded, SUBTHRESHOLD, SPIKE_THRESHOLD))
    return jnp.where(distance > APART, APART, distance)


def read(memory: RunningFeatures) -> Features:
    """The features of a sweep from its running values."""
    fired = memory.count > 0
    dtype = memory.peak.dtype
    per_spike = memory.above / jnp.maximum(memory.count, 1).astype(dtype)
    peak, width, trough = (jnp.where(fired, x, jnp.inf) for x in (memory.peak, per_spike, memory.trough))
    samples = (memory.samples + 1).astype(dtype)
    quiet, apart = jnp.sqrt(memory.quiet / samples), memory.apart / samples
    return Features(memory.count, memory.times, peak, width, trough, quiet, apart)


def features(v: ArrayLike, interval: float, recorded: ArrayLike | None = None) -> Features:
    """The features of a trace v [time] in mV, sampled every ``interval`` ms; distances are from ``recorded``."""
    v = jnp.asarray(v, dtype=float)
    recorded = v if recorded is None else jnp.asarray(recorded, dtype=float)

    def one(memory: RunningFeatures, at: tuple[Array, Array, Array]) -> tuple[RunningFeatures, None]:
        before, after, also = at
        return watch(memory, before, after, also, interval), None

    return read(jax.lax.scan(one, begin(v[0], recorded[0]), (v[:-1], v[1:], recorded[1:]))[0])


def score(model: Features, data: Features) -> Array:
    """The distance of one sweep of a model from the recorded one; each term is about 1 at an ordinary error.

    * every spike too many or too few counts 1;
    * spike times, matched by number: |Δt| over 10 ms, at most 1, averaged over the train;
    * subthreshold: root mean square below `SUBTHRESHOLD` over 4 mV (``model.quiet``);
    * shape, where both fire: |Δpeak|/20 mV, |Δtime_above_threshold|/1 ms, |Δtrough|/10 mV, each at most 1.
    """
    missed, longest = count_error(model, data)
    timing = jnp.sum(capped(difference(model.times, data.times) / 10.0, False)) / longest
    shape = sum(
        jnp.minimum(jnp.abs(difference(getattr(model, name), getattr(data, name))) / size, 1.0)
        for name, size in (("peak", 20.0), ("time_above_threshold", 1.0), ("trough", 10.0))
    )
    # A silent model of a firing cell gets the largest cost of shape; for a silent cell shape costs nothing.
    both = (model.count > 0) & (data.count > 0)
    shape = jnp.where(both, shape, jnp.where(data.count > 0, 3.0, 0.0))
    return missed + timing + model.quiet / 4.0 + shape


def count_error(model: Features, data: Features) -> tuple[Array, Array]:
    """Spikes too many or too few, and the number of spikes of the longer train, at least 1."""
    dtype = model.peak.dtype
    missed = jnp.abs(model.count - data.count).astype(dtype)
    return missed, jnp.maximum(jnp.maximum(model.count, data.count), 1).astype(dtype)


def difference(model: Array, recorded: Array) -> Array:
    """The difference of a feature; inf where either of the two does not have it."""
    return jnp.where(jnp.isfinite(recorded), model - jnp.where(jnp.isfinite(recorded), recorded, 0.0), jnp.inf)


def capped(error: Array, otherwise: ArrayLike) -> Array:
    """|error|, at most 1; where it is not finite, 1 if ``otherwise`` and 0 if not."""
    size = jnp.abs(error)
    return jnp.where(jnp.isfinite(size), jnp.minimum(size, 1.0), jnp.asarray(otherwise).astype(size.dtype))
