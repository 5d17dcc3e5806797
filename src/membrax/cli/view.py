"""`membrax view FILE…|FOLDER`: a page for each recording, their list, and the tables of all as CSV."""

from __future__ import annotations

import dataclasses
import time
import warnings
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from ..ephys import View, measure
from ..ephys.measure import FILES, write_tables
from ..tables import counted
from ..viewer.index import write_index
from ..viewer.serve import serve
from ..viewer.view import require_bokeh, write_page
from .files import recordings_in
from .reading import ReaderOptions, read
from .words import writable


def run_view(paths: Sequence[Path], options: ReaderOptions, *, out: Path) -> bool:
    """Measure recordings, print their numbers, write their pages and tables.

    Returns:
        Whether every file was read, or at least one of several.

    Raises:
        ValueError, OSError, ImportError: the only file can't be read, the folder can't be written, Bokeh is missing.
    """
    require_bokeh()
    files = recordings_in(paths, without=out)
    writable(out)
    if len(files) == 1 and not paths[0].is_dir():
        page, view = _shown(files[0], options, out, set())
        print(view.table())
        write_tables([view], out)
        print(f"\n{page.name}, {', '.join(FILES)} are in {out}/")
        return True
    return _several(files, options, out)


def run_serve(paths: Sequence[Path], options: ReaderOptions, *, out: Path, port: int, browser: bool) -> None:
    """Serve the page of one recording on this machine until Ctrl-C.

    Raises:
        ValueError: several files, a folder, or a file that can't be read.
        OSError: the folder can't be written, the port is taken.
        ImportError: Bokeh is missing.
    """
    if len(paths) != 1 or paths[0].is_dir():
        raise ValueError(f"--serve takes one recording, got {', '.join(map(str, paths))}")
    require_bokeh()
    writable(out)
    view = _measured(paths[0], options, paths[0].stem)

    def ready(address: str) -> None:
        print(f"{address}\nCtrl-C ends the server", flush=True)
        if browser:
            webbrowser.open(address)

    serve(view, out, port=port, ready=ready)


def _several(files: Sequence[Path], options: ReaderOptions, out: Path) -> bool:
    """A page for each file that can be read, the list and the tables; a line for each file."""
    pages: dict[Path, View] = {}
    failed: dict[Path, str] = {}
    for number, file in enumerate(files, 1):
        began, place = time.perf_counter(), f"[{number}/{len(files)}] {file}"
        try:
            page, view = _shown(file, options, out, {one.stem for one in pages})
        except Exception as error:  # whatever a damaged file does to a reader, the other cells are wanted
            failed[file] = f"{error}" if isinstance(error, ValueError | OSError) else f"{type(error).__name__}: {error}"
            print(f"{place}: skipped: {failed[file]}")
            continue
        pages[page] = view
        print(f"{place}: {_line(view)} ({time.perf_counter() - began:.1f} s)", flush=True)
    if pages:
        write_tables(list(pages.values()), out)
    write_index(out / "index.html", pages, failed)
    print(f"\n{counted(len(pages), 'page')}, {counted(len(failed), 'file')} skipped")
    print(f"index.html{', ' + ', '.join(FILES) if pages else ''} are in {out}/")
    return bool(pages)


def _shown(file: Path, options: ReaderOptions, out: Path, taken: set[str]) -> tuple[Path, View]:
    """The page of one file, whose name no other page has, and its measurements."""
    names = (f"{file.stem}_{k + 1}" if k else file.stem for k in range(len(taken) + 1))
    name = next(one for one in names if one not in taken)
    view = _measured(file, options, name)
    return write_page(view, out / f"{name}.html"), view


def _measured(file: Path, options: ReaderOptions, name: str) -> View:
    """The measurements on a file under a name, with the reader's warnings as notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        data = read(file, options)
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
