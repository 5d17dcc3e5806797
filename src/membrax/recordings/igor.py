"""Igor binary waves: one file for the voltage, one for the current."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .conversion import convert, current_kind, kind_of, recording_unit
from .reading import UNCORRECTED, require
from .recording import Recording

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@dataclasses.dataclass(frozen=True)
class _Wave:
    path: Path
    data: np.ndarray  # [sweep, time]
    unit: str  # as written, perhaps empty
    start: float  # x of the first sample, in x_unit
    step: float
    x_unit: str


def read_igor(
    path: Path | Sequence[Path],
    *,
    current: Paths | None = None,
    voltage_unit: str | None = None,
    current_unit: str | None = None,
    time_unit: str | None = None,
) -> Recording:
    """A Recording from Igor waves: a voltage wave and its current wave, or a list of each (one sweep each).

    A wave of rows and columns is one sweep a column. Units and sampling come from the wave headers;
    Igor's own convention is seconds where the time has no unit.

    Args:
        path: voltage wave(s).
        current: current wave(s), in the same order. If left out, a neighbour is taken whose name
            differs only in the number behind "Ch" and whose unit is one of current.
        voltage_unit: for headers without one, "V", "mV" or "uV".
        current_unit: likewise, such as "pA".
        time_unit: likewise, such as "ms".

    Raises:
        ValueError: no current wave found, waves that don't match, a unit missing, unknown or of the wrong kind.
    """
    voltages = [_read(Path(one)) for one in _several(path)]
    partners = _several(current) if current is not None else [_partner(wave) for wave in voltages]
    currents = [_read(Path(one)) for one in partners]
    if len(voltages) != len(currents):
        raise ValueError(f"{len(voltages)} voltage waves need as many current waves, got {len(currents)}")
    first = voltages[0]
    for wave in (*voltages, *currents):
        _match(first, wave)
    v = np.concatenate([_values(wave, "voltage", voltage_unit) for wave in voltages])
    i = np.concatenate([_values(wave, "current", current_unit) for wave in currents])
    times = first.start + first.step * np.arange(first.data.shape[1])
    t = convert(times, time_unit or first.x_unit or "s", "time")
    notes: tuple[str, ...] = (UNCORRECTED, f"current: measured, from {', '.join(wave.path.name for wave in currents)}")
    if not (time_unit or first.x_unit):
        notes += ("time: the header has no unit, seconds taken",)
    unit = recording_unit(current_unit or currents[0].unit)
    return Recording(t, v, i, unit=unit, name=first.path.stem, notes=notes)


def _several(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _read(path: Path) -> _Wave:
    """One wave; header versions before 5 keep the sampling under other names and have one dimension."""
    igor = require("igor2.binarywave", ".ibw")
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        wave = igor.load(str(path))["wave"]
    except Exception as error:  # what a parser raises on foreign bytes is open-ended
        raise ValueError(f"{path.name} cannot be read as an Igor wave: {error}") from error
    header, data = wave["wave_header"], np.asarray(wave["wData"])
    if data.ndim > 2 or data.dtype.kind not in "fiu":
        raise ValueError(f"{path.name} must hold numbers in one or two dimensions, got {data.dtype} {data.shape}")
    data = np.atleast_2d(data.astype(np.float64).T)
    unit = _text(wave.get("data_units", b"")) or _text(header["dataUnits"])
    if "sfA" in header:
        return _Wave(path, data, unit, header["sfB"][0], header["sfA"][0], _text(header["dimUnits"][0]))
    return _Wave(path, data, unit, header["hsB"], header["hsA"], _text(header["xUnits"]))


def _text(raw: bytes | np.ndarray) -> str:
    joined = raw if isinstance(raw, bytes) else b"".join(np.ravel(raw).tolist())
    return joined.split(b"\x00")[0].decode("latin-1").strip()


def _partner(wave: _Wave) -> Path:
    """The current wave beside a voltage wave, such as …Ch0… beside …Ch3…."""
    name = wave.path.name
    numbered = re.search(r"(?<=ch)\d+", name, flags=re.IGNORECASE)
    found = []
    if numbered:
        alike = re.compile(re.escape(name[: numbered.start()]) + r"\d+" + re.escape(name[numbered.end() :]))
        beside = [path for path in sorted(wave.path.parent.iterdir()) if alike.fullmatch(path.name)]
        found = [path for path in beside if path.name != name and kind_of(_read(path).unit) == "current"]
    if len(found) != 1:
        what = f"several current waves ({', '.join(path.name for path in found)})" if found else "no current wave"
        raise ValueError(f'{name}: {what} beside it; pass current="….ibw", the wave of the injected current')
    return found[0]


def _match(first: _Wave, wave: _Wave) -> None:
    if wave.data.shape[1] != first.data.shape[1]:
        raise ValueError(
            f"{wave.path.name} has {wave.data.shape[1]} samples, {first.path.name} has {first.data.shape[1]}"
        )
    here, there = (wave.start, wave.step, wave.x_unit), (first.start, first.step, first.x_unit)
    if not np.allclose(here[:2], there[:2], rtol=1e-9, atol=0) or wave.x_unit != first.x_unit:
        raise ValueError(
            f"{wave.path.name} is sampled from {wave.start:g} every {wave.step:g} {wave.x_unit or 's'},"
            f" {first.path.name} from {first.start:g} every {first.step:g} {first.x_unit or 's'}"
        )


def _values(wave: _Wave, kind: str, unit: str | None) -> np.ndarray:
    unit = unit or wave.unit
    if not unit:
        raise ValueError(f'{wave.path.name} has no unit in its header; pass {kind}_unit="…"')
    try:
        return convert(wave.data, unit, kind if kind == "voltage" else current_kind(unit))
    except ValueError as complaint:
        raise ValueError(f"{wave.path.name}: {complaint}") from complaint
