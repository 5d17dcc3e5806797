"""The lines of an SWC file as numbers: id, type, x, y, z, radius, parent (Cannon et al. 1998)."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..tree.order import cycle, downward, is_downward, renumbered
from .draft import Draft

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")
WHOLE = {"id": 0, "type": 0, "parent": -1}  # whole numbers, and the least each may be


class Row(NamedTuple):
    """One point: the line it stands in, and its seven numbers."""

    line: int
    id: int
    type: int
    x: float
    y: float
    z: float
    radius: float
    parent: int


def read_draft(path: str | os.PathLike[str]) -> Draft:
    """The points of a file, parents before children.

    Raises:
        ValueError: what is no row of seven numbers, a number out of its bounds, an id twice, a parent that is not
            there, a cycle, a file without points. It names the file and the line.
    """
    path = Path(path)
    rows, extra = _rows(path.name, _text(path.read_bytes()))
    if not rows:
        raise ValueError(f"{path.name} holds no points: an SWC file has lines of {' '.join(COLUMNS)}")
    parent = _parents(path.name, rows)
    line, type, radius = (np.array([getattr(row, name) for row in rows]) for name in ("line", "type", "radius"))
    draft = Draft(path.name, line, type, np.array([(row.x, row.y, row.z) for row in rows]), radius, parent)
    if extra:
        draft = draft.mended(f"columns after the seventh were left out, from line {extra} on")
    _check_cycles(draft)
    return _ordered(draft)


def _text(raw: bytes) -> list[str]:
    """Lines, whatever ends them; a comment may be in any encoding, so Latin-1 is tried after UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _rows(file: str, lines: list[str]) -> tuple[list[Row], int]:
    """The rows, and the first line with more than seven columns (0: none)."""
    rows, extra = [], 0
    for number, line in enumerate(lines, start=1):
        fields = line.partition("#")[0].split()
        if fields:
            rows.append(_row(file, number, fields))
            extra = extra or number * (len(fields) > len(COLUMNS))
    return rows, extra


def _row(file: str, line: int, fields: list[str]) -> Row:
    if len(fields) < len(COLUMNS):
        raise ValueError(
            f"{file}, line {line}: expected 7 columns, {' '.join(COLUMNS)}, got {len(fields)}: {' '.join(fields)}"
        )
    return Row(line, *(_number(file, line, name, text) for name, text in zip(COLUMNS, fields, strict=False)))


def _number(file: str, line: int, name: str, text: str) -> float | int:
    """The number, a whole one where it must be."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f'{file}, line {line}: {name} must be a number, got "{text}"') from None
    if not math.isfinite(value):
        raise ValueError(f"{file}, line {line}: {name} must be finite, got {text}")
    if name not in WHOLE:
        return value
    if value != round(value) or value < WHOLE[name]:
        raise ValueError(f"{file}, line {line}: {name} must be a whole number of at least {WHOLE[name]}, got {text}")
    return int(value)


def _parents(file: str, rows: list[Row]) -> np.ndarray:
    """Index of each row's parent, −1 of a root."""
    place: dict[int, int] = {}
    for index, row in enumerate(rows):
        first = place.setdefault(row.id, index)
        if first != index:
            raise ValueError(f"{file}, line {row.line}: id {row.id} is taken already, by line {rows[first].line}")
    for row in rows:
        if row.parent not in place and row.parent != -1:
            raise ValueError(f"{file}, line {row.line}: parent {row.parent} is not among the points (−1 marks a root)")
    return np.array([place.get(row.parent, -1) for row in rows])


def _check_cycles(draft: Draft) -> None:
    if circle := cycle(draft.parent):
        draft.refuse(f"{draft.lines(circle)}: parents go in a circle and never reach a root (parent −1)")


def _ordered(draft: Draft) -> Draft:
    """Parents before children."""
    if is_downward(draft.parent):
        return draft
    early = np.flatnonzero(draft.parent > np.arange(len(draft.parent)))
    order = downward(draft.parent)
    changes = {name: getattr(draft, name)[order] for name in ("line", "type", "xyz", "radius")}
    words = f"{draft.lines(early)}: stood before their parents; points were reordered"
    return draft.mended(words, parent=renumbered(draft.parent, order), **changes)
