"""Tables on their side: a row for each quantity or sweep, with its name in front."""

from __future__ import annotations

import numpy as np

from .blocks import Block
from .dialect import number, shorten, split

_LEAST = 64  # numbers in a row
_MOST = 1000  # rows


def read(file: str, text: str) -> tuple[list[str], Block] | None:
    """Read a table whose lines are "name, number, number, …": the names, and the rows as columns; None for other texts.

    Args:
        file: the file's name, for messages.
        text: the text.

    Raises:
        ValueError: a field that is no number.
    """
    first = text[: text.find("\n")] if "\n" in text else ""
    if max(first.count(mark) for mark in "\t;,") < _LEAST:
        return None
    lines = [line for line in text.split("\n", _MOST + 1) if line.strip()]
    if not 2 <= len(lines) <= _MOST:
        return None
    separator = next((mark for mark in "\t;," if all(_is_named_row(line, mark, len(lines)) for line in lines)), None)
    if separator is None:
        return None
    names, rows = zip(*(_row(file, line, separator) for line in lines), strict=True)
    table = np.full((max(map(len, rows)), len(rows)), np.nan)
    for k, row in enumerate(rows):
        table[: len(row), k] = row
    return list(names), Block((), 1, table)


def _is_named_row(line: str, separator: str, rows: int) -> bool:
    """Whether a line is a name and more numbers than a header has."""
    if line.count(separator) <= max(_LEAST, rows):
        return False
    name, *fields = split(separator.join(line.split(separator, _LEAST)[:_LEAST]), separator)
    return number(name or "-", ".") is None and all(number(field, _mark(field)) is not None for field in fields)


def _mark(field: str) -> str:
    return "," if "," in field else "."


def _row(file: str, line: str, separator: str) -> tuple[str, np.ndarray]:
    name, *fields = split(line, separator)
    values = [number(field, _mark(field)) for field in fields]
    if None in values:
        wrong = fields[values.index(None)]
        raise ValueError(f'{file}: "{shorten(wrong)}" in the row "{shorten(name)}" is no number; mend the field')
    return name, np.array(values, dtype=np.float64)
