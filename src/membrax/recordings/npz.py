"""NumPy archives: those of `Recording.save`, and others whose entries are named by quantity and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..io.file_format import check_format
from .columns import Chosen, Label, choose
from .labelled import assemble
from .npz_entries import Entry, entries_of, read_entries
from .reading import UNCORRECTED
from .recording import Recording

_OPTIONS = {"t": 'columns={"t": …}', "v": "voltage_channel=", "i": "current_channel=", "dt": 'columns={"dt": …}'}
_NOTE = 1000  # characters of a note, at most


def read_npz(
    path: Path,
    *,
    columns: Mapping[str, Label | Sequence[Label]] | None = None,
    voltage_channel: Label | None = None,
    current_channel: Label | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    current: ArrayLike | None = None,
    incomplete: str | None = None,
) -> Recording:
    """Read an .npz archive, such as one of `Recording.save`, as a Recording.

    The name of an entry consists of quantity and unit: ``t_ms`` or ``time_s``, ``v_mV`` or
    ``voltage_mV``, ``i_nA`` or ``current_pA``; ``dt_ms`` without a time. All other entries of a single
    value (``t_on_ms``) become notes. Other entries are not read, and pickled objects never.

    Args:
        path: the archive; voltage and current are [time] or [sweep, time].
        columns: entries of other names by symbol, ``{"t": "clock", "v": "soma", "i": "inj"}``.
        voltage_channel: the entry of the voltage, by name or by number, from 0 in the file's order.
        current_channel: the entry of the current.
        units: the units in which the numbers are, ``{"t": "s", "v": "mV", "i": "pA"}``, preferred to those in names.
        dt: sampling interval, ms, in place of a time in the archive.
        current: injected current, nA, in place of one in the archive: a number, [time] or [sweep, time].
        incomplete: "crop" or "drop" for sweeps that were not recorded to the end
            (`membrax.recordings.unrecorded.recorded_part`).

    Raises:
        ValueError: no archive, a pickled object, more values than a file of its size can hold; no voltage, current or
            time; a missing or unknown unit; the checks of Recording.
    """
    file, entries = path.name, entries_of(path)
    if entries.keys() >= {"format", "name", "notes"}:  # an archive of membrax; others have no format number
        check_format(_words(path, entries, "format")[0], file)
        del entries["format"]
    name = " ".join(map(str, _words(path, entries, "name"))) if "name" in entries else path.stem
    notes = (
        tuple(str(note)[:_NOTE] for note in _words(path, entries, "notes")) if "notes" in entries else (UNCORRECTED,)
    )
    entries = {key: entry for key, entry in entries.items() if key not in ("name", "notes")}
    options = dict(voltage_channel=voltage_channel, current_channel=current_channel, units=units)
    chosen = choose(file, list(entries), columns, by_unit=False, **options)  # type: ignore[arg-type]
    if current is not None:
        chosen.pop("i", None)
    used = _used(file, entries, chosen)
    values = read_entries(path, entries, used)
    single = [
        key for key, entry in entries.items() if key not in used and entry.size == 1 and entry.dtype.kind in "biufUS"
    ]
    notes += tuple(f"{key} = {value.item()}"[:_NOTE] for key, value in read_entries(path, entries, single).items())
    arrays = [(key, values.get(key, np.zeros(0))) for key in entries]
    return assemble(
        file, arrays, chosen, units=units, dt=dt, current=current, incomplete=incomplete, name=name, notes=notes
    )


def _words(path: Path, entries: Mapping[str, Entry], key: str) -> list[object]:
    """The values of a short entry, as a list; none if there is no such entry."""
    if key not in entries:
        return []
    return np.ravel(read_entries(path, dict(entries), [key])[key]).tolist()


def _used(file: str, entries: Mapping[str, Entry], chosen: Chosen) -> list[str]:
    """The names of the chosen entries.

    Raises:
        ValueError: several for one quantity, one that holds no numbers, or one of another shape.
    """
    names = list(entries)
    for symbol, positions in chosen.items():
        found = [names[position] for position in positions]
        if len(found) > 1:
            raise ValueError(f"{file}: {', '.join(found)} may each be {symbol}; pass {_OPTIONS[symbol]}")
        entry = entries[found[0]]
        if entry.dtype.kind not in "fiuO":
            raise ValueError(f'{file}: "{found[0]}" must hold real numbers, and holds {entry.dtype}')
        if symbol == "dt" and entry.size != 1:
            raise ValueError(f'{file}: "{found[0]}" must be one number, and has the shape {entry.shape}')
        if symbol != "dt" and not 1 <= len(entry.shape) <= 2:
            raise ValueError(f'{file}: "{found[0]}" must be [time] or [sweep, time], and has the shape {entry.shape}')
    return [names[position] for positions in chosen.values() for position in positions]
