"""Filtered activity: a distance of two spike trains that is smooth even where a spike comes or goes."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...checks import one_of
from .arguments import finite, pair, positive

KERNELS = ("exponential", "gaussian")


def activity(
    v: ArrayLike,
    recorded: ArrayLike,
    interval: ArrayLike,
    *,
    width: ArrayLike = 10.0,
    threshold: ArrayLike = -20.0,
    steepness: ArrayLike = 5.0,
    kernel: str = "exponential",
) -> Array:
    """The squared distance of two filtered activities, about 1/2 for each lone spike of 1 ms too many or too few.

    The activity is a(t) = 1/(1 + e^(−(v − threshold)/steepness)): near 1 in a spike, near 0 below. It is filtered by
    an exponential or a Gaussian of unit area, and the square of the difference between model and recording is
    integrated: τ ∫ (K∗a − K∗b)² dt for the exponential, √π τ times that for the Gaussian, over (1 ms)². For spikes much
    shorter than the width this is the distance of van Rossum (2001, Neural Comput 13:751), with the spikes' areas as
    their sizes. It is differentiable everywhere in v: also for a model that almost fires.

    A wide kernel compares rates, and its minimum is broad; a narrow one compares times. Annealed from wide to narrow
    it leads a fit from the first to the second: write the loss as ``jax.tree_util.Partial(activity, width=w)``, whose
    width may change without a new compilation.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        width: of the kernel, ms: its time constant or its standard deviation. Above a third of the sweep, its
            two ends influence each other.
        threshold: mV, at which the activity is 1/2.
        steepness: mV over which it rises e-fold.
        kernel: "exponential" or "gaussian".

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, recorded = pair(v, recorded)
    interval, width = positive(interval, "interval", "ms"), positive(width, "width", "ms")
    threshold, steepness = finite(threshold, "threshold", "mV"), positive(steepness, "steepness", "mV")
    one_of(kernel, "kernel", KERNELS)
    active = lambda v: jax.nn.sigmoid((v - threshold) / steepness)  # noqa: E731
    return _energy(active(v) - active(recorded), interval, width, kernel)


def _energy(x: Array, interval: Array, width: Array, kernel: str) -> Array:
    """The integral of the squared filtered x, by Parseval's theorem: |X|² times the kernel's |H|², over frequencies."""
    count = 2 * len(x)  # padded by as many zeros, for the kernel's tail
    spectrum = jnp.fft.rfft(x * interval, count)
    step = 1.0 / (count * interval)
    turn = 2.0 * math.pi * width * step * jnp.arange(len(x) + 1, dtype=x.dtype)
    if kernel == "gaussian":
        gain, factor = jnp.exp(-jnp.square(turn)), math.sqrt(math.pi) * width
    else:
        gain, factor = 1.0 / (1.0 + jnp.square(turn)), width
    power = gain * (jnp.square(spectrum.real) + jnp.square(spectrum.imag))
    # Every frequency but 0 and the last stands for its negative too.
    return factor * step * (2.0 * jnp.sum(power) - power[0] - power[-1])
