"""The phase plane: how long a trace is where in the plane of v and dv/dt, whenever it is there."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...probes import whole
from .settings import not_negative, pair, positive

Array = jax.Array

V = (-100.0, 60.0)  # mV
RATES = (-500.0, 1000.0)  # mV/ms


def phase_plane(
    v: Any, recorded: Any, interval: Any, *, bins: int = 40, knee: Any = 5.0, blur: float = 1.0
) -> Array:  # fmt: skip
    """Σ (p − q)² / (Σ p² + Σ q²) of the densities p and q of two traces in their phase planes: 0 to 1.

    The trajectory density of LeMasson & Maex (2001, in De Schutter (ed.) Computational Neuroscience, CRC Press) as in
    Van Geit, Achard & De Schutter (2007, Front Neuroinform 1:1; 2008, Biol Cybern 99:241), whose error is the root of
    Σ (p − q)². Blind to when a spike comes, it asks whether spikes and what lies between them have the right shape
    and share of the time. As most samples are quiet, so is most of what it sees.

    Here a sample falls to the four nearest bins in proportion, and the densities are blurred by a Gaussian of ``blur``
    bins: the numerator is then the squared distance of the two clouds of points under a Gaussian kernel of √2 ``blur``
    bins (the maximum mean discrepancy, Gretton et al. 2012, J Mach Learn Res 13:723). Differentiable.

    Args:
        v, recorded: the model's and the recorded potential [time], mV.
        interval: between samples, ms.
        bins: along each axis; v from −100 to 60 mV, dv/dt from −500 to 1000 mV/ms, what lies outside in the last ones.
        knee: mV/ms. The axis of dv/dt is arsinh(dv/dt / knee): even below the knee, logarithmic above, or else all
            that is not a spike would lie in one bin.
        blur: in bins, a plain number; 0 for none.

    Raises:
        ValueError: v and recorded are no traces of one length, or an argument out of its bounds.
    """
    v, recorded = pair(v, recorded)
    interval, knee = positive(interval, "interval", "ms"), positive(knee, "knee", "mV/ms")
    smooth = _blurring(whole(bins, "bins"), float(not_negative(blur, "blur", "bins")))
    p, q = (smooth @ _density(x, interval, knee, bins) @ smooth.T for x in (v, recorded))
    return jnp.sum(jnp.square(p - q)) / (jnp.sum(jnp.square(p)) + jnp.sum(jnp.square(q)))


def _density(v: Array, interval: Array, knee: Array, bins: int) -> Array:
    """The share of the samples in every bin [v, dv/dt]; both at the middle of an interval."""
    middle, rate = 0.5 * (v[1:] + v[:-1]), (v[1:] - v[:-1]) / interval
    low, high = (jnp.arcsinh(x / knee) for x in RATES)
    across = _shares((middle - V[0]) / (V[1] - V[0]), bins)
    along = _shares((jnp.arcsinh(rate / knee) - low) / (high - low), bins)
    return across.T @ along / (len(v) - 1)


def _shares(x: Array, bins: int) -> Array:
    """How each x of 0 to 1 is shared out between the two nearest of the bins [sample, bin]."""
    place = jnp.clip(x, 0.0, 1.0) * (bins - 1)
    return jnp.maximum(1.0 - jnp.abs(place[:, None] - jnp.arange(bins, dtype=x.dtype)[None]), 0.0)


def _blurring(bins: int, blur: float) -> Array:
    """A Gaussian of ``blur`` bins as a matrix [bin, bin] of unit columns: it moves density and loses none."""
    apart = np.arange(bins)[:, None] - np.arange(bins)[None]
    weights = np.exp(-0.5 * np.square(apart / blur)) if blur > 0 else np.eye(bins)
    return jnp.asarray(weights / weights.sum(axis=0), dtype=float)
