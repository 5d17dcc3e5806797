"""One table of `membrax view`: the rows of many cells as text, which costs a fraction of the rows' memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from ..ephys.columns import Row, csv_text
from ..io.file_format import whole_file


class Table:
    """A CSV file with the rows of cells; each cell's rows may have columns of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._blocks: dict[str, tuple[tuple[str, ...], str]] = {}  # by cell: columns, lines without the head

    @classmethod
    def read(cls, path: Path, head: str) -> Table:
        """The table of a file, empty where there is none.

        Raises:
            ValueError: the file's first line does not begin with ``head``.
        """
        table = cls(path)
        if not path.exists():
            return table
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if not text.startswith(head):
            raise ValueError(f"{path} is no table of membrax view; choose another folder by --out")
        rows: dict[str, list[Row]] = {}
        for row in csv.DictReader(io.StringIO(text)):
            rows.setdefault(row["cell"].removeprefix("'"), []).append(row)
        for cell, own in rows.items():
            table.put(cell, own)
        return table

    @property
    def cells(self) -> list[str]:
        """Names of the cells."""
        return list(self._blocks)

    def put(self, cell: str, rows: Sequence[Row], columns: Sequence[str] = ()) -> None:
        """Set the rows of a cell; ``columns`` come first, also where there is no row."""
        keys = tuple(dict.fromkeys([*columns, *(key for row in rows for key in row)]))
        self._blocks.pop(cell, None)
        self._blocks[cell] = keys, csv_text(rows, keys).partition("\n")[2]

    def write(self, keep: Callable[[str], bool]) -> None:
        """Write the rows of the cells that ``keep`` is true of."""
        self._blocks = {cell: block for cell, block in self._blocks.items() if keep(cell)}
        keys = tuple(dict.fromkeys(key for columns, _ in self._blocks.values() for key in columns))
        with (
            whole_file(self.path) as part,
            part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
        ):
            file.write(csv_text([], keys))
            for columns, lines in self._blocks.values():
                file.write(lines if columns == keys else _widened(lines, columns, keys))


def _widened(lines: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """The lines of some columns as lines of all."""
    rows = csv.DictReader(io.StringIO(lines), fieldnames=columns)
    return csv_text(list(rows), keys).partition("\n")[2]
