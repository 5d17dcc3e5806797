"""The table of a batch: a CSV with a row for each cell, gathered from the rows."""

from __future__ import annotations

import csv
import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..io.file_format import whole_file
from ..tables import counted
from . import rows
from .rows import FITTED, ROW, Row

TABLE = "cells.csv"
FIRST = ("cell", "status", "reason", "seconds", "file")


@dataclasses.dataclass(frozen=True)
class CellTable:
    """The rows of a batch.

    Attributes:
        rows: those of all cells that are done, by name; ``values`` of each are the columns of the table.
        path: the table as a CSV file.
        others: names of the cells that were no part of this call, but of other jobs or of earlier calls.
    """

    rows: tuple[Row, ...]
    path: Path
    others: frozenset[str] = frozenset()

    @property
    def fitted(self) -> tuple[Row, ...]:
        """The cells that were fitted."""
        return tuple(row for row in self.rows if row["status"] == FITTED)

    @property
    def failed(self) -> tuple[Row, ...]:
        """The cells that could not be fitted; ``reason`` of each says why."""
        return tuple(row for row in self.rows if row["status"] != FITTED)

    @property
    def failed_now(self) -> tuple[Row, ...]:
        """The cells of this call alone that could not be fitted."""
        return tuple(row for row in self.failed if row["cell"] not in self.others)

    def __repr__(self) -> str:
        title = f"{counted(len(self.fitted), 'cell')} fitted, {len(self.failed)} failed: {self.path}"
        return "\n".join([title, *(f"  {row['cell']}: {row['reason']}{self._origin(row)}" for row in self.failed)])

    def _origin(self, row: Row) -> str:
        return " (of another call)" if row["cell"] in self.others else ""


def gather(out: str | os.PathLike[str], now: Mapping[str, Row] | None = None) -> CellTable:
    """Gather the table of a batch from its rows and write it to ``cells.csv``.

    A row that has failed is left out once its file is gone from its folder. Every batch does this after each cell; once
    more is needed only where several jobs of a cluster ended at the same time on a file system that shows files late.

    Args:
        out: folder of the results.
        now: rows of this call by name, which count also where they could not be written.

    Raises:
        ValueError: the folder has no rows.
        OSError: the table can't be written.
    """
    out = Path(out)
    before = tuple(read_rows(out))
    if not before and now is None:
        raise ValueError(f"{out} has no rows of cells: give the folder of results of a batch")
    by_name = {row["cell"]: row for row in before if not _is_gone(row)} | dict(now or {})
    found = tuple(by_name[name] for name in sorted(by_name))
    columns = dict.fromkeys(name for row in found for name in row["values"])
    with whole_file(out / TABLE) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*FIRST, *columns])
        for row in found:
            cells = [row.get(name) for name in FIRST] + [row["values"].get(name) for name in columns]
            writer.writerow(["" if cell is None else cell for cell in cells])
    return CellTable(found, out / TABLE)


def _is_gone(row: Row) -> bool:
    """Whether a row has no results and no file any more; a disk that is not at hand loses no row."""
    file = Path(row["file"])
    return row["status"] != FITTED and file.parent.is_dir() and not file.exists()


def read_rows(out: Path) -> Iterator[Row]:
    """The rows in a folder of results."""
    for file in (out / "cells").rglob(ROW):
        row = rows.read(file)
        if row is not None:
            yield row
