"""Recordings of WinWCP, WinEDR, AxoGraph and Spike2, by the readers of the package neo.

`pip install "membrax[neo]"` installs it. Tried with files that the tests write after the formats' descriptions: .wcp,
.edr, .axgd (format 2) and .axgx (format 3). Not tried for want of files: .smr, groups of AxoGraph X, and files of the
programs themselves. neo has no reader of HEKA PatchMaster; its readers of .abf, .nwb and .ibw are not used.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .channels import Channel, comma_list, current_input, find_channel, voltage_input
from .conversion import convert, recording_unit
from .episodes import cut_where_regular
from .reading import GIVEN, UNCORRECTED, given_units, interval, no_current, plain, require
from .recording import Recording
from .unrecorded import recorded_part

READERS = {  # the class in neo.rawio by suffix
    ".wcp": "WinWcpRawIO",
    ".edr": "WinEdrRawIO",
    ".axgd": "AxographRawIO",
    ".axgx": "AxographRawIO",
    ".smr": "Spike2RawIO",
}
_EPISODES = (".axgd", ".axgx")  # early formats have columns alone, and no segments
_MOST = 1 << 26  # samples of a rectangle of sweeps, beyond which the sweeps may not be very unequal


@dataclasses.dataclass(frozen=True)
class _File:
    """An open file: neo's reader, the signals, and the places of each signal as (stream, column of the stream).

    A signal has several places where the columns of a single segment repeat, episode after episode.
    """

    path: Path
    raw: Any
    signals: tuple[Channel, ...]
    places: tuple[tuple[tuple[int, int], ...], ...]


def read_neo(
    path: Path,
    *,
    voltage_channel: int | str | None = None,
    current_channel: int | str | None = None,
    current: ArrayLike | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    cut: bool = True,
    incomplete: str | None = None,
) -> Recording:
    """Read a .wcp, .edr, .axgd, .axgx or .smr file as a Recording.

    The segments of the file are the sweeps, and so are the repeated columns of an AxoGraph file. The units of its
    signals identify the voltage and the current; several voltages are signals of one moment and never sweeps. A file of
    one segment is cut into sweeps at regular steps of its current (`membrax.recordings.cut`).

    Args:
        path: the file.
        voltage_channel: number (from 0, in the file's order) or name of the voltage, where the file has several.
        current_channel: number or name of the current.
        current: injected current, nA, where the file has none: a number, [time] or [sweep, time].
        units: units of the file's numbers where its own are wrong, ``{"t": "ms", "v": "mV", "i": "pA"}``; the unit of
            the time is that of the sampling interval.
        dt: sampling interval, ms, where the file's is wrong.
        cut: whether a file of one segment is cut.
        incomplete: the choice for sweeps of different length, "crop" or "drop"; see `recorded_part`.

    Raises:
        ImportError: neo is not installed.
        ValueError: a damaged file, no voltage or several, no current or several, another sampling of the current; the
            checks of Recording.
    """
    given, path = given_units(units), Path(path)
    file = _open(path)
    voltage = voltage_input(path, file.signals, voltage_channel, given.get("v"))
    v = convert(_sweeps(file, voltage), given.get("v", voltage.unit), "voltage")
    unit, notes = "nA", (f"voltage: {voltage}", UNCORRECTED)
    if current is not None:
        i, source = np.asarray(current, np.float64), GIVEN
    else:
        chosen = _current(file, voltage, current_channel)
        stated = given.get("i", chosen.unit)
        unit, source = recording_unit(stated), f"current: {chosen}"
        i = _equal(file, voltage, chosen, v.shape[1], convert(_sweeps(file, chosen), stated, _kind(stated)))
    step = interval(dt, float(convert(1.0 / _rate(file, voltage), given.get("t", "s"), "time")))
    t, v, i, removed = recorded_part(step * np.arange(v.shape[1]), v, i, incomplete=incomplete)
    data = Recording(t, v, i, unit=unit, name=path.stem, notes=(*notes, source, *removed))
    return cut_where_regular(data, cut) if data.sweeps == 1 else data


def _open(path: Path) -> _File:
    """The header of a file.

    Raises:
        ValueError: neo can't read it.
    """
    rawio = require("neo.rawio", path.suffix, extra="neo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = getattr(rawio, READERS[path.suffix.lower()])(str(path))
            raw.parse_header()
        channels = raw.header["signal_channels"]
        streams = [str(one) for one in raw.header["signal_streams"]["id"]]
        signals: list[Channel] = []
        places: list[tuple[int, int]] = []
        counts = dict.fromkeys(streams, 0)
        for number, one in enumerate(channels):
            stream = str(one["stream_id"])
            signals.append(Channel(number, str(one["name"]), str(one["units"])))
            places.append((streams.index(stream), counts[stream]))
            counts[stream] += 1
    except Exception as error:  # neo raises exceptions of any type on foreign bytes
        raise ValueError(f"{path.name} cannot be read: {_of_neo(error)}") from error
    count = _different(signals) if path.suffix.lower() in _EPISODES and raw.segment_count(0) == 1 else len(signals)
    return _File(path, raw, tuple(signals[:count]), tuple(tuple(places[k::count]) for k in range(count)))


def _different(signals: Sequence[Channel]) -> int:
    """The number of signals after which names and units repeat to the end, as "Vm, Im, Vm, Im" do after 2."""
    keys = [(signal.name, signal.unit) for signal in signals]
    for count in range(1, len(keys)):
        if len(keys) % count == 0 and keys == keys[:count] * (len(keys) // count) and len(set(keys[:count])) == count:
            return count
    return len(keys)


def _of_neo(error: Exception) -> str:
    return plain(f"neo reports {type(error).__name__}: {error}")


def _sweeps(file: _File, signal: Channel) -> np.ndarray:
    """One signal [sweep, time] in its unit; shorter segments end in NaN."""
    raw, places = file.raw, file.places[signal.number]
    try:
        segments = [
            (b, s, *place) for b in range(raw.block_count()) for s in range(raw.segment_count(b)) for place in places
        ]
        sizes = [int(raw.get_signal_size(b, s, stream)) for b, s, stream, _ in segments]
        if not segments or max(sizes) < 2:
            raise ValueError("no segment has two samples")
        if max(sizes) * len(sizes) > max(_MOST, 2 * sum(sizes)):
            raise ValueError(
                f"its {len(sizes)} segments have {min(sizes)} to {max(sizes)} samples, too unequal for sweeps"
            )
        values = np.full((len(segments), max(sizes)), np.nan)
        for k, (block, segment, stream, column) in enumerate(segments):
            chunk = raw.get_analogsignal_chunk(block, segment, stream_index=stream, channel_indexes=[column])
            scaled = raw.rescale_signal_raw_to_float(chunk, "float64", stream_index=stream, channel_indexes=[column])
            values[k, : sizes[k]] = scaled[:, 0]
    except Exception as error:
        raise ValueError(f'{file.path.name}: the signal "{signal.name}" cannot be read: {_of_neo(error)}') from error
    return values


def _rate(file: _File, signal: Channel) -> float:
    """Sampling rate, 1/s where the file's clock is right.

    Raises:
        ValueError: it is not above 0.
    """
    rate = float(file.raw.get_signal_sampling_rate(file.places[signal.number][0][0]))
    if not 0 < rate < math.inf:
        raise ValueError(f"{file.path.name} has a sampling rate of {rate:g} Hz; pass dt=, in ms")
    return rate


def _current(file: _File, voltage: Channel, chosen: int | str | None) -> Channel:
    if chosen is not None:
        return find_channel(file.path, file.signals, chosen, "signal")
    found = current_input(file.path, file.signals, voltage)
    if found is None:
        raise no_current(file.path.name, f"signals: {comma_list(file.signals)}")
    return found


def _kind(unit: str) -> str:
    return "current density" if recording_unit(unit) == "uA/cm2" else "current"


def _equal(file: _File, voltage: Channel, current: Channel, samples: int, i: np.ndarray) -> np.ndarray:
    """The current with ``samples`` samples a sweep: without its last ones, or with NaN, where it is a little longer.

    Raises:
        ValueError: another sampling rate than the voltage's, or a length that differs by more than a tenth.
    """
    rates = _rate(file, voltage), _rate(file, current)
    if not math.isclose(*rates, rel_tol=1e-6) or abs(i.shape[1] - samples) > 0.1 * samples:
        raise ValueError(
            f"{file.path.name}: the voltage has {samples} samples at {rates[0]:g} Hz, the current {i.shape[1]} at"
            f" {rates[1]:g} Hz; bring the current to the samples of the voltage and pass it as current=, in nA"
        )
    missing = max(0, samples - i.shape[1])
    return np.pad(i[:, :samples], ((0, 0), (0, missing)), constant_values=np.nan)
