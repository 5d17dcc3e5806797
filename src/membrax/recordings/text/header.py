"""Labels of the columns from the lines above a block of numbers."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from ..column_names import parse
from ..conversion import EXPONENTS, canonical, kind_of
from .dialect import COMMENTS, Dialect, number, split

_UNITS = re.compile(r"[(\[]?([^)\]]*)[)\]]?")
_COMMENT = re.compile(rf"^\s*(?:[{COMMENTS}]+|//)")
_ANY_COMMENT = re.compile(rf"^\s*(?:[{COMMENTS};!]+|//)")
_LABEL = re.compile(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?")  # a word, and a unit in brackets
_INTERVAL = re.compile(r"\s*([-+0-9.,eE]+)\s*([^\s0-9]+)\s*")


@dataclasses.dataclass(frozen=True)
class Header:
    """Names of the columns of a block.

    Attributes:
        labels: a name and a unit for each column, "" for a column without a name; None without any names.
        dt: sampling interval that the header states, ms; None without one.
        channels: the columns are channels of one moment.
        empty: names of columns behind the last one with numbers.
    """

    labels: list[str] | None
    dt: float | None = None
    channels: bool = False
    empty: tuple[str, ...] = ()


def read(lines: Sequence[str], dialect: Dialect, values: np.ndarray) -> Header:
    """Read the header of a block.

    Names and units may share a line ("V (mV)") or have a line each, in either order; a line of groups may stand above
    ("Voltage (mV)" above "Sweep 1", "Sweep 2"). LabChart writes ``ChannelTitle=``, ``UnitName=`` and ``Interval=``.

    Args:
        lines: the lines of words above the rows.
        dialect: how the rows are written.
        values: the rows [row, column], whose first column may be a time without a name.
    """
    keys = _keys(lines, dialect)
    dt = _interval(keys.get("Interval", []), dialect)
    if "ChannelTitle" in keys:
        return Header(_labchart(keys, dialect, dt, values), dt, channels=True)
    if any(line.lstrip().startswith("LabVIEW Measurement") for line in lines):
        lines = _labview(lines, dialect.separator)
    rows = [fields for line in lines for fields in [_fields(line, dialect)] if fields is not None]
    named = [row for row in rows if not _is_units(row)]
    units = next((row for row in reversed(rows) if _is_units(row)), None)
    if not named and units is None:
        return Header(None, dt)
    full = [row for row in named if all(row[1:])] or named
    names = max(reversed(full), key=_score, default=[""] * dialect.width)
    others = [row for row in named if row is not names]
    names = _told_apart(names, others)
    labels = [_with_unit(name, unit) for name, unit in zip(names, units or [""] * dialect.width, strict=True)]
    for group in reversed(others):
        labels = _grouped(labels, group)
    return Header(_units_once(labels), dt, empty=_empty(lines, names, dialect))


def _empty(lines: Sequence[str], names: Sequence[str], dialect: Dialect) -> tuple[str, ...]:
    """The names behind the last column with numbers, in the line of the names."""
    rows = (split(_ANY_COMMENT.sub("", line), dialect.separator) for line in lines)
    found = next((row for row in rows if len(row) > len(names) and row[: len(names)] == list(names)), [])
    return tuple(name for name in found[len(names) :] if name)


def _labview(lines: Sequence[str], separator: str | None) -> list[str]:
    """The lines of names and units of a LabVIEW measurement, whose other lines are settings."""
    rows = [split(line, separator) for line in lines if line.strip()]
    units = next((row[1:] for row in rows if row[0] == "Y_Unit_Label"), [])
    time = any(row[0] == "X_Dimension" and row[1:2] == ["Time"] for row in rows)
    names = [("Time" if time else name) if name == "X_Value" else name for name in rows[-1]]
    units = ["s" if time else "", *units] if names[0] in ("Time", "X_Value") else units
    mark = separator or " "
    return [mark.join(names), mark.join(units)]


def _keys(lines: Sequence[str], dialect: Dialect) -> dict[str, list[str]]:
    """The lines "Key=<separator>value<separator>value"."""
    found = {}
    for line in lines:
        key, _, rest = line.partition("=")
        if rest and re.fullmatch(r"[\w ]+", key.strip()):
            fields = split(rest.lstrip(" "), dialect.separator)
            found[key.strip()] = fields[1:] if fields and not fields[0] else fields
    return found


def _interval(fields: Sequence[str], dialect: Dialect) -> float | None:
    """The sampling interval in ms from "0.0001 s"."""
    found = _INTERVAL.fullmatch(" ".join(fields))
    if not found or kind_of(found[2]) != "time":
        return None
    value = number(found[1], dialect.decimal) or number(found[1], ".")
    return value and value * 10.0 ** EXPONENTS["time"][canonical(found[2])]


def _labchart(keys: dict[str, list[str]], dialect: Dialect, dt: float | None, values: np.ndarray) -> list[str]:
    names, units = keys["ChannelTitle"], keys.get("UnitName", [])
    while names and not names[-1]:
        names = names[:-1]
    names, units = [[*row, *[""] * len(names)][: len(names)] for row in (names, units)]
    labels = [_with_unit(name, unit) for name, unit in zip(names, units, strict=True)]
    before = dialect.width - len(labels)
    if before != 1:
        return labels if before == 0 else [*labels, *[""] * before][: dialect.width]
    return [f"Time ({_time_unit(values[:, 0], dt)})", *labels]


def _time_unit(t: np.ndarray, dt: float | None) -> str:
    """The unit in which a time rises by ``dt`` ms a row: seconds, unless the interval says otherwise."""
    step = float(t[1] - t[0]) if t.size > 1 else 0.0
    for unit, exponent in EXPONENTS["time"].items():
        if dt is not None and abs(step * 10.0**exponent - dt) < 0.01 * dt:
            return unit
    return "s"


def _fields(line: str, dialect: Dialect) -> list[str] | None:
    """The fields of a line of words, one for each column; None for a line with another number of words."""
    mark = _COMMENT if dialect.separator == ";" else _ANY_COMMENT  # a first cell may be empty: ";Voltage (mV)"
    text = mark.sub("", line).strip(" ")
    if "=" in text.split("(")[0] or not text:
        return None
    width = dialect.width
    ways = [split(text, dialect.separator)]
    if width == 1:
        ways.insert(0, [text.strip("\t\"' ;,")])
    own = len(ways) if dialect.separator is not None else len(ways) + 3
    # A label may contain a blank: "Time (ms)  V (mV)" is two labels.
    ways += [re.split(r"\t+", text), re.split(r"\s{2,}", text), _LABEL.findall(text)]
    ways += [split(text, mark) for mark in "\t;," if mark != dialect.separator and mark in text]
    for k, fields in enumerate(ways):
        while len(fields) > width and not fields[-1]:
            fields = fields[:-1]
        if len(fields) == width and any(fields) and (k < own or _score(fields) or _is_units(fields)):
            return fields
    fields = split(text, dialect.separator)
    if dialect.separator is not None and len(fields) > width and _empty_behind(fields, dialect):
        return fields[:width]
    if len(fields) == width - 1 and (_score(fields) or _is_units(fields)):
        return ["", *fields]  # no name for the first column: R, and spreadsheets with an index
    if dialect.separator is not None and 1 < len(fields) < width and not fields[0]:
        return [*fields, *[""] * (width - len(fields))]  # a group, whose last cells are empty
    return None


def _empty_behind(fields: Sequence[str], dialect: Dialect) -> bool:
    """Whether the last names are those of columns without numbers: rows have empty fields there, or none."""
    width = dialect.width
    if len(fields) == dialect.fields:
        return bool(_score(fields[:width]) or _is_units(fields[:width]))
    words = all(parse(field).symbol is None and not kind_of(field) for field in fields[width:])
    return words and _score(fields[:width]) == width


def _is_units(fields: Sequence[str]) -> bool:
    """Whether at least half of the fields are units, and no longer word is a name; "V" alone is a name."""
    filled = [field for field in fields if field]
    units = [found[1] for field in filled for found in [_UNITS.fullmatch(field)] if found and kind_of(found[1])]
    names = [field for field in filled if len(field) > 1 and parse(field).unit is None and parse(field).symbol]
    certain = len(units) == len(filled) > 1 or any(len(unit) > 1 for unit in units) or filled[:1] != units[:1]
    return bool(units) and certain and 2 * len(units) >= len(filled) and not names


def _score(fields: Sequence[str]) -> int:
    """Number of columns that a line identifies."""
    return sum(parse(field).symbol is not None for field in fields)


def _with_unit(name: str, unit: str) -> str:
    found = _UNITS.fullmatch(unit.strip())
    plain = found[1].strip() if found else ""
    if not plain or parse(name).unit is not None:
        return name
    return f"{name} ({plain})".strip()


def _told_apart(names: list[str], others: Sequence[Sequence[str]]) -> list[str]:
    """Names of which several are equal, each with its cell of another line: "Vm", "Vm" above "1", "2"."""
    for other in others:
        filled = _filled(other)
        if len(set(names)) < len(names) and len(set(zip(names, filled, strict=True))) > len(set(names)):
            again = [names.count(name) > 1 for name in names]
            return [
                _with_word(name, word) if twice else name
                for name, word, twice in zip(names, filled, again, strict=True)
            ]
    return names


def _with_word(name: str, word: str) -> str:
    """A name with another word before its unit: "Vm (mV)" and "2" -> "Vm 2 (mV)"."""
    parts = parse(name)
    return _with_unit(f"{parts.word} {word}".strip(), parts.unit or "")


def _filled(group: Sequence[str]) -> list[str]:
    """The words of a line, each repeated in the empty cells behind it."""
    filled, word = [], ""
    for field in group:
        word = field or word
        filled.append(word)
    return filled


def _grouped(labels: list[str], group: Sequence[str]) -> list[str]:
    """Labels with the words of a line above, each of which stands for the empty cells behind it."""
    filled = _filled(group)
    if not any(parse(word).symbol for word in filled):
        return labels
    merged = []
    for label, word in zip(labels, filled, strict=True):
        upper = parse(word)
        known = parse(label).symbol is not None or upper.symbol is None
        merged.append(label if known else _with_unit(f"{upper.word} {label}".strip(), upper.unit or ""))
    return merged


def _units_once(labels: list[str]) -> list[str]:
    """Labels of sweeps with the unit of the sweep before: "Sweep 1 (mV)", "Sweep 2" -> "Sweep 2 (mV)"."""
    done: list[str] = []
    for label in labels:
        this, last = parse(label), parse(done[-1]) if done else None
        alike = last is not None and last.unit and this.unit is None and last.signal == this.signal
        numbered = last is not None and ((this.sweep and last.sweep) or (this.number and last.number))
        done.append(f"{label} ({last.unit})" if alike and numbered and last is not None else label)
    return done
