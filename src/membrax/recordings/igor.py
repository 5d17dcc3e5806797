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
    unit: str  # of the header, possibly empty
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
    """Read Igor waves as a Recording: a voltage wave and its current wave, or a list of each (one sweep each).

    Each column of a two-dimensional wave is a sweep. Units and sampling come from the wave headers;
    a time without a unit is in seconds, as is Igor's convention.

    Args:
        path: voltage wave(s).
        current: current wave(s), in the same order. The default is the wave in the same folder whose name
            differs only in the number after "Ch" and whose unit is one of current.
        voltage_unit: unit of the voltage for headers without one: "V", "mV" or "uV".
        current_unit: unit of the current, such as "pA".
        time_unit: unit of the time, such as "ms".

    Raises:
        ValueError: no current wave, waves that do not match, a missing or unknown unit, or one of another quantity.
    """
    voltages = [_read(Path(one)) for one in _as_list(path)]
    partners = _as_list(current) if current is not None else [_partner(wave) for wave in voltages]
    currents = [_read(Path(one)) for one in partners]
    if len(voltages) != len(currents):
        raise ValueError(f"{len(voltages)} voltage waves require as many current waves, got {len(currents)}")
    first = voltages[0]
    for wave in (*voltages, *currents):
        _match(first, wave)
    v = np.concatenate([_values(wave, "voltage", voltage_unit) for wave in voltages])
    i = np.concatenate([_values(wave, "current", current_unit) for wave in currents])
    times = first.start + first.step * np.arange(first.data.shape[1])
    t = convert(times, time_unit or first.x_unit or "s", "time")
    notes: tuple[str, ...] = (UNCORRECTED, f"current: measured, from {', '.join(wave.path.name for wave in currents)}")
    if not (time_unit or first.x_unit):
        notes += ("time: the header has no unit, seconds assumed",)
    unit = recording_unit(current_unit or currents[0].unit)
    return Recording(t, v, i, unit=unit, name=first.path.stem, notes=notes)


def _as_list(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _read(path: Path) -> _Wave:
    """Read one wave. Headers before version 5 have other names for the sampling, and one dimension."""
    igor = require("igor2.binarywave", ".ibw")
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        wave = igor.load(str(path))["wave"]
    except Exception as error:  # igor2 raises exceptions of any type on foreign bytes
        raise ValueError(f"{path.name} cannot be read as an Igor wave: {error}") from error
    header, data = wave["wave_header"], np.asarray(wave["wData"])
    if data.ndim > 2 or data.dtype.kind not in "fiu":
        raise ValueError(f"{path.name} must have numbers in one or two dimensions, got {data.dtype} {data.shape}")
    data = np.atleast_2d(data.astype(np.float64).T)
    unit = _text(wave.get("data_units", b"")) or _text(header["dataUnits"])
    if "sfA" in header:
        return _Wave(path, data, unit, header["sfB"][0], header["sfA"][0], _text(header["dimUnits"][0]))
    return _Wave(path, data, unit, header["hsB"], header["hsA"], _text(header["xUnits"]))


def _text(raw: bytes | np.ndarray) -> str:
    joined = raw if isinstance(raw, bytes) else b"".join(np.ravel(raw).tolist())
    return joined.split(b"\x00")[0].decode("latin-1").strip()


def _partner(wave: _Wave) -> Path:
    """The path of a voltage wave's current wave in the same folder, such as …Ch0… for …Ch3….

    Raises:
        ValueError: no such wave, or several.
    """
    name = wave.path.name
    numbered = re.search(r"(?<=ch)\d+", name, flags=re.IGNORECASE)
    currents = []
    if numbered:
        pattern = re.compile(re.escape(name[: numbered.start()]) + r"\d+" + re.escape(name[numbered.end() :]))
        siblings = [path for path in sorted(wave.path.parent.iterdir()) if pattern.fullmatch(path.name)]
        currents = [path for path in siblings if path.name != name and kind_of(_read(path).unit) == "current"]
    if len(currents) != 1:
        names = ", ".join(path.name for path in currents)
        problem = f"several current waves ({names})" if currents else "no current wave"
        raise ValueError(f'{name}: {problem} in its folder; pass current="….ibw", the wave of the injected current')
    return currents[0]


def _match(first: _Wave, wave: _Wave) -> None:
    """Check that two waves have the same length and sampling."""
    if wave.data.shape[1] != first.data.shape[1]:
        raise ValueError(
            f"{wave.path.name} has {wave.data.shape[1]} samples, {first.path.name} has {first.data.shape[1]};"
            " waves of one length are required"
        )
    sampling, first_sampling = (wave.start, wave.step), (first.start, first.step)
    if not np.allclose(sampling, first_sampling, rtol=1e-9, atol=0) or wave.x_unit != first.x_unit:
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
    except ValueError as error:
        raise ValueError(f"{wave.path.name}: {error}") from error
