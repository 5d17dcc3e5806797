"""`membrax view FILE…|FOLDER`: a page for each recording, their list, and the tables of all as CSV."""

from __future__ import annotations

import dataclasses
import time
import warnings
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..ephys import View, measure
from ..ephys.measure import FILES, write_tables
from ..tables import counted
from ..viewer.index import write_index
from ..viewer.view import require_bokeh, write_page
from .ending import ERRORS, sentence
from .reading import ReaderOptions, read_together
from .words import writable

if TYPE_CHECKING:
    from ..batch.cells import CellFile


def run_view(paths: Sequence[Path], options: ReaderOptions, *, together: bool, out: Path) -> bool:
    """Measure recordings, print their numbers, write their pages and tables.

    Returns:
        Whether the file was read, or at least one of several.

    Raises:
        ValueError, OSError, ImportError: the only file can't be read, the folder can't be written, Bokeh is missing.
    """
    require_bokeh()
    writable(out)
    if together or (len(paths) == 1 and paths[0].is_file()):
        view = _measured(paths, options, paths[0].stem)
        page = write_page(view, out / f"{paths[0].stem}.html")
        write_tables([view], out)
        print(f"{view.table()}\n\n{page.name}, {', '.join(FILES)} are in {out}/")
        return True
    from ..batch.cells import find_cells  # with the rooms of fits, which one page has no use for

    return _several(find_cells(paths, leave_out=out), options, out)


def run_serve(
    paths: Sequence[Path], options: ReaderOptions, *, together: bool, out: Path, port: int, browser: bool
) -> None:
    """Serve the page of one recording on this machine until Ctrl-C.

    Raises:
        ValueError: several files, a folder, or a file that can't be read.
        OSError: the folder can't be written, the port is taken.
        ImportError: Bokeh is missing.
    """
    from ..viewer.serve import serve

    if not together and (len(paths) != 1 or paths[0].is_dir()):
        raise ValueError(f"--serve takes one recording, got {', '.join(map(str, paths))}")
    require_bokeh()
    writable(out)
    view = _measured(paths, options, paths[0].stem)

    def ready(address: str) -> None:
        print(f"{address}\nCtrl-C ends the server", flush=True)
        if browser:
            webbrowser.open(address)

    serve(view, out, port=port, ready=ready)


def _several(cells: Sequence[CellFile], options: ReaderOptions, out: Path) -> bool:
    """A page for each cell whose file can be read, the list and the tables; a line for each file."""
    pages: dict[Path, View] = {}
    failed: dict[str, str] = {}
    for number, cell in enumerate(cells, 1):
        began, place = time.perf_counter(), f"[{number}/{len(cells)}] {cell.name}"
        try:
            view = _measured([cell.path], options, cell.name)
            page = write_page(view, out / f"{cell.name}.html")
        except Exception as error:  # whatever a damaged file does to a reader, the other cells are wanted
            kind = "" if isinstance(error, ERRORS) else f"{type(error).__name__}: "
            failed[cell.name] = f"{kind}{sentence(error)}"
            print(f"{place}: skipped: {failed[cell.name]}", flush=True)
            continue
        pages[page] = view
        print(f"{place}: {_line(view)} ({time.perf_counter() - began:.1f} s)", flush=True)
    if pages:
        write_tables(list(pages.values()), out)
    write_index(out / "index.html", pages, failed)
    print(f"\n{counted(len(pages), 'page')}, {counted(len(failed), 'file')} skipped")
    print(f"index.html{', ' + ', '.join(FILES) if pages else ''} are in {out}/")
    return bool(pages)


def _measured(files: Sequence[Path], options: ReaderOptions, name: str) -> View:
    """The measurements on the files of one cell under a name, with the reader's warnings as notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        data = read_together(files, options)
        notes = (*data.notes, *(f"warning: {one.message}" for one in caught))
        return measure(dataclasses.replace(data, name=name, notes=notes))


def _line(view: View) -> str:
    """The main numbers of a cell in one line."""
    known = {one.column.name: one.estimate for one in view.quantities}
    parts = [counted(int(view.cell["sweeps"]), "sweep"), counted(len(view.spikes), "spike")]
    parts += [
        f"{letter} {known[name]}" for letter, name in (("rest", "rest"), ("R", "input_resistance")) if known[name].known
    ]
    return ", ".join([*parts, counted(len(view.warnings), "warning")])
