"""Igor binary waves: one file for the voltage, one for the current."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .conversion import convert, current_kind, kind_of, recording_unit
from .reading import GIVEN, UNCORRECTED, given_units, interval, require
from .recording import Recording
from .unrecorded import recorded_part

# Sizes of the parts of a file by version of its header, and the byte at which the list begins.
_SIZES, _FIRST_SIZE = {1: "i", 2: "3i", 3: "4i", 5: "13i"}, {1: 2, 2: 2, 3: 2, 5: 4}
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
    current_waves: Paths | None = None,
    current: ArrayLike | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    incomplete: str | None = None,
) -> Recording:
    """Read Igor waves as a Recording: a voltage wave and its current wave, or a list of each (one sweep each).

    Each column of a two-dimensional wave is a sweep. Units and sampling come from the wave headers;
    a time without a unit is in seconds, as is Igor's convention.

    Args:
        path: voltage wave(s).
        current_waves: path(s) of the current wave(s), in the same order; one wave of one sweep serves all voltages. The
            default is the wave in the same folder whose name differs only in the number after "Ch" and whose unit is
            one of current.
        current: injected current, nA: a number, [time] or [sweep, time], in place of waves.
        units: units of the waves' numbers for headers without them or with wrong ones,
            ``{"t": "ms", "v": "mV", "i": "pA"}``.
        dt: sampling interval, ms, where the header's is wrong.
        incomplete: the choice for sweeps that were stopped early, "crop" or "drop"; see
            `membrax.recordings.unrecorded.recorded_part`.

    Raises:
        ValueError: a damaged file, no current wave, waves that do not match, a missing or unknown unit, or one of
            another quantity.
    """
    units = given_units(units)
    voltages = [_read(Path(one)) for one in _as_list(path)]
    first = voltages[0]
    for wave in voltages:
        _match(first, wave)
    v = np.concatenate([_values(wave, "voltage", units.get("v")) for wave in voltages])
    i, unit, note = _current(voltages, current_waves, current, units.get("i"))
    times = first.start + first.step * np.arange(first.data.shape[1])
    t = (
        convert(times, units.get("t") or first.x_unit or "s", "time")
        if dt is None
        else interval(dt, dt) * np.arange(v.shape[1])
    )
    notes: tuple[str, ...] = (UNCORRECTED, note)
    if dt is None and not (units.get("t") or first.x_unit):
        notes += ("time: the header has no unit, seconds assumed",)
    t, v, i, removed = recorded_part(t, v, i, incomplete=incomplete)
    return Recording(t, v, i, unit=unit, name=first.path.stem, notes=(*notes, *removed))


def is_current_wave(path: Path) -> bool:
    """Whether the header of a wave has a unit of current; False for a file that can't be read."""
    try:
        return _kind(_read(path).unit) == "current"
    except (OSError, ValueError, ImportError):
        return False


def _kind(unit: str) -> str | None:
    """The quantity of a unit, where a current density is a current."""
    kind = kind_of(unit)
    return "current" if kind == "current density" else kind


def _current(
    voltages: Sequence[_Wave], paths: Paths | None, current: ArrayLike | None, unit: str | None
) -> tuple[np.ndarray, str, str]:
    """The injected current, its unit in the Recording, and the note of its source."""
    if current is not None:
        if paths is not None:
            raise ValueError("current= gives the current in nA and current_waves= its waves; pass one of them")
        _refuse_paths(current)
        return np.asarray(current), "nA", GIVEN
    waves = [_read(Path(one)) for one in (_as_list(paths) if paths is not None else map(_partner, voltages))]
    shared = len(waves) == 1 and len(waves[0].data) == 1
    if len(voltages) != len(waves) and not shared:
        raise ValueError(
            f"{len(voltages)} voltage waves require as many current waves, or one for all, got {len(waves)}"
        )
    for wave in waves:
        _match(voltages[0], wave)
    i = np.concatenate([_values(wave, "current", unit) for wave in waves])
    names = ", ".join(wave.path.name for wave in waves)
    return i[0] if shared else i, recording_unit(unit or waves[0].unit), f"current: measured, from {names}"


