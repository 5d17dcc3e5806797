"""The choice of the columns that are time, voltage and current, by option or by name."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Iterable, Mapping, Sequence

from .column_names import ColumnName, parse
from .conversion import QUANTITIES, kind_of

Label = str | int
Chosen = dict[str, list[int]]
_AMPLITUDE = re.compile(r"[-+]?[0-9.,]+ *[pnuµμ]?A")  # the name of a sweep by its step: "-50 pA"
_SYMBOLS = (*QUANTITIES, "dt")


def choose(
    file: str,
    labels: Sequence[str],
    columns: Mapping[str, Label | Sequence[Label]] | None,
    *,
    by_unit: bool,
    voltage_channel: Label | None = None,
    current_channel: Label | None = None,
    units: Mapping[str, str] | None = None,
) -> Chosen:
    """The positions of the entries for t, v, i and dt.

    An option decides; a symbol without one is identified by the labels of the other entries. Among several, a name
    is preferred to a unit alone ("Vm (mV)" to "AD1 (mV)"), an injected current to a measured one, and no command or
    signal outside the cell is a membrane potential. Several voltages that remain are all chosen.

    Args:
        file: the file's name, for messages.
        labels: the labels of all entries.
        columns: labels or positions (from 0) by symbol.
        by_unit: a known unit identifies an entry whose name says nothing.
        voltage_channel, current_channel: label, name or position of one quantity.
        units: units by symbol; an entry of that name then needs no known unit.

    Raises:
        ValueError: an option has another symbol or names an entry that does not exist, or the same symbol has two.
    """
    given = _given(columns, voltage_channel, current_channel)
    chosen = {symbol: _positions(file, keys, labels) for symbol, keys in given.items()}
    taken = {position for positions in chosen.values() for position in positions}
    names = [parse(label, by_unit=by_unit) for label in labels]
    timed = "t" in given or "dt" in given
    for symbol in _SYMBOLS:
        if symbol in given or (timed and symbol in ("t", "dt")):
            continue
        free = [k for k, name in enumerate(names) if k not in taken and _serves(name, symbol, units or {})]
        found = _best(file, symbol, free, names)
        if found:
            chosen[symbol] = found
    return chosen


def _given(
    columns: Mapping[str, Label | Sequence[Label]] | None, voltage: Label | None, current: Label | None
) -> dict[str, Sequence[Label]]:
    """The options by symbol."""
    unknown = set(columns or {}) - set(_SYMBOLS)
    if unknown:
        raise ValueError(f"columns may name t, v, i and dt, got {', '.join(sorted(map(str, unknown)))}")
    given: dict[str, Sequence[Label]] = {}
    for symbol, keys in (columns or {}).items():
        one = isinstance(keys, str) or not isinstance(keys, Iterable)
        given[symbol] = [keys] if one else list(keys)  # type: ignore[list-item]
    for symbol, option, channel in (("v", "voltage_channel", voltage), ("i", "current_channel", current)):
        if channel is not None and symbol in given:
            raise ValueError(f'pass {option}= or columns={{"{symbol}": …}}, not both')
        if channel is not None:
            given[symbol] = [channel]
    return given


def _positions(file: str, keys: Sequence[Label], labels: Sequence[str]) -> list[int]:
    found = [position for key in keys for position in _matches(file, key, labels, single=len(keys) > 1)]
    if len(set(found)) < len(found):
        raise ValueError(f"{file}: the columns {list(keys)} name one column twice")
    return found


def _matches(file: str, key: Label, labels: Sequence[str], *, single: bool) -> list[int]:
    """The positions that a key names: one, or those of all sweeps of a signal ("Vm" of "Sweep 1 Vm", "Sweep 2 Vm")."""
    if not isinstance(key, str):
        return [_number(file, key, labels)]
    names = [parse(label) for label in labels]
    keys = parse(key)
    plain = key.strip().lower()
    for same in (
        [k for k, label in enumerate(labels) if label == key],
        [k for k, name in enumerate(names) if plain in (name.word.strip().lower(), name.label.strip().lower())],
        [k for k, name in enumerate(names) if name.sweep and name.signal and name.signal == keys.signal],
    ):
        ids = [names[k].sweep for k in same]
        if len(same) == 1 or (same and not single and None not in ids and len(set(ids)) == len(ids)):
            return same
        if same:
            raise ValueError(
                f'{file}: "{key}" is the name of {len(same)} columns; pass one of the positions {_listed(same)}'
            )
    shown = [label for label in (*labels, *(name.word for name in names)) if label]
    near = difflib.get_close_matches(key, dict.fromkeys(shown), n=3, cutoff=0.4)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(f'{file} has no "{key}"{hint} (it has: {listed(labels)})')


def _number(file: str, key: object, labels: Sequence[str]) -> int:
    try:
        position = operator.index(key)  # type: ignore[arg-type]
    except TypeError as error:
        raise ValueError(f"a column is a name or a number from 0, got {key!r}") from error
    if isinstance(key, bool) or not 0 <= position < len(labels):
        raise ValueError(f"{file} has no column {key}: columns go from 0 to {len(labels) - 1}")
    return position


def listed(labels: Sequence[str], most: int = 12) -> str:
    """Labels for a message: the first ones, if they are many."""
    shown = [_short(label) or f"column {k}" for k, label in enumerate(labels)]
    return ", ".join(shown if len(shown) <= most else [*shown[:most], f"and {len(shown) - most} more"])


def _short(label: str) -> str:
    """A label on one line of at most 60 characters, for messages."""
    line = " ".join(label.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _listed(positions: Sequence[int]) -> str:
    return ", ".join(map(str, positions))


def _serves(name: ColumnName, symbol: str, units: Mapping[str, str]) -> bool:
    """Whether an entry may be a symbol: by its parts, or by its word where ``units`` gives the unit."""
    return name.symbol == symbol or (name.symbol is None and symbol in units and parse(name.word).symbol == symbol)


def _best(file: str, symbol: str, free: Sequence[int], names: Sequence[ColumnName]) -> list[int]:
    """The entries whose names say most."""
    kept = [k for k in free if not names[k].elsewhere] or [k for k in free if symbol == "t"]
    if symbol == "v":
        cell = [k for k in kept if not names[k].command]
        if kept and not cell:
            raise ValueError(
                f"{file}: {quoted(kept, names)} is by its name a command or stimulus, and there is no other voltage;"
                f' if it is the membrane potential, pass voltage_channel="{names[kept[0]].label}"'
            )
        kept = cell
    known = [k for k in kept if kind_of(names[k].unit)]
    kept = known or kept
    kept = [k for k in kept if names[k].named] or kept
    if symbol == "t":
        kept = [k for k in kept if names[k].word.strip() != "T"] or kept  # a temperature, where another is the time
    if symbol == "i":
        kept = [k for k in kept if names[k].injected] or kept
    return kept


def no_voltage(file: str, names: Sequence[ColumnName]) -> ValueError:
    """The error for a file without an entry that is known as the voltage, with the likely reason."""
    labels = listed([name.label for name in names])
    strange = next((name for name in names if name.unit and parse(name.word).symbol == "v"), None)
    sweeps = [k for k, name in enumerate(names) if name.sweep and name.symbol is None]
    amplitudes = [k for k, name in enumerate(names) if _AMPLITUDE.fullmatch(name.label.strip())]
    if strange is not None:
        way = f'"{strange.label}" may be it, in the unknown unit "{strange.unit}": pass units={{"v": …}}'
    elif sweeps or amplitudes:
        way = f'if they are sweeps of it, pass columns={{"v": {sweeps or amplitudes}}}, units={{"v": "mV"}}'
    else:
        way = 'pass columns={"v": …}, and units={"v": …} if its name has none'
    return ValueError(f"{file} has no entry for the voltage ({labels}); {way}")


def quoted(positions: Sequence[int], names: Sequence[ColumnName]) -> str:
    """The labels at these positions, for messages."""
    shown = [f'"{_short(names[k].label)}"' if names[k].label else f"column {k}" for k in positions]
    return " and ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:5])}{' …' if len(shown) > 5 else ''}"
