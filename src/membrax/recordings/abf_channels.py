"""The clamp of an .abf file and the output that commands its current."""

from __future__ import annotations

from pathlib import Path

from .abf_header import Header
from .channels import Channel, comma_list, partner
from .reading import no_current


def refuse_voltage_clamp(path: Path, header: Header, current_chosen: bool) -> None:
    """Raise an error for voltage clamp, where the recorded current is a response and not a stimulus.

    Where no waveform is on, as in gap-free files, outputs in units of current alone mean current clamp.

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
        if current_chosen or {output.kind for output in header.outputs} - {None} == {"current"}:
            return
        raise ValueError(
            f"{path.name} records voltage and current ({comma_list(header.inputs)}) but no command is on, so voltage"
            " clamp and current clamp cannot be distinguished; if it is current clamp, pass current_channel="
        )
    command = (driving or header.outputs or header.inputs)[0]
    if command.kind == "voltage":
        raise ValueError(
            f"{path.name} is a voltage-clamp recording: its input is a current ({comma_list(header.inputs)}) and its"
            f" command a voltage (output {command}); current clamp is required"
        )


def current_output(path: Path, header: Header, voltage: Channel, required: bool) -> Channel | None:
    """The output that commands the current: one whose waveform is on.

    Of several, it is the one with the number in the voltage's name ("Cmd 1" of "Vm 1"), else with the voltage's number
    among the inputs. None where there is no such output or more than one.

    Raises:
        ValueError: an output is ``required``, and the result would be None.
    """
    outputs = [output for output in header.outputs if output.kind == "current"]
    outputs = [output for output in outputs if output.source] or outputs
    if len(outputs) > 1:
        named = partner(voltage, outputs)
        outputs = [named] if named else [o for o in outputs if o.number == voltage.number] or outputs
    if required and not outputs:
        raise no_current(path.name, f"inputs: {comma_list(header.inputs)}; outputs: {comma_list(header.outputs)}")
    if required and len(outputs) > 1:
        raise ValueError(f"{path.name} commands several currents: {comma_list(outputs)}; pass command_channel=")
    return outputs[0] if len(outputs) == 1 else None
