"""The served page: the parts of the written page, and a fit."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from ...ephys import View
from ...html_page import STYLE, Section, section_html
from .. import page
from .fit_job import FitJob
from .fit_panel import fit_panel

if TYPE_CHECKING:
    from bokeh.document import Document

# Text of a recording reaches the template as the value of a variable, never as a part of the template.
TEMPLATE = """{% extends base %}
{% block postamble %}<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html, body { height: auto; }{{ style }}</style>{% endblock %}
{% block contents %}{% from macros import embed %}
{% for part in parts %}{{ part.html }}{% if part.plot %}{{ embed(roots[part.plot]) }}{% endif %}{% endfor %}
{% endblock %}
"""
FIT = """The fit runs in a process of its own, by membrax fit. It uses the training sweeps and predicts the others; its
results are in the folder of the page. A fit that is stopped leaves nothing."""


def fill(document: Document, view: View, job: FitJob | None) -> None:
    """Fill a document with the page of a cell; ``job`` makes its fits, None for a joined recording."""
    from jinja2 import Template

    models = page.plots(view)
    if job is not None:
        models["fit"] = fit_panel(view, job, document)
    for name, model in models.items():
        model.name = name
        document.add_root(model)
    places = {name: f"<!--plot:{name}-->" for name in models}
    parts = page.sections(view, places)
    if job is not None:
        parts.insert(len(view.measured), Section("Fit", FIT, html=places["fit"]))
    document.title = page.shortened(view.name) or "recording"
    document.template = Template(TEMPLATE)
    document.template_variables.update(style=STYLE + page.STYLE, parts=_split(_body(view, parts)))


def _body(view: View, parts: list[Section]) -> str:
    """The body of the page with a comment for each plot; a comment can't come from text, which is escaped."""
    name, subtitle = html.escape(page.shortened(view.name) or "recording"), html.escape(page.subtitle(view))
    head = f"<h1>{name}</h1>\n<p class='faint'>{subtitle}</p>"
    return "\n".join([f"<header>{head}</header>", *map(section_html, parts)])


def _split(body: str) -> list[dict[str, str]]:
    """Pieces of HTML, each with the name of the plot that follows it."""
    pieces = re.split(r"<!--plot:(.*?)-->", body)
    return [{"html": text, "plot": plot} for text, plot in zip(pieces[::2], [*pieces[1::2], ""], strict=True)]
