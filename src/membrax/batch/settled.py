"""The names of cells in a folder that has rows of earlier calls: one file, one name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import rows
from .cells import CellFile, marked
from .rows import FITTED, Row
from .table import read_rows


def settled(cells: Sequence[CellFile], out: Path) -> list[CellFile]:
    """The cells with the names that they have in a folder of results.

    A file that has a row keeps its name, however its path is given this time. A name that has the row of another file,
    such as that of another day, gets a suffix made of the path; the same contents at a new place are the same cell.

    Args:
        cells: of this call.
        out: folder of the results.
    """
    before = tuple(read_rows(out))
    if not before:
        return list(cells)
    names = {row["file"]: row["cell"] for row in before}
    kept = {id(cell): names[rows.file_of(cell)] for cell in cells if rows.file_of(cell) in names}
    taken, owners = {name.casefold() for name in kept.values()}, {row["cell"].casefold(): row for row in before}
    result = []
    for cell in cells:
        if id(cell) in kept:
            result.append(CellFile(kept[id(cell)], cell.path))
        elif cell.name.casefold() in taken or _is_another(cell, owners.get(cell.name.casefold())):
            result.append(marked(cell))
        else:
            result.append(cell)
    return result


def _is_another(cell: CellFile, row: Row | None) -> bool:
    """Whether a row of the cell's name belongs to another file: with results, or still there, and not its copy."""
    if row is None or not (row["status"] == FITTED or Path(row["file"]).exists()):
        return False
    return not rows.has_content(row, cell.path)
