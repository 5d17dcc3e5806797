"""A Recording from labelled arrays: columns of a text file or entries of an archive."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .conversion import QUANTITIES, convert, current_kind, recording_unit, split_label, symbol_of
from .reading import GIVEN, no_current
from .recording import Recording

Label = str | int
Entries = Sequence[tuple[str, np.ndarray]]


def assemble(
    file: str,
    entries: Entries,
    chosen: Mapping[str, Sequence[int]],
    *,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    current: ArrayLike | None = None,
    name: str = "",
    notes: tuple[str, ...] = (),
) -> Recording:
    """Assemble a Recording from the ``chosen`` entries of a file.

    Args:
        file: the file's name, for messages.
        entries: (label, values) pairs; a label may end in a unit.
        chosen: positions of the entries by symbol (t, v, i, dt), from `choose`.
        units: units by symbol (t, v, i), preferred to those in the labels.
        dt: sampling interval, ms, in place of a time in the file.
        current: injected current, nA, in place of one in the file.
        name: name of the Recording.
        notes: earlier decisions of the reader.

    Raises:
        ValueError: no voltage, no current, no time, a missing or unknown unit.
    """
    labels = ", ".join(label for label, _ in entries)
    if not chosen.get("v"):
        raise ValueError(f'{file} has no entry for the voltage ({labels}); pass columns={{"v": …}}')
    if current is None and not chosen.get("i"):
        raise no_current(file, labels)
    units = dict(units or {})
    v = _gather(file, "v", entries, chosen["v"], units)
    if current is not None:
        i, unit, notes = np.asarray(current), "nA", (*notes, GIVEN)
    else:
        i, unit = _gather(file, "i", entries, chosen["i"], units), _unit_of(entries, chosen["i"], units)
    t = _time(file, entries, chosen, units, dt, v.shape[-1])
    return Recording(t, v, i, unit=unit, name=name, notes=notes)


def choose(
    file: str, labels: Sequence[str], columns: Mapping[str, Label | Sequence[Label]] | None, *, by_unit: bool
) -> dict[str, list[int]]:
    """The positions of the entries for t, v, i and dt: from ``columns`` (labels or positions), else by their labels.

    Raises:
        ValueError: ``columns`` has another symbol, or names an entry that does not exist.
    """
    chosen: dict[str, list[int]] = {}
    if columns is not None:
        unknown = set(columns) - {*QUANTITIES, "dt"}
        if unknown:
            raise ValueError(f"columns may name t, v, i and dt, got {', '.join(sorted(map(str, unknown)))}")
        for symbol, keys in columns.items():
            several = [keys] if isinstance(keys, str | int) else list(keys)
            chosen[symbol] = [_position(file, label, labels) for label in several]
        return chosen
    for position, label in enumerate(labels):
        word, unit = split_label(label)
        symbol = symbol_of(word, unit if by_unit else None)
        if symbol is not None:
            chosen.setdefault(symbol, []).append(position)
    return chosen


def _position(file: str, key: Label, labels: Sequence[str]) -> int:
    if isinstance(key, int):
        if not 0 <= key < len(labels):
            raise ValueError(f"{file} has no column {key}: columns go from 0 to {len(labels) - 1}")
        return key
    if key not in labels:
        near = difflib.get_close_matches(key, labels, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f'{file} has no "{key}"{hint} (it has: {", ".join(labels)})')
    return list(labels).index(key)


def _gather(file: str, symbol: str, entries: Entries, positions: Sequence[int], units: Mapping[str, str]) -> np.ndarray:
    """The entries of one quantity in a Recording's unit: a single one in its own shape, several as sweeps."""
    gathered = []
    for position in positions:
        label, values = entries[position]
        unit = units.get(symbol) or split_label(label)[1]
        if unit is None:
            raise ValueError(
                f'{file}: "{label}" has no unit; pass units to membrax.recordings.load: units={{"{symbol}": …}}'
            )
        kind = current_kind(unit) if symbol == "i" else QUANTITIES.get(symbol, "time")
        try:
            gathered.append(convert(values, unit, kind))
        except ValueError as error:
            raise ValueError(f'{file}, "{label}": {error}') from error
    return gathered[0] if len(gathered) == 1 else np.stack(gathered)


def _unit_of(entries: Entries, positions: Sequence[int], units: Mapping[str, str]) -> str:
    distinct = {recording_unit(units.get("i") or split_label(entries[p][0])[1] or "") for p in positions}
    if len(distinct) > 1:
        raise ValueError("the file has currents per area and others that are not; choose between them with columns=")
    return distinct.pop()


def _time(
    file: str,
    entries: Entries,
    chosen: Mapping[str, Sequence[int]],
    units: Mapping[str, str],
    dt: float | None,
    samples: int,
) -> np.ndarray:
    if dt is None and "t" in chosen:
        return _gather(file, "t", entries, chosen["t"], units)
    if dt is None and "dt" in chosen:
        dt = float(_gather(file, "dt", entries, chosen["dt"], units))
    if dt is None:
        raise ValueError(f"{file} has no time; pass the sampling interval as dt=, in ms")
    if not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {dt:g} ms")
    return np.arange(samples) * dt
