"""Axon Binary Format (pCLAMP): current-clamp sweeps with a measured or a commanded current."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .abf_channels import refuse_voltage_clamp, spiking, stepped
from .abf_current import Source, in_unit, injected_current, sweeps_of
from .abf_header import GAP_FREE, Header, open_abf, read_header
from .channels import comma_list, voltage_input
from .conversion import convert
from .episodes import cut_where_regular
from .reading import GIVEN, UNCORRECTED, given_units, interval
from .recording import Recording
from .unrecorded import recorded_part

_MOST_VALUES = 2**27  # of one signal as a rectangle, 1 GiB


def read_abf(
    path: Path,
    *,
    voltage_channel: int | str | None = None,
    current_channel: int | str | None = None,
    command_channel: int | str | None = None,
    current: ArrayLike | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    cut: bool = True,
    incomplete: str | None = None,
    stimulus_folder: str | Path | None = None,
) -> Recording:
    """Read a current-clamp .abf file as a Recording.

    The current is the first of these that exists: ``current``, the recorded current channel, the command
    waveform of the header. A recorded current that does not follow the command raises an error unless
    ``current_channel`` or ``command_channel`` selects one of the two. So does a command that cannot be
    rebuilt (user lists, missing stimulus files). Of several electrodes, the current and the command with the number in
    the voltage's name are taken ("Im 1" and "Cmd 1" of "Vm 1").

    A gap-free recording is one sweep; where its current has three or more steps at regular intervals, it is cut into as
    many sweeps (`membrax.recordings.cut`). Sweeps of different lengths, as in event-driven recordings, are brought to
    one length (`membrax.recordings.unrecorded.recorded_part`). Notes name the samples that are left out.

    Args:
        path: the file.
        voltage_channel: number (from 0) or name of the voltage input, where the file has several.
        current_channel: number or name of the current input.
        command_channel: number or name of the output whose command waveform is the current.
        current: injected current, nA: a number, [time] or [sweep, time], where the file has none. For a gap-free
            recording, [time] is the whole recording.
        units: units of the file's numbers where the header's are wrong, ``{"v": "mV", "i": "pA"}``.
        dt: sampling interval, ms, where the header's is wrong.
        cut: whether a gap-free recording is cut at regular steps of its current.
        incomplete: the choice for sweeps that were stopped early, "crop" or "drop"; see `recorded_part`.
        stimulus_folder: a further folder of stimulus files.

    Raises:
        ValueError: a damaged file; voltage clamp; two sampling intervals; no voltage or several; no current or
            no reliable one; the checks of Recording.
    """
    units, path = given_units(units, "vi"), Path(path)
    abf = open_abf(path, stimulus_folder)
    header = read_header(abf)
    _check_rectangle(path, header)
    current_chosen = not (current is None and current_channel is None and command_channel is None)
    source = Source(path, abf, header, units)
    clamp = refuse_voltage_clamp(path, header, current_chosen, lambda: _evidence(source))
    voltage = voltage_input(path, header.inputs, voltage_channel, units.get("v"))
    unit = units.get("v", voltage.unit)
    v = convert(sweeps_of(source, voltage), unit, "voltage")
    if current is None:
        i, note = injected_current(source, voltage, current_channel, command_channel)
    else:
        i, note = np.asarray(current), GIVEN
    notes = (f"voltage: input {voltage}{in_unit(voltage, unit)}", UNCORRECTED, note, *([clamp] if clamp else []))
    if len(set(header.lengths)) > 1:
        notes += (f"sweeps: {_list(header.lengths)} samples in the file",)
    elif abf.nOperationMode == GAP_FREE and len(header.lengths) > 1:
        notes += (f"sweeps: {len(header.lengths)}, the parts between pauses of a gap-free recording",)
    t = interval(dt, header.dt) * np.arange(v.shape[1])
    t, v, i, removed = recorded_part(t, v, i, incomplete=incomplete)
    data = Recording(t, v, i, name=path.stem, notes=(*notes, *removed))
    if abf.nOperationMode == GAP_FREE and data.sweeps == 1:
        return cut_where_regular(data, cut)
    return data


def _evidence(source: Source) -> str:
    """The sign of current clamp in the signals of the file, or "": spikes, or steps of a current."""
    header, data = source.header, source.abf.data
    voltages, currents = (
        [convert(data[one.number], source.units.get(key, one.unit), kind) for one in header.inputs if one.kind == kind]
        for key, kind in (("v", "voltage"), ("i", "current"))
    )
    if any(spiking(v, header.dt) for v in voltages):
        return "the voltage has spikes"
    if len(voltages) == len(currents) == 1 and stepped(voltages[0], currents[0], header.dt):
        return "the current has steps, which the voltage follows slowly"
    return ""


def _check_rectangle(path: Path, header: Header) -> None:
    """Check that sweeps of different lengths fit into memory as a rectangle, and that the clock runs."""
    longest, count = max(header.lengths), len(header.lengths)
    if longest * count > max(_MOST_VALUES, 2 * sum(header.lengths)):
        raise ValueError(
            f"{path.name} has {count} sweeps of {min(header.lengths)} to {longest} samples, too unequal for sweeps of"
            " one length; export those of one length from Clampfit"
        )
    if not 0 < header.dt < np.inf:
        raise ValueError(f"{path.name} has a sampling interval of {header.dt:g} ms in its header; pass dt=, in ms")


def _list(lengths: tuple[int, ...]) -> str:
    shown = comma_list(lengths[:12])
    return shown if len(lengths) <= 12 else f"{shown} … {lengths[-1]} (of {len(lengths)} sweeps)"
