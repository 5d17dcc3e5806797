"""The phase plane: the density of a trace in the plane of v and dv/dt, independent of time."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ...checks import one_of, whole_number
from .arguments import pair, plain, positive

V = (-100.0, 60.0)  # mV
RATES = (-500.0, 1000.0)  # mV/ms


MEASURES = ("hellinger", "square")
LEAST = 1e-6  # added to densities before their root: it bounds the slope where there is no sample


def phase_plane(
    v: ArrayLike, recorded: ArrayLike, interval: ArrayLike, *, bins: int = 40, knee: ArrayLike = 5.0, blur: float = 1.0,
    measure: str = "hellinger",
) -> Array:  # fmt: skip
    """The distance of two traces' densities p and q in the phase plane: 0 for equal, 1 for disjoint ones.

    The trajectory density of LeMasson & Maex (2001, in De Schutter (ed.) Computational Neuroscience, CRC Press) and
    Van Geit, Achard & De Schutter (2007, Front Neuroinform 1:1; 2008, Biol Cybern 99:241). It does not
    depend on spike times: it compares the shape of spikes and of the intervals between them, and their share of time.

    A sample falls to the four nearest bins in proportion, and the densities are blurred by a Gaussian. They are
    compared by

    * "square": Σ (p − q)² / (Σ p² + Σ q²). The papers' error is the root of the numerator; blurred, that is the
      distance of two clouds of points under a Gaussian kernel (the maximum mean discrepancy, Gretton et al. 2012,
      J Mach Learn Res 13:723). As most samples are quiet, it hardly depends on spikes, whose share enters squared.
    * "hellinger": ½ Σ (√p − √q)², the squared Hellinger distance: a part of the plane that only one trace visits
      counts as half its share of the time.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        bins: along each axis; v from −100 to 60 mV, dv/dt from −500 to 1000 mV/ms, values outside in the last bins.
        knee: mV/ms. The axis of dv/dt is arsinh(dv/dt / knee): linear below the knee, logarithmic above; on a linear
            axis all but the spikes would lie in one bin.
        blur: standard deviation of the Gaussian in bins, a plain number; 0 for none.
        measure: "hellinger" or "square".

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, recorded = pair(v, recorded)
    interval, knee = positive(interval, "interval", "ms"), positive(knee, "knee", "mV/ms")
    one_of(measure, "measure", MEASURES)
    smooth = _blurring(whole_number(bins, "bins"), plain(blur, "blur", "bins", at_least=0))
    p, q = (smooth @ _density(x, interval, knee, bins) @ smooth.T for x in (v, recorded))
    if measure == "square":
        return jnp.sum(jnp.square(p - q)) / (jnp.sum(jnp.square(p)) + jnp.sum(jnp.square(q)))
    return 0.5 * jnp.sum(jnp.square(jnp.sqrt(p + LEAST) - jnp.sqrt(q + LEAST)))


def _density(v: Array, interval: Array, knee: Array, bins: int) -> Array:
    """The share of the samples in every bin [v, dv/dt]; both at the middle of an interval."""
    middle, rate = 0.5 * (v[1:] + v[:-1]), (v[1:] - v[:-1]) / interval
    low, high = (jnp.arcsinh(x / knee) for x in RATES)
    across = _shares((middle - V[0]) / (V[1] - V[0]), bins)
    along = _shares((jnp.arcsinh(rate / knee) - low) / (high - low), bins)
    return across.T @ along / (len(v) - 1)


def _shares(x: Array, bins: int) -> Array:
    """The shares of each x from 0 to 1 in the two nearest bins [sample, bin]."""
    place = jnp.clip(x, 0.0, 1.0) * (bins - 1)
    return jnp.maximum(1.0 - jnp.abs(place[:, None] - jnp.arange(bins, dtype=x.dtype)[None]), 0.0)


def _blurring(bins: int, blur: float) -> Array:
    """A Gaussian of ``blur`` bins as a matrix [bin, bin] of unit columns, which conserves the total density."""
    apart = np.arange(bins)[:, None] - np.arange(bins)[None]
    weights = np.exp(-0.5 * np.square(apart / blur)) if blur > 0 else np.eye(bins)
    return jnp.asarray(weights / weights.sum(axis=0), dtype=float)
