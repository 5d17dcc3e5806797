"""Where each spike of a trace has its peak and trough, and where it passes a level, differentiably.

Everything is read from a window of samples after (or around) each upward crossing. Which sample of it is taken is
piecewise constant; its value, and the time of a crossing interpolated between two samples, are differentiable.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from .crossings import Crossings

Array = jax.Array

LONGEST = 8.0  # ms after its upward crossing in which a spike has its peak, and after its peak in which it falls
BEFORE = 3.0  # ms before its upward crossing from which on it may rise through half its height
AFTER = 60.0  # ms after it in which its trough is looked for


class Shapes(NamedTuple):
    """What `shapes` finds of every spike [spike]; in mV and ms, 0 where it is not ``known``.

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
    following = jnp.where(jnp.append(at.found[1:], False), jnp.append(at.sample[1:], 0), len(v) - 1)
    peak, top = _extreme(v, at, following, samples(LONGEST, interval), highest=True)
    trough, _ = _extreme(v, at, following, samples(AFTER, interval), highest=False)
    half, level = 0.5 * (peak + trough), jnp.broadcast_to(threshold, peak.shape)
    down, wide = _fall(v, top, level, interval)
    half_up, left = _rise(v, at, top, half, interval)
    half_down, right = _fall(v, top, half, interval)
    width, half_width = down * interval - at.times, (half_down - half_up) * interval
    wide, half_wide = wide & at.found, left & right & at.found
    return Shapes(
        peak, trough, jnp.where(wide, width, 0.0), wide, jnp.where(half_wide, half_width, 0.0), half_wide
    )  # fmt: skip


def samples(ms: float, interval: float) -> int:
    """How many samples that time holds, at least 2."""
    return max(2, round(ms / interval))


def _window(v: Array, first: Array, count: int) -> tuple[Array, Array]:
    """v [spike, sample] from sample ``first`` on, held at the trace's ends, and the samples' numbers."""
    place = first[:, None] + jnp.arange(count)[None]
    return v[jnp.clip(place, 0, len(v) - 1)], place


def _extreme(v: Array, at: Crossings, following: Array, count: int, highest: bool) -> tuple[Array, Array]:
    """The highest or lowest sample [mV] after each crossing, up to sample ``following``, and its number."""
    seen, place = _window(v, at.sample + 1, count)
    sign = 1.0 if highest else -1.0
    height = jnp.where(place > following[:, None], -jnp.inf, sign * jax.lax.stop_gradient(seen))
    k = jnp.argmax(height, axis=1)
    return jnp.take_along_axis(seen, k[:, None], axis=1)[:, 0], at.sample + 1 + k


def _fall(v: Array, top: Array, level: Array, interval: float) -> tuple[Array, Array]:
    """Where v first falls through ``level`` [spike] after its peak, in samples, and whether it does."""
    seen, place = _window(v, top, samples(LONGEST, interval))
    falls = (seen[:, :-1] >= level[:, None]) & (seen[:, 1:] < level[:, None])
    return _interpolated(seen, falls, level, place, jnp.argmax(falls, axis=1))


def _rise(v: Array, at: Crossings, top: Array, level: Array, interval: float) -> tuple[Array, Array]:
    """Where v last rises through ``level`` [spike] before its peak, in samples, and whether it does."""
    before = samples(BEFORE, interval)
    seen, place = _window(v, at.sample - before, before + samples(LONGEST, interval))
    rises = (seen[:, :-1] < level[:, None]) & (seen[:, 1:] >= level[:, None]) & (place[:, :-1] < top[:, None])
    last = rises.shape[1] - 1 - jnp.argmax(rises[:, ::-1], axis=1)
    return _interpolated(seen, rises, level, place, last)


def _interpolated(seen: Array, passes: Array, level: Array, place: Array, k: Array) -> tuple[Array, Array]:
    """Where the line from sample k of each window to the next is at ``level``, if it ``passes`` there."""
    take = lambda x, k: jnp.take_along_axis(x, k[:, None], axis=1)[:, 0]  # noqa: E731
    found = take(passes, k)
    one, other = take(seen, k), take(seen, k + 1)
    fraction = (level - one) / jnp.where(found, other - one, 1.0)
    return jnp.where(found, take(place, k).astype(seen.dtype) + fraction, 0.0), found
