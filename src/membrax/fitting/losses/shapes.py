"""Peak, trough and level crossings of each spike of a trace, differentiable.

All are taken from one window of samples around each upward crossing. The index of a sample is piecewise
constant; its value, and the time of a crossing interpolated between two samples, are differentiable.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ...ephys.threshold import TROUGH_WINDOW
from .crossings import Crossings

BEFORE = 3.0  # ms before its upward crossing from which on a spike may rise through half its height
LONGEST = 8.0  # ms after its upward crossing in which it has its peak


class Shapes(NamedTuple):
    """The shape of every spike [spike]; in mV and ms, 0 where it is not known.

    Attributes:
        peak, trough: highest sample, and lowest before the next spike.
        width, wide: time above the threshold, and whether the spike falls below it again.
        half_width, half_wide: time above the middle between peak and trough, and whether it has both flanks.
    """

    peak: Array
    trough: Array
    width: Array
    wide: Array
    half_width: Array
    half_wide: Array


def shapes(v: Array, at: Crossings, threshold: Array, interval: float) -> Shapes:
    """The shape of every spike of a trace v [time] with the upward crossings ``at`` of ``threshold`` [mV]."""
    before, longest, after = (max(2, round(ms / interval)) for ms in (BEFORE, LONGEST, TROUGH_WINDOW))
    k = jnp.arange(before + max(longest, after) + 1)[None]
    place = at.sample[:, None] - before + k
    samples = v[jnp.clip(place, 0, len(v) - 1)]
    # A spike's own samples are those of the trace from its crossing up to the next one.
    following = jnp.where(jnp.append(at.valid[1:], False), jnp.append(at.sample[1:], 0), len(v) - 1)
    own = (k > before) & (place <= following[:, None])
    fixed = jax.lax.stop_gradient(samples)
    top = jnp.argmax(jnp.where(own & (k <= before + longest), fixed, -jnp.inf), axis=1)
    low = jnp.argmin(jnp.where(own & (k <= before + after), fixed, jnp.inf), axis=1)
    peak, trough = _taken(samples, top), _taken(samples, low)
    half, level = 0.5 * (peak + trough), jnp.broadcast_to(threshold, peak.shape)
    down, falls = _fall(samples, top, level)
    up, left = _rise(samples, top, half)
    half_down, right = _fall(samples, top, half)
    wide, half_wide = falls & at.valid, left & right & at.valid
    width = (at.sample - before).astype(v.dtype) * interval + down * interval - at.times
    half_width = (half_down - up) * interval
    return Shapes(
        jnp.where(at.valid, peak, 0.0), jnp.where(at.valid, trough, 0.0),
        jnp.where(wide, width, 0.0), wide, jnp.where(half_wide, half_width, 0.0), half_wide,
    )  # fmt: skip


def _taken(samples: Array, k: Array) -> Array:
    """Sample k [spike] of every window [spike, sample]."""
    return jnp.sum(jnp.where(jnp.arange(samples.shape[1])[None] == k[:, None], samples, 0.0), axis=1)


def _fall(samples: Array, top: Array, level: Array) -> tuple[Array, Array]:
    """Where each window first falls through ``level`` [spike] after its peak, in samples, and whether it does."""
    k = jnp.arange(samples.shape[1] - 1)[None]
    falls = (samples[:, :-1] >= level[:, None]) & (samples[:, 1:] < level[:, None]) & (k >= top[:, None])
    return _interpolated(samples, falls, level, jnp.argmax(falls, axis=1))


def _rise(samples: Array, top: Array, level: Array) -> tuple[Array, Array]:
    """Where each window last rises through ``level`` [spike] before its peak, in samples, and whether it does."""
    k = jnp.arange(samples.shape[1] - 1)[None]
    rises = (samples[:, :-1] < level[:, None]) & (samples[:, 1:] >= level[:, None]) & (k < top[:, None])
    return _interpolated(samples, rises, level, rises.shape[1] - 1 - jnp.argmax(rises[:, ::-1], axis=1))


def _interpolated(samples: Array, passes: Array, level: Array, k: Array) -> tuple[Array, Array]:
    """Where the line from sample k of each window to the next is at ``level``, and whether any line passes it."""
    any_passes = jnp.any(passes, axis=1)
    one, other = _taken(samples, k), _taken(samples, k + 1)
    fraction = (level - one) / jnp.where(any_passes, other - one, 1.0)
    return jnp.where(any_passes, k.astype(samples.dtype) + fraction, 0.0), any_passes
