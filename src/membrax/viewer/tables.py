"""The tables of a page: quantities, quality, and the sortable ones of pulses and spikes; files of rows to download."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..ephys import View
from ..ephys.columns import Column, Row, csv_text
from ..ephys.measure import FILES, shown
from ..html_page import Section
from ..tables import NONE

if TYPE_CHECKING:
    from bokeh.models import UIElement

TALLEST = 420  # pixels of a sortable table


def quantities_section(view: View) -> Section:
    """The quantities of the cell, with the number of their measurements and the way of measuring, or the reason."""
    rows = [["", "value", "n", "measurement"]]
    for one in view.quantities:
        text = one.column.text if one.estimate.known else f"not known: {one.reason}"
        rows.append([one.column.label, shown(one), str(one.estimate.count or ""), text])
    text = (
        "± is one standard error; n is the number of sweeps, responses or spikes. Nothing is corrected: neither the "
        "series resistance nor a liquid junction potential."
    )
    return Section("Cell", text, rows)


def quality_section(view: View) -> Section:
    """Every number of the quality control that has a bound; those beyond it are marked."""
    several = len(view.measured) > 1
    rows, marked = [["", "value", "bound", ""]], []
    for part, quality in enumerate(view.measured):
        for check in quality.checks:
            if check.bound:
                marked += [] if check.passes else [len(rows) - 1]
                name = f"part {part}: {check.name.strip()}" if several else check.name.strip()
                rows.append(
                    [
                        name,
                        check.shown.replace("-", "−"),
                        check.bound.replace("-", "−"),
                        "beyond its bound" if check.mark else "",
                    ]
                )
    warnings = [one.replace(" -", " −") for one in view.warnings]
    return Section("Quality", warnings or "Every number is within its bound.", rows, marked=marked)


def sortable(rows: Sequence[Row], columns: Sequence[Column], unit: str) -> UIElement:
    """Rows as a table that a click on a head sorts; an unknown number is a dash."""
    from bokeh.models import ColumnDataSource, DataTable, NumberFormatter, StringFormatter, TableColumn

    hidden = {"cell"} if any(row.get("part") for row in rows) else {"cell", "part"}
    made = []
    for column in columns:
        if column.name in hidden:
            continue
        whole = column.name in ("part", "sweep", "pulse", "spike", "spikes")
        form = NumberFormatter(format="0" if whole else f"0.{'0' * column.digits}", nan_format=NONE, text_align="right")
        kind = StringFormatter(text_align="right") if column.name == "pulse" else form
        made.append(
            TableColumn(
                field=column.key(unit),
                title=column.heading(unit),
                formatter=kind,
                width=24 + 7 * len(column.heading(unit)),
            )
        )
    source = ColumnDataSource({column.field: [row[column.field] for row in rows] for column in made})
    height = min(TALLEST, 30 + 25 * (len(rows) + 1))
    return DataTable(
        source=source, columns=made, height=height, sizing_mode="stretch_width", index_position=None, reorderable=False
    )


def downloads(view: View) -> str:
    """Links that save the rows of the page as CSV files."""
    links = []
    for name, rows in zip(FILES, ([view.cell], view.sweeps, view.spikes), strict=True):
        keys = list(rows[0]) if rows else []
        code = base64.b64encode(csv_text(rows, keys).encode(errors="backslashreplace")).decode("ascii")
        file = html.escape(f"{view.name or 'cell'}_{name}")
        links.append(f'<a download="{file}" href="data:text/csv;base64,{code}">{name}</a>')
    return f"<p>Save as CSV: {', '.join(links)}</p>"
