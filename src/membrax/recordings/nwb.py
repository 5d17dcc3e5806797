"""Neurodata Without Borders 2: current-clamp series and their stimuli."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import finite_number, one_of
from .conversion import QUANTITIES, convert
from .nwb_current import currents, driving_factors
from .nwb_file import open_nwb
from .nwb_pairs import Sweep, by_hand, pair, responses_in, ticking, timed
from .nwb_selection import Keys, check_equal_sampling, check_moments, select
from .nwb_series import Part, all_series, find, is_injected, kind, listed, values
from .nwb_units import check_possible, given_units, warn_of_unit
from .reading import GIVEN, UNCORRECTED, plain, require
from .recording import Recording
from .unrecorded import recorded_part


def read_nwb(
    path: Path,
    *,
    voltage_channel: Keys | None = None,
    current_channel: Keys | None = None,
    current: ArrayLike | None = None,
    units: Mapping[str, str] | None = None,
    dt: float | None = None,
    sweeps: Keys | None = None,
    protocol: str | None = None,
    electrode: str | None = None,
    bias_current: str = "add",
    incomplete: str | None = None,
) -> Recording:
    """Read the current-clamp sweeps of an NWB 2 file as a Recording, with V and A converted to mV and nA.

    The table of intracellular recordings pairs each response with its stimulus. Without it, they are paired by
    electrode and sweep number, or by the numbers in their names. A sweep with the amplifier at zero current
    (IZeroClampSeries) has zero current. Series are found wherever they lie in the file; voltage clamp is left out.

    A stimulus is put on the clock of its response (`membrax.recordings.nwb_clock`): the current is zero before its
    first sample and after its last, and a stimulus of another rate is held from sample to sample, its charge unchanged.
    Clocks that restart with each sweep are recognised where the stimuli begin at 0 s and the responses do not.

    The standard defines ``bias_current`` only as "bias current, in amperes". Acquisition programs store the
    holding current there that the amplifier adds to the commanded stimulus, so by default it is added to the whole
    sweep. If a file's stimulus includes it, pass ``bias_current="ignore"``.

    Args:
        path: the file.
        voltage_channel: names or numbers of the responses, for series that are not marked as current clamp; a number
            counts all time series in the order of their names, from 0.
        current_channel: name or number of the series of current for all sweeps, or a list with one for each sweep that
            is read, in place of their own.
        current: injected current, nA, positive inward: a number, [time] or [sweep, time], in place of the file's.
        units: the unit in which the stored numbers really are, ``{"t": "ms", "v": "mV", "i": "pA"}``, in place of the
            file's unit and power of ten. "t" is the unit of time stamps and of 1/rate; a starting time stays in s.
        dt: sampling interval of the responses, ms, in place of the file's; a stimulus keeps its ratio to it.
        sweeps: numbers (of the file, else positions from 0) or names of the responses; None for all.
        protocol: stimulus description of the sweeps; None for all.
        electrode: electrode of the sweeps, where the file has several.
        bias_current: "add" (to the stimulus) or "ignore".
        incomplete: "crop" or "drop" sweeps with samples that were never recorded
            (`membrax.recordings.unrecorded.recorded_part`).

    Raises:
        ValueError: voltage clamp only; no such sweeps; several electrodes; several responses of one moment; sweeps of
            different length or rate (the message lists them); no stimulus, numbers of responses and stimuli that do not
            agree, or a stimulus that has no time in common with its response; a bias current that is not in A; units
            that no cell can have; a damaged file, or one that refers to another; the checks of Recording.

    Warns:
        UserWarning: a current that contradicts the voltage; the message names units of the stored numbers that do not.
    """
    one_of(bias_current, "bias_current", ("add", "ignore"))
    known = given_units(units)
    tick = float(convert(1.0, known.get("t", "s"), "time")) / 1000.0
    interval = None if dt is None else finite_number(dt, "dt", "ms", above=0.0)
    with contextlib.ExitStack() as closing:
        file, skipped = open_nwb(path, closing)
        try:
            responses, left = _responses(path.name, file, voltage_channel, known, skipped)
            stimuli = _stimuli(path.name, file, current_channel, known)
            found = [_timed(sweep, tick, interval) for sweep in pair(path.name, file, responses, stimuli)]
            chosen = select(path.name, found, sweeps, protocol, electrode)
            if isinstance(stimuli, list):
                chosen = found = [_timed(one, tick, interval) for one in by_hand(path.name, chosen, stimuli)]
            if sweeps is None and voltage_channel is None:
                check_moments(path.name, chosen)
            rates = check_equal_sampling(path.name, chosen)
            t, v = _times(chosen[0].response), _voltages(path.name, chosen, known.get("v"))
            if current is None:
                others = [series.name for series in all_series(file) if is_injected(series)]
                i, notes = currents(path.name, chosen, found, known.get("i"), bias_current, others)
                stated = [] if "i" in known else driving_factors(chosen)
            else:
                stated = []
                i, notes = np.asarray(current, dtype=np.float64), [GIVEN]
        except (OSError, RuntimeError, KeyError, AttributeError) as error:  # of h5py and hdmf, for a damaged file
            raise ValueError(f"{path.name} cannot be read as NWB 2: {plain(error)}") from error
    t, v, i, removed = recorded_part(t, v, i, incomplete=incomplete, numbers=[sweep.number for sweep in chosen])
    given = [f"units: {symbol} is stored in {unit}, given as an argument" for symbol, unit in known.items()]
    numbers = f"sweeps: {', '.join(str(sweep.number) for sweep in chosen)}"
    remarks = (UNCORRECTED, numbers, *notes, *rates, *given, *left, *removed)
    data = Recording(t, v, i, name=path.stem, notes=remarks)
    if stated:
        warn_of_unit(path.name, data, *stated[0][:2], stacklevel=3)
    return data


def _responses(
    file: str, opened: Any, channel: Keys | None, units: Mapping[str, str], skipped: Sequence[str]
) -> tuple[list[Any], list[str]]:
    """The series of voltage, and notes of those that were left out."""
    if channel is not None:
        keys = [channel] if isinstance(channel, int | str) else list(channel)
        return [_series(file, opened, key, "voltage_channel", "v", units) for key in keys], []
    icephys: Any = require("pynwb.icephys", ".nwb")
    everything, found = all_series(opened), responses_in(opened)
    clamped = [series.name for series in everything if isinstance(series, icephys.VoltageClampSeries)]
    unknown = f"of a type that pynwb does not know: {listed(skipped)}"
    if found:
        left = [f"left out, voltage clamp: {listed(clamped)}"] if clamped else []
        return found, [*left, f"left out, {unknown}"] if skipped else left
    recorded = [series for series in everything if not isinstance(series, icephys.VoltageClampStimulusSeries)]
    volts = [series.name for series in recorded if kind(series) == "voltage"]
    if volts:
        raise ValueError(
            f"{file} has no series that is marked as current clamp; it has series in volts: {listed(volts)}; if one is"
            f' the membrane potential, pass voltage_channel="{volts[0]}", and current_channel= or current='
        )
    if clamped:
        raise ValueError(f"{file} is voltage clamp only ({listed(clamped)}); current clamp is required")
    others = f", and series {unknown}" if skipped else ""
    raise ValueError(
        f"{file} has no current-clamp series; it has: {listed(series.name for series in everything)}{others}"
    )


def _stimuli(file: str, opened: Any, channel: Keys | None, units: Mapping[str, str]) -> Any:
    """The series of current of an option: one for all sweeps, or a list with one for each; None without the option."""
    if channel is None or isinstance(channel, int | str):
        return None if channel is None else _series(file, opened, channel, "current_channel", "i", units)
    return [_series(file, opened, key, "current_channel", "i", units) for key in channel]


def _timed(sweep: Sweep, tick: float, interval: float | None) -> Sweep:
    """The sweep in units of time [s] or with an interval [ms] given by the user."""
    sweep = sweep if tick == 1 else ticking(sweep, tick)
    return sweep if interval is None else timed(sweep, interval)


def _series(file: str, opened: Any, key: int | str, option: str, symbol: str, units: Mapping[str, str]) -> Any:
    """The series of an option, of a known unit of its quantity."""
    series, quantity = find(file, all_series(opened), key, option), QUANTITIES[symbol]
    if kind(series) == quantity or (kind(series) is None and symbol in units):
        return series
    way = f'; pass units={{"{symbol}": …}}' if kind(series) is None else ""
    raise ValueError(
        f'{file}: {series.name} is in "{series.unit}", not a unit of {quantity}, for {option}={key!r}{way}'
    )


def _voltages(file: str, sweeps: Sequence[Sweep], unit: str | None) -> np.ndarray:
    """Voltage of the sweeps [sweep, time], mV."""
    v = np.stack([values(sweep.response, "voltage", unit) for sweep in sweeps])
    if unit is None:
        check_possible(file, "v", v, [sweep.response.series for sweep in sweeps])
    return v


def _times(response: Part) -> np.ndarray:
    """Time from the beginning of the sweep, ms [time]: the file's stamps where it has them."""
    if response.series.timestamps is None or response.dt is not None:
        return response.clock.dt * np.arange(response.count)
    stamps = response.stamps()
    return convert(stamps - stamps[0], "s", "time")
