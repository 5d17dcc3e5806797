"""The extracellular potential of membrane currents that leave at points or along lines.

The bath is infinite, homogeneous, ohmic and isotropic, with one conductivity σ [S/m], and its potential is 0 far away.
Currents are in nA, outward positive, and include the capacitive part: a source raises φ, a sink lowers it. With
distances in µm, I/(σ r) is in nA/(S/m · µm) = mV without a factor: 1 nA in 0.3 S/m is 1/(4π · 0.3) = 0.265 mV at 1 µm.

Both functions return weights [electrode, source] in mV/nA, i.e. resistances in MΩ: φ = ``weights @ currents``.
"""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import at_least, floats
from ..typing import Number

NEAR = 0.1  # ratio of length to distance above which the logarithm is more exact than the series
TERMS = 8  # of the series in q² ≤ NEAR²: the remainder is below 1e-17


def point_sources(electrodes: Number, places: Number, *, conductivity: Number, radius: Number = 0.0) -> Array:
    """φ/I = 1/(4πσ |r − r_k|) of points [electrode, source], mV/nA (Holt & Koch 1999, J Comput Neurosci 6:169-184).

    A distance below ``radius`` counts as ``radius``: a sphere, whose inside has one potential. At a point without
    radius φ is ∞, with derivatives of 0.

    Args:
        electrodes: r [electrode, 3], µm.
        places: r_k [source, 3], µm.
        conductivity: σ of the bath, S/m, about 0.3 in cortex.
        radius: the smallest distance, one for all or [source], µm.
    """
    electrodes, places = floats(electrodes, places)
    square = at_least(_squared(_between(places, electrodes)), _squared_radius(radius, len(places)))
    return _inverse(_root(square), jnp.inf) / _sphere(conductivity)


def line_sources(
    electrodes: Number, begin: Number, end: Number, *, conductivity: Number, radius: Number = 0.0
) -> Array:
    """φ/I of straight lines [electrode, source] with a uniform current along them, mV/nA (Holt & Koch 1999).

    The mean of 1/(4πσ r) over a line of length L. With h and h − L the distances of the electrode along the line from
    its two ends, and ρ its distance from the axis,

        φ/I = (asinh(h/ρ) − asinh((h − L)/ρ))/(4πσL) = ln((r₀ + r₁ + L)/(r₀ + r₁ − L))/(4πσL),

    where r₀ and r₁ are the distances from the ends. The second form also holds on the axis, where it is
    ln(h/(h − L))/(4πσL) beyond the end, and its limit for L → 0 is the 1/(4πσr) of a point. The argument of its
    logarithm is computed without a difference of large numbers; at large distances a series replaces it.

    A ρ below ``radius`` counts as ``radius``, at any h; on the axis of a cylinder whose current leaves through its
    wall this is exact. A line of length 0 is a point, and its ``radius`` that of a sphere. On a line without radius φ
    is ∞, with derivatives of 0.

    Args:
        electrodes: [electrode, 3], µm.
        begin, end: the ends of the lines [source, 3], µm.
        conductivity: σ of the bath, S/m, about 0.3 in cortex.
        radius: the smallest ρ, one for all or [source], µm.
    """
    electrodes, begin, end = floats(electrodes, begin, end)
    length, along, square, lift = _place(electrodes, begin, end, _squared_radius(radius, len(begin)))
    first, last = (_root(_squared(_between(place, electrodes)) + lift) for place in (begin, end))
    half = 0.5 * length
    gap = _excess(first, half + along, square) + _excess(last, half - along, square)
    near = length > NEAR * (first + last)
    return jnp.where(near, _logarithm(length, gap), _series(length, first + last)) / _sphere(conductivity)


def _place(electrodes: Array, begin: Array, end: Array, least: Array) -> tuple[Array, Array, Array, Array]:
    """L, the distance along the line from its middle, the bounded ρ², and its difference from the true ρ²."""
    whole = [b - a for a, b in zip(_axes(begin), _axes(end), strict=True)]
    length = _root(_squared(whole))
    direction = [w * _inverse(length, 0.0) for w in whole]
    # Measured from the middle, so that a line without direction depends on both of its ends.
    away = _between(0.5 * (begin + end), electrodes)
    along = _sum([a * u[None, :] for a, u in zip(away, direction, strict=True)])
    square = _squared([a - along * u[None, :] for a, u in zip(away, direction, strict=True)])
    bounded = at_least(square, least)
    return length[None, :], along, bounded, bounded - square


def _excess(distance: Array, along: Array, square: Array) -> Array:
    """√(z² + ρ²) − z without cancellation, from the distance √(z² + ρ²), z and ρ²."""
    ahead = along > 0
    return jnp.where(ahead, square / jnp.where(ahead, distance + along, 1.0), distance - along)


def _logarithm(length: Array, gap: Array) -> Array:
    """ln(1 + 2L/gap)/L; ∞ where the gap is 0."""
    off = gap > 0
    value = jnp.log1p(2.0 * length / jnp.where(off, gap, 1.0)) * _inverse(length, 0.0)
    return jnp.where(off, value, jnp.inf)


def _series(length: Array, both: Array) -> Array:
    """(2/L) artanh(q) = (2/(r₀ + r₁)) (1 + q²/3 + q⁴/5 + …) with q = L/(r₀ + r₁) up to `NEAR`."""
    apart = both > 0
    inverse = 1.0 / jnp.where(apart, both, 1.0)
    q = jnp.where(length > NEAR * both, 0.0, length * inverse)
    total = jnp.zeros_like(q)
    for term in reversed(range(TERMS)):
        total = total * q * q + 1.0 / (2 * term + 1)
    return jnp.where(apart, 2.0 * inverse * total, jnp.inf)


def _sphere(conductivity: Number) -> Array:
    return 4.0 * math.pi * jnp.asarray(conductivity, dtype=float)


def _axes(places: Array) -> list[Array]:
    """x, y and z one by one, so that XLA fuses all sums over arrays [electrode, source] and stores none."""
    return [places[:, axis] for axis in range(3)]


def _between(places: Array, electrodes: Array) -> list[Array]:
    """The vectors from each place to each electrode, as x, y and z [electrode, source]."""
    return [e[:, None] - p[None, :] for e, p in zip(_axes(electrodes), _axes(places), strict=True)]


def _sum(terms: list[Array]) -> Array:
    return functools.reduce(jnp.add, terms)


def _squared(components: list[Array]) -> Array:
    return _sum([component * component for component in components])


def _squared_radius(radius: Number, count: int) -> Array:
    radius = jnp.broadcast_to(jnp.asarray(radius, dtype=float), (count,))
    return (radius * radius)[None, :]


def _root(square: Array) -> Array:
    """√x with a derivative of 0 at 0."""
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def _inverse(distance: Array, at_zero: float) -> Array:
    """1/r, and ``at_zero`` with a derivative of 0 at r = 0."""
    return jnp.where(distance > 0, 1.0 / jnp.where(distance > 0, distance, 1.0), at_zero)
