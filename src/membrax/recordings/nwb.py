"""Neurodata Without Borders 2: current-clamp series and their stimuli."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import one_of
from .conversion import convert
from .nwb_pairs import Sweep, sweeps_in
from .reading import UNCORRECTED, require
from .recording import Recording


def read_nwb(
    path: Path,
    *,
    sweeps: int | str | Iterable[int | str] | None = None,
    protocol: str | None = None,
    electrode: str | None = None,
    bias_current: str = "add",
) -> Recording:
    """Read the current-clamp sweeps of an NWB 2 file as a Recording, with V and A converted to mV and nA.

    The table of intracellular recordings pairs each response with its stimulus. Without it, they are paired by
    electrode and sweep number, or by the numbers in their names. A sweep with the amplifier at zero current
    (IZeroClampSeries) has zero current.

    The standard defines ``bias_current`` only as "bias current, in amperes". Acquisition programs store the
    holding current there that the amplifier adds to the commanded stimulus, so by default it is added. If a
    file's stimulus includes it, pass ``bias_current="ignore"``.

    Args:
        path: the file.
        sweeps: numbers (of the file, else positions from 0) or names of the responses; None for all.
        protocol: stimulus description of the sweeps; None for all.
        electrode: electrode of the sweeps, where the file has several.
        bias_current: "add" (to the stimulus) or "ignore".

    Raises:
        ValueError: voltage clamp only; no such sweeps; several electrodes; sweeps of different length or
            rate (the message lists them); no stimulus, or one of another length or rate; the checks of
            Recording.
    """
    one_of(bias_current, "bias_current", ("add", "ignore"))
    with contextlib.ExitStack() as closing:
        file = _open(path, closing)
        chosen = _select(path, sweeps_in(path, file), sweeps, protocol, electrode)
        _check_equal_sampling(path, chosen)
        volts = np.stack([_values(sweep.response, sweep.start, sweep.count) for sweep in chosen])
        v, t = convert(volts, "V", "voltage"), _times(chosen[0])
        i = np.stack([_current(path, sweep, bias_current) for sweep in chosen])
        notes = (UNCORRECTED, *_notes(chosen, bias_current))
    return Recording(t, v, i, name=path.stem, notes=notes)


def _open(path: Path, closing: contextlib.ExitStack) -> Any:
    pynwb = require("pynwb", ".nwb")
    try:
        return closing.enter_context(pynwb.NWBHDF5IO(str(path), mode="r", load_namespaces=True)).read()
    except MemoryError:
        raise
    except Exception as error:  # no HDF5 file, NWB 1, a broken schema: each raises an exception of another type
        raise ValueError(f"{path.name} cannot be read as NWB 2: {error}") from error


def _select(
    path: Path,
    sweeps: Sequence[Sweep],
    keys: int | str | Iterable[int | str] | None,
    protocol: str | None,
    electrode: str | None,
) -> list[Sweep]:
    """The sweeps of this electrode and protocol, or those of the keys in their order."""
    chosen = list(sweeps)
    if electrode is not None:
        chosen = [sweep for sweep in chosen if sweep.electrode == electrode]
    if protocol is not None:
        chosen = [sweep for sweep in chosen if sweep.protocol == protocol]
    if keys is not None:
        several = [keys] if isinstance(keys, int | str) else list(keys)
        chosen = [_one(path, chosen, key) for key in several]
    if not chosen:
        raise ValueError(f"{path.name} has no sweep with that protocol and electrode; it has: {_groups(sweeps)}")
    electrodes = sorted({sweep.electrode for sweep in chosen})
    if len(electrodes) > 1:
        raise ValueError(f"{path.name} has several electrodes: {', '.join(electrodes)}; pass electrode=")
    return chosen


def _one(path: Path, sweeps: Sequence[Sweep], key: int | str) -> Sweep:
    matching = [sweep for sweep in sweeps if key == (sweep.name if isinstance(key, str) else sweep.number)]
    if len(matching) == 1:
        return matching[0]
    names = ", ".join(f"{sweep.number} ({sweep.name})" for sweep in sweeps)
    problem = "no" if not matching else "more than one"
    raise ValueError(f"{path.name} has {problem} sweep {key!r}; it has: {names}")


def _check_equal_sampling(path: Path, sweeps: Sequence[Sweep]) -> None:
    """Check that all sweeps have the same length and rate."""
    if len({(sweep.count, sweep.dt) for sweep in sweeps}) > 1:
        raise ValueError(
            f"{path.name} has sweeps that differ in length or rate: {_groups(sweeps)}; select sweeps"
            " of one length and rate with sweeps= or protocol="
        )


def _groups(sweeps: Sequence[Sweep]) -> str:
    """A list of the groups of sweeps with the same length, rate, protocol and electrode, for a message."""
    groups: dict[tuple[int, float, str, str], list[str]] = {}
    for sweep in sweeps:
        groups.setdefault((sweep.count, sweep.dt, sweep.protocol, sweep.electrode), []).append(str(sweep.number))
    return "; ".join(
        f'{count} samples at {1 / dt:g} kHz, protocol "{protocol}", electrode "{electrode}":'
        f" sweeps {', '.join(numbers)}"
        for (count, dt, protocol, electrode), numbers in groups.items()
    )


def _values(series: Any, start: int, count: int) -> np.ndarray:
    """Data in volts or amperes [time]: stored values times ``conversion``, plus ``offset``."""
    raw = np.asarray(series.data[start : start + count], dtype=np.float64)
    return raw * float(series.conversion) + float(series.offset)


def _times(sweep: Sweep) -> np.ndarray:
    """Time from the beginning of the sweep, ms [time]."""
    stamps = sweep.response.timestamps
    if stamps is None:
        return sweep.dt * np.arange(sweep.count)
    times = np.asarray(stamps[sweep.start : sweep.start + sweep.count], dtype=np.float64)
    return convert(times - times[0], "s", "time")


def _current(path: Path, sweep: Sweep, bias_current: str) -> np.ndarray:
    """Injected current, nA [time]."""
    if sweep.at_zero:
        return np.zeros(sweep.count)
    if sweep.stimulus is None:
        raise ValueError(f"{path.name}: sweep {sweep.number} ({sweep.name}) has no stimulus; leave it out with sweeps=")
    if sweep.stimulus_count != sweep.count or not math.isclose(sweep.stimulus_dt, sweep.dt, rel_tol=1e-6):
        raise ValueError(
            f"{path.name}: sweep {sweep.number} has {sweep.count} samples at {1 / sweep.dt:g} kHz, its stimulus"
            f" ({sweep.stimulus.name}) {sweep.stimulus_count} at {1 / sweep.stimulus_dt:g} kHz"
        )
    amperes = _values(sweep.stimulus, sweep.stimulus_start, sweep.count)
    return convert(amperes + (sweep.bias if bias_current == "add" else 0.0), "A", "current")


def _notes(sweeps: Sequence[Sweep], bias_current: str) -> list[str]:
    numbers = ", ".join(str(sweep.number) for sweep in sweeps)
    notes = [
        f"sweeps: {numbers}",
        f"current: stimulus series, paired by {', '.join(sorted({s.paired for s in sweeps}))}",
    ]
    biases = sorted({sweep.bias for sweep in sweeps if sweep.bias})
    if biases:
        amounts = ", ".join(f"{1e9 * bias:g}" for bias in biases)
        use = "added to the stimulus" if bias_current == "add" else "NOT added to the stimulus, bias_current='ignore'"
        notes.append(f"bias current: {amounts} nA {use}")
    if any(sweep.at_zero for sweep in sweeps):
        notes.append("current: zero where the amplifier was at I = 0")
    return notes
