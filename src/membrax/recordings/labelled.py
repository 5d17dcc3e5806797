"""A Recording from labelled arrays: columns of a text file or entries of an archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .column_names import parse, split_label
from .columns import listed, no_voltage
from .conversion import QUANTITIES, convert, current_kind, recording_unit
from .own_clocks import on_one_clock
from .reading import GIVEN, given_units, no_current
from .recording import Recording
from .unrecorded import recorded_part

Entries = Sequence[tuple[str, np.ndarray]]


def assemble(
    file: str,
    entries: Entries,
    chosen: Mapping[str, Sequence[int]],
    *,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    current: ArrayLike | None = None,
    incomplete: str | None = None,
    name: str = "",
    notes: tuple[str, ...] = (),
) -> Recording:
    """Assemble a Recording from the ``chosen`` entries of a file.

    Args:
        file: the file's name, for messages.
        entries: (label, values) pairs; a label may end in a unit.
        chosen: positions of the entries by symbol (t, v, i, dt), from `membrax.recordings.columns.choose`.
        units: units by symbol (t, v, i), preferred to those in the labels.
        dt: sampling interval, ms, in place of a time in the file.
        current: injected current, nA, in place of one in the file.
        incomplete: "crop" or "drop" for sweeps that were not recorded to the end
            (`membrax.recordings.unrecorded.recorded_part`).
        name: name of the Recording.
        notes: earlier decisions of the reader.

    Raises:
        ValueError: no voltage, no current, no time, a missing or unknown unit; the checks of Recording.
    """
    labels = listed([label for label, _ in entries])
    units = given_units(units)
    if not chosen.get("v"):
        raise no_voltage(file, [parse(label) for label, _ in entries])
    if current is None and not chosen.get("i"):
        raise no_current(file, labels)
    v = _gather(file, "v", entries, chosen["v"], units)
    if current is not None:
        i, unit, notes = np.asarray(current, np.float64), "nA", (*notes, GIVEN)
    else:
        i, unit = _gather(file, "i", entries, chosen["i"], units), _unit_of(file, entries, chosen["i"], units)
    if dt is None and len(chosen.get("t", ())) > 1:
        times = {position: _gather(file, "t", entries, [position], units) for position in chosen["t"]}
        owners = {symbol: positions for symbol, positions in chosen.items() if symbol == "v" or current is None}
        t, v, i, aligned = on_one_clock(file, [label for label, _ in entries], times, owners, v, i)
        notes = (*notes, *aligned)
    else:
        t = _time(file, entries, chosen, units, dt, v.shape[-1])
    try:
        t, v, i, removed = recorded_part(t, v, i, incomplete=incomplete)
        return Recording(t, v, i, unit=unit, name=name, notes=(*notes, *removed))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _gather(file: str, symbol: str, entries: Entries, positions: Sequence[int], units: Mapping[str, str]) -> np.ndarray:
    """The entries of one quantity in a Recording's unit: a single one in its own shape, several as sweeps."""
    gathered = []
    for position in positions:
        label, values = entries[position]
        unit = units.get(symbol) or split_label(label)[1]
        if unit is None:
            raise ValueError(f'{file}: "{listed([label])}" has no unit; pass units={{"{symbol}": …}}')
        kind = current_kind(unit) if symbol == "i" else QUANTITIES.get(symbol, "time")
        try:
            gathered.append(convert(values, unit, kind))
        except ValueError as error:
            raise ValueError(f'{file}, "{listed([label])}": {error}') from error
    return gathered[0] if len(gathered) == 1 else np.concatenate([np.atleast_2d(values) for values in gathered])


def _unit_of(file: str, entries: Entries, positions: Sequence[int], units: Mapping[str, str]) -> str:
    distinct = {recording_unit(units.get("i") or split_label(entries[p][0])[1] or "") for p in positions}
    if len(distinct) > 1:
        names = listed([entries[position][0] for position in positions])
        raise ValueError(f"{file} has currents per area and others that are not ({names}); pass current_channel=")
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
        return _checked(file, entries[chosen["t"][0]][0], _gather(file, "t", entries, chosen["t"], units))
    if dt is None and "dt" in chosen:
        dt = float(_gather(file, "dt", entries, chosen["dt"], units))
    if dt is None:
        raise ValueError(f"{file} has no time; pass the sampling interval as dt=, in ms{_rising(entries)}")
    if not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {dt:g} ms")
    return np.arange(samples) * dt


def _rising(entries: Entries) -> str:
    """The first entry that rises uniformly and is no count, as a time does, for a message."""
    for position, (label, values) in enumerate(entries):
        if values.ndim == 1 and rises(values) and not counts(values):
            return f'; "{label}" rises uniformly: if it is the time, pass columns={{"t": {position}}}, units={{"t": …}}'
    return ""


def rises(t: np.ndarray) -> bool:
    """Whether values [time] increase by one step."""
    steps = np.diff(t)
    return bool(steps.size and np.min(steps) > 0 and np.ptp(steps) < 0.1 * np.mean(steps))


def counts(t: np.ndarray) -> bool:
    """Whether values [time] count samples, from 0 or 1."""
    return t[0] in (0, 1) and np.array_equal(t, t[0] + np.arange(t.size))


def _checked(file: str, label: str, t: np.ndarray) -> np.ndarray:
    """A time [time] of which no value is repeated.

    Raises:
        ValueError: it never falls, but some times are equal, as rounded ones are.
    """
    steps = np.diff(t) if t.ndim == 1 else np.zeros(0)
    if steps.size and np.min(steps) == 0 < np.max(steps):
        runs = np.diff(np.flatnonzero(np.append(np.insert(steps, 0, 1.0), 1.0)))
        mixed = ", or the rows of several sweeps are mixed" if np.ptp(runs) == 0 else ""
        mean = f"; on average {(t[-1] - t[0]) / steps.size:.4g} ms" if not mixed else ""
        raise ValueError(
            f'{file}: "{label}" repeats {t[np.argmin(steps)]:g} ms, since its times are rounded{mixed}; for rounded'
            f" times pass the sampling interval as dt=, in ms{mean}"
        )
    return t
