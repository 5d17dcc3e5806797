"""Inputs, outputs and sampling from the header of an .abf file, in both of its versions."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .conversion import kind_of

# Byte offsets in a version 1 header (Axon's description of ABF 1.x, abfheadr.h).
_INPUT_UNITS, _OUTPUT_UNITS, _HOLDING, _USER_LIST = 602, 1346, 1394, 3360
_EXTENDED = 6144  # bytes of a version 1 header that has room for a command waveform
_STEP, _RAMP = 1, 2  # epoch types without a train


class AbfFile(Protocol):
    """The parts of `pyabf.ABF` that the reader uses; pyABF sets them without types."""

    abfFilePath: str
    abfVersion: dict[str, int]
    adcNames: list[str]
    adcUnits: list[str]
    channelCount: int
    data: np.ndarray
    dataByteStart: int
    holdingCommand: list[float]
    nOperationMode: int
    sweepCount: int
    sweepPointCount: int
    _dacSection: Any
    _headerV1: Any
    _protocolSection: Any
    _stringsSection: Any
    _synchArraySection: Any
    _userListSection: Any


@dataclasses.dataclass(frozen=True)
class Channel:
    """One analogue input or output."""

    number: int
    name: str
    unit: str
    source: int = 0  # of an output's waveform: 0 off, 1 epoch table, 2 stimulus file

    @property
    def kind(self) -> str | None:
        """The quantity of its unit."""
        return kind_of(self.unit)

    def __str__(self) -> str:
        return f'{self.number} "{self.name}" [{self.unit or "no unit"}]'


@dataclasses.dataclass(frozen=True)
class Header:
    """The contents of a header that the reader uses."""

    inputs: tuple[Channel, ...]
    outputs: tuple[Channel, ...]
    holding: tuple[float, ...]  # per output, in its unit
    dt: float  # ms
    lengths: tuple[int, ...]  # samples of each sweep, where they differ
    obstacle: str  # reason why the command waveforms cannot be rebuilt; "" without one


def read_header(abf: AbfFile) -> Header:
    """The header of an opened pyABF file."""
    return _version_1(abf) if abf.abfVersion["major"] == 1 else _version_2(abf)


def _version_1(abf: AbfFile) -> Header:
    """The header of ABF 1. Units and holding levels come from the bytes: pyABF drops µ and returns levels of epochs."""
    raw, header = Path(abf.abfFilePath).read_bytes()[:_EXTENDED], abf._headerV1
    has_command = abf.dataByteStart >= _EXTENDED
    inputs = []
    for number in range(abf.channelCount):
        unit = _text(raw, _INPUT_UNITS + 8 * header.nADCSamplingSeq[number])
        inputs.append(Channel(number, _clean(abf.adcNames[number]), unit))
    outputs = []
    for number, name in enumerate(header.sDACChannelName):
        described = has_command and number < len(header.nWaveformEnable) and header.nWaveformEnable[number]
        source = header.nWaveformSource[number] if described else 0
        outputs.append(Channel(number, _clean(name), _text(raw, _OUTPUT_UNITS + 8 * number), source))
    obstacle = _obstacle_1(raw, header) if has_command else "its short header has no command waveform"
    return Header(
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        holding=struct.unpack_from("<4f", raw, _HOLDING),
        dt=_milliseconds(header.fADCSampleInterval * abf.channelCount),
        lengths=(),
        obstacle=obstacle,
    )


def _obstacle_1(raw: bytes, header: Any) -> str:
    if any(struct.unpack_from("<4h", raw, _USER_LIST)):
        return "a user list changes it from sweep to sweep, and pyABF does not apply the list"
    trains = [kind for kind, n in zip(header.nEpochType, header.lEpochInitDuration, strict=True) if n and kind > _RAMP]
    return "it has pulse trains, which pyABF omits from ABF 1 files" if trains else ""


def _version_2(abf: AbfFile) -> Header:
    """The header of ABF 2. Outputs come from the DAC section: pyABF lists only as many as there are inputs."""
    dac, strings = abf._dacSection, abf._stringsSection._indexedStrings
    outputs = [
        Channel(
            number,
            _clean(strings[dac.lDACChannelNameIndex[number]]),
            _clean(strings[dac.lDACChannelUnitsIndex[number]]),
            dac.nWaveformSource[number] if dac.nWaveformEnable[number] else 0,
        )
        for number in range(len(dac.nDACNum))
    ]
    named = zip(abf.adcNames, abf.adcUnits, strict=True)
    return Header(
        inputs=tuple(Channel(number, _clean(name), _clean(unit)) for number, (name, unit) in enumerate(named)),
        outputs=tuple(outputs),
        holding=tuple(dac.fDACHoldingLevel),
        dt=_milliseconds(abf._protocolSection.fADCSequenceInterval),
        lengths=_uneven([length // abf.channelCount for length in abf._synchArraySection.lLength]),
        obstacle=_obstacle_2(abf),
    )


def _obstacle_2(abf: AbfFile) -> str:
    if abf._userListSection._entryCount > 0:
        return "a user list changes it from sweep to sweep, and pyABF does not apply the list"
    if abf._protocolSection.nAlternateDACOutputState:
        return "outputs alternate from sweep to sweep, which pyABF ignores"
    return ""


def _uneven(lengths: Sequence[int]) -> tuple[int, ...]:
    return tuple(lengths) if len(set(lengths)) > 1 else ()


def _milliseconds(microseconds: float) -> float:
    """An interval in ms. The header's is exact, and pyABF's rate is rounded down to whole Hz (30 µs to 33333 Hz)."""
    return float(f"{microseconds:.7g}") / 1000.0  # the header has single precision


def _text(raw: bytes, offset: int) -> str:
    return _clean(raw[offset : offset + 8].decode("latin-1"))


def _clean(text: str) -> str:
    return text.strip("\x00 ")
