"""A tree in words: one line, a table by type, and the same for notebooks."""

from __future__ import annotations

import html as markup
from typing import Any

import numpy as np

from .labels import SOMA, label

HEAD = ("type", "sections", "length (µm)", "area (µm²)", "radius (µm)", "reach (µm)")


def line(tree: Any) -> str:
    """What it is, in a line."""
    soma = f"soma of {amount(tree.soma.area)} µm²" if tree.soma else "no soma"
    neurites = [section for section in tree.sections if section.type != SOMA]
    lengths = {kind: sum(s.length for s in neurites if s.type == kind) for kind in sorted({s.type for s in neurites})}
    parts = ", ".join(f"{label(kind)} {amount(length)} µm" for kind, length in lengths.items())
    grown = f", {counted(len(neurites), 'section')} of neurite: {parts}" if neurites else ""
    mended = f"; {counted(len(tree.repairs), 'repair')}" if tree.repairs else ""
    return f"<Tree{' ' if tree.name else ''}{tree.name}: {soma}{grown}{mended}>"


def amount(value: float) -> str:
    """A length or an area to three digits, or to its units if it is large."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def counted(number: int, noun: str) -> str:
    """So many of them: "1 section", "1,204 sections"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rows(tree: Any) -> list[tuple[str, ...]]:
    """Sections, length, area, thinnest and thickest radius and greatest path distance of every type, and of all."""
    kinds = [kind for kind in np.unique(tree.type).tolist() if kind != SOMA]
    told = [_row(tree, label(kind), tree.type == kind) for kind in ([SOMA] if tree.soma else []) + kinds]
    return told if len(told) == 1 else [*told, _row(tree, "all", np.ones(len(tree.type), dtype=bool))]


def _row(tree: Any, word: str, mine: np.ndarray) -> tuple[str, ...]:
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


def text(tree: Any) -> str:
    """The table, and under it what was mended."""
    table = [HEAD, *rows(tree)]
    widths = [max(len(row[k]) for row in table) for k in range(len(HEAD))]
    lines = [_aligned(row, widths) for row in table]
    return "\n".join([_title(tree), *lines, *(f"  mended: {words}" for words in tree.repairs)])


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])


def _title(tree: Any) -> str:
    return f"{tree.name or 'tree'}: {counted(len(tree.parent), 'point')}"


def html(tree: Any) -> str:
    """The table for a notebook."""
    head = "".join(f"<th>{markup.escape(word)}</th>" for word in HEAD)
    body = "".join("<tr>" + "".join(f"<td>{markup.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows(tree))
    mended = "".join(f"<li>{markup.escape(words)}</li>" for words in tree.repairs)
    listed = f"<p>Mended:</p><ul>{mended}</ul>" if mended else ""
    return f"<p><b>{markup.escape(_title(tree))}</b></p><table><tr>{head}</tr>{body}</table>{listed}"
