"""The lines of an SWC file as numbers: id, type, x, y, z, radius, parent (Cannon et al. 1998)."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..tree.order import cycle, downward, is_downward, renumbered
from .points import SwcPoints

COLUMNS = ("id", "type", "x", "y", "z", "radius", "parent")
WHOLE = {"id": 0, "type": 0, "parent": -1}  # whole numbers, and their lower bounds


class Row(NamedTuple):
    """One point: its line in the file, and its seven numbers."""

    line: int
    id: int
    type: int
    x: float
    y: float
    z: float
    radius: float
    parent: int


def read_points(path: str | os.PathLike[str]) -> SwcPoints:
    """The points of a file, parents before children.

    Raises:
        ValueError: a row without seven numbers, a number out of its bounds, a repeated id, a missing parent, a cycle,
            or a file without points. The message names the file and the line.
    """
    path = Path(path)
    rows, extra = _rows(path.name, _text(path.read_bytes()))
    if not rows:
        raise ValueError(f"{path.name} holds no points: an SWC file has lines of {' '.join(COLUMNS)}")
    parent = _parents(path.name, rows)
    line, type, radius = (np.array([getattr(row, name) for row in rows]) for name in ("line", "type", "radius"))
    swc = SwcPoints(path.name, line, type, np.array([(row.x, row.y, row.z) for row in rows]), radius, parent)
    if extra:
        swc = swc.repaired(f"columns after the seventh were ignored, from line {extra} on")
    _check_cycles(swc)
    return _ordered(swc)


def _text(raw: bytes) -> list[str]:
    """The lines, with any line ending; a comment may be in any encoding, so Latin-1 is tried after UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _rows(file: str, lines: list[str]) -> tuple[list[Row], int]:
    """The rows, and the number of the first line with more than seven columns (0: none)."""
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
    id, type, x, y, z, radius, parent = (_number(file, line, *one) for one in zip(COLUMNS, fields, strict=False))
    return Row(line, int(id), int(type), x, y, z, radius, int(parent))


def _number(file: str, line: int, name: str, text: str) -> float | int:
    """The number in a column, whole where the column requires it."""
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
            raise ValueError(f"{file}, line {row.line}: id {row.id} is taken by line {rows[first].line}")
    for row in rows:
        if row.parent not in place and row.parent != -1:
            raise ValueError(f"{file}, line {row.line}: parent {row.parent} is not among the points (−1 marks a root)")
    return np.array([place.get(row.parent, -1) for row in rows])


def _check_cycles(swc: SwcPoints) -> None:
    if circle := cycle(swc.parent):
        swc.refuse(f"{swc.lines(circle)}: parents form a cycle and never reach a root (parent −1)")


def _ordered(swc: SwcPoints) -> SwcPoints:
    """The points reordered, parents before children."""
    if is_downward(swc.parent):
        return swc
    early = np.flatnonzero(swc.parent > np.arange(len(swc.parent)))
    order = downward(swc.parent)
    changes = {name: getattr(swc, name)[order] for name in ("line", "type", "xyz", "radius")}
    words = f"{swc.lines(early)}: before their parents; points were reordered"
    return swc.repaired(words, parent=renumbered(swc.parent, order), **changes)
