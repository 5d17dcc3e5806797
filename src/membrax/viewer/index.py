"""The list of several cells: one HTML page with a row for each, which leads to its page."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ..ephys import View
from ..ephys.columns import Column
from ..ephys.measure import FILES
from ..html_page import Section, page
from ..io.file_format import whole_file
from ..tables import counted, number
from ..version import __version__
from .page import INDEX, mark_html

QUANTITIES = (
    "rest", "input_resistance", "time_constant", "capacitance", "sag", "rheobase", "max_rate", "threshold",
    "half_width", "ahp",
)  # fmt: skip
WIDE = """<style>body { max-width: 100rem; } tbody th { overflow-wrap: anywhere; }
table { font-size: .8rem; } th, td { padding: .25rem .35rem; } thead th { min-width: 2rem; }</style>
"""
TEXT = f"""A cell with warnings is marked; its page has them. All rows of the pages, with standard errors, are in
{", ".join(FILES)} of this folder; the column file of {FILES[0]} has the path of each recording."""


@dataclasses.dataclass(frozen=True)
class Listed:
    """A cell of the list.

    Attributes:
        name: of the cell.
        page: path of its page.
        file: path of its recording.
        unit: of its currents, "nA" or "uA/cm2".
        head: names of the values.
        values: as text, a dash where one is not known.
        warnings: how many there are.
    """

    name: str
    page: Path
    file: str
    unit: str
    head: tuple[str, ...]
    values: tuple[str, ...]
    warnings: int


def listed(view: View, page: Path, file: str) -> Listed:
    """What the list has of a cell, without its samples."""
    of = [one for one in view.quantities if one.column.name in QUANTITIES]
    head = ("warnings", "sweeps", "spikes", *(_heading(one.column, view.unit) for one in of))
    values = (number(one.estimate.value, one.column.digits) for one in of)
    counts = (str(len(view.warnings)), str(view.cell["sweeps"]), str(view.cell["spikes"]))
    return Listed(view.name, page, file, view.unit, head, (*counts, *values), len(view.warnings))


def _heading(column: Column, unit: str) -> str:
    """The heading of a column, the long word of it as in the table of spikes."""
    return dataclasses.replace(column, label="AHP" if column.name == "ahp" else column.label).heading(unit)


def write_index(path: Path, cells: Sequence[Listed], failed: Mapping[str, str], earlier: Sequence[Path] = ()) -> Path:
    """Write the list of cells and return its path.

    Args:
        path: of the file.
        cells: those of this call; their pages are in the folder of ``path`` or below it.
        failed: {file: the reason why it has no page}.
        earlier: pages of earlier calls.
    """
    of_units = [[one for one in cells if one.unit == unit] for unit in dict.fromkeys(one.unit for one in cells)]
    sections = [_cells(group, path.parent) for group in of_units]
    sections += [_pages(earlier, path.parent)] if earlier else []
    sections += [Section("Skipped", [f"{file}: {reason}" for file, reason in failed.items()])] if failed else []
    found = f"{counted(len(cells), 'cell')}, {counted(len(failed), 'file')} skipped"
    foot = f"Written {datetime.date.today().isoformat()} by membrax {__version__}."
    with whole_file(path) as part:
        html = page("Cells", found, sections, foot, head=mark_html(INDEX) + WIDE)
        part.write_text(html, encoding="utf-8", errors="backslashreplace")
    return path


def _cells(cells: Sequence[Listed], folder: Path) -> Section:
    """The table of the cells; those with a warning are marked."""
    rows: list[Sequence[str]] = [["cell", *cells[0].head], *([one.name, *one.values] for one in cells)]
    marked = [k for k, one in enumerate(cells) if one.warnings]
    title = "Cells" if cells[0].unit == "nA" else "Cells with a density of current"
    return Section(title, TEXT, rows, marked=marked, links=[_link(one.page, folder) for one in cells])


def _pages(pages: Sequence[Path], folder: Path) -> Section:
    """The pages of earlier calls, a row for each."""
    rows = [["cell"], *([one.relative_to(folder).as_posix().removesuffix(".html")] for one in pages)]
    return Section("Of earlier calls", "Pages of this folder whose cells are in its tables as well.", rows,
                   links=[_link(one, folder) for one in pages])  # fmt: skip


def _link(page: Path, folder: Path) -> str:
    """The address of a page; the bytes of a name that is no text are kept."""
    return quote(os.fsencode(page.relative_to(folder).as_posix()))
