"""The list of several cells: one HTML page with a row for each, which leads to its page."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ..ephys import View
from ..ephys.measure import FILES, shown
from ..html_page import Section, page
from ..io.file_format import whole_file
from ..tables import counted
from ..version import __version__

QUANTITIES = (
    "rest", "input_resistance", "time_constant", "capacitance", "sag", "rheobase", "max_rate", "threshold",
    "half_width", "ahp",
)  # fmt: skip
WIDE = "<style>body { max-width: 100rem; }</style>\n"


def write_index(path: Path, pages: Mapping[Path, View], failed: Mapping[str, str]) -> Path:
    """Write the list of cells and return its path.

    Args:
        path: of the file.
        pages: {page of a cell: the cell}, in the folder of ``path`` or below it.
        failed: {file: the reason why it has no page}.
    """
    several = [_cells(pages, path.parent)] if pages else []
    skipped = [Section("Skipped", [f"{file}: {reason}" for file, reason in failed.items()])] if failed else []
    found = f"{counted(len(pages), 'cell')}, {counted(len(failed), 'file')} skipped"
    foot = f"Written {datetime.date.today().isoformat()} by membrax {__version__}."
    with whole_file(path) as part:
        part.write_text(page("Cells", found, [*several, *skipped], foot, head=WIDE), encoding="utf-8")
    return path


def _cells(pages: Mapping[Path, View], folder: Path) -> Section:
    """The table of the cells; those with a warning are marked."""
    views = list(pages.values())
    columns = [one.column.label for one in views[0].quantities if one.column.name in QUANTITIES]
    rows: list[Sequence[str]] = [["cell", "sweeps", "spikes", *columns, "warnings"]]
    for view in views:
        values = [shown(one) for one in view.quantities if one.column.name in QUANTITIES]
        rows.append([view.name, str(view.cell["sweeps"]), str(view.cell["spikes"]), *values, str(len(view.warnings))])
    text = f"All rows of the pages are in {', '.join(FILES)} of this folder."
    return Section("Cells", text, rows, links=[quote(page.relative_to(folder).as_posix()) for page in pages])
