"""The shape of spikes: waveforms aligned at the upstroke, independent of spike times."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ...checks import whole_number
from ...ephys.threshold import SPIKE_THRESHOLD
from .arguments import pair, plain, positive
from .crossings import Crossings, crossings, known, read
from .trains import saturated

SPIKES = 24  # of a sweep whose waveforms are compared
STEP = 0.1  # ms between two points of a waveform


def waveform(
    v: ArrayLike,
    recorded: ArrayLike,
    interval: ArrayLike,
    *,
    begin: float = -1.0,
    end: float = 5.0,
    scale: ArrayLike = 15.0,
    threshold: ArrayLike = SPIKE_THRESHOLD,
    spikes: int = SPIKES,
) -> Array:
    """The distance of the model's spikes from the recorded ones, each aligned at its own crossing; 0 to 1.

    The k-th spike of one train is matched with the k-th of the other: their mean squared difference d² over the
    waveform costs x²/(1 + x²) with x = d/scale. A recorded spike without a partner costs 1; a model's without one
    costs nothing here. The mean over the recorded spikes; 0 where there is none. A part of a waveform that the sweep
    cuts off is not compared.

    Differentiable in v and in the times of alignment; the matching of spikes is piecewise constant.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        begin, end: of the waveform, ms from the crossing; plain numbers.
        scale: the root mean square difference [mV] that costs 1/2.
        threshold: mV, at which spikes are aligned.
        spikes: the number of compared spikes, from the first one.

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, recorded = pair(v, recorded)
    v, interval, threshold, spikes = read(v, interval, threshold, whole_number(spikes, "spikes"))
    scale, offsets = positive(scale, "scale", "mV"), _offsets(begin, end)
    ours, theirs = (crossings(x, interval, threshold, spikes) for x in (v, recorded))
    (mine, inside), (wave, there) = aligned(v, ours, interval, offsets), aligned(recorded, theirs, interval, offsets)
    both = inside & there & (ours.valid & theirs.valid)[:, None]
    points = jnp.maximum(jnp.sum(both, axis=1), 1).astype(v.dtype)
    square = jnp.sum(jnp.where(both, jnp.square(mine - wave), 0.0), axis=1) / points
    cost = jnp.where(ours.valid, saturated(square / jnp.square(scale)), 1.0)
    recorded_spikes = jnp.maximum(jnp.sum(theirs.valid), 1).astype(v.dtype)
    return known(jnp.sum(jnp.where(theirs.valid, cost, 0.0)) / recorded_spikes, v)


def aligned(v: Array, at: Crossings, interval: ArrayLike, offsets: np.ndarray) -> tuple[Array, Array]:
    """v [spike, offset] in mV at ``offsets`` [ms] from each crossing, interpolated, and where the trace has samples.

    Differentiable in v and, through the weights of the interpolation, in the times.
    """
    place = (at.times[:, None] + jnp.asarray(offsets, dtype=v.dtype)[None]) / interval
    inside = (place >= 0) & (place <= len(v) - 1)
    below = jnp.clip(jnp.floor(jax.lax.stop_gradient(place)), 0, len(v) - 2)
    k = below.astype(jnp.int32)
    return v[k] + (v[k + 1] - v[k]) * (place - below), inside


def _offsets(begin: ArrayLike, end: ArrayLike) -> np.ndarray:
    begin, end = plain(begin, "begin", "ms"), plain(end, "end", "ms")
    if not end >= begin + STEP:
        raise ValueError(f"end must be at least {STEP:g} ms after begin, got {begin:g} to {end:g} ms")
    return begin + STEP * np.arange(round((end - begin) / STEP) + 1)
