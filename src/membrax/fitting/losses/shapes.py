"""Where each spike of a trace has its peak and trough, and where it passes a level, differentiably.

Everything is read from one window of samples around each upward crossing. Which sample of it is taken is piecewise
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
    """What `shapes` finds of every spike [spike]; in mV and ms, 0 where it is not known.

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
    """The shape of every spike of a trace v [time] that crosses ``threshold`` [mV] as ``at`` tells."""
    before, longest, after = (max(2, round(ms / interval)) for ms in (BEFORE, LONGEST, TROUGH_WINDOW))
    k = jnp.arange(before + max(longest, after) + 1)[None]
    place = at.sample[:, None] - before + k
    seen = v[jnp.clip(place, 0, len(v) - 1)]
    # A spike's own samples are those of the trace from its crossing up to the next one.
    following = jnp.where(jnp.append(at.found[1:], False), jnp.append(at.sample[1:], 0), len(v) - 1)
    own = (k > before) & (place <= following[:, None])
    held = jax.lax.stop_gradient(seen)
    top = jnp.argmax(jnp.where(own & (k <= before + longest), held, -jnp.inf), axis=1)
    low = jnp.argmin(jnp.where(own & (k <= before + after), held, jnp.inf), axis=1)
    peak, trough = _taken(seen, top), _taken(seen, low)
    half, level = 0.5 * (peak + trough), jnp.broadcast_to(threshold, peak.shape)
    down, falls = _fall(seen, top, level)
    up, left = _rise(seen, top, half)
    half_down, right = _fall(seen, top, half)
    wide, half_wide = falls & at.found, left & right & at.found
    width = (at.sample - before).astype(v.dtype) * interval + down * interval - at.times
    half_width = (half_down - up) * interval
    return Shapes(
        jnp.where(at.found, peak, 0.0), jnp.where(at.found, trough, 0.0),
        jnp.where(wide, width, 0.0), wide, jnp.where(half_wide, half_width, 0.0), half_wide,
    )  # fmt: skip


def _taken(seen: Array, k: Array) -> Array:
    """Sample k [spike] of every window [spike, sample]."""
    return jnp.sum(jnp.where(jnp.arange(seen.shape[1])[None] == k[:, None], seen, 0.0), axis=1)


def _fall(seen: Array, top: Array, level: Array) -> tuple[Array, Array]:
    """Where each window first falls through ``level`` [spike] after its peak, in samples, and whether it does."""
    k = jnp.arange(seen.shape[1] - 1)[None]
    falls = (seen[:, :-1] >= level[:, None]) & (seen[:, 1:] < level[:, None]) & (k >= top[:, None])
    return _interpolated(seen, falls, level, jnp.argmax(falls, axis=1))


def _rise(seen: Array, top: Array, level: Array) -> tuple[Array, Array]:
    """Where each window last rises through ``level`` [spike] before its peak, in samples, and whether it does."""
    k = jnp.arange(seen.shape[1] - 1)[None]
    rises = (seen[:, :-1] < level[:, None]) & (seen[:, 1:] >= level[:, None]) & (k < top[:, None])
    return _interpolated(seen, rises, level, rises.shape[1] - 1 - jnp.argmax(rises[:, ::-1], axis=1))


def _interpolated(seen: Array, passes: Array, level: Array, k: Array) -> tuple[Array, Array]:
    """Where the line from sample k of each window to the next is at ``level``, if there is one that passes it."""
    found = jnp.any(passes, axis=1)
    one, other = _taken(seen, k), _taken(seen, k + 1)
    fraction = (level - one) / jnp.where(found, other - one, 1.0)
    return jnp.where(found, k.astype(seen.dtype) + fraction, 0.0), found
