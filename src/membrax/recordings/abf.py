"""Axon Binary Format (pCLAMP): current-clamp sweeps with a measured or a commanded current."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .abf_channels import current_output, listed, named, refuse_voltage_clamp, voltage_input
from .abf_command import FILE, command_current, follows
from .abf_header import AbfFile, Channel, Header, read_header
from .conversion import convert
from .reading import BY_HAND, UNCORRECTED, require
from .recording import Recording

_REFUSED = {1: "variable-length (event-driven)", 3: "gap-free"}  # operation modes of pCLAMP


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
    """A Recording from a current-clamp .abf file.

    The current is, in this order: ``current`` if given, the recorded current channel, the command
    waveform of the header. A recorded current that doesn't follow the command is refused until you say
    which to take; so is a command that can't be rebuilt (user lists, missing stimulus files).

    Args:
        path: the file.
        voltage_channel: number or name of the input that holds the voltage, where several could.
        current_channel: number or name of the input that holds the current.
        command_channel: number or name of the output whose command waveform is the current.
        current: injected current in nA, a number, [time] or [sweep, time], where the file has none.
        voltage_unit: unit of the voltage where the header's is wrong.
        stimulus_folder: where else to look for a stimulus file.

    Raises:
        ValueError: voltage clamp; gap-free or variable-length; no voltage, or several; no current, or
            none that can be trusted; a Recording's own checks.
    """
    pyabf = require("pyabf", ".abf")
    try:
        abf = pyabf.ABF(str(path), cacheStimulusFiles=False, stimulusFileFolder=stimulus_folder)
    except Exception as error:  # what a parser raises on foreign bytes is open-ended
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    header = read_header(abf)
    if abf.nOperationMode in _REFUSED:
        raise ValueError(f"{path.name} is a {_REFUSED[abf.nOperationMode]} recording; sweeps of one length are needed")
    if header.lengths:
        raise ValueError(f"{path.name} has sweeps of different lengths: {listed(header.lengths)} samples")
    said = not (current is None and current_channel is None and command_channel is None)
    refuse_voltage_clamp(path, header, said)
    voltage = voltage_input(path, header, voltage_channel, voltage_unit)
    v = convert(_sweeps(abf, voltage), voltage_unit or voltage.unit, "voltage")
    if current is None:
        i, note = _current(path, abf, header, voltage, current_channel, command_channel)
    else:
        i, note = np.asarray(current), BY_HAND
    t = header.dt * np.arange(v.shape[1])
    return Recording(t, v, i, name=path.stem, notes=(f"voltage: input {voltage}", UNCORRECTED, note))


def _sweeps(abf: AbfFile, channel: Channel) -> np.ndarray:
    """All sweeps of one input [sweep, time] in its unit."""
    kept = abf.sweepCount * abf.sweepPointCount
    return abf.data[channel.number][:kept].astype(np.float64).reshape(abf.sweepCount, abf.sweepPointCount)


def _current(
    path: Path, abf: AbfFile, header: Header, voltage: Channel, wanted: int | str | None, command: int | str | None
) -> tuple[np.ndarray, str]:
    """Injected current, nA [sweep, time], and the note that says where it is from."""
    if wanted is not None and command is not None:
        raise ValueError("current_channel is a recorded current, command_channel a commanded one; pass one of them")
    if wanted is not None:
        return _recorded(path, abf, named(path, header.inputs, wanted, "input"), "as asked")
    if command is not None:
        return _commanded(path, abf, header, named(path, header.outputs, command, "output"), "as asked")
    recorded = [channel for channel in header.inputs if channel.kind == "current" and channel != voltage]
    if len(recorded) > 1:
        raise ValueError(f"{path.name} records several currents: {listed(recorded)}; pass current_channel=")
    output = current_output(path, header, voltage, needed=not recorded)
    if recorded:
        values, note = _recorded(path, abf, recorded[0], "recorded current goes before the command")
        _compare(path, abf, header, recorded[0], values, output)
        return values, note
    assert output is not None  # current_output raises where one is needed
    return _commanded(path, abf, header, output, "no recorded current channel")


def _recorded(path: Path, abf: AbfFile, channel: Channel, why: str) -> tuple[np.ndarray, str]:
    try:
        return convert(_sweeps(abf, channel), channel.unit, "current"), f"current: input {channel} ({why})"
    except ValueError as complaint:
        raise ValueError(f"{path.name}, input {channel}: {complaint}") from complaint


def _commanded(path: Path, abf: AbfFile, header: Header, output: Channel, why: str) -> tuple[np.ndarray, str]:
    values = command_current(path, abf, header, output)
    where = "stimulus file" if output.source == FILE else "header command waveform"
    return values, f"current: {where} of output {output} ({why})"


def _compare(
    path: Path, abf: AbfFile, header: Header, channel: Channel, values: np.ndarray, output: Channel | None
) -> None:
    """Refuse a recorded current that has nothing to do with the command: it may be another cell's."""
    if output is None or not output.source or header.obstacle:
        return
    try:
        command = command_current(path, abf, header, output)
    except ValueError:
        return  # nothing to compare with
    alike, gain = follows(values, command)
    if not alike:
        raise ValueError(
            f"{path.name}: the recorded current (input {channel}) does not follow the command (output {output});"
            f" pass current_channel={channel.number} or command_channel={output.number} to say which was injected"
        )
    if not 0.8 <= gain <= 1.25:
        warnings.warn(
            f"{path.name}: the recorded current is {gain:.3g} times the command; the recorded one is taken"
            f" (command_channel={output.number} takes the other)",
            UserWarning,
            stacklevel=5,
        )
