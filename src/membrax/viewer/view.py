"""`view`: measure a recording and write its page."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from ..ephys import View, measure
from ..io.file_format import whole_file
from ..recordings import JoinedRecording, RecordingLike


def view(data: RecordingLike | JoinedRecording, out: str | os.PathLike[str] | None = None) -> View:
    """Measure a cell and show it: sweeps, quality, membrane, rheobase, f–I and spikes.

    Args:
        data: the recording, a file that `membrax.recordings.load` reads, or several recordings of the cell, joined.
        out: where to write the page, one HTML file that works without a network; ".html" is added if it has no such
            suffix. None for no page.

    Returns:
        The `View`: the rows of the cell, its sweeps and its spikes. ``view.write_csv(folder)`` writes them as CSV.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path, or a file that lacks a part of a recording.
        ImportError: a page without Bokeh: ``pip install "membrax[view]"``.
    """
    if out is not None:
        require_bokeh()
    seen = measure(data)
    if out is not None:
        write_page(seen, out)
    return seen


def write_page(seen: View, out: str | os.PathLike[str]) -> Path:
    """Write the page of a cell and return its path."""
    from .page import page_html

    path = Path(out)
    path = path if path.suffix.lower() in (".html", ".htm") else path.with_name(path.name + ".html")
    with whole_file(path) as part:
        part.write_text(page_html(seen), encoding="utf-8")
    return path


def require_bokeh() -> None:
    """Check that Bokeh, which draws a page, is installed.

    Raises:
        ImportError: it is not; the message names the command that installs it.
    """
    if importlib.util.find_spec("bokeh") is None:
        raise ImportError('a page requires Bokeh, which is not installed: pip install "membrax[view]"')
