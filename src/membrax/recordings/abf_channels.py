"""Which input of an .abf file is the voltage, which output commands the current; voltage clamp is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .abf_header import Channel, Header
from .reading import no_current


def refuse_voltage_clamp(path: Path, header: Header, said: bool) -> None:
    """A recorded current under a voltage command is a response, not a stimulus.

    ``said``: the user named the current, which settles what a header without a command leaves open.
    """
    inputs, driving = {channel.kind for channel in header.inputs}, [o for o in header.outputs if o.source]
    if "current" not in inputs or any(output.kind == "current" for output in driving):
        return
    if "voltage" in inputs and not driving:
        if said:
            return
        raise ValueError(
            f"{path.name} records voltage and current ({listed(header.inputs)}) but no command is switched on, so"
            " voltage clamp cannot be told from current clamp; if it is current clamp, pass current_channel="
        )
    command = (driving or header.outputs)[0]
    if command.kind == "voltage":
        raise ValueError(
            f"{path.name} is a voltage-clamp recording: its input is a current ({listed(header.inputs)}) and its"
            f" command a voltage (output {command}); current clamp is needed"
        )


def voltage_input(path: Path, header: Header, wanted: int | str | None, unit: str | None) -> Channel:
    """The input that holds the voltage: the one asked for, else the only one in a unit of voltage."""
    if wanted is not None:
        return named(path, header.inputs, wanted, "input")
    found = [channel for channel in header.inputs if channel.kind == "voltage"]
    if not found and unit and len(header.inputs) == 1:
        found = list(header.inputs)
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{path.name} records several voltages: {listed(found)}; pass voltage_channel=")
    raise ValueError(
        f"{path.name} records no voltage (inputs: {listed(header.inputs)}); if a unit in the header is wrong,"
        ' pass voltage_channel= and voltage_unit="mV"'
    )


def current_output(path: Path, header: Header, voltage: Channel, needed: bool) -> Channel | None:
    """The output that commands the current: one that is switched on, of the voltage's number if several are."""
    found = [output for output in header.outputs if output.kind == "current"]
    found = [output for output in found if output.source] or found
    if len(found) > 1:
        found = [output for output in found if output.number == voltage.number] or found
    if needed and not found:
        raise no_current(path.name, f"inputs: {listed(header.inputs)}; outputs: {listed(header.outputs)}")
    if needed and len(found) > 1:
        raise ValueError(f"{path.name} commands several currents: {listed(found)}; pass command_channel=")
    return found[0] if len(found) == 1 else None


def named(path: Path, channels: Sequence[Channel], wanted: int | str, what: str) -> Channel:
    """The channel with this number or name, or an error that lists what there is."""
    for channel in channels:
        if wanted in (channel.number, channel.name):
            return channel
    raise ValueError(f"{path.name} has no {what} {wanted!r}; there are: {listed(channels)}")


def listed(things: Sequence[object]) -> str:
    """Several channels or numbers in one line of a message."""
    return ", ".join(map(str, things))
