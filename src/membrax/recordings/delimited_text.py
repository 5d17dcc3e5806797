"""Columns of text: .csv, .tsv, .txt and .dat, with units in a header or in options."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .column_names import parse
from .columns import Label, choose, listed
from .conversion import kind_of
from .labelled import assemble, counts, rises
from .one_cell import sweeps_of_one_cell
from .reading import UNCORRECTED
from .recording import Recording
from .text import blocks as rows
from .text import ced, decoding, dialect, header, igor, stacked, turned
from .unnamed import unnamed


def read_text(
    path: Path,
    *,
    columns: Mapping[str, Label | Sequence[Label]] | None = None,
    voltage_channel: Label | None = None,
    current_channel: Label | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    current: ArrayLike | None = None,
    decimal: str | None = None,
    incomplete: str | None = None,
) -> Recording:
    """Read a text file with one row per sample as a Recording.

    The lines above the numbers may name columns and units: ``t(s) I(pA) V(mV)``, ``time_ms,voltage_mV,current_nA``, or
    names and units in a line each; the word or the unit identifies a column. Several voltages are sweeps if their names
    say so ("Sweep 1", "Trace #2") or if each has its own current ("V1", "V2" and "I1", "I2"), but not the channels
    of LabChart and Spike2, which are of one moment. A current with times of its own is brought to those of the voltage
    (`membrax.recordings.own_clocks`). Blocks one below the other are sweeps, as PatchMaster
    and LabChart write them, and so is a time that begins again. Columns are separated by tabs, semicolons, commas or
    blanks; the decimal mark is a point or a comma; the encoding is UTF-8, UTF-16, UTF-32 or that of Windows. Other
    columns, and words below the numbers, are left out with a note.

    Args:
        path: the file.
        columns: columns by symbol, as labels or positions from 0: ``{"t": 0, "i": 1, "v": 2}``;
            a list of columns is several sweeps. Symbols that are not named are identified by the header.
        voltage_channel: the column of the voltage, as label, name or position.
        current_channel: the column of the current.
        units: the units in which the numbers are, ``{"t": "s", "i": "pA", "v": "mV"}``, preferred to those of the file.
        dt: sampling interval, ms, in place of a time column.
        current: injected current, nA, in place of one in the file: a number, [time] or [sweep, time].
        decimal: decimal mark, "." or ",", where the numbers do not tell.
        incomplete: "crop" or "drop" for sweeps that were not recorded to the end
            (`membrax.recordings.unrecorded.recorded_part`).

    Raises:
        ValueError: a file of another format, a field that is no number, rows of unequal length, rows that are sweeps,
            a comma that may be a decimal mark or a separator, neither a header nor ``columns``, voltages that may be
            sweeps or signals of one moment, currents with the numbers of other sweeps, rounded times,
            no voltage, current or time, a missing or unknown unit; the checks of Recording.
    """
    if decimal not in (None, ".", ","):
        raise ValueError(f'decimal must be "." or ",", got {decimal!r}')
    file = path.name
    table = _table(path, decimal)
    labels, blocks = table.labels, table.blocks
    if columns is None and voltage_channel is None and labels is None:
        raise unnamed(file, blocks[0].values)
    labels = (
        _named_time(labels, blocks[0].values, dt)
        if labels
        else [f"column {k}" for k in range(blocks[0].values.shape[1])]
    )
    options = dict(voltage_channel=voltage_channel, current_channel=current_channel, units=units)
    chosen = choose(file, labels, columns, by_unit=True, **options)  # type: ignore[arg-type]
    names = [parse(label) for label in labels]
    channels = {"v": voltage_channel, "i": current_channel}
    given = {*(columns or {}), *(symbol for symbol, channel in channels.items() if channel is not None)}
    chosen, decisions = sweeps_of_one_cell(file, names, chosen, given=given, current=current, moment=table.channels)
    if current is not None:
        chosen.pop("i", None)
    sweeps = stacked.stack(file, blocks, chosen.get("t", []))
    entries = list(zip(labels, sweeps.columns, strict=True))
    notes = (UNCORRECTED, *_columns_note(labels, chosen), *decisions, *sweeps.notes, *table.notes)
    dt = table.interval if dt is None and "t" not in chosen else dt
    return assemble(
        file, entries, chosen, units=units, dt=dt, current=current, incomplete=incomplete, name=path.stem, notes=notes
    )


@dataclasses.dataclass(frozen=True)
class _Table:
    """Rows of a file, the labels of their columns, the sampling interval of its header [ms], and notes.

    Columns are ``channels`` where the program that wrote the file records all of them at one moment.
    """

    labels: list[str] | None
    blocks: Sequence[rows.Block]
    interval: float | None = None
    notes: tuple[str, ...] = ()
    channels: bool = False


def _table(path: Path, decimal: str | None) -> _Table:
    """The table in a file of any layout."""
    file, text = path.name, decoding.read(path)
    rows.check_lines(file, text)
    turned_table = turned.read(file, text)
    if turned_table is not None:
        return _Table(turned_table[0], [turned_table[1]], notes=("the rows of the file are its columns here",))
    waves = igor.read(file, text)
    if waves is not None:
        labels, values, interval = waves
        return _Table(labels, [rows.Block((), 1, values)], interval)
    text, events = ced.without_events(text)
    form = dialect.find(file, text, decimal)
    blocks, notes = rows.scan(file, text, form)
    stated = ced.read(file, blocks)
    if stated is not None:
        labels, values, interval = stated
        return _Table(labels, [rows.Block((), 1, values)], interval, events, channels=True)
    first = _header(file, blocks, form)
    empty = (f"columns without numbers: {', '.join(first.empty)}",) if first.empty else ()
    return _Table(first.labels, blocks, first.dt, (*empty, *events, *notes), first.channels)


def _header(file: str, blocks: Sequence[rows.Block], form: dialect.Dialect) -> header.Header:
    """The header of the first block.

    Raises:
        ValueError: a later block has other labels.
    """
    first = header.read(blocks[0].header, form, blocks[0].values)
    for block in blocks[1:]:
        other = header.read(block.header, form, block.values).labels
        known = other is not None and any(parse(label).symbol for label in other)
        if known and first.labels is not None and other != first.labels:
            raise ValueError(
                f"{file}: the columns from line {block.line} on are {listed(other or ())}, and above"
                f" {listed(first.labels)}; write blocks of other columns to a file of their own"
            )
    return first


def _named_time(labels: list[str], values: np.ndarray, dt: float | None) -> list[str]:
    """Labels where a first column without a name is "Time" if it rises uniformly, and no other column is a time."""
    if labels[0] or dt is not None or any(parse(label).symbol in ("t", "dt") for label in labels):
        return labels
    return ["Time", *labels[1:]] if rises(values[:, 0]) and not counts(values[:, 0]) else labels


def _columns_note(labels: Sequence[str], chosen: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """The columns by symbol, and the columns that serve none, each with the reason."""
    named = (f"{symbol} is {' and '.join(labels[k] for k in positions)}" for symbol, positions in chosen.items())
    used = {position for positions in chosen.values() for position in positions}
    rest = [f'"{label}"{_reason(label)}' for k, label in enumerate(labels) if k not in used and label]
    notes = (f"columns: {', '.join(named)}",)
    return (*notes, f"columns left out: {', '.join(rest)}") if rest and labels[0] != "column 0" else notes


def _reason(label: str) -> str:
    name = parse(label)
    if name.symbol == "v" and name.command:
        return " (a command by its name)"
    if name.unit is not None and kind_of(name.unit) is None:
        return f" (of unit {name.unit})"
    return ""
