"""The lines of an SWC file as numbers: id, type, x, y, z, radius, parent (Cannon et al. 1998)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from ..tree.order import cycle, downward, is_downward, renumbered
from .columns import COLUMNS, Order, stated_order
from .points import SwcPoints

WHOLE = {"id": (0, 10**30), "type": (0, 2**31 - 1), "parent": (-1, 10**30)}  # whole numbers, and their bounds
LARGEST = 1e12  # of a place or a radius, so that squares stay finite; a metre is 1e9 nm
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d{1,6})?")
WITH_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
SHOWN = 60  # characters of a line in a message


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


def points_of(file: str, lines: list[str]) -> SwcPoints:
    """The points of the lines of a file, parents before children.

    Raises:
        ValueError: a row without seven numbers, a number out of its bounds, a decimal comma, a repeated id, a missing
            parent, a cycle, or a file without points. The message names the file and the line.
    """
    rows, notes = _rows(file, lines)
    if not rows:
        raise ValueError(f"{file} holds no points: an SWC file has lines of {' '.join(COLUMNS)}")
    parent = _parents(file, rows)
    line, type, radius = (np.array([getattr(row, name) for row in rows]) for name in ("line", "type", "radius"))
    xyz = np.array([(row.x, row.y, row.z) for row in rows])
    swc = SwcPoints(file, line, type, xyz, radius, parent, tuple(notes))
    _check_cycles(swc)
    return _ordered(swc)


def header(lines: Iterable[str]) -> list[str]:
    """The lines before the first row of numbers."""
    found = []
    for line in lines:
        if NUMBER.match(line.strip()):
            break
        found.append(line)
    return found


def _rows(file: str, lines: list[str]) -> tuple[list[Row], list[str]]:
    """The rows, and sentences on lines that were not read as they stand."""
    rows: list[Row] = []
    extra = separated = named = 0
    order: Order | None = None
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0]
        fields = text.split()
        if _is_separated(text, fields):
            fields, separated = _separated(text), separated or number
        if fields and not rows and not named and all(field[:1].isalpha() for field in fields):
            named = number
        elif fields:
            order = order if rows else stated_order(lines[: number - 1], len(fields))
            rows.append(_row(file, number, fields, order))
            extra = extra or number * (len(fields) > len(COLUMNS))
    notes = {
        f"line {named}: words, taken for the names of the columns": named,
        f"columns are separated by commas or semicolons, from line {separated} on": separated,
        f"columns after the seventh were ignored, from line {extra} on": extra,
        order.words if order else "": order is not None and order.words,
    }
    return rows, [words for words, line in notes.items() if line]


def _is_separated(text: str, fields: list[str]) -> bool:
    """Whether commas or semicolons stand between the columns: a decimal comma has digits on either side."""
    between = (len(fields) == 1 and "," in text) or (len(fields) > 1 and all(one.endswith(",") for one in fields[:-1]))
    return ";" in text or between


def _separated(text: str) -> list[str]:
    """The fields of a line between semicolons, or else between commas."""
    return [field.strip() for field in text.split(";" if ";" in text else ",")]


def _row(file: str, line: int, fields: list[str], order: Order | None) -> Row:
    if len(fields) < len(COLUMNS):
        shown = _clipped(" ".join(fields))
        raise ValueError(f"{file}, line {line}: expected 7 columns, {' '.join(COLUMNS)}, got {len(fields)}: {shown}")
    if order and max(order.positions) < len(fields):
        fields = [fields[position] for position in order.positions]
    texts: dict[str, str] = dict(zip(COLUMNS, fields, strict=False))
    id, type, parent = (_whole(file, line, name, texts[name]) for name in WHOLE)
    x, y, z, radius = (_real(file, line, name, texts[name]) for name in ("x", "y", "z", "radius"))
    return Row(line, id, type, x, y, z, radius / 2 if order and order.diameter else radius, parent)


def _real(file: str, line: int, name: str, text: str) -> float:
    value = float(_number(file, line, name, text))
    if not abs(value) <= LARGEST:
        raise ValueError(f"{file}, line {line}: {name} must be within ±{LARGEST:g}, got {_clipped(text)}")
    return value


def _whole(file: str, line: int, name: str, text: str) -> int:
    """The whole number in a column, to the last digit: a float holds ids up to 2⁵³ only."""
    least, most = WHOLE[name]
    value = Decimal(_number(file, line, name, text))
    if not value < most or (value and value.adjusted() < 0) or value != (whole := int(value)) or whole < least:
        bound = f"of at least {least}" if not value > most else f"of at most {most:.0e}"
        raise ValueError(f"{file}, line {line}: {name} must be a whole number {bound}, got {_clipped(text)}")
    return whole


def _number(file: str, line: int, name: str, text: str) -> str:
    """The text of a number as Python reads it; D marks an exponent in Fortran's files.

    Raises:
        ValueError: anything else, a decimal comma among it.
    """
    if NUMBER.fullmatch(text):
        return text.replace("D", "e").replace("d", "e")
    shown = _clipped(text)
    if WITH_COMMA.fullmatch(text):
        raise ValueError(
            f'{file}, line {line}: {name} must be a number, got "{shown}" with a decimal comma: write decimal points'
        )
    if _is_float(text):
        raise ValueError(f"{file}, line {line}: {name} must be finite, got {shown}")
    raise ValueError(f'{file}, line {line}: {name} must be a number, got "{shown}"')


def _is_float(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False


def _clipped(text: str) -> str:
    """The text, cut to a length that a message can show, without control characters."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


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
