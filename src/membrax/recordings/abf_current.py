"""The injected current of an .abf file: recorded, or commanded by its header."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .abf_channels import current_output
from .abf_command import FILE, command_current, follows
from .abf_header import AbfFile, Header
from .channels import Channel, comma_list, current_input, find_channel
from .conversion import convert
from .reading import no_current

_CHOSEN = "chosen by the caller"


@dataclasses.dataclass(frozen=True)
class Source:
    """An opened file and the caller's units."""

    path: Path
    abf: AbfFile
    header: Header
    units: Mapping[str, str]


def sweeps_of(source: Source, channel: Channel) -> np.ndarray:
    """All sweeps of one input [sweep, time] in its unit; a shorter sweep ends in NaN."""
    lengths, values = source.header.lengths, source.abf.data[channel.number]
    stops = np.cumsum(lengths)
    rows = np.full((len(lengths), max(lengths)), np.nan)
    for row, stop, length in zip(rows, stops, lengths, strict=True):
        row[:length] = values[stop - length : stop]
    return rows


def injected_current(
    source: Source, voltage: Channel, current: int | str | None, command: int | str | None
) -> tuple[np.ndarray, str]:
    """Injected current, nA [sweep, time], and the note of its source."""
    path, header = source.path, source.header
    if current is not None and command is not None:
        raise ValueError(
            "current_channel selects a recorded current and command_channel a commanded one; pass one of them"
        )
    if current is not None:
        return _recorded(source, find_channel(path, header.inputs, current, "input"), _CHOSEN)
    if command is not None:
        return _commanded(source, find_channel(path, header.outputs, command, "output"), _CHOSEN)
    recorded = current_input(path, header.inputs, voltage)
    if recorded is None and not header.episodic:
        raise no_current(path.name, f"inputs: {comma_list(header.inputs)}; {header.obstacle}")
    output = current_output(path, header, voltage, required=recorded is None)
    if recorded is not None:
        values, note = _recorded(source, recorded, "recorded current, preferred to the command")
        _compare(source, recorded, values, output)
        return values, note
    assert output is not None  # current_output raises an error without one
    return _commanded(source, output, "no recorded current channel")


def _recorded(source: Source, channel: Channel, reason: str) -> tuple[np.ndarray, str]:
    unit = source.units.get("i", channel.unit)
    try:
        values = convert(sweeps_of(source, channel), unit, "current")
    except ValueError as error:
        raise ValueError(
            f"{source.path.name}, input {channel}: {error}; if the unit in the header is wrong, pass"
            ' units={"i": "pA"}'
        ) from error
    return values, f"current: input {channel} ({reason}){in_unit(channel, unit)}"


def in_unit(channel: Channel, unit: str) -> str:
    """The end of a note where the caller's unit replaces that of the header."""
    return "" if unit == channel.unit else f", read in {unit}"


def _commanded(source: Source, output: Channel, reason: str) -> tuple[np.ndarray, str]:
    unit = source.units.get("i", output.unit)
    values = command_current(source.path, source.abf, source.header, dataclasses.replace(output, unit=unit))
    kind = "stimulus file" if output.source == FILE else "header command waveform"
    return values, f"current: {kind} of output {output} ({reason}){in_unit(output, unit)}"


def _compare(source: Source, channel: Channel, values: np.ndarray, output: Channel | None) -> None:
    """Compare a recorded current with the command: an unrelated one may be another cell's.

    Raises:
        ValueError: the recorded current does not follow the command.

    Warns:
        UserWarning: its gain relative to the command is outside 0.8 to 1.25.
    """
    path, header = source.path, source.header
    if output is None or not output.source or header.obstacle:
        return
    try:
        command = command_current(path, source.abf, header, output)
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
            f' (command_channel={output.number} selects the command; units={{"i": …}} corrects a wrong unit)',
            UserWarning,
            stacklevel=5,
        )
