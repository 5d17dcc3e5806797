"""The clamp of an .abf file and the output that commands its current."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .abf_header import Header
from .channels import Channel, comma_list, partner
from .edges import changes, explained_by_levels
from .reading import no_current

THRESHOLD = -20.0  # mV, crossed by a spike
RISE, FALL = 2.0, 10.0  # ms from 20 mV below the threshold to it, and from it back below it, at most
BLOCK = 1.0  # ms
DEFAULT = re.compile(r"(Cmd|OUT|AO #?) ?\d+", re.IGNORECASE)  # names of outputs that nobody has named
MARGIN = 2.0  # of the unexplained variance of the response to that of the command, by levels
TOP = 0.5  # of the time above the threshold, spent within a twentieth of the peak, at most: a pulse has a flat top


def spiking(v: np.ndarray, dt: float) -> bool:
    """Whether most upward crossings of −20 mV of a voltage v [time], mV, are spikes.

    A membrane under voltage clamp has none. A spike rises by 20 mV within 2 ms, falls within 10 ms, and has a peak; a
    commanded pulse has a flat top.
    """
    up = np.flatnonzero((v[:-1] < THRESHOLD) & (v[1:] >= THRESHOLD)) + 1
    return up.size > 0 and 2 * sum(_is_spike(v, int(start), dt) for start in up) > up.size


def _is_spike(v: np.ndarray, start: int, dt: float) -> bool:
    before = v[max(0, start - max(1, round(RISE / dt))) : start]
    after = v[start : start + max(1, round(FALL / dt)) + 1]
    below = np.flatnonzero(after < THRESHOLD)
    if not below.size or np.min(before) > THRESHOLD - 20.0:
        return False
    above = after[: below[0]]
    near = above > np.max(above) - 0.05 * (np.max(above) - THRESHOLD)
    return above.size >= 3 and float(np.mean(near)) <= TOP


def stepped(v: np.ndarray, i: np.ndarray, dt: float) -> bool:
    """Whether a current i [time] changes by steps that a voltage v [time] follows slowly, as under current clamp.

    The clamp's command consists of levels, the response of transients, so levels leave much less of the command's
    variance unexplained. Means over blocks of 1 ms hide noise and keep transients. Without a step nothing is decided.
    """
    width = max(1, round(BLOCK / dt))
    v, i = (x[: x.size // width * width].reshape(-1, width).mean(axis=1) for x in (v, i))
    edges = changes(i, width * dt)
    unexplained = 1.0 - explained_by_levels(v, changes(v, width * dt))
    return bool(edges) and unexplained > MARGIN * (1.0 - explained_by_levels(i, edges))


def refuse_voltage_clamp(path: Path, header: Header, current_chosen: bool, evidence: Callable[[], str]) -> str:
    """Raise an error for voltage clamp, where the recorded current is a response and not a stimulus.

    Where no waveform is on, as in gap-free files, outputs in units of current, spikes or steps of the current show
    current clamp. Outputs with pCLAMP's own names ("Cmd 1", "OUT 1") count only if no other has a name.

    Args:
        path: the file, for messages.
        header: of the file.
        current_chosen: whether the caller has named the current. A header without a command does not distinguish
            the two clamps; the caller's choice then means current clamp.
        evidence: what the signals say for current clamp, or ""; called where nothing else decides.

    Returns:
        The note of a decision by the signals, or "".

    Raises:
        ValueError: voltage clamp, or a header without a command and no choice of the caller.
    """
    inputs, driving = {channel.kind for channel in header.inputs}, [o for o in header.outputs if o.source]
    if "current" not in inputs or any(output.kind == "current" for output in driving):
        return ""
    if "voltage" in inputs and not driving:
        named = [one for one in header.outputs if one.kind and not DEFAULT.fullmatch(one.name)] or header.outputs
        if current_chosen or {output.kind for output in named} - {None} == {"current"}:
            return ""
        if reason := evidence():
            return f"clamp: no command is on, and {reason}, so this is current clamp"
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
    return ""


def current_output(path: Path, header: Header, voltage: Channel, required: bool) -> Channel | None:
    """The output that commands the current: one whose waveform is on.

    Of several, it is the one with the number in the voltage's name ("Cmd 1" of "Vm 1"), else with the voltage's number
    among the inputs. A single one whose name has the number of another voltage is not taken. None where there is no
    such output or more than one.

    Raises:
        ValueError: an output is ``required``, and the result would be None.
    """
    outputs = [output for output in header.outputs if output.kind == "current"]
    outputs = [output for output in outputs if output.source] or outputs
    if len(outputs) > 1:
        named = partner(voltage, outputs)
        outputs = [named] if named else [o for o in outputs if o.number == voltage.number] or outputs
    voltages = [channel for channel in header.inputs if channel.kind == "voltage" and channel != voltage]
    if len(outputs) == 1 and partner(voltage, outputs) is None and any(partner(one, outputs) for one in voltages):
        if required:
            raise ValueError(
                f"{path.name} commands the current of another electrode: {comma_list(outputs)} and the voltage is"
                f" {voltage}; pass command_channel={outputs[0].number} if it drives this voltage, or current= in nA"
            )
        return None
    if required and not outputs:
        raise no_current(path.name, f"inputs: {comma_list(header.inputs)}; outputs: {comma_list(header.outputs)}")
    if required and len(outputs) > 1:
        raise ValueError(f"{path.name} commands several currents: {comma_list(outputs)}; pass command_channel=")
    return outputs[0] if len(outputs) == 1 else None
