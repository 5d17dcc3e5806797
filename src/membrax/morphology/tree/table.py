"""A tree as text: one line, a table by type, and the same table for notebooks."""

from __future__ import annotations

import html as markup
from typing import TYPE_CHECKING

import numpy as np

from ...tables import counted, html_table, text_table
from .labels import SOMA, label

if TYPE_CHECKING:
    from .tree import Tree

HEAD = ("type", "sections", "length (µm)", "area (µm²)", "radius (µm)", "reach (µm)")


def line(tree: Tree) -> str:
    """The soma, the neurites by type and the number of repairs, in one line."""
    soma = f"soma of {amount(tree.soma.area)} µm²" if tree.soma else "no soma"
    neurites = [section for section in tree.sections if section.type != SOMA]
    lengths = {kind: sum(s.length for s in neurites if s.type == kind) for kind in sorted({s.type for s in neurites})}
    parts = ", ".join(f"{label(kind)} {amount(length)} µm" for kind, length in lengths.items())
    grown = f", {counted(len(neurites), 'section')} of neurite: {parts}" if neurites else ""
    repaired = f"; {counted(len(tree.repairs), 'repair')}" if tree.repairs else ""
    return f"<Tree{' ' if tree.name else ''}{tree.name}: {soma}{grown}{repaired}>"


def text(tree: Tree) -> str:
    """The table, and below it the repairs."""
    return "\n".join([_title(tree), text_table(rows(tree)), *(f"  repaired: {words}" for words in tree.repairs)])


def html(tree: Tree) -> str:
    """The table for a notebook."""
    repairs = "".join(f"<li>{markup.escape(words)}</li>" for words in tree.repairs)
    listed = f"<p>Repairs:</p><ul>{repairs}</ul>" if repairs else ""
    return f"<p><b>{markup.escape(_title(tree))}</b></p>{html_table(rows(tree))}{listed}"


def rows(tree: Tree) -> list[tuple[str, ...]]:
    """The head, and for every type and for all the sections, length, area, range of radii and greatest distance."""
    kinds = [kind for kind in np.unique(tree.type).tolist() if kind != SOMA]
    by_type = [_row(tree, label(kind), tree.type == kind) for kind in ([SOMA] if tree.soma else []) + kinds]
    total = [_row(tree, "all", np.ones(len(tree.type), dtype=bool))] if len(by_type) > 1 else []
    return [HEAD, *by_type, *total]


def _row(tree: Tree, word: str, mine: np.ndarray) -> tuple[str, ...]:
    """The row of the points that are ``mine``."""
    kinds = set(tree.type[mine].tolist())
    radii = tree.radius[mine]
    thin, thick = radii.min(), radii.max()
    return (
        word,
        str(sum(section.type in kinds for section in tree.sections)),
        amount(tree.segment_length[mine].sum()),
        amount(tree.segment_area[mine].sum()),
        f"{thin:.3g}" if thin == thick else f"{thin:.3g} … {thick:.3g}",
        amount(tree.path_distance[mine].max()),
    )


def amount(value: float) -> str:
    """A length or an area to three digits, or to whole units from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _title(tree: Tree) -> str:
    return f"{tree.name or 'tree'}: {counted(len(tree.parent), 'point')}"
