"""The pieces of a recording for an evaluation: pulses of a step protocol, or whole sweeps for any other current."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ..recordings import Recording

EDGE_WINDOW = 2.0  # ms on either side of an edge whose means are compared
EDGE = 0.2  # of a sweep's range, that a change within that time must exceed to be an edge
FLAT = 0.1  # of the range: largest standard deviation within a pulse
SHORTEST = 20.0  # ms, the shortest pulse: the response to a shorter one comes after it
MANY = 12  # pieces, at most, of a protocol of pulses
SAME_LEVEL, SAME_HOLDING = 0.01, 0.05  # of the range: pulses that differ by less are repeats


@dataclasses.dataclass(frozen=True)
class Pulse:
    """One piece of one sweep.

    Attributes:
        sweep: number of the sweep.
        number: position among the sweep's pulses, from 0.
        start, stop: ms on the recording's time axis.
        level: current above the sweep's holding current, in the recording's unit; NaN if it is not constant.
        stimulus: number of the stimulus, the same for its repeats.
    """

    sweep: int
    number: int
    start: float
    stop: float
    level: float
    stimulus: int

    @property
    def duration(self) -> float:
        """Time from start to stop, ms."""
        return self.stop - self.start


def pulses(data: Recording) -> tuple[Pulse, ...]:
    """Divide every sweep into pulses, in the order of the sweeps.

    Edges are changes of a sweep's current by more than a fifth of its range within `EDGE_WINDOW`; the edges of all
    sweeps divide every sweep. Pulses are the pieces in which the sweeps differ; without such pieces, those outside the
    holding current. A current that is not constant between its edges, such as a ramp or noise, is a single piece: the
    whole sweep.

    Two pulses are the same stimulus if they last equally long at the same level above the same holding current, in one
    sweep or in two; whole sweeps, if their currents agree throughout. The current before a pulse is not compared.
    """
    i = data.i - data.holding[:, None]
    cuts = _cuts(i, data.dt)
    pieces = list(itertools.pairwise(cuts))
    return _of_all_sweeps(data, i, _chosen(i, pieces, data.dt))


def whole_sweeps(data: Recording) -> tuple[Pulse, ...]:
    """Every sweep as one piece, without a level; sweeps have the same stimulus if their currents agree throughout."""
    return _of_all_sweeps(data, data.i - data.holding[:, None], [])


def _of_all_sweeps(data: Recording, i: np.ndarray, chosen: list[tuple[int, int]]) -> tuple[Pulse, ...]:
    """The chosen pieces of every sweep, or every sweep as one piece; i [sweep, time] is the current above holding."""
    pieces = []
    for sweep in range(data.sweeps):
        for number, (begin, end) in enumerate(chosen or [(0, data.t.size)]):
            level = float(np.median(i[sweep, begin:end])) if chosen else float("nan")
            start, stop = (float(f"{data.t[0] + k * data.dt:.12g}") for k in (begin, end))
            pieces.append(Pulse(sweep, number, start, stop, level, -1))
    return numbered(pieces, i, data.holding)


def repeats(pieces: tuple[Pulse, ...]) -> dict[int, list[int]]:
    """{stimulus: positions in ``pieces``} of the stimuli that occur more than once."""
    groups: dict[int, list[int]] = {}
    for k, pulse in enumerate(pieces):
        groups.setdefault(pulse.stimulus, []).append(k)
    return {stimulus: places for stimulus, places in groups.items() if len(places) > 1}


def _cuts(i: np.ndarray, dt: float) -> list[int]:
    """Samples at which any sweep of i [sweep, time] has an edge, with the beginning and the end."""
    width = max(1, round(EDGE_WINDOW / dt))
    samples = i.shape[1]
    if samples <= 2 * width:
        return [0, samples]
    sums = np.cumsum(np.concatenate([np.zeros((len(i), 1)), i], axis=1), axis=1)
    middle = np.arange(width, samples - width + 1)
    jump = np.abs(sums[:, middle + width] - 2.0 * sums[:, middle] + sums[:, middle - width]) / width
    span = np.ptp(i, axis=1, keepdims=True)
    relative = np.max(np.where(span > 0, jump / np.where(span > 0, span, 1.0), 0.0), axis=0)
    edges, steep = [], np.flatnonzero(relative > EDGE)
    for group in np.split(steep, np.flatnonzero(np.diff(steep) > 1) + 1):
        if len(group):
            edges.append(int(middle[group[np.argmax(relative[group])]]))
    return [0, *edges, samples]


def _chosen(i: np.ndarray, pieces: list[tuple[int, int]], dt: float) -> list[tuple[int, int]]:
    """The pieces that are pulses; none for a current that does not consist of steps."""
    span = np.ptp(i)
    if span == 0 or not 1 < len(pieces) <= MANY:
        return []
    margin = round(EDGE_WINDOW / dt / 4)  # an edge may be a few samples wide
    long = [(begin, end) for begin, end in pieces if (end - begin) * dt >= SHORTEST]
    inside = [i[:, begin + margin : end - margin] for begin, end in long]
    if not long or any(np.max(np.std(part, axis=1)) > FLAT * span for part in inside):
        return []
    levels = np.array([np.median(part, axis=1) for part in inside])
    differ = np.ptp(levels, axis=1) > FLAT * span
    pulses = differ if differ.any() else np.any(np.abs(levels) > FLAT * span, axis=1)
    return [piece for piece, chosen in zip(long, pulses, strict=True) if chosen]


def numbered(pieces: list[Pulse], i: np.ndarray, holding: np.ndarray) -> tuple[Pulse, ...]:
    """The pieces with the numbers of their stimuli."""
    span = float(np.ptp(i)) or 1.0
    first: list[Pulse] = []
    numbered = []
    for pulse in pieces:
        equal = (k for k, other in enumerate(first) if _same(pulse, other, i, holding, span))
        stimulus = next(equal, len(first))
        if stimulus == len(first):
            first.append(pulse)
        numbered.append(dataclasses.replace(pulse, stimulus=stimulus))
    return tuple(numbered)


def _same(one: Pulse, other: Pulse, i: np.ndarray, holding: np.ndarray, span: float) -> bool:
    """Whether two pulses are repeats of one stimulus."""
    if abs(holding[one.sweep] - holding[other.sweep]) > SAME_HOLDING * span or abs(one.duration - other.duration) > 1.0:
        return False
    if np.isnan(one.level):
        return float(np.sqrt(np.mean(np.square(i[one.sweep] - i[other.sweep])))) <= SAME_LEVEL * span
    return abs(one.level - other.level) <= SAME_LEVEL * span
