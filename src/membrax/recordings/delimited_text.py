"""Columns of text: .csv, .tsv, .txt and .dat, with units in a header or in options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .labelled import Label, assemble, choose
from .reading import UNCORRECTED
from .recording import Recording

_COMMENT = "#%"


def read_text(
    path: Path,
    *,
    columns: Mapping[str, Label | Sequence[Label]] | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    current: ArrayLike | None = None,
) -> Recording:
    """Read a text file with one row per sample as a Recording.

    The line above the numbers may name columns and units: ``t(s) I(pA) V(mV)`` or
    ``time_ms,voltage_mV,current_nA``; the word or the unit identifies a column. Several voltage
    columns are several sweeps; they require one current column each, or one for all. Columns are separated
    by tabs, semicolons, commas or blanks; the decimal mark is a point.

    Args:
        path: the file.
        columns: columns by symbol, as labels or positions from 0: ``{"t": 0, "i": 1, "v": 2}``;
            a list of columns is several sweeps.
        units: units of columns without one, ``{"t": "s", "i": "pA", "v": "mV"}``.
        dt: sampling interval, ms, in place of a time column.
        current: injected current, nA, in place of one in the file.

    Raises:
        ValueError: a field that is no number, rows of unequal length, neither a header nor ``columns``, no
            voltage, current or time, a missing or unknown unit; the checks of Recording.
    """
    lines = _lines(path)
    start, separator = _first_row(path, lines)
    values = _numbers(path, lines, start, separator)
    labels = _header(lines[:start], separator, values.shape[1])
    if columns is None and labels is None:
        raise ValueError(
            f"{path.name} has {values.shape[1]} columns and no header; pass for example"
            ' columns={"t": 0, "i": 1, "v": 2}, units={"t": "s", "i": "pA", "v": "mV"}'
        )
    labels = labels or [f"column {k}" for k in range(values.shape[1])]
    chosen = choose(path.name, labels, columns, by_unit=True)
    named = (f"{symbol} is {' and '.join(labels[k] for k in positions)}" for symbol, positions in chosen.items())
    entries = list(zip(labels, values.T, strict=True))
    notes = (UNCORRECTED, f"columns: {', '.join(named)}")
    return assemble(path.name, entries, chosen, units=units, dt=dt, current=current, name=path.stem, notes=notes)


def _lines(path: Path) -> list[str]:
    """The lines of a file in UTF-8, else in Latin-1: µ in a Windows file is no UTF-8."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return raw.decode("latin-1").splitlines()


def _split(line: str, separator: str | None) -> list[str]:
    return [field.strip().strip('"') for field in line.strip().split(separator)]


def _first_row(path: Path, lines: Sequence[str]) -> tuple[int, str | None]:
    """The first line of numbers, and their separator (None for blanks)."""
    for number, line in enumerate(lines):
        separator = next((mark for mark in "\t;," if mark in line.strip()), None)
        try:
            [float(field) for field in _split(line, separator)]
        except ValueError:
            continue
        if line.strip():
            return number, separator
    raise ValueError(f"{path.name} has no row of numbers; the decimal mark must be a point, not a comma")


def _numbers(path: Path, lines: Sequence[str], start: int, separator: str | None) -> np.ndarray:
    """The numbers [row, column]."""
    rows = [line.replace('"', "") for line in lines[start:]]
    try:
        return np.loadtxt(rows, delimiter=separator, comments=list(_COMMENT), ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path.name}, counting rows from line {start + 1}: {error}") from error


def _header(above: Sequence[str], separator: str | None, count: int) -> list[str] | None:
    """Labels of the columns from the last line above the numbers; None if their number is not ``count``."""
    texts = [line.strip().lstrip(_COMMENT).strip() for line in above if line.strip()]
    if not texts:
        return None
    # A label may itself contain a blank: "Time (ms)  V (mV)" is two labels.
    blanks = re.findall(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?", texts[-1])
    labels = blanks if separator is None else _split(texts[-1], separator)
    return labels if len(labels) == count else None
