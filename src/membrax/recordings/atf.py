"""Axon Text File, Clampfit's export: a header of known length, then one column per sweep and signal."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .channels import Channel, comma_list, current_input, find_channel, voltage_input
from .conversion import convert, kind_of
from .episodes import cut_where_regular
from .reading import GIVEN, UNCORRECTED, given_units, interval, no_current
from .recording import Recording
from .recording_checks import grid
from .unrecorded import recorded_part

_TITLE = re.compile(r"\s*(.*?)\s*(?:\(([^()]*)\))?\s*")  # name (unit)
_NUMBERED = re.compile(r"(?:trace|sweep|episode|run)\s*#?\s*(\d+)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class _Table:
    """The contents of a file: texts of the header by key, titles of the columns, and their numbers [column, time]."""

    header: dict[str, list[str]]
    titles: tuple[tuple[str, str], ...]  # name and unit
    values: np.ndarray


def read_atf(
    path: Path,
    *,
    voltage_channel: int | str | None = None,
    current_channel: int | str | None = None,
    current: ArrayLike | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    cut: bool = True,
    incomplete: str | None = None,
) -> Recording:
    """Read an Axon text file as a Recording.

    The first column is the time. Columns "Trace #1 (mV)" and "Trace #1 (pA)" are two signals of one sweep; their names
    come from the header (``Signals``, of each column, or else ``SignalsExported``). A gap-free recording is one sweep,
    and is cut at regular steps of its current as an .abf file is.

    Args:
        path: the file.
        voltage_channel: number (from 0, in the order of one sweep's columns) or name of the voltage, where the file
            has several.
        current_channel: number or name of the current.
        current: injected current, nA: a number, [time] or [sweep, time], where the file has none.
        units: units of the file's numbers where its titles are wrong, ``{"t": "ms", "v": "mV", "i": "pA"}``.
        dt: sampling interval, ms, in place of the time column.
        cut: whether a gap-free recording is cut at regular steps of its current.
        incomplete: the choice for sweeps that were stopped early, "crop" or "drop"; see
            `membrax.recordings.unrecorded.recorded_part`.

    Raises:
        ValueError: no ATF file, fields that are no numbers, rows of unequal length; no voltage or several; no current
            or several; an unknown unit; the checks of Recording.
    """
    units, path = given_units(units), Path(path)
    table = _read(path)
    signals, columns = _signals(path, table)
    voltage = voltage_input(path, signals, voltage_channel, units.get("v"))
    v = _sweeps(path, table, columns, voltage, units.get("v"), "voltage")
    if current is not None:
        i, note = np.asarray(current), GIVEN
    else:
        chosen = current_channel
        found = (
            current_input(path, signals, voltage) if chosen is None else find_channel(path, signals, chosen, "input")
        )
        if found is None:
            raise no_current(path.name, f"signals: {comma_list(signals)}")
        i, note = _sweeps(path, table, columns, found, units.get("i"), "current"), f"current: {found}"
    t = _time(path, table, units.get("t"), dt)
    t, v, i, removed = recorded_part(t, v, i, incomplete=incomplete)
    notes = (f"voltage: {voltage}", UNCORRECTED, note, *removed)
    data = Recording(t, v, i, name=path.stem, notes=notes)
    gap_free = " ".join(table.header.get("AcquisitionMode", [])).lower().startswith("gap")
    return cut_where_regular(data, cut) if gap_free and data.sweeps == 1 else data


def read_columns(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The times [time], ms, and all other columns [column, time] in their units, such as of a stimulus file.

    Raises:
        ValueError: no ATF file, or no uniform time.
    """
    table = _read(path)
    return _time(path, table, None, None), table.values[1:]


def _read(path: Path) -> _Table:
    lines = _lines(path)
    front = lines[0].split() if lines else []
    if not front or front[0].strip('"').upper() != "ATF":
        raise ValueError(f"{path.name} cannot be read: its first line is not that of an Axon text file, ATF 1.0")
    counts = re.findall(r"-?\d+", lines[1]) if len(lines) > 1 else []
    if len(counts) < 2 or int(counts[0]) < 0 or int(counts[1]) < 2:
        raise ValueError(
            f"{path.name} cannot be read: its second line must state the numbers of header lines and of columns (2 or"
            f" more), got {lines[1] if len(lines) > 1 else '':.40}"
        )
    above, count = int(counts[0]), int(counts[1])
    if len(lines) < above + 4:
        raise ValueError(
            f"{path.name} is cut short: its second line states {above} header lines, a line of titles follows, and the"
            f" file has {len(lines)} lines"
        )
    titles = _fields(lines[2 + above])
    if len(titles) != count:
        raise ValueError(f"{path.name} states {count} columns and has {len(titles)} titles: {', '.join(titles):.200}")
    pairs = [_TITLE.fullmatch(title) for title in titles]
    named = tuple((pair[1], pair[2] or "") if pair else (title, "") for title, pair in zip(titles, pairs, strict=True))
    return _Table(_header(lines[2 : 2 + above]), named, _numbers(path, lines, 3 + above, count))


def _lines(path: Path) -> list[str]:
    """The lines of a file in UTF-8, else in Windows' code page 1252, in which µ is a single byte."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    lines = [line.rstrip("\r") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[-1].strip("\x1a \t"):
        lines.pop()
    return lines


def _fields(line: str) -> list[str]:
    mark = "\t" if "\t" in line else ","
    return [field.strip() for field in next(csv.reader([line.strip()], delimiter=mark), [])]


def _header(lines: Sequence[str]) -> dict[str, list[str]]:
    """Texts by key, as lists: of a line ``"SignalsExported=Vm,Im"``, or of ``"Signals="`` and one field per column."""
    found = {}
    for line in lines:
        first, *others = _fields(line) or [""]
        key, _, rest = first.partition("=")
        found[key.strip()] = [*([one.strip() for one in rest.split(",")] if rest else []), *others]
    return found


def _numbers(path: Path, lines: Sequence[str], start: int, count: int) -> np.ndarray:
    """The numbers [column, time]; decimal commas are read where tabs separate the columns."""
    rows = [line for line in lines[start:] if line.strip()]
    mark = "\t" if "\t" in rows[0] else ","
    if mark == "\t" and any("," in row for row in rows):
        rows = [row.replace(",", ".") for row in rows]
    for number, row in enumerate(rows):
        found = row.rstrip().count(mark) + 1
        if found != count:
            raise ValueError(
                f"{path.name} has {found} fields in line {start + number + 1} and states {count} columns; is the file"
                " cut short?"
            )
    try:
        return np.loadtxt(rows, delimiter=mark, ndmin=2, comments=None, quotechar='"').T
    except ValueError as error:
        raise ValueError(f"{path.name}, counting rows from line {start + 1}: {error}") from error


def _signals(path: Path, table: _Table) -> tuple[tuple[Channel, ...], list[list[int]]]:
    """The signals of a sweep, and for each the columns of its sweeps."""
    traces = [_NUMBERED.search(name) for name, _ in table.titles[1:]]
    names = table.header.get("Signals") or []
    count = len(table.titles) - 1
    if all(traces):
        keys = [int(trace[1]) for trace in traces if trace]
    elif len(names) == count and len(set(names)) < count:
        keys = [names[:k].count(name) for k, name in enumerate(names)]
    else:
        keys = [0] * count
    sweeps = [[k + 1 for k, key in enumerate(keys) if key == sweep] for sweep in sorted(set(keys))]
    first = sweeps[0]
    for sweep in sweeps:
        if [table.titles[k][1] for k in sweep] != [table.titles[k][1] for k in first]:
            units = " and ".join(str([" ".join(table.titles[k]) for k in one]) for one in (first, sweep))
            raise ValueError(
                f"{path.name} has sweeps of different signals: {units}; export the same ones of every sweep"
            )
    exported = table.header.get("SignalsExported") or []
    signals = []
    for position, column in enumerate(first):
        title, unit = table.titles[column]
        name = (
            names[column - 1] if len(names) == count else exported[position] if len(exported) == len(first) else title
        )
        signals.append(Channel(position, name, unit))
    return tuple(signals), [list(columns) for columns in zip(*sweeps, strict=True)]


def _sweeps(
    path: Path, table: _Table, columns: Sequence[Sequence[int]], signal: Channel, unit: str | None, kind: str
) -> np.ndarray:
    """All sweeps of one signal [sweep, time] in a Recording's unit."""
    try:
        return convert(table.values[columns[signal.number]], unit or signal.unit, kind)
    except ValueError as error:
        symbol = kind[0] if kind == "voltage" else "i"
        raise ValueError(
            f'{path.name}, {signal}: {error}; pass units={{"{symbol}": …}} if the title is wrong'
        ) from error


def _time(path: Path, table: _Table, unit: str | None, dt: float | None) -> np.ndarray:
    """The times [time], ms: of the first column, or every ``dt``."""
    (name, stated), values = table.titles[0], table.values[0]
    if dt is not None:
        return interval(dt, dt) * np.arange(values.size)
    if kind_of(unit or stated) != "time":
        raise ValueError(
            f'{path.name} has "{name} ({stated})" as its first column, which must be the time; pass units={{"t": "s"}}'
            " if it is, or the sampling interval as dt=, in ms"
        )
    times = convert(values, unit or stated, "time")
    try:
        grid(times)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}; dt= replaces the file's times by an interval in ms") from error
    return times
