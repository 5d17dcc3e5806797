"""A fitted cell in a file: numbers and names of classes as JSON, from which the same cell comes back, and arrays."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import pytrees
from ..cell import Cell
from ..cell_checks import check_cell, check_parameters
from ..morphology import by_region
from ..pytrees import strong
from . import npz_file
from .file_format import check_format
from .morphology_json import own_leaves, shape_of, shape_values, spread_values

CHANNELS = "membrax.channels"
CLASS = re.compile(r"membrax\.channels((?:\.[a-z]\w*)+)\.([A-Za-z]\w*)")
PLAIN = bool | int | float | str | None


def cell_values(cell: Cell) -> dict[str, Any]:
    """A single cell as plain values: {"cell": {path: {value, unit}}, "channels": {name: class}, "structure": {…}}.

    ``structure`` holds what is no number of a channel, such as the stream of a random one; what JSON can't hold is
    named there by its type, and `load_cell` refuses it. Of a tree there is also {"morphology": {…}}, its points.
    """
    leaves = {
        path: {"value": np.asarray(leaf.value).tolist(), "unit": leaf.metadata.get("unit", "")}
        for path, leaf in own_leaves(cell).items()
    }
    structure = {
        f"{name}.{field.name}": value if isinstance(value := getattr(channel, field.name), PLAIN) else _not_kept(value)
        for name, channel in cell.channels.items()
        for field in dataclasses.fields(channel)
        if field.metadata.get("static")
    }
    channels = {name: f"{type(x).__module__}.{type(x).__qualname__}" for name, x in cell.channels.items()}
    if cell.morphology is None:
        return {"cell": leaves, "channels": channels, "structure": structure}
    structure |= spread_values(cell)
    return {"cell": leaves, "channels": channels, "structure": structure, "morphology": shape_values(cell.morphology)}


def _not_kept(value: Any) -> dict[str, str]:
    return {"not kept": type(value).__name__}


def load_cell(path: str | Path) -> Cell:
    """The cell of a fit that was saved with ``found.save("fit.json")``, ready to be simulated.

    Its numbers are those of the fit, to the last bit in the precision of the fit.

    Raises:
        ValueError: no such JSON, a channel whose class is not one of `membrax.channels`, a number that is missing, not
            finite or out of its bounds, or one that no class has.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        values = {name: entry["value"] for name, entry in kept["cell"].items()}
        classes, structure = dict(kept["channels"]), dict(kept.get("structure", {}))
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} holds no fitted cell, as Fit.save writes it: {error!r}") from None
    check_format(kept.get("format"), str(path))
    try:
        channels = {name: _build(_class(name, kind), f"{name}.", values, structure) for name, kind in classes.items()}
        shape = kept.get("morphology")
        shape = None if shape is None else shape_of(shape)
        cell = _build(Cell, "", values, structure, channels=channels, morphology=shape)
        if values:
            raise ValueError(f"there is no {next(iter(values))} in this cell")
        cell = strong(cell)
        check_cell(cell)
        check_parameters(cell)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return cell


def _class(name: str, kind: Any) -> type:
    """The channel's class, which is one of ours: a file may not say what code runs.

    Raises:
        ValueError: it is not.
    """
    refusal = ValueError(f"channel {name!r} is a {kind}; only channels of {CHANNELS} are loaded")
    found = CLASS.fullmatch(kind) if isinstance(kind, str) else None
    if found is None:
        raise refusal
    module = f"{CHANNELS}{found[1]}"
    try:
        made = getattr(importlib.import_module(module), found[2])
    except (ImportError, AttributeError):
        raise refusal from None
    whole = isinstance(made, type) and dataclasses.is_dataclass(made) and hasattr(made, "current")
    if not whole or made.__module__ != module:
        raise refusal
    return made


