"""Igor text (.itx): waves between BEGIN and END, and the commands that scale them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ..conversion import EXPONENTS, canonical, kind_of
from .dialect import number, shorten

_WAVES = re.compile(r"\s*WAVES((?:/\w+(?:=\([^)]*\))?)*)[\s,]+(.*)", re.IGNORECASE)
_SHAPE = re.compile(r"/N=\(([^)]*)\)", re.IGNORECASE)
_SCALE = re.compile(
    r"SetScale(?:/[PI])?\s+([xyd])\s*,?\s*([^,]+),\s*([^,]+),\s*\"([^\"]*)\"\s*,\s*([^;]+)", re.IGNORECASE
)


def read(file: str, text: str) -> tuple[list[str], np.ndarray, float | None] | None:
    """Read the waves of an Igor text as columns; None for any other text.

    A wave of two dimensions is one column per sweep. The scale ``SetScale/P x 0, 0.0001, "s", v`` is the sampling
    interval, the unit of ``SetScale y`` or ``SetScale d`` that of the numbers.

    Args:
        file: the file's name, for messages.
        text: the text.

    Returns:
        Labels, values [row, column] with NaN behind the end of a shorter wave, and the sampling interval in ms.

    Raises:
        ValueError: a line between BEGIN and END that is no row, no wave, or waves of different sampling intervals.
    """
    if not re.match(r"\s*IGOR\b", text):
        return None
    waves: list[tuple[str, np.ndarray]] = []
    lines = iter(enumerate(text.split("\n"), 1))
    for _, line in lines:
        head = _WAVES.fullmatch(line)
        if head:
            names = [name.strip("'\" ") for name in re.split(r"[\s,]+", head[2].strip())]
            waves += _columns(names, _rows(file, lines), matrix=bool(_SHAPE.search(head[1])))
    if not waves:
        raise ValueError(f"{file} is an Igor text without waves (a line WAVES, then rows between BEGIN and END)")
    units, steps = _scales(text)
    if len(set(steps.values())) > 1:
        raise ValueError(f"{file} has waves of several sampling intervals: {sorted(set(steps.values()))} ms")
    table = np.full((max(values.size for _, values in waves), len(waves)), np.nan)
    for k, (_, values) in enumerate(waves):
        table[: values.size, k] = values
    labels = [f"{name} ({units[_wave(name)]})" if units.get(_wave(name)) else name for name, _ in waves]
    return labels, table, next(iter(steps.values()), None)


def _wave(name: str) -> str:
    """The wave of a column: "v" of "v sweep 2"."""
    return re.sub(r" sweep \d+$", "", name)


def _rows(file: str, lines: Iterator[tuple[int, str]]) -> np.ndarray:
    """The rows [row, column] up to END."""
    rows: list[list[float]] = []
    for place, line in lines:
        word = line.strip().upper()
        if word == "END":
            break
        if word in ("", "BEGIN"):
            continue
        row = [number(field, ".") for field in line.split()]
        if None in row or (rows and len(row) != len(rows[0])):
            raise ValueError(f'{file}, line {place} ("{shorten(line)}") is no row of an Igor wave; mend the line')
        rows.append(row)  # type: ignore[arg-type]
    return np.array(rows, dtype=np.float64, ndmin=2)


def _columns(names: Sequence[str], rows: np.ndarray, *, matrix: bool) -> list[tuple[str, np.ndarray]]:
    """Each wave with its values; the columns of a matrix are its sweeps."""
    if rows.size == 0:
        return []
    if matrix and len(names) == 1 and rows.shape[1] > 1:
        return [(f"{names[0]} sweep {k + 1}", column) for k, column in enumerate(rows.T)]
    return list(zip(names, rows.T, strict=False))


def _scales(text: str) -> tuple[dict[str, str], dict[str, float]]:
    """The unit and the sampling interval [ms] of each wave."""
    units: dict[str, str] = {}
    steps: dict[str, float] = {}
    for axis, _, step, unit, names in _SCALE.findall(text):
        for name in re.split(r"[\s,]+", names.strip()):
            wave, value = name.strip("'\" "), number(step.strip(), ".")
            if axis.lower() != "x":
                units[wave] = unit
            elif kind_of(unit) == "time" and value:
                steps[wave] = float(f"{value * 10.0 ** EXPONENTS['time'][canonical(unit)]:.12g}")
    return units, steps
