"""The main features of a spike train as differentiable numbers, near those of eFEL.

eFEL (Ranjan et al., Zenodo, doi:10.5281/zenodo.593869) is the field's list of features of a voltage trace. A feature
that is a sample or a mean of samples has their derivative, one that is a time that of the interpolated crossing (see
`crossings`). The index of the highest sample and the number of spikes are piecewise constant; `soft_count` is a
smooth count.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...ephys.threshold import SPIKE_THRESHOLD
from ...pytrees import pytree
from .arguments import finite, pair, plain, positive, trace
from .crossings import crossings, known, read
from .shapes import shapes
from .trains import saturated

SPIKES = 32
SIZES = {  # of a difference that costs 1/2
    "mean_rate": 2.0,  # Hz
    "voltage_base": 2.0,  # mV
    "time_to_first_spike": 5.0,  # ms
    "peak_voltage": 10.0,  # mV
    "ap_width": 0.5,  # ms
    "spike_half_width": 0.3,  # ms
    "trough": 5.0,  # mV
    "ahp_depth": 5.0,  # mV
}


@pytree
class SpikeFeatures:
    """Features of one sweep, eFEL's nearest in brackets; those of every spike are [spike], inf beyond the last.

    Attributes:
        soft_count: smooth number of spikes (Spikecount).
        mean_rate: the same over the sweep's duration, Hz (mean_frequency divides by the last spike's time).
        voltage_base: mean potential at the sweep's beginning, mV (voltage_base).
        time_to_first_spike: first upward crossing, ms from the sweep's beginning; inf if silent (time_to_first_spike
            counts from the stimulus to the peak).
        times: upward crossings, ms.
        peak_voltage: highest sample, mV (peak_voltage).
        ap_width: time above the threshold, ms (AP_width, interpolated).
        spike_half_width: time above the middle between peak and trough, ms (spike_half_width, but for the trough).
        trough: lowest sample up to the next spike, at most 15 ms on, mV (min_AHP_values is the first minimum).
        ahp_depth: the trough above the base, mV (AHP_depth).
    """

    soft_count: Array
    mean_rate: Array
    voltage_base: Array
    time_to_first_spike: Array
    times: Array
    peak_voltage: Array
    ap_width: Array
    spike_half_width: Array
    trough: Array
    ahp_depth: Array


def soft_count(v: ArrayLike, *, threshold: ArrayLike = SPIKE_THRESHOLD, steepness: ArrayLike = 3.0) -> Array:
    """Spikes of a trace as the total rise of s = 1/(1 + e^(−(v − threshold)/steepness)); differentiable.

    A spike far above the threshold counts 1, one that just reaches it 1/2, an excursion below it less.

    Args:
        v: potential [time], mV.
        threshold: mV.
        steepness: mV over which s rises e-fold. A wide one counts a little of every millivolt of noise too.

    Raises:
        ValueError: v is no trace, or an argument out of its bounds.
    """
    threshold, steepness = finite(threshold, "threshold", "mV"), positive(steepness, "steepness", "mV")
    s = jax.nn.sigmoid((trace(v) - threshold) / steepness)
    return jnp.sum(jax.nn.relu(s[1:] - s[:-1]))


def voltage_base(v: ArrayLike, interval: float, *, begin: float = 0.0, end: float = 5.0) -> Array:
    """Mean potential [mV] from ``begin`` to ``end`` [ms] of the sweep; differentiable. All but v are plain numbers.

    Raises:
        ValueError: v is no trace, an interval not above 0 ms, or no such time in the sweep.
    """
    v, interval = trace(v), plain(interval, "interval", "ms", above=0)
    first, last = (round(plain(x, name, "ms") / interval) for x, name in ((begin, "begin"), (end, "end")))
    if not 0 <= first <= last < len(v):
        duration = (len(v) - 1) * interval
        raise ValueError(f"begin and end must be in order within 0 to {duration:g} ms, got {begin:g} and {end:g} ms")
    return jnp.mean(v[first : last + 1])


def features(
    v: ArrayLike, interval: float, *, threshold: ArrayLike = SPIKE_THRESHOLD, spikes: int = SPIKES,
    base: tuple[float, float] = (0.0, 5.0),
) -> SpikeFeatures:  # fmt: skip
    """The features of one sweep; see `SpikeFeatures`.

    Args:
        v: potential [time], mV.
        interval: between samples, ms, a plain number.
        threshold: mV, which a spike crosses upwards.
        spikes: the number of measured spikes, from the first one.
        base: beginning and end of the average of the base, ms, plain numbers.

    Raises:
        ValueError: v is no trace, or an argument out of its bounds.
    """
    interval = plain(interval, "interval", "ms", above=0)
    v, step, threshold, spikes = read(v, interval, threshold, spikes)
    rest, count = voltage_base(v, interval, begin=base[0], end=base[1]), soft_count(v, threshold=threshold)
    at = crossings(v, step, threshold, spikes)
    shape = shapes(v, at, threshold, interval)
    per_spike = (
        (at.times, at.valid), (shape.peak, at.valid), (shape.width, shape.wide), (shape.half_width, shape.half_wide),
        (shape.trough, at.valid), (shape.trough - rest, at.valid),
    )  # fmt: skip
    times, *others = (jnp.where(valid, x, jnp.inf) for x, valid in per_spike)
    return SpikeFeatures(count, 1e3 * count / (interval * (len(v) - 1)), rest, times[0], times, *others)


def feature_distance(
    v: ArrayLike, recorded: ArrayLike, interval: float, *, threshold: ArrayLike = SPIKE_THRESHOLD, spikes: int = SPIKES,
    base: tuple[float, float] = (0.0, 5.0),
) -> Array:  # fmt: skip
    """The mean over the features in `SIZES` of x²/(1 + x²), x a difference over its size: 0 to 1.

    Of features that every spike has, the means over the spikes are compared. A feature that only the recording has
    costs 1, one that only the model has costs 0: the rate counts additional spikes. Differentiable as `features` are.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms, a plain number.
        threshold: mV, which a spike crosses upwards.
        spikes: the number of measured spikes, from the first one.
        base: beginning and end of the average of the base, ms, plain numbers.

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, recorded = pair(v, recorded)
    ours, theirs = (features(x, interval, threshold=threshold, spikes=spikes, base=base) for x in (v, recorded))
    costs = [_cost(_mean(getattr(ours, name)), _mean(getattr(theirs, name)), size) for name, size in SIZES.items()]
    return known(sum(costs[1:], costs[0]) / len(costs), v)


def _mean(x: Array) -> Array:
    """The mean of the finite entries of a feature, inf where there is none."""
    x = jnp.atleast_1d(x)
    finite_x = jnp.isfinite(x)
    mean = jnp.sum(jnp.where(finite_x, x, 0.0)) / jnp.maximum(jnp.sum(finite_x), 1).astype(x.dtype)
    return jnp.where(jnp.any(finite_x), mean, jnp.inf)


def _cost(model: Array, recorded: Array, size: float) -> Array:
    both = jnp.isfinite(model) & jnp.isfinite(recorded)
    x = (jnp.where(both, model, 0.0) - jnp.where(both, recorded, 0.0)) / size
    return jnp.where(both, saturated(jnp.square(x)), jnp.isfinite(recorded).astype(x.dtype))