def _build(made: type, prefix: str, values: dict[str, Any], structure: Mapping[str, Any], **given: Any) -> Any:
    """An instance of a class from the numbers below ``prefix``, which are taken out of ``values``.

    Raises:
        ValueError: a field that has none, or what is no number.
    """
    fields = [field for field in dataclasses.fields(made) if field.name not in given]
    for field in fields:
        path = f"{prefix}{field.name}"
        if isinstance(structure.get(path), Mapping) and "by_region" in structure[path]:
            names = structure[path]["by_region"]
            regions = {name: _regional(f"{path}.{name}", values, structure) for name in names}
            given[field.name] = by_region(regions)
        elif field.metadata.get("static"):
            given[field.name] = _static(path, field, structure)
        elif field.default_factory is dict:
            # The dictionary's name is not in the paths of what it holds.
            own = {f"{prefix}{other.name}" for other in fields}
            inside = [key for key in values if key.startswith(prefix) and key not in own]
            given[field.name] = {key.removeprefix(prefix): _number(key, values.pop(key)) for key in inside}
        elif path not in values:
            _static(path, field, structure)  # which says what a file doesn't hold
            raise ValueError(f"{path} is missing")
        else:
            given[field.name] = _number(path, values.pop(path))
    return made(**given)


def _static(path: str, field: dataclasses.Field, structure: Mapping[str, Any]) -> Any:
    """What is no number of a channel: as kept, or the class's default.

    Raises:
        ValueError: the file could not hold it.
    """
    kept = structure.get(path, field.default)
    if kept is dataclasses.MISSING or not isinstance(kept, PLAIN):
        kind = f" a {kept['not kept']}," if isinstance(kept, Mapping) and "not kept" in kept else ""
        raise ValueError(f"{path},{kind} is nothing that a file holds: build this cell by hand")
    return kept


def _regional(path: str, values: dict[str, Any], structure: Mapping[str, Any]) -> Any:
    """The number of one region.

    Raises:
        ValueError: it is missing, or none.
    """
    if path not in values:
        kind = structure.get(path)
        told = f" is a {kind['not kept']}, which no file holds" if isinstance(kind, Mapping) else " is missing"
        raise ValueError(f"{path}{told}")
    return _number(path, values.pop(path))


def _number(path: str, value: Any) -> Any:
    """A finite number, or a list of them for the compartments of a tree.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, list) and value:
        return np.array([_number(path, one) for one in value])
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else np.nan
    except OverflowError:  # a whole number of more than 308 digits
        number = np.inf
    if not np.isfinite(number):
        told = f"{value!r:.40}…" if len(repr(value)) > 40 else repr(value)
        raise ValueError(f"{path} must be a finite number, got {told}")
    return number


def write_arrays(found: Any, path: Path) -> Path:
    """A fit as ``.npz``: its recording, which `membrax.recordings.load` reads, the model's voltages, parameters.

    Entries: ``t_ms`` [time], ``v_mV`` and ``model_mV`` [sweep, time], ``i_nA`` (or ``i_uA_per_cm2``) [sweep, time],
    ``training_sweeps``, ``parameter_names``, ``parameter_values``, ``parameter_bounds`` [parameter, 2],
    ``parameter_units``, ``start_losses`` [start], ``start_values`` [start, parameter], ``name``, ``notes``.
    """
    data, names = found.data, list(found.values)
    leaves = pytrees.leaves(found.cell)
    first = [name.split(",")[0].strip().removeprefix("channels.") for name in names]
    units = [leaves[path].metadata.get("unit", "") if path in leaves else "" for path in first]
    arrays = dict(
        t_ms=data.t, v_mV=data.v, model_mV=np.asarray(found.v),
        **{{"nA": "i_nA", "uA/cm2": "i_uA_per_cm2"}[data.unit]: data.i},
        training_sweeps=np.array(found.sweeps), parameter_names=np.array(names),
        parameter_values=np.array(list(found.values.values())),
        parameter_bounds=np.array([found.bounds[name] for name in names]), parameter_units=np.array(units),
        start_losses=np.asarray(found.starts.loss),
        start_values=np.stack([np.asarray(found.starts.values[name]) for name in names], axis=1),
        name=np.array(data.name), notes=np.array((*data.notes, *found.notes), dtype=np.str_),
    )  # fmt: skip
    npz_file.write(path, compressed=True, **arrays)
    return path
