"""`view`: measure a recording and write its page."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import re
from pathlib import Path
from typing import Any

from ..ephys import View, measure
from ..io.file_format import whole_file
from ..recordings import JoinedRecording, Recording, RecordingLike, load

LONGEST = 100  # letters of a recording's name in that of a file


def view(data: RecordingLike | JoinedRecording, out: str | os.PathLike[str] | None = None, **options: Any) -> View:
    """Measure a cell and show it: sweeps, quality, membrane, rheobase, f–I and spikes.

    Args:
        data: the recording, a file that `membrax.recordings.load` reads, or several recordings of the cell, joined.
        out: where to write the page, one HTML file that works without a network; ".html" is added if it has no such
            suffix. In a folder that exists the page has the recording's name. None for no page.
        **options: of the file's reader, such as ``columns={"t": 0, "v": 1}`` or ``current=0.0``; see
            `membrax.recordings.load`.

    Returns:
        The `View`: the rows of the cell, its sweeps and its spikes, and the path of the page.
        ``view.write_csv(folder)`` writes the rows as CSV.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path, or a file that lacks a part of a recording; options
            of a reader for data that are read already.
        TypeError: the file's format has no such option.
        ImportError: a page without Bokeh: ``pip install "membrax[view]"``.
    """
    if options:
        if isinstance(data, Recording | JoinedRecording):
            raise ValueError(f"{', '.join(options)} are options of a file's reader, and the recording is read already")
        data = load(data, **options)
    if out is not None:
        require_bokeh()
    seen = measure(data)
    return seen if out is None else dataclasses.replace(seen, page=write_page(seen, page_path(out, seen.name)))


def page_path(out: str | os.PathLike[str], name: str) -> Path:
    """The path of a page: ``out``, with ".html" added, or in the folder ``out`` by the name of the recording."""
    path = Path(out)
    if path.is_dir():
        path /= re.sub(r'[\\/:*?"<>|]', "_", name)[:LONGEST] or "recording"
    return path if path.suffix.lower() in (".html", ".htm") else path.with_name(path.name + ".html")


def write_page(seen: View, path: Path, mark: str = "") -> Path:
    """Write the page of a cell, with a mark of its recording, and return its path."""
    from .page import page_html

    with whole_file(path) as part:
        part.write_text(page_html(seen, mark), encoding="utf-8", errors="backslashreplace")
    return path


def require_bokeh() -> None:
    """Check that Bokeh, which draws a page, is installed.

    Raises:
        ImportError: it is not; the message names the command that installs it.
    """
    if importlib.util.find_spec("bokeh") is None:
        raise ImportError('a page requires Bokeh, which is not installed: pip install "membrax[view]"')
