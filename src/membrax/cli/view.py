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
from ..ephys.measure import WARNING
from ..tables import counted
from ..viewer.view import require_bokeh
from .ending import ERRORS, sentence
from .reading import ReaderOptions, on_command_line, read_together
from .view_folder import ViewFolder
from .words import writable

if TYPE_CHECKING:
    from ..batch.cells import CellFile


def run_view(paths: Sequence[Path], options: ReaderOptions, *, together: bool, out: Path) -> bool:
    """Measure recordings, print their numbers, write their pages and tables.

    Returns:
        Whether the file was read, or at least one of several.

    Raises:
        ValueError: the only file can't be read, or the folder has results of another command.
        OSError, ImportError: the folder can't be written, Bokeh is missing.
    """
    require_bokeh()
    writable(out)
    folder = ViewFolder(out)
    if together or (len(paths) == 1 and paths[0].is_file()):
        view = folder.add(_measured(paths, options, folder.name(paths[0].stem, paths)), paths)
        tables = folder.write_tables()
        print(f"{view.table()}\n\n{view.name}.html, {', '.join(tables)} are in {out}/")
        return True
    from ..batch.cells import find_cells  # with the rooms of fits, which one page has no use for

    return _several(find_cells(paths, leave_out=out), options, folder)


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


def _several(cells: Sequence[CellFile], options: ReaderOptions, folder: ViewFolder) -> bool:
    """A page for each cell whose file can be read, the list and the tables; a line for each file.

    A call that is stopped leaves the list and the tables of the cells that are done.
    """
    try:
        for number, cell in enumerate(cells, 1):
            _one(f"[{number}/{len(cells)}] {cell.name}", cell, options, folder)
    finally:
        written = [folder.write_list(), *(folder.write_tables() if folder.cells else ())]
        print(f"\n{counted(len(folder.cells), 'page')}, {counted(len(folder.failed), 'file')} skipped")
        print(f"{', '.join(written)} {'is' if len(written) == 1 else 'are'} in {folder.out}/", flush=True)
    return bool(folder.cells)


def _one(place: str, cell: CellFile, options: ReaderOptions, folder: ViewFolder) -> None:
    """The page of one cell, or the reason why it has none."""
    began = time.perf_counter()
    try:
        name = folder.name(cell.name, [cell.path])
        view = folder.add(_measured([cell.path], options, name), [cell.path])
    except Exception as error:  # whatever a damaged file does to a reader, the other cells are wanted
        kind = "" if isinstance(error, ERRORS) else f"{type(error).__name__}: "
        folder.failed[cell.name] = f"{kind}{sentence(error).removeprefix(f'{cell.path.name}: ')}"
        print(f"{place}: skipped: {folder.failed[cell.name]}", flush=True)
        return
    read = [note for note in view.notes if note.startswith(WARNING)]
    line = f"{place}: {_line(view)} ({time.perf_counter() - began:.1f} s)"
    print("\n".join([line, *(f"  {note}" for note in read)]), flush=True)


def _measured(files: Sequence[Path], options: ReaderOptions, name: str) -> View:
    """The measurements on the files of one cell under a name, with the reader's warnings as notes.

    Advice on options is in the words of the command line.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        data = read_together(files, options)
        notes = (*data.notes, *(f"{WARNING}{one.message}" for one in caught))
        view = measure(dataclasses.replace(data, name=name, notes=tuple(dict.fromkeys(notes))))
    own = (dataclasses.replace(one, refusals=tuple(map(on_command_line, one.refusals))) for one in view.measured)
    return dataclasses.replace(view, measured=tuple(own))


def _line(view: View) -> str:
    """The main numbers of a cell in one line."""
    known = {one.column.name: one.estimate for one in view.quantities}
    parts = [counted(int(view.cell["sweeps"]), "sweep"), counted(len(view.spikes), "spike")]
    parts += [
        f"{letter} {known[name]}".replace("-", "−")
        for letter, name in (("rest", "rest"), ("R", "input_resistance"))
        if known[name].known
    ]
    return ", ".join([*parts, counted(len(view.warnings), "warning")])
