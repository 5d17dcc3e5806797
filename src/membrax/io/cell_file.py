"""Cells in files, whether they were fitted or built by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from .. import pytrees
from ..cell import Cell
from ..cell_checks import check_cell, check_parameters, check_single
from . import json_file
from .cell_json import cell_of, cell_values
from .channel_classes import check_classes, is_own


def save_cell(cell: Cell, path: str | Path) -> Path:
    """Write a cell as readable JSON, from which `load_cell` makes the same cell; return the path.

    A patch or a tree, with densities by region and by the named laws of the distance, synapses and kinetic schemes
    that are classes, comes back with equal numbers to the last bit. The file names the classes of the channels; those
    outside `membrax.channels` are passed to `load_cell`.

    Args:
        cell: one neuron.
        path: of the file; ``.json`` is added if it ends otherwise.

    Raises:
        ValueError: the cell is a population or is traced by JAX, a parameter is out of its bounds, or the cell has a
            part that a file can't hold, such as a function: the message names it.
    """
    check_cell(cell)
    if not pytrees.is_concrete(cell):
        raise ValueError("save_cell needs numbers, and JAX traces this cell: save it outside jit, vmap and grad")
    check_single(cell, "save_cell", "a loop over the cells of a population")
    check_parameters(cell)
    values = cell_values(cell)
    try:
        plain = json.loads(json.dumps(json_file.finite(values)))
        again = cell_of(plain, [kind for kind in map(type, cell.channels.values()) if not is_own(kind)])
    except ValueError as error:
        raise ValueError(f"this cell can't be saved: {error}") from None
    if (path_ := _difference(pytrees.strong(cell), again)) is not None:
        raise ValueError(f"this cell can't be saved: {path_} would not come back from the file")
    return json_file.write(path, values)


def _difference(cell: Cell, again: Cell) -> str | None:
    """The path of the first number that differs between two cells; None if they are equal in all."""
    one, other = pytrees.leaves(cell), pytrees.leaves(again)
    for path, leaf in one.items():
        if path not in other or not np.array_equal(np.asarray(leaf.value), np.asarray(other[path].value)):
            return path
    return None if jax.tree.structure(cell) == jax.tree.structure(again) else "a part that is no number"


def load_cell(path: str | Path, channels: Sequence[type] = ()) -> Cell:
    """Read the cell of a file written by `save_cell` or by ``found.save("fit.json")``, ready to be simulated.

    Its numbers are those that were saved, to the last bit in the precision in which they were. A file chooses no code:
    it names the classes of its channels, which are those of `membrax.channels` and those passed by the caller.

    Args:
        path: of the file.
        channels: classes of channels of your own that the cell uses, as in ``load_cell("cell.json", channels=[KA])``.

    Raises:
        ValueError: a file of another kind or format, a channel whose class is neither one of `membrax.channels` nor
            passed, a number that is missing, not finite or out of its bounds, or one that no class has.
        FileNotFoundError: there is no such file.
    """
    channels = tuple(channels) if isinstance(channels, list | tuple | set | frozenset) else channels
    check_classes(channels)
    values = json_file.read(path)
    try:
        return cell_of(values, channels)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
