"""A cell, or a population of cells, as a table: parameters by path with their values and units."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import pytrees, tables
from .channels import Channel
from .morphology import Compartments
from .morphology.compartments import ByDistance, DistanceLaw
from .morphology.tree import label
from .units import total

if TYPE_CHECKING:
    from .cell import Cell

CONDUCTANCE = "mS/cm²"
WHOLE = {CONDUCTANCE: "nS", "µF/cm²": "pF"}  # the units of densities over a whole cell


def text(cell: Cell) -> str:
    """The table as text."""
    return tables.summary(title(cell), rows(cell))


def html(cell: Cell) -> str:
    """The table for a notebook."""
    return tables.html_summary(title(cell), rows(cell))


def title(cell: Cell) -> str:
    """The number of cells, their shape and their number of channels, in one line."""
    shape, count = _compartments(cell), _neurons(cell)
    named = f" ({shape.tree.name})" if shape is not None and shape.tree.name else ""
    form = "one patch of membrane" if shape is None else f"{tables.counted(shape.count, 'compartment')}{named}"
    head = "Cell" if count is None else tables.counted(count, "cell")
    return f"{head} of {form} with {tables.counted(len(_channels(cell)), 'channel')}"


def rows(cell: Cell) -> list[tuple[str, str]]:
    """Rows [path, value]: the fields of the cell, its shape by region, then channel by channel.

    If these are too many for a summary, parameters at the default of their channel are only counted.
    """
    whole = _rows(cell, set())
    if len(whole) < tables.LINES:
        return whole
    usual = {path for name, channel in _channels(cell).items() for path in _defaults(name, channel)}
    if not usual:
        return whole
    return [*_rows(cell, usual), ("…", f"and {tables.counted(len(usual), 'parameter')} at the channel's default")]


def _rows(cell: Cell, left_out: set[str]) -> list[tuple[str, str]]:
    """Rows [path, value] of all parameters that are not ``left_out``."""
    leaves = {path: leaf for path, leaf in pytrees.leaves(cell).items() if path not in left_out}
    channels = _channels(cell)
    own = [path for path in leaves if path.partition(".")[0] not in {*channels, "morphology"}]
    table = [row for path in own for row in _leaf(cell, path, leaves[path])]
    table += _shape(cell)
    for name, channel in channels.items():
        table.append((str(name), _kind(channel)))
        inside = [path for path in leaves if path.startswith(f"{name}.")]
        table += [row for path in inside for row in _leaf(cell, path, leaves[path])]
    return table


def _defaults(name: str, channel: Channel) -> list[str]:
    """Paths of the parameters of a channel, but its conductance, that are at the default of its class."""
    fields = dataclasses.fields(channel) if dataclasses.is_dataclass(channel) else ()
    others = [field for field in fields if field.metadata.get("unit", CONDUCTANCE) != CONDUCTANCE]
    return [f"{name}.{field.name}" for field in others if _at_default(getattr(channel, field.name), field.default)]


def _at_default(value: object, default: object) -> bool:
    known = isinstance(value, pytrees.NUMBER) and isinstance(default, int | float) and pytrees.is_concrete(value)
    return known and bool(np.all(np.asarray(value) == np.asarray(default, dtype=np.asarray(value).dtype)))


def _leaf(cell: Cell, path: str, leaf: pytrees.Leaf) -> list[tuple[str, str]]:
    """The row of a leaf; of an array [compartment] of a tree the rows of its regions."""
    shape, unit = _compartments(cell), leaf.metadata.get("unit", "")
    known = isinstance(leaf.value, pytrees.NUMBER) and pytrees.is_concrete(leaf.value)
    if shape is None or not known or _neurons(cell) is not None or np.shape(leaf.value) != (shape.count,):
        return [(path, f"{tables.value_text(leaf.value, unit)}{_whole(cell, leaf.value, unit)}")]
    values = np.asarray(leaf.value)
    kinds = np.unique(shape.type).tolist()
    return [(f"{path} [{label(kind)}]", tables.value_text(values[shape.type == kind], unit)) for kind in kinds]


def _whole(cell: Cell, density: Any, unit: str) -> str:
    """A conductance or capacitance of the whole membrane, of a single patch whose area is not the default."""
    usual = next(field.default for field in dataclasses.fields(cell) if field.name == "area")
    numbers = (density, cell.area)
    known = all(isinstance(x, pytrees.NUMBER) and not np.ndim(x) and pytrees.is_concrete(x) for x in numbers)
    if unit not in WHOLE or not known or cell.morphology is not None or not 0 < float(cell.area) != usual:
        return ""
    return f" ({total(float(density), WHOLE[unit], area=float(cell.area)):.4g} {WHOLE[unit]})"


def _shape(cell: Cell) -> list[tuple[str, str]]:
    """The rows of the morphology: compartments, sections and length of every region, and its numbers."""
    shape = _compartments(cell)
    if shape is None:
        return []
    sections = shape.tree.sections
    table = []
    for kind in np.unique(shape.type).tolist():
        own = [section for section in sections if section.type == kind]
        count = tables.counted(int(np.sum(shape.type == kind)), "compartment")
        length = f"{sum(section.length for section in own):.4g} µm"
        table.append((f"morphology [{label(kind)}]", f"{count}, {tables.counted(len(own), 'section')}, {length}"))
    for path, leaf in pytrees.leaves(shape).items():
        table.append((f"morphology.{path}", tables.value_text(leaf.value, leaf.metadata.get("unit", ""))))
    return table


def _kind(channel: Channel) -> str:
    """The class of a channel, its plain static fields, and the laws of its densities."""
    kind = type(channel)
    words = [f"{kind.__module__.removeprefix('membrax.channels.')}.{kind.__qualname__}"]
    for field in dataclasses.fields(channel) if dataclasses.is_dataclass(channel) else ():
        value = getattr(channel, field.name, None)
        if field.metadata.get("static") and isinstance(value, bool | int | float | str):
            words.append(f"{field.name}={value!r}")
        if isinstance(value, DistanceLaw):
            law = "a function" if isinstance(value, ByDistance) else type(value).__name__.lower()
            words.append(f"{field.name} is {law} of the distance")
    return ", ".join(words)


def _channels(cell: Cell) -> Mapping[str, Any]:
    """The channels by name; none if they are no dictionary."""
    return cell.channels if isinstance(cell.channels, Mapping) else {}


def _compartments(cell: Cell) -> Compartments | None:
    """The compartments of a tree; None of a patch, and of something else in their place."""
    return cell.morphology if isinstance(cell.morphology, Compartments) else None


def _neurons(cell: Cell) -> int | None:
    """The number of cells of a population; None of a single cell."""
    shape = _compartments(cell)
    if shape is not None:
        return len(shape.radius) if np.ndim(shape.radius) > 1 else None
    counts = [np.shape(value)[0] for value, _ in pytrees.leaves(cell).values() if np.ndim(value)]
    return counts[0] if counts else None
