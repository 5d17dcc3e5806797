"""From labelled arrays (columns of a text file, entries of an archive) to a Recording."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .conversion import QUANTITIES, convert, current_kind, recording_unit, split_label, symbol_of
from .reading import BY_HAND, no_current
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
    """The Recording that the ``chosen`` entries of ``file`` make.

    Args:
        file: its name, for messages.
        entries: (label, values) pairs; a label may end in a unit.
        chosen: which entries are t, v, i and dt, from `choose`.
        units: units by symbol (t, v, i); they go before those in the labels.
        dt: sampling interval in ms; replaces a time in the file.
        current: injected current in nA; replaces one in the file.
        name: what to call the Recording.
        notes: what the reader has decided already.

    Raises:
        ValueError: no voltage, no current, no time, a unit missing or unknown.
    """
    found = ", ".join(label for label, _ in entries)
    if not chosen.get("v"):
        raise ValueError(f'{file} has nothing that looks like a voltage ({found}); say columns={{"v": …}}')
    if current is None and not chosen.get("i"):
        raise no_current(file, found)
    units = dict(units or {})
    v = _gather(file, "v", entries, chosen["v"], units)
    if current is not None:
        i, unit, notes = np.asarray(current), "nA", (*notes, BY_HAND)
    else:
        i, unit = _gather(file, "i", entries, chosen["i"], units), _unit_of(entries, chosen["i"], units)
    t = _time(file, entries, chosen, units, dt, v.shape[-1])
    return Recording(t, v, i, unit=unit, name=name, notes=notes)


def choose(
    file: str, labels: Sequence[str], columns: Mapping[str, Label | Sequence[Label]] | None, *, by_unit: bool
) -> dict[str, list[int]]:
    """Which entries are t, v, i or dt: as said in ``columns`` (by label or position), else by their labels."""
    chosen: dict[str, list[int]] = {}
    if columns is not None:
        wrong = set(columns) - {*QUANTITIES, "dt"}
        if wrong:
            raise ValueError(f"columns may name t, v, i and dt, not {', '.join(sorted(map(str, wrong)))}")
        for symbol, wanted in columns.items():
            several = [wanted] if isinstance(wanted, str | int) else list(wanted)
            chosen[symbol] = [_position(file, label, labels) for label in several]
        return chosen
    for position, label in enumerate(labels):
        word, unit = split_label(label)
        known = symbol_of(word, unit if by_unit else None)
        if known is not None:
            chosen.setdefault(known, []).append(position)
    return chosen


def _position(file: str, wanted: Label, labels: Sequence[str]) -> int:
    if isinstance(wanted, int):
        if not 0 <= wanted < len(labels):
            raise ValueError(f"{file} has no column {wanted}: columns go from 0 to {len(labels) - 1}")
        return wanted
    if wanted not in labels:
        near = difflib.get_close_matches(wanted, labels, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f'{file} has no "{wanted}"{hint} (there are: {", ".join(labels)})')
    return list(labels).index(wanted)


def _gather(file: str, symbol: str, entries: Entries, positions: Sequence[int], units: Mapping[str, str]) -> np.ndarray:
    """The entries of one quantity in a Recording's unit: one as it is, several as sweeps."""
    gathered = []
    for position in positions:
        label, values = entries[position]
        unit = units.get(symbol) or split_label(label)[1]
        if unit is None:
            raise ValueError(f'{file}: "{label}" has no unit; say units={{"{symbol}": …}}')
        kind = current_kind(unit) if symbol == "i" else QUANTITIES.get(symbol, "time")
        try:
            gathered.append(convert(values, unit, kind))
        except ValueError as complaint:
            raise ValueError(f'{file}, "{label}": {complaint}') from complaint
    return gathered[0] if len(gathered) == 1 else np.stack(gathered)


def _unit_of(entries: Entries, positions: Sequence[int], units: Mapping[str, str]) -> str:
    kept = {recording_unit(units.get("i") or split_label(entries[p][0])[1] or "") for p in positions}
    if len(kept) > 1:
        raise ValueError("currents are given per area and not per area in one file; choose with columns=")
    return kept.pop()


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
        raise ValueError(f"{file} holds no time; pass the sampling interval as dt=, in ms")
    if not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {dt:g} ms")
    return np.arange(samples) * dt
