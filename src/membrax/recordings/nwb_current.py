"""The injected current of the sweeps of an NWB file, each on the clock of its response."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .nwb_clock import goes_on, moved, on_clock, overlap
from .nwb_pairs import BY_HAND, TABLE, Sweep
from .nwb_series import Part, listed, values
from .nwb_units import check_possible
from .reading import no_current


def currents(
    file: str,
    chosen: Sequence[Sweep],
    sweeps: Sequence[Sweep],
    unit: str | None,
    bias_current: str,
    others: Sequence[str],
) -> tuple[np.ndarray, list[str]]:
    """The current of each chosen sweep [sweep, time], nA, and the notes of a Recording.

    Args:
        file: the file's name, for messages.
        chosen: the sweeps to read.
        sweeps: all sweeps, whose clocks are compared.
        unit: the unit of the stored numbers of the stimuli; None for the file's.
        bias_current: "add" or "ignore".
        others: names of all series of current in the file, for messages.

    Raises:
        ValueError: no stimulus; no common time; an impossible unit; a damaged series.
    """
    _check_stimuli(file, chosen, others)
    driven = {k: sweep.stimulus for k, sweep in enumerate(chosen) if sweep.stimulus is not None and not sweep.at_zero}
    raw = {k: values(stimulus, "current", unit) for k, stimulus in driven.items()}
    if unit is None and raw:
        check_possible(file, "i", np.concatenate(list(raw.values())), [stimulus.series for stimulus in driven.values()])
    together = _restarting([sweep for sweep in sweeps if sweep.electrode == chosen[0].electrode])
    remarks = _Remarks()
    rows = [
        _aligned(file, sweep, driven[k], raw[k], together, remarks) if k in raw else np.zeros(sweep.response.count)
        for k, sweep in enumerate(chosen)
    ]
    if bias_current == "add":
        rows = [row + 1e9 * sweep.bias if sweep.bias else row for row, sweep in zip(rows, chosen, strict=True)]
    return np.stack(rows), [*_sources(chosen), *remarks.notes(), *_biases(chosen, bias_current)]


def _check_stimuli(file: str, sweeps: Sequence[Sweep], others: Sequence[str]) -> None:
    missing = [sweep for sweep in sweeps if sweep.stimulus is None and not sweep.at_zero]
    way = f"; series of current: {listed(others)}, which current_channel= names" if others else ""
    if missing and len(missing) == len(sweeps):
        raise no_current(file, f"no stimulus for {listed(sweep.name for sweep in missing)}{way}")
    if missing:
        raise ValueError(
            f"{file}: sweep {missing[0].number} ({missing[0].name}) has no stimulus; leave it out with sweeps=, or pass"
            f" current=, in nA{way}"
        )


def _restarting(sweeps: Sequence[Sweep]) -> bool:
    """Whether a stimulus begins with its response, whatever the clocks of the file state.

    So it is where one of the two begins at 0 in every sweep while the clock of the other goes on from sweep to sweep,
    and where one stimulus serves several sweeps and lasts for some of them only. A clock that restarts, too, but begins
    later in some sweeps than in others, states delays.
    """
    pairs = [(sweep.stimulus, sweep.response) for sweep in sweeps if sweep.stimulus is not None]
    if len({stimulus.series.object_id for stimulus, _ in pairs}) < len(pairs):
        stated = all(sweep.paired in (TABLE, BY_HAND) for sweep in sweeps)
        return stated and any(overlap(stimulus.clock, response.clock) <= 0 for stimulus, response in pairs)
    return any(
        all(pair[one].beginning == 0 for pair in pairs) and goes_on([pair[1 - one].clock for pair in pairs])
        for one in (0, 1)
    )


class _Remarks:
    """Remarks on single sweeps, those of equal words together."""

    def __init__(self) -> None:
        self.numbers: dict[str, list[str]] = {}

    def add(self, sweep: Sweep, words: str) -> None:
        self.numbers.setdefault(words, []).append(str(sweep.number))

    def notes(self) -> list[str]:
        return [f"current of sweep {', '.join(numbers)}: {words}" for words, numbers in self.numbers.items()]


def _aligned(
    file: str, sweep: Sweep, stimulus: Part, values: np.ndarray, together: bool, remarks: _Remarks
) -> np.ndarray:
    """The values of a stimulus on the grid of its response [time], with remarks on all that the file does not state."""
    here, there = stimulus.clock, sweep.response.clock
    stated = sweep.paired in (TABLE, BY_HAND) or stimulus.beginning == 0
    if together or (stated and overlap(here, there) <= 0):
        if here.begin != there.begin:
            remarks.add(sweep, "stimulus and response have clocks of their own, and are taken to begin together")
        here = moved(here, there.begin)
    if overlap(here, there) <= 0:
        raise ValueError(
            f"{file}: sweep {sweep.number} ({sweep.name}) lasts from {there.begin:g} to {there.end:g} s and its"
            f" stimulus ({stimulus.name}) from {here.begin:g} to {here.end:g} s: they have no time in common; leave the"
            " sweep out with sweeps=, or pass current=, in nA"
        )
    if not math.isclose(here.dt, there.dt, rel_tol=1e-6):
        rates = f"{1 / here.dt:.6g} kHz is held on the response's {1 / there.dt:.6g} kHz"
        remarks.add(sweep, f"a stimulus at {rates}, its charge unchanged")
    begin, end = (1000.0 * (moment - there.begin) for moment in (here.begin, here.end))
    if abs(begin) > 0.5 * there.dt or end < there.dt * (there.count - 0.5):
        lasts = f"from {begin:.6g} to {end:.6g} ms of the response's {there.dt * there.count:.6g} ms"
        remarks.add(sweep, f"the stimulus lasts {lasts}; zero, plus any bias current, outside")
    return on_clock(values, here, there)


def _sources(sweeps: Sequence[Sweep]) -> list[str]:
    sources = sorted({sweep.paired for sweep in sweeps if not sweep.at_zero})
    notes = [f"current: stimulus series, paired by {', '.join(sources)}"] if sources else []
    if any(sweep.at_zero for sweep in sweeps):
        notes.append("current: zero where the amplifier was at I = 0")
    return notes


def _biases(sweeps: Sequence[Sweep], bias_current: str) -> list[str]:
    amounts = ", ".join(f"{1e9 * bias:g}" for bias in sorted({sweep.bias for sweep in sweeps if sweep.bias}))
    use = "added to the stimulus" if bias_current == "add" else "NOT added to the stimulus, bias_current='ignore'"
    return [f"bias current: {amounts} nA {use}"] if amounts else []
