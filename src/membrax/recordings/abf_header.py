"""Inputs, outputs and sampling from the header of an .abf file, in both of its versions."""

from __future__ import annotations

import dataclasses
import itertools
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .abf_sizes import check_sizes
from .channels import Channel
from .reading import require

# Byte offsets in a version 1 header (Axon's description of ABF 1.x, abfheadr.h).
_INPUT_UNITS, _OUTPUT_UNITS, _HOLDING, _USER_LIST = 602, 1346, 1394, 3360
_SECOND_INTERVAL = 126
_EXTENDED = 6144  # bytes of a version 1 header that has room for a command waveform
_STEP, _RAMP = 1, 2  # epoch types without a train
VARIABLE, GAP_FREE = 1, 3
MODES = {VARIABLE: "event-driven", 2: "fixed-length event", GAP_FREE: "gap-free", 4: "oscilloscope"}  # not episodic


class AbfFile(Protocol):
    """The parts of `pyabf.ABF` that the reader uses; pyABF sets them without types."""

    abfFilePath: str
    abfVersion: dict[str, int]
    adcNames: list[str]
    adcUnits: list[str]
    channelCount: int
    data: np.ndarray
    dataByteStart: int
    dataRate: int
    dataSecPerPoint: float
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
class Header:
    """The contents of a header that the reader uses."""

    inputs: tuple[Channel, ...]
    outputs: tuple[Channel, ...]
    holding: tuple[float, ...]  # per output, in its unit
    dt: float  # ms
    lengths: tuple[int, ...]  # samples of each sweep, in the order of the file
    episode: int  # samples of a sweep of the protocol, which an aborted sweep does not reach
    obstacle: str  # reason why the command waveforms cannot be rebuilt; "" without one
    episodic: bool = True  # whether the acquisition had command waveforms


def open_abf(path: Path, stimulus_folder: str | Path | None = None) -> AbfFile:
    """Open a file with pyABF, with its samples.

    Raises:
        ValueError: no ABF file, a damaged one, or one that pyABF does not support.
    """
    pyabf = require("pyabf", ".abf")
    check_sizes(path)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            abf = pyabf.ABF(str(path), loadData=False, cacheStimulusFiles=False, stimulusFileFolder=stimulus_folder)
            with path.open("rb") as file:
                abf._loadAndScaleData(file)
        except Exception as error:  # pyABF raises exceptions of any type on foreign bytes
            raise ValueError(
                f"{path.name} cannot be read: pyABF reports {type(error).__name__}: {error}; is the file damaged?"
            ) from error
    return abf


def read_header(abf: AbfFile) -> Header:
    """The header of an opened pyABF file.

    Raises:
        ValueError: a file of two sampling intervals.
    """
    header = _version_1(abf) if abf.abfVersion["major"] == 1 else _version_2(abf)
    if abf.nOperationMode in MODES:
        # Waveforms in the header are left over from another protocol: Clampex runs them in episodic mode alone.
        outputs = tuple(dataclasses.replace(output, source=0) for output in header.outputs)
        mode = f"a recording in {MODES[abf.nOperationMode]} mode has no command waveform"
        return dataclasses.replace(header, outputs=outputs, obstacle=mode, episodic=False)
    return header


