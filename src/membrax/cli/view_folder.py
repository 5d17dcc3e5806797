"""The folder of `membrax view`: pages, tables and the list of its cells, those of earlier calls among them.

A page tells its recording by a mark in its head, so a page of another file of the same name stays. A file that is no
result of `membrax view` is never replaced.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from ..ephys import View
from ..ephys.columns import SPIKES, SWEEPS, Row
from ..ephys.measure import FILES
from ..viewer.index import Listed, listed, write_index
from ..viewer.page import INDEX, marked
from ..viewer.view import write_page
from .view_table import Table

HEADS = ("cell,parts,sweeps,duration_ms,", "cell,part,sweep,pulse,start_ms,", "cell,part,sweep,pulse,spike,")
EVERY = 30.0  # s between two writings of the tables, for a call that is killed
LIST = "index.html"


class ViewFolder:
    """The results of one call in a folder.

    Args:
        out: the folder.

    Raises:
        ValueError: the folder has a file of one of the names of the results that is of another origin.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.cells: list[Listed] = []
        self.failed: dict[str, str] = {}
        self._tables = [Table.read(out / name, head) for name, head in zip(FILES, HEADS, strict=True)]
        self._written = time.monotonic()
        if (out / LIST).exists() and not marked(out / LIST, INDEX):
            raise ValueError(f"{out / LIST} is no list of membrax view; choose another folder by --out")

    def name(self, name: str, files: Sequence[Path]) -> str:
        """The name of a cell's page: ``name``, with a suffix where the page of another file has it."""
        mark = _mark(files)
        page = self._page(name)
        taken = page.name.lower() == LIST or (page.exists() and not marked(page, mark))
        return f"{name}~{mark[:6]}" if taken else name

    def add(self, view: View, files: Sequence[Path]) -> View:
        """Write the page of a cell, keep its rows for the tables, and return it with its page."""
        page = write_page(view, self._page(view.name), mark=_mark(files))
        cell = {**view.cell, "file": " + ".join(str(file.resolve()) for file in files)}
        columns: tuple[Sequence[str], ...] = ((), *([c.key(view.unit) for c in every] for every in (SWEEPS, SPIKES)))
        every: Sequence[Sequence[Row]] = ([cell], view.sweeps, view.spikes)
        for table, rows, keys in zip(self._tables, every, columns, strict=True):
            table.put(view.name, rows, keys)
        self.cells.append(listed(view, page, cell["file"]))
        if time.monotonic() - self._written > EVERY:
            self.write_tables()
        return dataclasses.replace(view, page=page)

    def write_tables(self) -> list[str]:
        """Write the tables, with the rows of earlier calls whose pages are here; the names of their files."""
        self._written = time.monotonic()
        pages = {cell.name for cell in self.cells}
        for table in self._tables:
            table.write(lambda cell: cell in pages or self._page(cell).is_file())
        return list(FILES)

    def write_list(self) -> str:
        """Write the list of the cells; the name of its file."""
        pages = {cell.page for cell in self.cells}
        earlier = [self._page(cell) for cell in self._tables[0].cells if self._page(cell).is_file()]
        write_index(self.out / LIST, self.cells, self.failed, [page for page in earlier if page not in pages])
        return LIST

    def _page(self, name: str) -> Path:
        return self.out / f"{name}.html"


def _mark(files: Sequence[Path]) -> str:
    """The mark of the page of some files: a digest of their paths, which a page that is passed on does not tell."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(os.fsencode(file.resolve()) + b"\0")
    return digest.hexdigest()[:16]
