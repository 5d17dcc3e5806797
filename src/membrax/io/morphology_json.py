"""The shape of a fitted cell in its file: the tree's points, how it is cut, and what was changed since."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .. import pytrees
from ..cell import Cell
from ..morphology import Compartments, from_points
from ..morphology.compartments.densities import Regions
from ..morphology.compartments.distance_laws import ByDistance
from ..morphology.compartments.layout import lay_out

NUMBERS = ("radius", "length", "axial_resistivity")


def shape_values(compartments: Compartments) -> dict[str, Any]:
    """A tree as plain lists: points, compartments per section, and the numbers that follow neither from the other."""
    tree = compartments.tree
    points = {"xyz": tree.xyz, "point_radius": tree.radius, "type": tree.type, "parent": tree.parent}
    numbers = {name: np.asarray(getattr(compartments, name)) for name in NUMBERS}
    lists = {name: np.asarray(array).tolist() for name, array in {**points, **numbers}.items()}
    return {"name": tree.name, "counts": compartments.layout.counts.tolist(), **lists}


def shape_of(values: Any) -> Compartments:
    """The compartments that `shape_values` wrote down.

    Raises:
        ValueError: lists that are missing, of other lengths, or no tree.
    """
    try:
        kept = {name: values[name] for name in ("xyz", "point_radius", "type", "parent", "counts", *NUMBERS)}
        tree = from_points(*(kept[name] for name in ("xyz", "point_radius", "type", "parent")), name=values["name"])
        counts = np.array(kept["counts"], dtype=int)
        if counts.shape != (len(tree.sections),) or counts.min(initial=0) < 0 or counts.max(initial=0) < 1:
            raise ValueError(f"counts must be one whole number for each of {len(tree.sections)} sections")
        numbers = [jnp.asarray(kept[name], dtype=float) for name in NUMBERS]
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"morphology is no tree as Fit.save writes it: {error!r}") from None
    if any(number.shape != (len(tree.parent),) for number in numbers[:2]):
        raise ValueError(f"morphology must have a radius and a length for each of {len(tree.parent)} points")
    return Compartments(*numbers, lay_out(tree, counts))


def spread_values(cell: Cell) -> dict[str, Any]:
    """How numbers are spread over the tree, by path: {"by_region": [names]}; a function is named and not kept."""
    found: dict[str, Any] = {}

    def look(value: Any, path: str) -> None:
        if isinstance(value, Regions):
            found[path] = {"by_region": list(value.values)}
            for name, inner in value.values.items():
                look(inner, f"{path}.{name}")
        elif isinstance(value, ByDistance):
            found[path] = {"not kept": "function of the distance"}

    for field in ("capacitance", "celsius", "v_init"):
        look(getattr(cell, field), field)
    for path, field in _fields(cell):
        look(field, path)
    return found


def _fields(cell: Cell) -> list[tuple[str, Any]]:
    """The fields of all channels by path."""
    return [
        (f"{name}.{field}", getattr(channel, field))
        for name, channel in cell.channels.items()
        for field in getattr(channel, "__dataclass_fields__", {})
    ]


def own_leaves(cell: Cell) -> dict[str, pytrees.Leaf]:
    """The leaves of a cell that are not its shape's."""
    return {path: leaf for path, leaf in pytrees.leaves(cell).items() if not path.startswith("morphology.")}
