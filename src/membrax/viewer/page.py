"""The page of a cell: one HTML file that works without a network."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..ephys import View
from ..ephys.columns import SPIKES, SWEEPS
from ..html_page import Section, page
from ..tables import counted
from ..version import __version__
from .curves import curves
from .tables import downloads, quality_section, quantities_section, sortable
from .traces import traces

if TYPE_CHECKING:
    from bokeh.model import Model

# A page may run its own scripts and load nothing.
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"
STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --faint: #5c5c5c; --paper: #fff; --line: #d8d8d8; --mark: #a34700; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #1a1a1a; --faint: #5c5c5c; --paper: #fff; --line: #d8d8d8; --mark: #a34700; } }
body { max-width: 76rem; }
th:last-child, td:last-child { white-space: normal; text-align: left; }
@media screen and (max-width: 40rem) {
  th, td { white-space: normal; padding: .2rem .25rem; }
  tbody th, .named tbody th { min-width: 5.5rem; }
  thead th { min-width: 1.5rem; }
  td:last-child { overflow-wrap: anywhere; } }
"""
INDEX = "list"  # the mark of the list of cells
HEAD = 20_000  # bytes of a page in which its mark is
LONGEST = 200  # letters of a name that are shown
SWEEPS_TEXT = """Drag a box to zoom, turn the wheel to zoom in time; buttons to move, undo, reset and save appear at the
edge of a plot. Between spikes a long sweep is drawn by the lowest and the highest sample of short intervals. Colours
go from blue, the lowest current, to orange, the highest; where no one number distinguishes the currents, from the first
sweep to the last."""
CURVES = """A dot is a pulse; lines join the pulses of one number in all sweeps. The orange line has the measured rest
and input resistance; where the cell has sag, the steady state is nearer to rest than the line.
Spikes are coloured from the first, blue, to the last, orange, in both their plots; each ends where the next begins."""
NO_SCRIPT = (
    "<noscript><p>The plots and the sortable tables require JavaScript; the tables of the cell do not.</p></noscript>"
)


def page_html(view: View, mark: str = "") -> str:
    """The page of a cell as HTML, with the mark of its recording."""
    from bokeh.embed import components
    from bokeh.resources import Resources

    script, places = components(plots(view), wrap_script=True)
    resources = Resources(mode="inline", components=["bokeh", "bokeh-widgets", "bokeh-tables"])
    head = mark_html(mark) + f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<style>{STYLE}</style>\n'
    head += f"{resources.render_js()}\n{script}\n"
    foot = f"Written {datetime.date.today().isoformat()} by membrax {__version__}."
    return page(shortened(view.name) or "recording", subtitle(view), sections(view, places), foot, head=head)


def mark_html(mark: str) -> str:
    """The mark of a page, for its head."""
    return f'<meta name="membrax-view" content="{mark}">\n'


def marked(path: Path, mark: str) -> bool:
    """Whether a file is a page with this mark."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return mark_html(mark).encode() in file.read(HEAD)


def shortened(name: str) -> str:
    """A name without the middle of a very long one."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST // 2]} … {name[-LONGEST // 2 :]}"


def plots(view: View) -> dict[str, Model]:
    """The plots and sortable tables of a page by their names."""
    made: dict[str, Model] = {f"sweeps {part}": traces(one) for part, one in enumerate(view.measured)}
    if (drawn := curves(view)) is not None:
        made["curves"] = drawn
    made["pulses"] = sortable(view.sweeps, SWEEPS, view.unit)
    if view.spikes:
        made["spikes"] = sortable(view.spikes, SPIKES, view.unit)
    return made


def subtitle(view: View) -> str:
    """Sweeps, duration, sampling and spikes of a cell."""
    parts = [f"{counted(d.sweeps, 'sweep')} of {d.duration:.6g} ms at {d.rate:.4g} kHz" for d in view.data]
    return f"{'; '.join(parts)}; {counted(len(view.spikes), 'spike')}"


def sections(view: View, places: Mapping[str, str]) -> list[Section]:
    """The parts of a page in their order.

    Args:
        view: the cell.
        places: {name of `plots`: the HTML of its place}.
    """
    several = len(view.measured) > 1
    sweeps = [
        Section(f"Sweeps of part {part}: {shortened(one.data.name)}" if several else "Sweeps",
                "" if part else SWEEPS_TEXT,
                html=("" if part else NO_SCRIPT) + places[f"sweeps {part}"])
        for part, one in enumerate(view.measured)
    ]  # fmt: skip
    drawn = [Section("Firing, steady state and spikes", CURVES, html=places["curves"])] if "curves" in places else []
    spikes = [Section("Spikes", _definitions(SPIKES), html=places["spikes"])] if "spikes" in places else []
    return [
        *sweeps,
        quantities_section(view),
        quality_section(view),
        *drawn,
        Section("Pulses", _definitions(SWEEPS), html=places["pulses"]),
        *spikes,
        Section("Notes of the reader", view.notes, html=downloads(view)),
    ]


def _definitions(columns: tuple) -> str:
    """The definitions of the columns of a table that have one."""
    return "; ".join(f"{one.label or one.name}: {one.text}" for one in columns if one.text) + "."
