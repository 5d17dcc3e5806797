"""Neurodata Without Borders 2: current-clamp series and the stimulus that belongs to each."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
    """A Recording from the current-clamp sweeps of an NWB 2 file, V and A brought to mV and nA.

    A response is paired with its stimulus by the table of intracellular recordings; without one by
    electrode and sweep number, or by the numbers in their names. A sweep with the amplifier at zero current
    (IZeroClampSeries) has zero current.

    The standard calls ``bias_current`` only "bias current, in amperes". Acquisition programs write there
    the holding current that the amplifier adds to the commanded stimulus, so it is added here; where
    a file's stimulus holds it already, say ``bias_current="ignore"``.

    Args:
        path: the file.
        sweeps: numbers (as in the file, else positions from 0) or names of the responses to take.
        protocol: take the sweeps with this stimulus description.
        electrode: take the sweeps of this electrode, where there are several.
        bias_current: "add" to the stimulus or "ignore".

    Raises:
        ValueError: voltage clamp only; no such sweeps; several electrodes; sweeps of different length or
            rate (they are listed); no stimulus, or one that doesn't fit; a Recording's own checks.
    """
    if bias_current not in ("add", "ignore"):
        raise ValueError(f'bias_current must be "add" or "ignore", got {bias_current!r}')
    with contextlib.ExitStack() as closing:
        file = _open(path, closing)
        found = _select(path, sweeps_in(path, file), sweeps, protocol, electrode)
        _alike(path, found)
        volts = np.stack([_values(sweep.response, sweep.start, sweep.count) for sweep in found])
        v, t = convert(volts, "V", "voltage"), _times(found[0])
        i = np.stack([_current(path, sweep, bias_current) for sweep in found])
        notes = (UNCORRECTED, *_notes(found, bias_current))
    return Recording(t, v, i, name=path.stem, notes=notes)


def _open(path: Path, closing: contextlib.ExitStack) -> Any:
    pynwb = require("pynwb", ".nwb")
    try:
        return closing.enter_context(pynwb.NWBHDF5IO(str(path), mode="r", load_namespaces=True)).read()
    except Exception as error:  # no HDF5 file, NWB 1, a broken schema: each raises its own
        raise ValueError(f"{path.name} cannot be read as NWB 2: {error}") from error


def _select(
    path: Path,
    found: Sequence[Sweep],
    wanted: int | str | Iterable[int | str] | None,
    protocol: str | None,
    electrode: str | None,
) -> list[Sweep]:
    chosen = list(found)
    if electrode is not None:
        chosen = [sweep for sweep in chosen if sweep.electrode == electrode]
    if protocol is not None:
        chosen = [sweep for sweep in chosen if sweep.protocol == protocol]
    if wanted is not None:
        several = [wanted] if isinstance(wanted, int | str) else list(wanted)
        chosen = [_one(path, chosen, key) for key in several]
    if not chosen:
        raise ValueError(f"{path.name} has no sweep with that protocol and electrode; it has: {_groups(found)}")
    electrodes = sorted({sweep.electrode for sweep in chosen})
    if len(electrodes) > 1:
        raise ValueError(f"{path.name} holds several electrodes: {', '.join(electrodes)}; pass electrode=")
    return chosen


def _one(path: Path, sweeps: Sequence[Sweep], key: int | str) -> Sweep:
    matching = [sweep for sweep in sweeps if key == (sweep.name if isinstance(key, str) else sweep.number)]
    if len(matching) == 1:
        return matching[0]
    have = ", ".join(f"{sweep.number} ({sweep.name})" for sweep in sweeps)
    problem = "no" if not matching else "more than one"
    raise ValueError(f"{path.name} has {problem} sweep {key!r}; there are: {have}")


def _alike(path: Path, sweeps: Sequence[Sweep]) -> None:
    if len({(sweep.count, sweep.dt) for sweep in sweeps}) > 1:
        raise ValueError(
            f"{path.name} has sweeps that differ in length or rate: {_groups(sweeps)}; take equal ones with"
            " sweeps= or protocol="
        )


def _groups(sweeps: Sequence[Sweep]) -> str:
    """Sweeps of one length, rate and protocol together, in words."""
    groups: dict[tuple[int, float, str, str], list[str]] = {}
    for sweep in sweeps:
        groups.setdefault((sweep.count, sweep.dt, sweep.protocol, sweep.electrode), []).append(str(sweep.number))
    return "; ".join(
        f'{count} samples at {1 / dt:g} kHz, protocol "{protocol}", electrode "{electrode}":'
        f" sweeps {', '.join(numbers)}"
        for (count, dt, protocol, electrode), numbers in groups.items()
    )


def _values(series: Any, start: int, count: int) -> np.ndarray:
    """Data in volts or amperes [time]; what is stored times ``conversion`` plus ``offset``."""
    raw = np.asarray(series.data[start : start + count], dtype=np.float64)
    return raw * float(series.conversion) + float(series.offset)


def _times(sweep: Sweep) -> np.ndarray:
    """Time from the beginning of the sweep, ms [time]."""
    stamps = sweep.response.timestamps
    if stamps is None:
        return sweep.dt * np.arange(sweep.count)
    own = np.asarray(stamps[sweep.start : sweep.start + sweep.count], dtype=np.float64)
    return convert(own - own[0], "s", "time")


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
        done = "added to the stimulus" if bias_current == "add" else "NOT added to the stimulus, as asked"
        notes.append(f"bias current: {amounts} nA {done}")
    if any(sweep.at_zero for sweep in sweeps):
        notes.append("current: zero where the amplifier was at I = 0")
    return notes
