"""Igor text (.itx): waves between BEGIN and END, and the commands that scale them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..conversion import EXPONENTS, canonical, kind_of
from .dialect import number, shorten

_WAVES = re.compile(r"\s*WAVES((?:/\w+(?:=\([^)]*\))?)*)[\s,]+(.*)", re.IGNORECASE)
_SHAPE = re.compile(r"/N=\(([^)]*)\)", re.IGNORECASE)
_SCALE = re.compile(
    r"\s*(?:X\s+)?SetScale(?:/([PI]))?\s+([xyd])\s*,?\s*([^,]+),\s*([^,]+),\s*\"([^\"]*)\"\s*,\s*(.+)", re.IGNORECASE
)
Clock = tuple[float, float]  # ms: the time of the first sample, and the sampling interval


def read(file: str, text: str) -> tuple[list[str], np.ndarray, float | None] | None:
    """Read the waves of an Igor text as columns; None for any other text.

    A wave of two dimensions is one column per sweep. ``SetScale/P x 0, 0.0001, "s", v`` states the first time and the
    sampling interval, ``SetScale/I x`` the first and the last time, ``SetScale x`` the first time and the end; the unit
    of ``SetScale y`` or ``SetScale d`` is that of the numbers. Waves of several clocks have a column of times each.

    Args:
        file: the file's name, for messages.
        text: the text.

    Returns:
        Labels, values [row, column] with NaN behind the end of a shorter wave, and the sampling interval in ms, None
        where it is unknown or in columns of times.

    Raises:
        ValueError: a line between BEGIN and END that is no row, no wave, or some waves without a clock beside several.
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
    units, clocks = _scales(text, {_wave(name): values.size for name, values in waves})
    labels = [f"{name} ({units[_wave(name)]})" if units.get(_wave(name)) else name for name, _ in waves]
    columns = [values for _, values in waves]
    own = [clocks.get(_wave(name)) for name, _ in waves]
    several = len(set(clocks.values())) > 1
    if several:
        labels, columns = _with_times(file, labels, columns, own)
    table = np.full((max(map(len, columns)), len(columns)), np.nan)
    for k, values in enumerate(columns):
        table[: values.size, k] = values
    return labels, table, None if several or not clocks else next(iter(clocks.values()))[1]


def _with_times(
    file: str, labels: Sequence[str], columns: Sequence[np.ndarray], clocks: Sequence[Clock | None]
) -> tuple[list[str], list[np.ndarray]]:
    """Labels and columns, each behind a column of its times.

    Raises:
        ValueError: a wave without a clock.
    """
    names, times = [], []
    for label, values, clock in zip(labels, columns, clocks, strict=True):
        if clock is None:
            raise ValueError(
                f"{file} has waves of several clocks, and {label} has none; set it in Igor (SetScale/P x, its"
                ' beginning and sampling interval, "s") and export the waves again'
            )
        names += [f"Time of {label.split(' (')[0]} (ms)", label]
        times += [np.round(clock[0] + clock[1] * np.arange(values.size), 9), values]
    return names, times


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


def _scales(text: str, sizes: Mapping[str, int]) -> tuple[dict[str, str], dict[str, Clock]]:
    """The unit and the clock of each wave, of ``sizes`` samples."""
    units: dict[str, str] = {}
    clocks: dict[str, Clock] = {}
    commands = (part for line in text.split("\n") if "setscale" in line.lower() for part in line.split(";"))
    for flag, axis, first, second, unit, names in (
        found.groups() for part in commands if (found := _SCALE.match(part))
    ):
        for wave in (name.strip("'\" ") for name in re.split(r"[\s,]+", names.strip())):
            kind = kind_of(unit)
            if axis.lower() != "x" and (axis.lower() == "d" or kind):
                units[wave] = unit
            elif axis.lower() == "x" and kind == "time":
                clock = _clock((flag or "").upper(), first, second, unit, sizes.get(wave, 0))
                clocks |= {wave: clock} if clock and wave in sizes else {}
    return units, clocks


def _clock(flag: str, first: str, second: str, unit: str, samples: int) -> Clock | None:
    """The clock of ``SetScale x``: /P has a beginning and a step, /I both ends, no flag an end behind the last one."""
    begin, other = number(first.strip(), "."), number(second.strip(), ".")
    spaces = samples - (flag == "I")
    if begin is None or other is None or (flag != "P" and spaces < 1):
        return None
    step = other if flag == "P" else (other - begin) / spaces
    factor = 10.0 ** EXPONENTS["time"][canonical(unit)]
    return (float(f"{begin * factor:.12g}"), float(f"{step * factor:.12g}")) if step > 0 else None
