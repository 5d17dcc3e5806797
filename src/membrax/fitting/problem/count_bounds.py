"""Bounds on the spike counts of sweeps that are not fitted."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ...pytrees import pytree
from .target import Target


@pytree
class CountBounds:
    """Sweeps without a voltage, and the fewest and most spikes [sweep] that a model should have in them."""

    sweeps: Target
    fewest: Array
    most: Array


def excess(counts: Array, bounds: CountBounds) -> Array:
    """Spikes too few or too many [sweep], of counts [sweep]."""
    counts = counts.astype(bounds.most.dtype)
    return jnp.maximum(0.0, bounds.fewest - counts) + jnp.maximum(0.0, counts - bounds.most)
