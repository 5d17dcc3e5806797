"""Potentials at electrodes in the bath around a tree, from the currents through its membrane."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from jax.typing import ArrayLike

from ...laws.extracellular import line_sources, point_sources
from ...pytrees import is_concrete
from ...typing import Number
from ..tree import lateral_area
from .compartments import Compartments, frusta

SOURCES = ("line", "point")


def lead_field(
    compartments: Compartments, electrodes: ArrayLike, *, conductivity: Number = 0.3, source: str = "line"
) -> Array:
    """Potential at each electrode per current out of each compartment, φ = ``lead_field @ currents``, in mV/nA.

    The bath is that of `membrax.laws.extracellular`. The currents [compartment], or [compartment, time], are total
    membrane currents in nA, outward positive, the capacitive part included: they add up to the current that electrodes
    inject into the cell, 0 without one.

    * "line": each part of a frustum in a compartment is a line, with the mean of the radii of its ends. The current of
      the compartment is shared among its lines by their lateral areas, and leaves each of them evenly, as if a frustum
      were a cylinder. A compartment that bends or tapers is cut at every point of the tree.
    * "point": each compartment is a point in its middle, which is cheaper and equal at a distance of some lengths;
      its radius is that of the cylinder of its length and area.

    The soma is always a point in the middle of its points, with the radius of the sphere of its area. Within the radius
    of a source the potential is that at the radius, so that an electrode in a compartment has a finite potential.

    Places are those of the tree as it was cut; areas and radii are those of ``compartments``. The result can be
    differentiated by them, by the electrodes and by the conductivity.

    Args:
        compartments: C of them, from `discretise`.
        electrodes: places [electrode, 3] in the frame of the tree, µm.
        conductivity: σ of the bath, S/m.
        source: "line" or "point".

    Returns:
        [electrode, C], mV/nA.

    Raises:
        ValueError: something else in place of compartments, electrodes that are not [electrode, 3] or not finite, a
            conductivity that is not above 0, or an unknown source.
    """
    if not isinstance(compartments, Compartments):
        kind = type(compartments).__name__
        raise ValueError(f"compartments must be those of membrax.morphology.discretise, got {kind}")
    if source not in SOURCES:
        raise ValueError(f"source must be 'line' or 'point', got {source!r}")
    electrodes = _checked_places(electrodes)
    # From the root, so that float32 keeps its digits where a tree has the coordinates of an atlas.
    root = compartments.tree.xyz[:1]
    if isinstance(electrodes, Tracer):
        away = electrodes - jnp.asarray(root, dtype=electrodes.dtype)
    else:
        away = jnp.asarray(electrodes - root, dtype=float)
    return _lead_field(compartments, away, _checked_conductivity(conductivity), source)


@functools.partial(jax.jit, static_argnames="source")
def _lead_field(c: Compartments, electrodes: Array, conductivity: Array, source: str) -> Array:
    field = (_lines if source == "line" else _points)(c, electrodes, conductivity)
    if c.tree.soma is None:
        return field
    radius = jnp.sqrt(c.area[:1] / (4.0 * math.pi))
    soma = point_sources(electrodes, _middles(c)[:1], conductivity=conductivity, radius=radius)
    return field.at[:, 0].set(soma[:, 0])


def _lines(c: Compartments, electrodes: Array, conductivity: Array) -> Array:
    """The field of lines [electrode, compartment]; the entry of a soma is to be replaced."""
    parts, xyz = c.layout.parts, c.tree.xyz - c.tree.xyz[:1]
    start = xyz[c.tree.before[parts.point]]
    whole = xyz[parts.point] - start
    begin, end = (start + fraction[:, None] * whole for fraction in (parts.begin, parts.end))
    length, inner, outer = frusta(c)
    owner = parts.half // 2
    share = lateral_area(length, inner, outer) / c.area[owner]
    each = line_sources(electrodes, begin, end, conductivity=conductivity, radius=0.5 * (inner + outer))
    return jnp.zeros((len(electrodes), c.count), dtype=each.dtype).at[:, owner].add(share[None, :] * each)


def _points(c: Compartments, electrodes: Array, conductivity: Array) -> Array:
    """The field of points [electrode, compartment]."""
    length, _, _ = frusta(c)
    length = jnp.zeros(c.count, dtype=length.dtype).at[c.layout.parts.half // 2].add(length)
    radius = c.area / (2.0 * math.pi * length)
    return point_sources(electrodes, _middles(c), conductivity=conductivity, radius=radius)


def _middles(c: Compartments) -> np.ndarray:
    return c.layout.xyz - c.tree.xyz[:1]


def _checked_places(electrodes: ArrayLike) -> np.ndarray | Array:
    """Electrodes in float64, or traced ones as they are."""
    if not isinstance(electrodes, Tracer):
        try:
            electrodes = np.asarray(electrodes, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"electrodes must be numbers [electrode, 3] in µm, got {electrodes!r}") from None
    if electrodes.ndim != 2 or electrodes.shape[1] != 3:
        raise ValueError(f"electrodes must have the shape [electrode, 3], got {electrodes.shape}")
    if isinstance(electrodes, Tracer):
        return electrodes.astype(float)
    bad = ~np.isfinite(electrodes).all(axis=1)
    if np.any(bad):
        index = int(np.argmax(bad))
        raise ValueError(f"electrodes must be finite, got {electrodes[index]} µm for electrode {index}")
    return electrodes


def _checked_conductivity(conductivity: Number) -> Array:
    try:
        value = jnp.asarray(conductivity, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"conductivity must be a number, got {conductivity!r}") from None
    if value.ndim:
        raise ValueError(f"conductivity must be one number, got the shape {value.shape}")
    if is_concrete(value) and not 0 < float(value) < math.inf:
        raise ValueError(f"conductivity must be finite and above 0 S/m, got {float(value):g} S/m")
    return value
