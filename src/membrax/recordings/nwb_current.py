"""The injected current of the sweeps of an NWB file, each on the clock of its response."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .conversion import EXPONENTS, convert
from .nwb_clock import goes_on, moved, on_clock, overlap
from .nwb_owners import SHIFTED
from .nwb_pairs import BY_HAND, TABLE, Sweep
from .nwb_series import Part, factors, listed, values
from .nwb_units import LIKELY, check_possible
from .reading import no_current
from .recording_checks import STRONGEST

_EXAMPLE = 6  # names in an example of an argument


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
    near = [sweep for sweep in sweeps if sweep.electrode == chosen[0].electrode]
    apart = any(overlap(driven[k].clock, chosen[k].response.clock) <= 0 for k in raw)
    shift = _constant_shift(near) if apart else None
    together, remarks = shift is not None or _restarting(near), _Remarks(shift)
    rows = [
        _aligned(file, sweep, driven[k], raw[k], together, remarks) if k in raw else np.zeros(sweep.response.count)
        for k, sweep in enumerate(chosen)
    ]
    if bias_current == "add":
        _check_biases(file, chosen)
        rows = [row + 1e9 * sweep.bias if sweep.bias else row for row, sweep in zip(rows, chosen, strict=True)]
    return np.stack(rows), [*_sources(chosen), *remarks.notes(), *_biases(chosen, bias_current)]


def driving_factors(sweeps: Sequence[Sweep]) -> list[tuple[str, float, float]]:
    """Unit, conversion and offset of the stimuli of these sweeps, as the file states them."""
    driven = [sweep.stimulus for sweep in sweeps if sweep.stimulus is not None and not sweep.at_zero]
    return [factors(stimulus.series, "current") for stimulus in driven]


def _check_stimuli(file: str, sweeps: Sequence[Sweep], others: Sequence[str]) -> None:
    missing = [sweep for sweep in sweeps if sweep.stimulus is None and not sweep.at_zero]
    shifted = [sweep for sweep in missing if sweep.paired == SHIFTED]
    if shifted:
        raise ValueError(
            f"{file}: the numbers of the responses ({listed(sweep.name for sweep in sweeps)}) and of the series of"
            f" current ({listed(others)}) do not agree, so that it is not certain which belong together; pass"
            f" current_channel= with a list of one series of current for each sweep, in their order"
            f"{_in_order(sweeps, others)}, or pass current=, in nA"
        )
    way = f"; series of current: {listed(others)}, which current_channel= names" if others else ""
    if missing and len(missing) == len(sweeps):
        raise no_current(file, f"no stimulus for {listed(sweep.name for sweep in missing)}{way}")
    if missing:
        raise ValueError(
            f"{file}: sweep {missing[0].number} ({missing[0].name}) has no stimulus; leave it out with sweeps=, or pass"
            f" current=, in nA{way}"
        )


def _in_order(sweeps: Sequence[Sweep], others: Sequence[str]) -> str:
    """An example of a list, if it is short."""
    if len(sweeps) != len(others) or len(others) > _EXAMPLE:
        return ""
    names = ", ".join(f'"{name}"' for name in others)
    return f" (if they follow each other in the order of their numbers: current_channel=[{names}])"


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


def _constant_shift(sweeps: Sequence[Sweep]) -> float | None:
    """The time from a stimulus to its response, s, if it is one in all sweeps and no two have a common time.

    Both clocks go on from sweep to sweep then, and count from different moments.
    """
    pairs = [(sweep.stimulus.clock, sweep.response.clock) for sweep in sweeps if sweep.stimulus is not None]
    if not all(goes_on([pair[k] for pair in pairs]) for k in (0, 1)):
        return None
    shifts = [there.begin - here.begin for here, there in pairs]
    sample = 1e-3 * min(there.dt for _, there in pairs)
    if max(shifts) - min(shifts) > sample or any(overlap(*pair) > 0 for pair in pairs):
        return None
    return shifts[0]


class _Remarks:
    """Remarks on single sweeps, those of equal words together; ``shift`` [s] is that of the clocks of all sweeps."""

    def __init__(self, shift: float | None) -> None:
        self.numbers: dict[str, list[str]] = {}
        self.together = "stimulus and response have clocks of their own, and are taken to begin together"
        if shift is not None:
            self.together = (
                f"the clocks of stimulus and response differ by {shift:.12g} s in all sweeps, so that both are taken to"
                " begin together"
            )

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
            remarks.add(sweep, remarks.together)
        here = moved(here, there.begin)
    if overlap(here, there) <= 0:
        raise ValueError(
            f"{file}: sweep {sweep.number} ({sweep.name}) lasts from {there.begin:.12g} to {there.end:.12g} s and"
            f" its stimulus ({stimulus.name}) from {here.begin:.12g} to {here.end:.12g} s: they have no time in common;"
            " leave the sweep out with sweeps=, or pass current=, in nA, [time] or [sweep, time]"
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


def _check_biases(file: str, sweeps: Sequence[Sweep]) -> None:
    """Check that the bias currents are in amperes.

    Raises:
        ValueError: one is larger than any current of an electrode; the message names the likely unit.
    """
    worst = max(sweeps, key=lambda sweep: abs(sweep.bias))
    if 1e9 * abs(worst.bias) <= STRONGEST:
        return
    low, high = LIKELY["current"]
    units = [unit for unit, power in EXPONENTS["current"].items() if low <= abs(worst.bias) * 10.0**power <= high]
    guess, known = "", "x"
    if units:
        guess, known = f"{worst.bias:g} {units[-1]} stored as A? ", f"{convert(worst.bias, units[-1], 'current'):g}"
    raise ValueError(
        f"{file}: the bias_current of {worst.name} is {worst.bias:g} A, which no amplifier injects: {guess}pass"
        f' bias_current="ignore"; if the stimulus does not include it, add it to the recording in nA, by'
        f" dataclasses.replace(data, i=data.i + ({known}))"
    )


def _biases(sweeps: Sequence[Sweep], bias_current: str) -> list[str]:
    amounts = ", ".join(f"{1e9 * bias:g}" for bias in sorted({sweep.bias for sweep in sweeps if sweep.bias}))
    use = "added to the stimulus" if bias_current == "add" else "NOT added to the stimulus, bias_current='ignore'"
    return [f"bias current: {amounts} nA {use}"] if amounts else []
