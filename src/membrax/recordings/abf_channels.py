"""Choice of the voltage input and the current output of an .abf file; an error for voltage clamp."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .abf_header import Channel, Header
from .reading import no_current


def refuse_voltage_clamp(path: Path, header: Header, current_chosen: bool) -> None:
    """Raise an error for voltage clamp, where the recorded current is a response and not a stimulus.

    Args:
        path: the file, for messages.
        header: of the file.
        current_chosen: whether the caller has named the current. A header without a command does not distinguish
            the two clamps; the caller's choice then means current clamp.

    Raises:
        ValueError: voltage clamp, or a header without a command and no choice of the caller.
    """
    inputs, driving = {channel.kind for channel in header.inputs}, [o for o in header.outputs if o.source]
    if "current" not in inputs or any(output.kind == "current" for output in driving):
        return
    if "voltage" in inputs and not driving:
        if current_chosen:
            return
        raise ValueError(
            f"{path.name} records voltage and current ({comma_list(header.inputs)}) but no command is on, so voltage"
            " clamp and current clamp cannot be distinguished; if it is current clamp, pass current_channel="
        )
    command = (driving or header.outputs)[0]
    if command.kind == "voltage":
        raise ValueError(
            f"{path.name} is a voltage-clamp recording: its input is a current ({comma_list(header.inputs)}) and its"
            f" command a voltage (output {command}); current clamp is required"
        )


def voltage_input(path: Path, header: Header, chosen: int | str | None, unit: str | None) -> Channel:
    """The voltage input: the chosen one, else the only one in a unit of voltage.

    Raises:
        ValueError: no such input, no voltage, or several.
    """
    if chosen is not None:
        return find_channel(path, header.inputs, chosen, "input")
    voltages = [channel for channel in header.inputs if channel.kind == "voltage"]
    if not voltages and unit and len(header.inputs) == 1:
        voltages = list(header.inputs)
    if len(voltages) == 1:
        return voltages[0]
    if voltages:
        raise ValueError(f"{path.name} records several voltages: {comma_list(voltages)}; pass voltage_channel=")
    raise ValueError(
        f"{path.name} records no voltage (inputs: {comma_list(header.inputs)}); if a unit in the header is wrong,"
        ' pass voltage_channel= and voltage_unit="mV"'
    )


def current_output(path: Path, header: Header, voltage: Channel, required: bool) -> Channel | None:
    """The output that commands the current: one whose waveform is on; of several, that with the voltage's number.

    None where there is no such output or more than one.

    Raises:
        ValueError: an output is ``required``, and the result would be None.
    """
    outputs = [output for output in header.outputs if output.kind == "current"]
    outputs = [output for output in outputs if output.source] or outputs
    if len(outputs) > 1:
        outputs = [output for output in outputs if output.number == voltage.number] or outputs
    if required and not outputs:
        raise no_current(path.name, f"inputs: {comma_list(header.inputs)}; outputs: {comma_list(header.outputs)}")
    if required and len(outputs) > 1:
        raise ValueError(f"{path.name} commands several currents: {comma_list(outputs)}; pass command_channel=")
    return outputs[0] if len(outputs) == 1 else None


def find_channel(path: Path, channels: Sequence[Channel], key: int | str, noun: str) -> Channel:
    """The channel whose number or name is ``key``.

    Raises:
        ValueError: no such channel; the message lists all, as ``noun`` ("input" or "output").
    """
    for channel in channels:
        if key in (channel.number, channel.name):
            return channel
    raise ValueError(f"{path.name} has no {noun} {key!r}; it has: {comma_list(channels)}")


def comma_list(items: Sequence[object]) -> str:
    """Several channels or numbers in one line of a message."""
    return ", ".join(map(str, items))
