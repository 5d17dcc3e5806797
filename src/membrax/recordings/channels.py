"""Signals of a file of several inputs: choice of the voltage and of the current that belongs to it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from .conversion import kind_of


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


def voltage_input(path: Path, inputs: Sequence[Channel], chosen: int | str | None, unit: str | None) -> Channel:
    """The voltage input: the chosen one, else the only one in a unit of voltage.

    Args:
        path: the file, for messages.
        inputs: all signals of the file.
        chosen: number or name of the input.
        unit: the caller's unit of the voltage; it makes the only input of a file the voltage.

    Raises:
        ValueError: no such input, no voltage, or several.
    """
    if chosen is not None:
        return find_channel(path, inputs, chosen, "input")
    voltages = [channel for channel in inputs if channel.kind == "voltage"]
    if not voltages and unit and len(inputs) == 1:
        voltages = list(inputs)
    if len(voltages) == 1:
        return voltages[0]
    if voltages:
        raise ValueError(f"{path.name} records several voltages: {comma_list(voltages)}; pass voltage_channel=")
    raise ValueError(
        f"{path.name} records no voltage (inputs: {comma_list(inputs)}); if a unit in the header is wrong,"
        ' pass voltage_channel= and units={"v": "mV"}'
    )


def current_input(path: Path, inputs: Sequence[Channel], voltage: Channel) -> Channel | None:
    """The recorded current that belongs to a voltage; None where the file records no current.

    Of several currents, or beside several voltages, it is the only one with the number of the voltage in its name:
    "Im 1" belongs to "Vm 1". A single current beside a single voltage needs no number.

    Raises:
        ValueError: several currents, and no such number; or the single current has the number of another voltage.
    """
    currents = [channel for channel in inputs if channel.kind == "current" and channel != voltage]
    voltages = [channel for channel in inputs if channel.kind == "voltage" and channel != voltage]
    paired = partner(voltage, currents)
    if paired is not None or not currents:
        return paired
    if len(currents) == 1 and all(partner(other, currents) is None for other in voltages):
        return currents[0]
    problem = "several currents" if len(currents) > 1 else "the current of another electrode"
    raise ValueError(
        f'{path.name} records {problem}: {comma_list(currents)}, none with the number of the voltage "{voltage.name}";'
        " pass current_channel="
    )


def partner(voltage: Channel, others: Sequence[Channel]) -> Channel | None:
    """The only one of ``others`` whose name has the number of the voltage's name, or like it none; else None."""
    same = [channel for channel in others if _mark(channel.name) == _mark(voltage.name)]
    return same[0] if len(same) == 1 else None


def _mark(name: str) -> str:
    """The number or single letter that marks an electrode in the name of a signal: "Vm_2" has 2, "V A" has A."""
    numbers = re.findall(r"\d+", name)
    letters = re.findall(r"(?<![A-Za-z0-9])[A-Za-z](?![A-Za-z0-9])", name)
    return str(int(numbers[-1])) if numbers else letters[-1].upper() if letters and len(name) > 1 else ""


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
