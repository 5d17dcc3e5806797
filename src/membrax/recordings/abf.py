"""Axon Binary Format (pCLAMP): current-clamp sweeps with a measured or a commanded current."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .abf_channels import comma_list, current_output, find_channel, refuse_voltage_clamp, voltage_input
from .abf_command import FILE, command_current, follows
from .abf_header import AbfFile, Channel, Header, read_header
from .conversion import convert
from .reading import GIVEN, UNCORRECTED, require
from .recording import Recording

_REFUSED = {1: "variable-length (event-driven)", 3: "gap-free"}  # operation modes of pCLAMP
_CHOSEN = "chosen by the caller"


def read_abf(
    path: Path,
    *,
    voltage_channel: int | str | None = None,
    current_channel: int | str | None = None,
    command_channel: int | str | None = None,
    current: ArrayLike | None = None,
    voltage_unit: str | None = None,
    stimulus_folder: str | Path | None = None,
) -> Recording:
    """Read a current-clamp .abf file as a Recording.

    The current is the first of these that exists: ``current``, the recorded current channel, the command
    waveform of the header. A recorded current that does not follow the command raises an error unless
    ``current_channel`` or ``command_channel`` selects one of the two. So does a command that cannot be
    rebuilt (user lists, missing stimulus files).

    Args:
        path: the file.
        voltage_channel: number or name of the voltage input, where the file has several.
        current_channel: number or name of the current input.
        command_channel: number or name of the output whose command waveform is the current.
        current: injected current, nA: a number, [time] or [sweep, time], where the file has none.
        voltage_unit: unit of the voltage where the header's is wrong.
        stimulus_folder: a further folder of stimulus files.

    Raises:
        ValueError: voltage clamp; a gap-free or variable-length file; no voltage or several; no current or
            no reliable one; the checks of Recording.
    """
    pyabf = require("pyabf", ".abf")
    try:
        abf = pyabf.ABF(str(path), cacheStimulusFiles=False, stimulusFileFolder=stimulus_folder)
    except Exception as error:  # pyABF raises exceptions of any type on foreign bytes
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    header = read_header(abf)
    if abf.nOperationMode in _REFUSED:
        raise ValueError(
            f"{path.name} is a {_REFUSED[abf.nOperationMode]} recording; sweeps of one length are required"
        )
    if header.lengths:
        raise ValueError(
            f"{path.name} has sweeps of different lengths: {comma_list(header.lengths)} samples; sweeps of one"
            " length are required"
        )
    current_chosen = not (current is None and current_channel is None and command_channel is None)
    refuse_voltage_clamp(path, header, current_chosen)
    voltage = voltage_input(path, header, voltage_channel, voltage_unit)
    v = convert(_sweeps(abf, voltage), voltage_unit or voltage.unit, "voltage")
    if current is None:
        i, note = _current(path, abf, header, voltage, current_channel, command_channel)
    else:
        i, note = np.asarray(current), GIVEN
    t = header.dt * np.arange(v.shape[1])
    return Recording(t, v, i, name=path.stem, notes=(f"voltage: input {voltage}", UNCORRECTED, note))


def _sweeps(abf: AbfFile, channel: Channel) -> np.ndarray:
    """All sweeps of one input [sweep, time] in its unit."""
    samples = abf.sweepCount * abf.sweepPointCount
    return abf.data[channel.number][:samples].astype(np.float64).reshape(abf.sweepCount, abf.sweepPointCount)


def _current(
    path: Path, abf: AbfFile, header: Header, voltage: Channel, current: int | str | None, command: int | str | None
) -> tuple[np.ndarray, str]:
    """Injected current, nA [sweep, time], and the note of its source."""
    if current is not None and command is not None:
        raise ValueError(
            "current_channel selects a recorded current and command_channel a commanded one; pass one of them"
        )
    if current is not None:
        return _recorded(path, abf, find_channel(path, header.inputs, current, "input"), _CHOSEN)
    if command is not None:
        return _commanded(path, abf, header, find_channel(path, header.outputs, command, "output"), _CHOSEN)
    recorded = [channel for channel in header.inputs if channel.kind == "current" and channel != voltage]
    if len(recorded) > 1:
        raise ValueError(f"{path.name} records several currents: {comma_list(recorded)}; pass current_channel=")
    output = current_output(path, header, voltage, required=not recorded)
    if recorded:
        values, note = _recorded(path, abf, recorded[0], "recorded current, preferred to the command")
        _compare(path, abf, header, recorded[0], values, output)
        return values, note
    assert output is not None  # current_output raises an error without one
    return _commanded(path, abf, header, output, "no recorded current channel")


def _recorded(path: Path, abf: AbfFile, channel: Channel, reason: str) -> tuple[np.ndarray, str]:
    try:
        return convert(_sweeps(abf, channel), channel.unit, "current"), f"current: input {channel} ({reason})"
    except ValueError as error:
        raise ValueError(f"{path.name}, input {channel}: {error}") from error


def _commanded(path: Path, abf: AbfFile, header: Header, output: Channel, reason: str) -> tuple[np.ndarray, str]:
    values = command_current(path, abf, header, output)
    source = "stimulus file" if output.source == FILE else "header command waveform"
    return values, f"current: {source} of output {output} ({reason})"


def _compare(
    path: Path, abf: AbfFile, header: Header, channel: Channel, values: np.ndarray, output: Channel | None
) -> None:
    """Compare a recorded current with the command: an unrelated one may be another cell's.

    Raises:
        ValueError: the recorded current does not follow the command.

    Warns:
        UserWarning: its gain relative to the command is outside 0.8 to 1.25.
    """
    if output is None or not output.source or header.obstacle:
        return
    try:
        command = command_current(path, abf, header, output)
    except ValueError:
        return  # there is no command to compare with
    similar, gain = follows(values, command)
    if not similar:
        raise ValueError(
            f"{path.name}: the recorded current (input {channel}) does not follow the command (output {output});"
            f" pass current_channel={channel.number} or command_channel={output.number}, whichever was injected"
        )
    if not 0.8 <= gain <= 1.25:
        warnings.warn(
            f"{path.name}: the recorded current is {gain:.3g} times the command; the recorded one is used"
            f" (command_channel={output.number} selects the command)",
            UserWarning,
            stacklevel=5,
        )
