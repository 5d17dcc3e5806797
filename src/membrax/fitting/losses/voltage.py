"""Distances between two voltages, sample by sample: smooth in the voltage, without a notion of a spike.

A spike that comes half a millisecond late costs them as much as one that never comes: fits to recorded spikes on
these alone end in models that don't fire. Use them below the spikes, together with losses on spikes.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...ephys.threshold import SUBTHRESHOLD
from .arguments import finite, pair, positive


def mean_square(v: ArrayLike, recorded: ArrayLike, interval: ArrayLike | None = None) -> Array:
    """Mean squared difference of two voltages [mV²]; differentiable.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms; without effect here.

    Raises:
        ValueError: v and recorded are no traces of one length.
    """
    v, recorded = pair(v, recorded)
    return jnp.mean(jnp.square(v - recorded))


def huber(v: ArrayLike, recorded: ArrayLike, interval: ArrayLike | None = None, *, scale: ArrayLike = 5.0) -> Array:
    """Mean of r²/2 where |r| ≤ scale, scale (|r| − scale/2) beyond [mV²] (Huber 1964, Ann Math Stat 35:73, eq 3.5).

    Differentiable; a sample counts at most ``scale`` in the slope, however far off it is.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms; without effect here.
        scale: the difference [mV] above which the loss grows linearly.

    Raises:
        ValueError: v and recorded are no traces of one length, or a scale not above 0 mV.
    """
    v, recorded = pair(v, recorded)
    scale = positive(scale, "scale", "mV")
    size = jnp.abs(v - recorded)
    near = jnp.minimum(size, scale)
    return jnp.mean(near * (size - 0.5 * near))


def subthreshold(
    v: ArrayLike, recorded: ArrayLike, interval: ArrayLike | None = None, *, ceiling: ArrayLike = SUBTHRESHOLD
) -> Array:
    """Mean squared difference of two voltages [mV²], both clipped at a ceiling.

    Differentiable, with a kink at the ceiling; the derivative is 0 where the model is above it.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms; without effect here.
        ceiling: mV, above which all potentials are equal.

    Raises:
        ValueError: v and recorded are no traces of one length, or a ceiling that is not finite.
    """
    v, recorded = pair(v, recorded)
    ceiling = finite(ceiling, "ceiling", "mV")
    return jnp.mean(jnp.square(jnp.minimum(v, ceiling) - jnp.minimum(recorded, ceiling)))
