"""The morphology of a cell as plain lists: the points of the tree, its compartments, and sizes changed since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..morphology import Compartments, from_points
from ..morphology.compartments import lay_out

POINTS = ("xyz", "point_radius", "type", "parent")
SIZES = ("radius", "length")


def morphology_values(compartments: Compartments) -> dict[str, Any]:
    """Name and repairs of a tree, its points, compartments of each section, and radius and length of the frusta."""
    tree = compartments.tree
    points = {"xyz": tree.xyz, "point_radius": tree.radius, "type": tree.type, "parent": tree.parent}
    sizes = {name: np.asarray(getattr(compartments, name)) for name in SIZES}
    lists = {name: np.asarray(array).tolist() for name, array in {**points, **sizes}.items()}
    counts = compartments.layout.counts.tolist()
    return {"name": tree.name, "repairs": list(tree.repairs), "counts": counts, **lists}


def compartments_of(values: Mapping[str, Any], axial_resistivity: Array) -> Compartments:
    """The compartments of which `morphology_values` made these values.

    Raises:
        ValueError: lists that are missing, of other lengths, or no tree.
    """
    try:
        xyz, radius, type, parent = (values[name] for name in POINTS)
        tree = from_points(xyz, radius, type, parent, name=str(values["name"]), repairs=map(str, values["repairs"]))
        counts = np.array(values["counts"], dtype=int)
        if counts.shape != (len(tree.sections),) or counts.min(initial=0) < 0 or counts.max(initial=0) < 1:
            raise ValueError(f"counts must be one whole number for each of {len(tree.sections)} sections")
        radius, length = (jnp.asarray(values[name], dtype=float) for name in SIZES)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"morphology is no tree as save_cell writes it: {error!r}") from None
    if any(size.shape != (len(tree.parent),) for size in (radius, length)):
        raise ValueError(f"morphology must have a radius and a length for each of {len(tree.parent)} points")
    return Compartments(radius, length, axial_resistivity, lay_out(tree, counts))