def _refuse_paths(current: ArrayLike) -> None:
    if np.asarray(current).dtype.kind not in "biuf":
        raise ValueError(
            f"current must be in nA: a number, an array [time] or [sweep, time], got {current!r}; the paths of current"
            " waves are current_waves="
        )


def _as_list(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _read(path: Path) -> _Wave:
    """Read one wave. Headers before version 5 have other names for the sampling, and one dimension."""
    igor = require("igor2.binarywave", ".ibw")
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    _check_sizes(path)
    try:
        # A stream that ends where the file ends: a damaged header states sections of any size.
        wave = igor.load(io.BytesIO(path.read_bytes()))["wave"]
        header, data = wave["wave_header"], np.asarray(wave["wData"])
    except Exception as error:  # igor2 raises exceptions of any type on foreign bytes
        raise ValueError(
            f"{path.name} cannot be read as an Igor wave: igor2 reports {type(error).__name__}: {error!s:.200}; is it a"
            " binary wave (.ibw), and whole?"
        ) from error
    if data.ndim > 2 or data.dtype.kind not in "fiu":
        raise ValueError(f"{path.name} must have numbers in one or two dimensions, got {data.dtype} {data.shape}")
    data = np.atleast_2d(data.astype(np.float64).T)
    unit = _text(wave.get("data_units", b"")) or _text(header["dataUnits"])
    if "sfA" in header:
        return _Wave(path, data, unit, header["sfB"][0], header["sfA"][0], _text(header["dimUnits"][0]))
    return _Wave(path, data, unit, header["hsB"], header["hsA"], _text(header["xUnits"]))


def _check_sizes(path: Path) -> None:
    """Check that a file is as long as its header states (Wavemetrics technical note 3).

    Raises:
        ValueError: it is no Igor wave, cut short or damaged.
    """
    with path.open("rb") as file:
        raw, size = file.read(64), path.stat().st_size
    for order in "<>":
        version = struct.unpack_from(order + "h", raw)[0] if len(raw) == 64 else 0
        if version in _SIZES:
            sizes = struct.unpack_from(order + _SIZES[version], raw, _FIRST_SIZE[version])
            break
    else:
        raise ValueError(f"{path.name} cannot be read as an Igor wave: it does not begin with version 1, 2, 3 or 5")
    if min(sizes) < 0 or sum(sizes) > size:
        raise ValueError(
            f"{path.name} cannot be read as an Igor wave: its header states parts of {', '.join(map(str, sizes))}"
            f" bytes, and the file has {size}, so it is cut short or damaged; copy it again from its source"
        )


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
        raise ValueError(
            f'{name}: {problem} in its folder; pass current_waves="….ibw", the wave of the injected current, or'
            " current=, in nA"
        )
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


def _values(wave: _Wave, kind: str, given: str | None) -> np.ndarray:
    """The numbers of a wave in the unit of a Recording; a given unit overrides that of the header."""
    unit = given or wave.unit
    if not unit:
        example = 'units={"v": "mV"}' if kind == "voltage" else 'units={"i": "pA"}'
        raise ValueError(f"{wave.path.name} has no unit in its header; pass {example}, or the unit it is in")
    if kind == "voltage" and not given and _kind(unit) == "current":
        raise ValueError(
            f"{wave.path.name} is a wave of current, in {unit}: give the voltage waves alone, and current_waves= where"
            ' a name does not lead to the current wave; a header with the wrong unit requires units={"v": "mV"}'
        )
    try:
        return convert(wave.data, unit, kind if kind == "voltage" else current_kind(unit))
    except ValueError as error:
        raise ValueError(f"{wave.path.name}: {error}") from error
