"""Several recordings of one cell as one value: protocols that differ in length, sampling or stimulus."""

from __future__ import annotations

import dataclasses
import itertools
import re
import warnings
from collections.abc import Iterable

import numpy as np

from ..checks import finite_number
from ..units import UNIT_LABELS
from .edges import first_step
from .recording import Recording

LARGEST = 15.0  # mV between the resting potentials of one cell's protocols: drift and firing move them by less
_SAME = 0.01  # nA, and of the range of all currents: holding currents this close are one
_CELL = re.compile(r"(?:^|[^a-z])(?:cell|neuron)[ _#-]*(\d+|[a-z])(?![a-z0-9])", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class JoinedRecording:
    """Several recordings of one cell, from `join`.

    Attributes:
        parts: recordings in the order given; neighbours on one time grid are one part.
        name: name of the whole.
        notes: the recordings that each part consists of with their sweeps, and the check of the resting potential.
    """

    parts: tuple[Recording, ...]
    name: str
    notes: tuple[str, ...]

    @property
    def sweeps(self) -> int:
        """Number of sweeps of all parts."""
        return sum(part.sweeps for part in self.parts)

    @property
    def unit(self) -> str:
        """Unit of the currents of all parts."""
        return self.parts[0].unit

    def __repr__(self) -> str:
        lines = "".join(f"\n  {part!r}" for part in self.parts)
        return f"JoinedRecording({self.name!r}: {self.sweeps} sweeps in {len(self.parts)} parts){lines}"


def join(
    recordings: Iterable[Recording | JoinedRecording], *, name: str | None = None, largest: float = LARGEST
) -> JoinedRecording:
    """Join recordings of one cell, such as long steps and short pulses.

    Neighbours with equal time stamps become one part, with the sweeps of both. The resting potential of a part is the
    median of v before the first step of i. A cell with more holding current does not rest at a lower potential: a
    difference against that rule above ``largest`` means two cells, or a sign or unit that is wrong in one file.

    Args:
        recordings: in the order of the result; a JoinedRecording stands for its parts.
        name: name of the result, by default the names of the recordings.
        largest: allowed difference of resting potentials, mV.

    Warns:
        UserWarning: two recordings with equal samples, whose sweeps count twice.

    Raises:
        ValueError: no recording, another type, different units of the current, contradictory resting potentials, or
            names with different numbers of a cell ("cell_3" and "cell_4").
    """
    parts = _flat(recordings)
    largest = finite_number(largest, "largest", "mV", at_least=0.0)
    _check_units(parts)
    _check_names(parts)
    names = [part.name or f"recording {k}" for k, part in enumerate(parts)]
    _warn_of_twins(parts, names)
    rests = [_rest(part) for part in parts]
    _check_rests(parts, rests, largest)
    merged, members = _merge(parts)
    notes = [f"part {k}: {_with_sweeps(parts, names, group)}" for k, group in enumerate(members)]
    notes += [
        f"{names[k]}: no resting potential before a step, so none to compare"
        for k, rest in enumerate(rests)
        if rest is None
    ]
    return JoinedRecording(merged, " + ".join(names) if name is None else str(name), tuple(notes))


def _with_sweeps(parts: list[Recording], names: list[str], group: list[int]) -> str:
    """The recordings of a part, with the numbers that their sweeps have in it where there are several."""
    if len(group) == 1:
        return names[group[0]]
    stops = np.cumsum([parts[k].sweeps for k in group])
    ranges = [(int(stop) - parts[k].sweeps, int(stop) - 1) for k, stop in zip(group, stops, strict=True)]
    numbers = [f"sweep {a}" if a == b else f"sweeps {a} to {b}" for a, b in ranges]
    return " and ".join(f"{names[k]} ({own})" for k, own in zip(group, numbers, strict=True))


def _warn_of_twins(parts: list[Recording], names: list[str]) -> None:
    """Warn of recordings that are given twice."""
    for one, other in itertools.combinations(range(len(parts)), 2):
        a, b = parts[one], parts[other]
        if _one_grid(a, b) and np.array_equal(a.v, b.v) and np.array_equal(a.i, b.i):
            warnings.warn(
                f"{names[one]!r} and {names[other]!r}, the recordings {one} and {other} of those joined, have equal"
                " samples: their sweeps and spikes count twice; give each recording once",
                UserWarning,
                stacklevel=3,
            )


def _flat(recordings: Iterable[Recording | JoinedRecording]) -> list[Recording]:
    given = [recordings] if isinstance(recordings, Recording | JoinedRecording) else recordings
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(f"recordings must be a list of Recordings, got {recordings!r}")
    parts: list[Recording] = []
    for one in given:
        if isinstance(one, JoinedRecording):
            parts.extend(one.parts)
        elif isinstance(one, Recording):
            parts.append(one)
        else:
            raise ValueError(f"join takes Recordings, got {one!r:.80}; membrax.recordings.load gives one from a file")
    if not parts:
        raise ValueError("join requires at least one Recording, got none")
    return parts


def _check_units(parts: list[Recording]) -> None:
    for part in parts:
        if part.unit != parts[0].unit:
            raise ValueError(
                f"the currents of {parts[0].name!r} are in {UNIT_LABELS[parts[0].unit]} and those of {part.name!r} in"
                f" {UNIT_LABELS[part.unit]}: divide by the cell's area, and build the second with the same unit"
            )


def _check_names(parts: list[Recording]) -> None:
    named = [(part, match[1].lower()) for part in parts if (match := _CELL.search(part.name))]
    for part, cell in named:
        if cell != named[0][1]:
            raise ValueError(
                f"{named[0][0].name!r} and {part.name!r} name different cells ({named[0][1]} and {cell}); if they are"
                " one cell, rename one by dataclasses.replace"
            )


def _rest(part: Recording) -> tuple[float, float] | None:
    """Holding current and resting potential [mV]: medians over the sweeps with a time before the first step."""
    found = []
    for v, i, holding in zip(part.v, part.i, part.holding, strict=True):
        stop = v.size if np.ptp(i) == 0 else first_step(i, part.dt)
        if stop:
            found.append((holding, float(np.median(v[:stop]))))
    if not found:
        return None
    holding, rest = np.median(found, axis=0)
    return float(holding), float(rest)


def _check_rests(parts: list[Recording], rests: list[tuple[float, float] | None], largest: float) -> None:
    known = [(part, *rest) for part, rest in zip(parts, rests, strict=True) if rest is not None]
    same = _SAME * max(float(np.max(np.abs(part.i))) for part in parts)
    same = max(same, _SAME) if parts[0].unit == "nA" else same
    for (one, low, v_low), (other, high, v_high) in itertools.combinations(known, 2):
        if low > high:
            one, low, v_low, other, high, v_high = other, high, v_high, one, low, v_low
        differs = v_low - v_high if high - low > same else abs(v_low - v_high)
        if differs > largest:
            unit = UNIT_LABELS[one.unit]
            raise ValueError(
                f"the resting potentials of one cell may contradict each other by at most {largest:g} mV: {one.name!r}"
                f" rests at {v_low:.1f} mV under {low:.3g} {unit}, {other.name!r} at {v_high:.1f} mV under {high:.3g}"
                f" {unit}; join recordings of one cell only, or raise largest="
            )


def _merge(parts: list[Recording]) -> tuple[tuple[Recording, ...], list[list[int]]]:
    """Neighbours on one grid as one part, and the numbers of the recordings in each part."""
    merged, members = [parts[0]], [[0]]
    for k, part in enumerate(parts[1:], 1):
        if _one_grid(merged[-1], part):
            merged[-1] = _pair(merged[-1], part)
            members[-1].append(k)
        else:
            merged.append(part)
            members.append([k])
    return tuple(merged), members


def _one_grid(one: Recording, other: Recording) -> bool:
    return one.t.size == other.t.size and bool(np.max(np.abs(one.t - other.t)) <= 1e-6 * one.dt)


def _pair(one: Recording, other: Recording) -> Recording:
    shared = [note for note in one.notes if note in other.notes]
    own = [f"{part.name}: {note}" for part in (one, other) for note in part.notes if note not in shared]
    return dataclasses.replace(
        one,
        v=np.concatenate([one.v, other.v]),
        i=np.concatenate([one.i, other.i]),
        name=f"{one.name} + {other.name}",
        notes=(*shared, *own),
    )
