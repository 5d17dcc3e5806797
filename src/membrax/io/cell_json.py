"""A cell as plain values of JSON, numbers and names of classes, and the same cell from them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import pytrees
from ..cell import Cell
from ..cell_checks import check_cell, check_parameters, check_single
from ..morphology.compartments import LAWS, DistanceLaw, Regions
from ..pytrees import strong
from .channel_classes import class_of, full_name
from .morphology_json import compartments_of, morphology_values

PLAIN = bool | int | float | str | None
LAW_NAMES = {law: name for name, law in LAWS.items()}


def cell_values(cell: Cell) -> dict[str, Any]:
    """A single cell as plain values.

    * "cell": {path: {"value", "unit"}}, every number; of a tree but for the sizes of its points.
    * "channels": {name: class}.
    * "structure": {path: …}, the other contents of fields: a plain static value, {"by_region": [names]},
      {"by_distance": law}, {"dictionary": [names]}. A value that JSON can't hold is there as {"not kept": type}, and
      `cell_of` refuses it.
    * "morphology": of a tree its points and compartments; see `membrax.io.morphology_json`.
    """
    writer = _Writer(pytrees.leaves(cell))
    shape = cell.morphology
    for field in dataclasses.fields(cell):
        if field.name not in ("channels", "morphology"):
            writer.add(field.name, getattr(cell, field.name))
    for name, channel in cell.channels.items():
        writer.fields(f"{name}.", channel)
    channels = {name: full_name(type(channel)) for name, channel in cell.channels.items()}
    values = {"cell": writer.numbers, "channels": channels, "structure": writer.structure}
    if shape is None:
        return values
    writer.add("morphology.axial_resistivity", shape.axial_resistivity)
    return {**values, "morphology": morphology_values(shape)}


class _Writer:
    """The numbers and the structure of a cell, collected by path."""

    def __init__(self, leaves: Mapping[str, pytrees.Leaf]) -> None:
        self.leaves = leaves
        self.numbers: dict[str, object] = {}
        self.structure: dict[str, object] = {}

    def fields(self, prefix: str, value: object) -> None:
        """Collect the fields of a dataclass."""
        for field in dataclasses.fields(value) if dataclasses.is_dataclass(value) else ():
            part, path = getattr(value, field.name), f"{prefix}{field.name}"
            if field.metadata.get("static"):
                self.structure[path] = part if isinstance(part, PLAIN) else _not_kept(part)
            elif isinstance(part, Mapping):  # the name of a dictionary is not in the paths of its entries
                self.structure[path] = {"dictionary": list(part)}
                for name, entry in part.items():
                    self.add(f"{prefix}{name}", entry)
            else:
                self.add(path, part)

    def add(self, path: str, value: object) -> None:
        """Collect a number, or numbers that are spread over a tree."""
        if isinstance(value, Regions):
            self.structure[path] = {"by_region": list(value.values)}
            for name, entry in value.values.items():
                self.add(f"{path}.{name}", entry)
        elif type(value) in LAW_NAMES:
            self.structure[path] = {"by_distance": LAW_NAMES[type(value)]}
            self.fields(f"{path}.", value)
        elif isinstance(value, DistanceLaw):
            self.structure[path] = {"not kept": "function of the distance"}
        elif isinstance(value, pytrees.NUMBER):
            leaf = self.leaves.get(path)
            unit = leaf.metadata.get("unit", "") if leaf else ""
            self.numbers[path] = {"value": _number_value(np.asarray(value).tolist()), "unit": unit}
        else:
            self.structure[path] = _not_kept(value)


def _not_kept(value: object) -> dict[str, str]:
    return {"not kept": type(value).__name__}


def _number_value(value: list | float) -> Any:
    """A number, or a list of them, as JSON has them: infinity, as of a spike that never arrives, is "inf"."""
    if isinstance(value, list):
        return [_number_value(one) for one in value]
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def cell_of(values: Mapping[str, Any], channels: Sequence[type] = ()) -> Cell:
    """The cell of which `cell_values` made these values, with strong leaves of the default precision.

    Args:
        values: plain values.
        channels: classes of the caller's that the cell may use beside those of `membrax.channels`.

    Raises:
        ValueError: values that are no cell, a class that is neither one of `membrax.channels` nor passed, a number that
            is missing, not finite, out of its bounds, or that no field takes.
    """
    try:
        numbers = {str(path): entry["value"] for path, entry in values["cell"].items()}
        classes, structure = dict(values["channels"]), dict(values["structure"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"it holds no cell, as save_cell and Fit.save write it: {error!r}") from None
    reader = _Reader(numbers, structure)
    made = {name: reader.instance(class_of(name, kind, channels), f"{name}.") for name, kind in classes.items()}
    others = [f.name for f in dataclasses.fields(Cell) if f.name not in ("channels", "morphology")]
    fields = {name: reader.value(name) for name in others}
    if (shape := values.get("morphology")) is not None:
        shape = compartments_of(shape, reader.value("morphology.axial_resistivity"))
    if reader.numbers:
        raise ValueError(f"there is no {next(iter(reader.numbers))} in this cell")
    cell = strong(Cell(made, **fields, morphology=shape))
    check_cell(cell)
    check_single(cell, "a file", "one file for each neuron")
    check_parameters(cell)
    return cell


class _Reader:
    """The values of the fields by path; numbers that a field has taken are gone from ``numbers``."""

    def __init__(self, numbers: dict[str, object], structure: Mapping[str, object]) -> None:
        self.numbers = numbers
        self.structure = structure

    def instance(self, kind: type, prefix: str) -> Any:
        """An instance of a dataclass from the values below ``prefix``."""
        fields = {}
        for field in dataclasses.fields(kind):
            path = f"{prefix}{field.name}"
            kept = self.structure.get(path)
            if field.metadata.get("static"):
                fields[field.name] = self.static(path, field)
            elif (names := _names(kept, "dictionary")) is not None:
                fields[field.name] = {name: self.value(f"{prefix}{name}") for name in names}
            else:
                fields[field.name] = self.value(path)
        try:
            return kind(**fields)
        except TypeError as error:
            raise ValueError(f"{prefix.removesuffix('.')} can't be made from its fields: {error}") from None

    def static(self, path: str, field: dataclasses.Field) -> Any:
        """A static field: as kept, or the default of its class."""
        kept = self.structure.get(path, field.default)
        if kept is dataclasses.MISSING:
            raise ValueError(f"{path} is missing")
        self.check_kept(path)
        if not isinstance(kept, PLAIN):
            raise ValueError(f"{path} must be a plain value, got {kept!r:.60}")
        return kept

    def value(self, path: str) -> Any:
        """A number, or numbers that are spread over a tree."""
        self.check_kept(path)
        kept = self.structure.get(path)
        if (names := _names(kept, "by_region")) is not None:
            return Regions({name: self.value(f"{path}.{name}") for name in names})
        if isinstance(kept, Mapping) and "by_distance" in kept:
            if kept["by_distance"] not in list(LAWS):
                laws = ", ".join(LAWS)
                raise ValueError(f"{path} must follow one of the laws {laws}, got {kept['by_distance']!r:.60}")
            return self.instance(LAWS[kept["by_distance"]], f"{path}.")
        if path not in self.numbers:
            raise ValueError(f"{path} is missing")
        return _number(path, self.numbers.pop(path))

    def check_kept(self, path: str) -> None:
        """Refuse a value that the file could only name."""
        kept = self.structure.get(path)
        if isinstance(kept, Mapping) and "not kept" in kept:
            raise ValueError(f"{path} is a {kept['not kept']}, which a file can't hold: build this cell in Python")


def _names(kept: object, word: str) -> list[str] | None:
    """The names of a dictionary or of regions; None of anything else."""
    names = kept.get(word) if isinstance(kept, Mapping) else None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _number(path: str, value: object) -> Any:
    """A number, or an array of them for the compartments of a tree.

    Raises:
        ValueError: the value is neither.
    """
    if isinstance(value, list) and value:
        return np.array([_number(path, one) for one in value])
    if value in ("inf", "-inf"):
        return float(value)
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        text = f"{value!r:.40}…" if len(repr(value)) > 40 else repr(value)
        raise ValueError(f"{path} must be a finite number, got {text}")
    return number
