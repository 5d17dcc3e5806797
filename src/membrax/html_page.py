"""A page of sections as one self-contained HTML file: no fonts and no external pictures."""

from __future__ import annotations

import base64
import dataclasses
import html
import io
from collections.abc import Collection, Sequence
from typing import Any, Protocol

import numpy as np

DPI = 190
LONG = 15  # letters; a longer name of a row may wrap
WIDTH = 125  # CSS pixels for an inch of a figure, where there is room

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --faint: #5c5c5c; --paper: #fff; --line: #d8d8d8; --band: #f5f5f5;
  --mark: #a34700; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --faint: #a8a8a8; --paper: #161616; --line: #3c3c3c; --band: #222; --mark: #ff9a52; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; -webkit-text-size-adjust: 100%; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p, ul { margin: .5rem 0; max-width: 46rem; overflow-wrap: break-word; }
ul { padding-left: 1.2rem; }
.faint, footer { color: var(--faint); font-size: .85rem; }
figure { margin: .75rem 0; }
img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .5rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); }
thead th { vertical-align: bottom; font-weight: 600; white-space: normal; min-width: 3.2rem; }
tbody th { font-weight: 400; }
.named tbody th { white-space: normal; min-width: 9rem; }
tr.marked th, tr.marked td { color: var(--mark); font-weight: 600; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .5rem; }
@media screen and (max-width: 40rem) { img { max-width: none; width: 42rem; } }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .wide { overflow: visible; } table { font-size: 7pt; } th, td { padding: .1rem .3rem; position: static !important; }
  img { width: auto; max-height: 22cm; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
  thead { display: table-header-group; } }
"""


class Drawing(Protocol):
    """A matplotlib figure, such as those of `membrax.plot`."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the figure."""

    def get_size_inches(self) -> np.ndarray:
        """Width and height."""
        ...


@dataclasses.dataclass(frozen=True)
class Section:
    """One part of a report; parts of it that are empty are left out.

    Attributes:
        title: its heading.
        text: a paragraph, several separated by empty lines, or a list of points. Plain text.
        table: rows of cells as plain text, the first row the head. The first column names the row.
        figure: a matplotlib figure, such as those of `membrax.plot`, or the bytes of a PNG.
        marked: rows to highlight, by their numbers below the head, from 0.
        html: a part that is HTML already, such as an interactive plot, below the text.
        links: [row] addresses to which the names of the rows lead.
    """

    title: str
    text: str | Sequence[str] = ""
    table: Sequence[Sequence[str]] = ()
    figure: Drawing | bytes | None = None
    marked: Collection[int] = ()
    html: str = ""
    links: Sequence[str] = ()


def page(title: str, subtitle: str, sections: Sequence[Section], foot: str, *, head: str = "") -> str:
    """The HTML of a page; ``head`` is HTML for its head, such as a style or a script."""
    body = "\n".join(section_html(section) for section in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n{head}</head>\n<body>\n"
        f'<header><h1>{html.escape(title)}</h1>\n<p class="faint">{html.escape(subtitle)}</p></header>\n'
        f"{body}\n<footer>{html.escape(foot)}</footer>\n</body>\n</html>\n"
    )


def section_html(section: Section) -> str:
    """One section as HTML.

    Raises:
        ValueError: the part is no `Section`, its rows differ in length, or its figure can't be saved.
    """
    if not isinstance(section, Section):
        raise ValueError(f"each part of a report must be a membrax.fitting.Section, got {type(section).__name__}")
    parts = [f"<h2>{html.escape(section.title)}</h2>", _text(section.text), section.html]
    parts += [_figure(section.figure, section.title)] if section.figure is not None else []
    parts += [_table(section)] if len(section.table) else []
    return "\n".join(["<section>", *(part for part in parts if part), "</section>"])


def _text(text: str | Sequence[str]) -> str:
    """Paragraphs, or a list."""
    if isinstance(text, str):
        return "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in text.split("\n\n") if part.strip())
    points = "\n".join(f"<li>{html.escape(point)}</li>" for point in text)
    return f"<ul>\n{points}\n</ul>" if points else ""


def _table(section: Section) -> str:
    """A table that scrolls where it is wider than the screen; rows have headers and may be marked."""
    head, *rows = section.table
    wrong = next((row for row in rows if len(row) != len(head)), None)
    if wrong is not None:
        raise ValueError(f"the rows of {section.title!r} must have {len(head)} cells as its head, got {len(wrong)}")
    top = "".join(f'<th scope="col">{html.escape(str(cell))}</th>' for cell in head)
    lines = [f"<thead><tr>{top}</tr></thead>", "<tbody>"]
    for k, (first, *rest) in enumerate(rows):
        mark = ' class="marked"' if k in section.marked else ""
        cells = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in rest)
        name = html.escape(str(first))
        name = f'<a href="{html.escape(section.links[k])}">{name}</a>' if len(section.links) else name
        lines.append(f'<tr{mark}><th scope="row">{name}</th>{cells}</tr>')
    kind = ' class="named"' if any(len(str(row[0])) > LONG for row in rows) else ""
    return f'<div class="wide"><table{kind}>' + "\n".join([*lines, "</tbody></table></div>"])


def _figure(figure: Drawing | bytes, title: str) -> str:
    """An embedded picture."""
    picture, width = (figure, None) if isinstance(figure, bytes) else _drawn(figure, title)
    if not picture.startswith(b"\x89PNG"):
        raise ValueError(f"the figure of {title!r} must be a matplotlib figure or the bytes of a PNG")
    size = "" if width is None else f' width="{width}"'
    code = base64.b64encode(picture).decode("ascii")
    return f'<figure class="wide"><img{size} alt="{html.escape(title)}" src="data:image/png;base64,{code}"></figure>'


def _drawn(figure: Drawing, title: str) -> tuple[bytes, int]:
    """A figure as PNG, and its width in CSS pixels."""
    if not hasattr(figure, "savefig"):
        kind = type(figure).__name__
        raise ValueError(f"the figure of {title!r} must be a matplotlib figure or the bytes of a PNG, got {kind}")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DPI)
    return file.getvalue(), round(WIDTH * figure.get_size_inches()[0])
