"""Columns of text: .csv, .tsv, .txt and .dat, with a header that names units or with options that do."""

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
    """A Recording from a text file with one row per sample.

    The line above the numbers may name columns and units: ``t(s) I(pA) V(mV)`` or
    ``time_ms,voltage_mV,current_nA``; a column is known by its word or by its unit. Several voltage
    columns are several sweeps and need one current column each, or one for all. Columns are separated
    by tabs, semicolons, commas or blanks; a decimal point is a point.

    Args:
        path: the file.
        columns: which column is which, by label or by position from 0: ``{"t": 0, "i": 1, "v": 2}``;
            a list of columns is several sweeps.
        units: units that the header doesn't give, ``{"t": "s", "i": "pA", "v": "mV"}``.
        dt: sampling interval in ms; replaces a time column.
        current: injected current in nA; replaces one in the file.

    Raises:
        ValueError: a field that is no number, rows of unequal length, no header and no ``columns``, no
            voltage, current or time, a unit missing or unknown; a Recording's own checks.
    """
    lines = _lines(path)
    start, separator = _first_row(path, lines)
    values = _numbers(path, lines, start, separator)
    labels = _header(lines[:start], separator, values.shape[1])
    if columns is None and labels is None:
        raise ValueError(
            f"{path.name} has {values.shape[1]} columns and no header to tell them apart; pass for example"
            ' columns={"t": 0, "i": 1, "v": 2}, units={"t": "s", "i": "pA", "v": "mV"}'
        )
    labels = labels or [f"column {k}" for k in range(values.shape[1])]
    chosen = choose(path.name, labels, columns, by_unit=True)
    said = ", ".join(f"{symbol} is {' and '.join(labels[p] for p in found)}" for symbol, found in chosen.items())
    entries = list(zip(labels, values.T, strict=True))
    notes = (UNCORRECTED, f"columns: {said}")
    return assemble(path.name, entries, chosen, units=units, dt=dt, current=current, name=path.stem, notes=notes)


def _lines(path: Path) -> list[str]:
    """The file's lines; µ written on Windows is not UTF-8, so Latin-1 is tried next."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return raw.decode("latin-1").splitlines()


def _split(line: str, separator: str | None) -> list[str]:
    return [field.strip().strip('"') for field in line.strip().split(separator)]


def _first_row(path: Path, lines: Sequence[str]) -> tuple[int, str | None]:
    """Where the numbers begin, and what separates them (None: blanks)."""
    for number, line in enumerate(lines):
        separator = next((mark for mark in "\t;," if mark in line.strip()), None)
        try:
            [float(field) for field in _split(line, separator)]
        except ValueError:
            continue
        if line.strip():
            return number, separator
    raise ValueError(f"{path.name} has no row of numbers; a decimal point must be a point, not a comma")


def _numbers(path: Path, lines: Sequence[str], start: int, separator: str | None) -> np.ndarray:
    """The numbers [row, column]."""
    rows = [line.replace('"', "") for line in lines[start:]]
    try:
        return np.loadtxt(rows, delimiter=separator, comments=list(_COMMENT), ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path.name}, counting rows from line {start + 1}: {error}") from error


def _header(above: Sequence[str], separator: str | None, count: int) -> list[str] | None:
    """Labels of the columns from the last line above the numbers; None if there are not ``count`` of them."""
    written = [line.strip().lstrip(_COMMENT).strip() for line in above if line.strip()]
    if not written:
        return None
    # Between blanks a label may hold one: "Time (ms)  V (mV)" is two labels.
    blanks = re.findall(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?", written[-1])
    labels = blanks if separator is None else _split(written[-1], separator)
    return labels if len(labels) == count else None
