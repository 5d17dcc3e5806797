"""Potentials in the bath around a cell: of currents that leave through the membrane at points or along lines.

The bath is endless, homogeneous, ohmic and isotropic, of one conductivity σ [S/m], and its potential is 0 far away.
Currents are in nA, outward positive, with the capacitive part: a source raises φ, a sink lowers it. With distances in
µm, I/(σ r) is in nA/(S/m · µm) = mV, so that no factor is left: 1 nA in 0.3 S/m is 1/(4π · 0.3) = 0.265 mV at 1 µm.

Both functions return weights [electrode, source] in mV/nA, which are resistances in MΩ: φ = ``weights @ currents``.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..numerics.arithmetic import at_least

NEAR = 0.1  # of length to distance, from where on the logarithm has more digits than the series
TERMS = 8  # of the series in q² ≤ NEAR²: what is left out is below 1e-17


def point_sources(electrodes: Any, places: Any, *, conductivity: Any, radius: Any = 0.0) -> Array:
    """φ/I = 1/(4πσ |r − r_k|) of points [electrode, source], mV/nA (Holt & Koch 1999, J Comput Neurosci 6:169-184).

    A distance below ``radius`` counts as ``radius``: that is a sphere, which is of one potential within. At a point
    without radius φ is ∞, with derivatives of 0.

    Args:
        electrodes: r [electrode, 3], µm.
        places: r_k [source, 3], µm.
        conductivity: σ of the bath, S/m, about 0.3 in cortex.
        radius: the least distance, one for all or [source], µm.
    """
    electrodes, places = _numbers(electrodes, places)
    square = at_least(_squared(_between(places, electrodes)), _squared_radius(radius, len(places)))
    return _inverse(_root(square), jnp.inf) / _sphere(conductivity)


def line_sources(electrodes: Any, begin: Any, end: Any, *, conductivity: Any, radius: Any = 0.0) -> Array:
    """φ/I of straight lines [electrode, source] along which I leaves evenly, mV/nA (Holt & Koch 1999).

    The mean of 1/(4πσ r) over a line of length L. With h and h − L the electrode's distances along it from its two
    ends and ρ that from its axis,

        φ/I = (asinh(h/ρ) − asinh((h − L)/ρ))/(4πσL) = ln((r₀ + r₁ + L)/(r₀ + r₁ − L))/(4πσL),

    where r₀ and r₁ are the distances from the ends. The second form holds on the axis too, where it is
    ln(h/(h − L))/(4πσL) beyond the end, and has the point's 1/(4πσr) as its limit for L → 0. What it takes the
    logarithm of is worked out without a difference of large numbers, and a series replaces it at a distance.

    A ρ below ``radius`` counts as ``radius``, at any h: on the axis of a cylinder whose current leaves through its
    wall this is no approximation. A line of length 0 is a point, and its ``radius`` a sphere's. On a line without
    radius φ is ∞, with derivatives of 0.

    Args:
        electrodes: [electrode, 3], µm.
        begin, end: of the lines [source, 3], µm.
        conductivity: σ of the bath, S/m, about 0.3 in cortex.
        radius: the least ρ, one for all or [source], µm.
    """
    electrodes, begin, end = _numbers(electrodes, begin, end)
    length, along, square, lift = _place(electrodes, begin, end, _squared_radius(radius, len(begin)))
    first, last = (_root(_squared(_between(place, electrodes)) + lift) for place in (begin, end))
    half = 0.5 * length
    gap = _excess(first, half + along, square) + _excess(last, half - along, square)
    near = length > NEAR * (first + last)
    return jnp.where(near, _logarithm(length, gap), _series(length, first + last)) / _sphere(conductivity)


def _place(electrodes: Array, begin: Array, end: Array, least: Array) -> tuple[Array, Array, Array, Array]:
    """L, the distance along the line from its middle, ρ² and what was added to ρ² to make it so."""
    whole = [b - a for a, b in zip(_axes(begin), _axes(end), strict=True)]
    length = _root(_squared(whole))
    direction = [w * _inverse(length, 0.0) for w in whole]
    # From the middle, so that a line without direction moves with both of its ends.
    away = _between(0.5 * (begin + end), electrodes)
    along = sum(a * u[None, :] for a, u in zip(away, direction, strict=True))
    square = _squared([a - along * u[None, :] for a, u in zip(away, direction, strict=True)])
    held = at_least(square, least)
    return length[None, :], along, held, held - square


def _excess(distance: Array, along: Array, square: Array) -> Array:
    """√(z² + ρ²) − z without cancellation, of the distance √(z² + ρ²), z and ρ²."""
    ahead = along > 0
    return jnp.where(ahead, square / jnp.where(ahead, distance + along, 1.0), distance - along)


def _logarithm(length: Array, gap: Array) -> Array:
    """ln(1 + 2L/gap)/L, ∞ where there is no gap."""
    off = gap > 0
    value = jnp.log1p(2.0 * length / jnp.where(off, gap, 1.0)) * _inverse(length, 0.0)
    return jnp.where(off, value, jnp.inf)


def _series(length: Array, both: Array) -> Array:
    """(2/L) artanh(q), q = L/(r₀ + r₁) up to `NEAR`, which is (2/(r₀ + r₁)) (1 + q²/3 + q⁴/5 + …)."""
    apart = both > 0
    inverse = 1.0 / jnp.where(apart, both, 1.0)
    q = jnp.where(length > NEAR * both, 0.0, length * inverse)
    total = jnp.zeros_like(q)
    for term in reversed(range(TERMS)):
        total = total * q * q + 1.0 / (2 * term + 1)
    return jnp.where(apart, 2.0 * inverse * total, jnp.inf)


def _sphere(conductivity: Any) -> Array:
    return 4.0 * math.pi * jnp.asarray(conductivity, dtype=float)


def _axes(places: Array) -> list[Array]:
    """x, y and z apart: everything stays a sum of arrays [electrode, source] that are never kept."""
    return [places[:, axis] for axis in range(3)]


def _between(places: Array, electrodes: Array) -> list[Array]:
    """From each place to each electrode: x, y and z [electrode, source]."""
    return [e[:, None] - p[None, :] for e, p in zip(_axes(electrodes), _axes(places), strict=True)]


def _squared(components: list[Array]) -> Array:
    return sum(component * component for component in components)


def _squared_radius(radius: Any, count: int) -> Array:
    radius = jnp.broadcast_to(jnp.asarray(radius, dtype=float), (count,))
    return (radius * radius)[None, :]


def _root(square: Array) -> Array:
    """√x with a derivative of 0 at 0."""
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def _inverse(distance: Array, at_zero: float) -> Array:
    """1/r, and a value at 0 with a derivative of 0."""
    return jnp.where(distance > 0, 1.0 / jnp.where(distance > 0, distance, 1.0), at_zero)


def _numbers(*places: Any) -> tuple[Array, ...]:
    return tuple(jnp.asarray(place, dtype=float) for place in places)