def _version_1(abf: AbfFile) -> Header:
    """The header of ABF 1. Units and holding levels come from the bytes: pyABF drops µ and returns levels of epochs."""
    with Path(abf.abfFilePath).open("rb") as file:
        raw, header = file.read(_EXTENDED), abf._headerV1
        file.seek(512 * max(header.lSynchArrayPtr, 0))
        synch = file.read(8 * max(header.lSynchArraySize, 0) if header.lSynchArrayPtr > 0 else 0)
    _refuse_two_clocks(Path(abf.abfFilePath), raw, header)
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
        lengths=_lengths(abf, list(struct.iter_unpack("<ii", synch[: len(synch) // 8 * 8])), header.fSynchTimeUnit),
        episode=header.lNumSamplesPerEpisode // abf.channelCount,
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
            _string(strings, dac.lDACChannelNameIndex[number]),
            _string(strings, dac.lDACChannelUnitsIndex[number]),
            dac.nWaveformSource[number] if dac.nWaveformEnable[number] else 0,
        )
        for number in range(len(dac.nDACNum))
    ]
    protocol, synch = abf._protocolSection, abf._synchArraySection
    named = zip(abf.adcNames, abf.adcUnits, strict=True)
    return Header(
        inputs=tuple(Channel(number, _clean(name), _clean(unit)) for number, (name, unit) in enumerate(named)),
        outputs=tuple(outputs),
        holding=tuple(dac.fDACHoldingLevel),
        dt=_milliseconds(protocol.fADCSequenceInterval),
        lengths=_lengths(abf, list(zip(synch.lStart, synch.lLength, strict=True)), protocol.fSynchTimeUnit),
        episode=protocol.lNumSamplesPerEpisode // abf.channelCount,
        obstacle=_obstacle_2(abf),
    )


def _obstacle_2(abf: AbfFile) -> str:
    if abf._userListSection._entryCount > 0:
        return "a user list changes it from sweep to sweep, and pyABF does not apply the list"
    if abf._protocolSection.nAlternateDACOutputState:
        return "outputs alternate from sweep to sweep, which pyABF ignores"
    return ""


def _lengths(abf: AbfFile, synch: Sequence[tuple[int, int]], unit: float) -> tuple[int, ...]:
    """Samples of each sweep: equal ones, or those of ``synch``, the (start, length) pairs of the file's parts.

    A gap-free recording is one sweep, unless pauses divide it. Starts are in ``unit`` µs, in samples for 0; lengths are
    in samples of all inputs.
    """
    total, count = abf.data.shape[1], max(abf.sweepCount, 1)
    lengths = [length // abf.channelCount for _, length in synch]
    usable = bool(lengths) and min(lengths) > 0 and sum(lengths) <= total
    if abf.nOperationMode == GAP_FREE:
        return tuple(lengths) if usable and _paused(abf, synch, unit) else (total,)
    if usable and len(set(lengths)) > 1:
        return tuple(lengths)
    if abf.nOperationMode == VARIABLE and not usable and count > 1:
        raise ValueError(
            f"{Path(abf.abfFilePath).name} is event-driven with {count} sweeps, and the list of their lengths is"
            " missing or damaged; export it from Clampfit as .atf"
        )
    return (total // count,) * count


def _paused(abf: AbfFile, synch: Sequence[tuple[int, int]], unit: float) -> bool:
    """Whether time passed between two parts, more than a thousandth of the part before."""
    sample = abf.dataSecPerPoint * 1e6 / abf.channelCount / unit if unit > 0 else 1.0
    pairs = itertools.pairwise(synch)
    return any(later - start > 1.001 * length * sample + 2 for (start, length), (later, _) in pairs)


def _refuse_two_clocks(path: Path, raw: bytes, header: Any) -> None:
    (second,) = struct.unpack_from("<f", raw, _SECOND_INTERVAL)
    first = header.fADCSampleInterval
    if second > 0 and abs(second - first) > 1e-3 * first:
        raise ValueError(
            f"{path.name} has two sampling intervals (a split clock): {first:g} µs and, later in each sweep,"
            f" {second:g} µs between samples of its inputs; sweeps of one interval are required: save the file in"
            " Clampfit with one interval, or export one part as .atf"
        )


def _milliseconds(microseconds: float) -> float:
    """An interval in ms. The header's is exact, and pyABF's rate is rounded down to whole Hz (30 µs to 33333 Hz)."""
    return float(f"{microseconds:.7g}") / 1000.0  # the header has single precision


def _text(raw: bytes, offset: int) -> str:
    return _clean(raw[offset : offset + 8].decode("latin-1"))


def _string(strings: Sequence[str], index: int) -> str:
    """A string of the header; empty for an index that a damaged header does not have."""
    return _clean(strings[index]) if 0 <= index < len(strings) else ""


def _clean(text: str) -> str:
    return text.strip("\x00 ")
