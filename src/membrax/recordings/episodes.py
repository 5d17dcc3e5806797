"""A continuous recording cut into sweeps of equal length, one for each step of its current."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .edges import BEFORE, NOISE, SMALLEST, SMOOTHED, sample_noise, stretches
from .recording import Recording, check_recording

BRIEFEST = 1.0  # ms, the shortest step; shorter ones are glitches
LEVEL = 5.0  # ms at either end of a recording, one of which is at the resting current
JITTER = 0.01  # of the period, the largest deviation of a step from regular times
REST = 0.1  # of the period, the shortest rest between regular steps: a sine has none
APART = 5.0  # times the rest between the pulses of a train, exceeded by the rest between two trains
FEWEST = 3  # steps that make a regular protocol

Span = tuple[int, int]  # first sample, and the sample after the last


@dataclasses.dataclass(frozen=True)
class Layout:
    """The sweeps of a continuous recording.

    Attributes:
        starts: first sample of each sweep.
        length: samples of each sweep.
        before: samples between the beginning of a sweep and its step.
        steps: the steps, as spans of samples.
        regular: whether the steps come at regular times.
    """

    starts: np.ndarray
    length: int
    before: int
    steps: tuple[Span, ...]
    regular: bool


def cut(data: Recording, *, starts: ArrayLike | None = None, length: float | None = None) -> Recording:
    """Cut a recording of one continuous sweep into sweeps of equal length, one for each step of its current.

    A step is any departure of the current from its resting level: a step, a ramp, a double pulse. Pulses of a train
    that is repeated after longer rests are one step. Where steps come at regular times, the sweeps last one period and
    follow each other without a gap; a period without a step (of 0 nA) is a sweep, too. Otherwise every sweep begins
    equally long before its step, lasts as long as the closest two steps allow, and contains one whole step. Samples are
    not changed; each sweep's time begins at 0 ms, and a note names the parts that are left out.

    Args:
        data: the recording, of one sweep.
        starts: beginnings of the sweeps on the recording's time axis, ms, in place of those at the steps.
        length: length of the sweeps with ``starts``, ms; by default up to the next start.

    Raises:
        ValueError: several sweeps; fewer than two steps, or steps too close for sweeps of equal length (pass
            ``starts``); a sweep outside the recording or over the next one.
    """
    check_recording(data)
    if data.sweeps != 1:
        raise ValueError(f"cut requires one continuous sweep, got {data.sweeps}; choose one by data.select(0)")
    if starts is not None:
        return _pieces(data, _by_hand(data, starts, length))
    if length is not None:
        raise ValueError("length belongs to starts; pass starts=, in ms")
    layout = find_layout(data.i[0], data.dt)
    if layout is None:
        found = len(excursions(data.i[0], data.dt))
        problem = "they are too close to each other for sweeps of equal length" if found > 1 else "two are required"
        raise ValueError(
            f"the current of {data.name or 'the recording'} has {found} step{'' if found == 1 else 's'}, and {problem};"
            " pass the beginnings of the sweeps as starts= and their length, both in ms"
        )
    return _pieces(data, layout)


def cut_where_regular(data: Recording, wanted: bool) -> Recording:
    """Cut a continuous recording at three or more regular steps, or return it whole, with a note of the other choice.

    Args:
        data: the recording, of one sweep.
        wanted: the caller's choice, an option ``cut`` of a reader.
    """
    layout = find_layout(data.i[0], data.dt)
    if wanted and layout is not None and layout.regular:
        whole = _pieces(data, layout)
        return dataclasses.replace(whole, notes=(*whole.notes, "cut=False loads the continuous recording whole"))
    note = "sweeps: one, the continuous recording"
    if layout is not None:
        note += f"; membrax.recordings.cut cuts it at its {len(layout.steps)} steps of current"
    return dataclasses.replace(data, notes=(*data.notes, note))


def find_layout(i: np.ndarray, dt: float) -> Layout | None:
    """The sweeps of a current i [time] sampled every ``dt`` ms; None where it can't be cut into one step each."""
    single = excursions(i, dt)
    trains = _trains(single)
    # The recording may begin or end within a step.
    whole = [(start, stop) for start, stop in single if start > 0 and stop < i.size]
    for empty in (False, True):
        for steps in (single, trains, whole):
            layout = _regular(steps, i.size, dt, empty) if len(steps) >= FEWEST else None
            if layout is not None:
                return layout
    return _irregular(single, i.size) if len(single) > 1 else None


def excursions(i: np.ndarray, dt: float) -> list[Span]:
    """The stretches of a current i [time] away from its resting level, in order.

    The resting level is that at the beginning or at the end, whichever is held longer. A stretch is a departure by more
    than 3 % of the range, and for a noisy current by more than 8 standard deviations of means over half a millisecond;
    stretches less than 2 ms apart are one, and those shorter than 1 ms are none.
    """
    if i.size < 4 or np.ptp(i) == 0:
        return []
    noise = sample_noise(i)
    width = min(max(1, round(SMOOTHED / dt)) if noise > 1e-6 * np.ptp(i) else 1, i.size // 2)
    smooth = _moving_mean(i, width)
    least = max(NOISE * noise / np.sqrt(width), SMALLEST * float(np.ptp(smooth)))
    ends = max(1, min(i.size, round(LEVEL / dt)))
    levels = [float(np.median(part)) for part in (i[:ends], i[-ends:])]
    away = [np.abs(smooth - level) > least for level in levels]
    found = stretches(min(away, key=np.count_nonzero))
    joined: list[Span] = []
    for start, stop in found:
        if joined and (start - joined[-1][1]) * dt < BEFORE:
            start = joined.pop()[0]
        joined.append((start, stop))
    return [(start, stop) for start, stop in joined if (stop - start) * dt >= BRIEFEST - 1e-9]


def _moving_mean(i: np.ndarray, width: int) -> np.ndarray:
    """Means of ``width`` samples around each sample [time]; at the ends, of the first or last ``width`` samples."""
    total = np.concatenate([[0.0], np.cumsum(i)])
    means = (total[width:] - total[:-width]) / width
    return np.pad(means, (width // 2, i.size - means.size - width // 2), mode="edge")


def _trains(steps: Sequence[Span]) -> list[Span]:
    """Trains of steps as one step each, where the rests between trains are much longer than those within."""
    rests = np.array([later[0] - step[1] for step, later in itertools.pairwise(steps)], float)
    if rests.size < 2:
        return []
    ordered = np.sort(rests)
    ratios = ordered[1:] / ordered[:-1]
    k = int(np.argmax(ratios))
    if ratios[k] < APART:
        return []
    trains = [steps[0]]
    for step, rest in zip(steps[1:], rests, strict=True):
        trains[-1:] = [(trains[-1][0], step[1])] if rest <= ordered[k] else [trains[-1], step]
    return trains


def _regular(steps: Sequence[Span], samples: int, dt: float, empty: bool) -> Layout | None:
    """Sweeps of one period, if the steps come at its multiples; with ``empty``, up to a third may have no step."""
    onsets = np.array([start for start, _ in steps])
    gaps = np.diff(onsets)
    slots = np.concatenate([[0], np.cumsum(np.rint(gaps / np.min(gaps)).astype(int))])
    count = int(slots[-1]) + 1
    if count > (1.5 * len(steps) if empty else len(steps)):
        return None
    period = float(onsets[-1] - onsets[0]) / slots[-1]
    if np.ptp(onsets - period * slots) > max(BEFORE / dt, JITTER * period) or _shortest_rest(steps) < REST * period:
        return None
    expected = _expected(onsets, slots, period, max(1.0, SMOOTHED / dt))
    length = int(np.min(np.diff(expected)))
    ends = max(stop - start for (_, stop), start in zip(steps, expected[slots], strict=True))
    before = _before(expected, min(_shortest_rest(steps), length - ends), samples, length)
    starts = expected - before
    length = min(length, samples - int(starts[-1]))
    return Layout(starts, length, before, tuple(steps), True) if length >= before + ends and before >= 0 else None


def _expected(onsets: np.ndarray, slots: np.ndarray, period: float, tolerance: float) -> np.ndarray:
    """The sample at which the step of each slot begins.

    Times that agree with a whole period within the ``tolerance`` of the onsets, in samples, are the multiples of that
    period; others, as of a stimulator started by hand, are the onsets.
    """
    numbers = np.arange(slots[-1] + 1)
    late = onsets - round(period) * slots
    if np.ptp(late) <= tolerance:
        return np.min(late) + round(period) * numbers
    return np.floor(np.interp(numbers, slots, onsets)).astype(int)


def _irregular(steps: Sequence[Span], samples: int) -> Layout | None:
    """Sweeps that begin equally long before their steps and last as long as the closest two allow."""
    onsets, longest = np.array([start for start, _ in steps]), max(stop - start for start, stop in steps)
    apart = int(np.min(np.diff(onsets)))
    before = max(0, _before(onsets, min(_shortest_rest(steps), apart - longest), samples, apart))
    length = min(apart, samples - int(onsets[-1]) + before)
    return Layout(onsets - before, length, before, tuple(steps), False) if length >= before + longest else None


def _before(onsets: np.ndarray, rest: int, samples: int, length: int) -> int:
    """Samples of rest before each step: as many as the recording has before the first, else half the shortest ``rest``.

    More if the last sweep would end after the recording.
    """
    lead = int(onsets[0])
    wanted = lead if lead <= rest else rest // 2
    return min(max(wanted, int(onsets[-1]) + length - samples), lead, rest)


def _shortest_rest(steps: Sequence[Span]) -> int:
    return min(later[0] - step[1] for step, later in itertools.pairwise(steps))


def _by_hand(data: Recording, starts: ArrayLike, length: float | None) -> Layout:
    """The sweeps of the caller's ``starts`` and ``length``, both in ms."""
    times = np.atleast_1d(np.asarray(starts, dtype=np.float64))
    if times.ndim != 1 or times.size == 0 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise ValueError(f"starts must be increasing times in ms, got {starts!r}")
    first = np.rint((times - data.t[0]) / data.dt).astype(int)
    if length is None:
        apart = int(np.min(np.diff(first))) if first.size > 1 else data.t.size
        samples = min(apart, data.t.size - int(first[-1]))
    else:
        samples = round(float(length) / data.dt) if 0 < float(length) < np.inf else 0
    last = data.t[0] + (int(first[-1]) + samples) * data.dt
    if first[0] < 0 or samples < 2 or first[-1] + samples > data.t.size:
        raise ValueError(
            f"the sweeps must lie within the recording, {data.t[0]:g} to {data.t[-1]:g} ms, and last two samples, got"
            f" {times[0]:g} to {last:g} ms"
        )
    if first.size > 1 and samples > np.min(np.diff(first)):
        raise ValueError(
            f"sweeps of {samples * data.dt:g} ms overlap: the closest starts are {np.min(np.diff(times)):g} ms"
            " apart; pass a shorter length="
        )
    return Layout(first, samples, 0, (), False)


def _pieces(data: Recording, layout: Layout) -> Recording:
    """The sweeps of a layout as a Recording, with notes."""
    rows = layout.starts[:, None] + np.arange(layout.length)
    notes = (*data.notes, _note(data, layout), *_left_out(data, layout))
    return dataclasses.replace(
        data, t=data.dt * np.arange(layout.length), v=data.v[0][rows], i=data.i[0][rows], notes=notes
    )


def _note(data: Recording, layout: Layout) -> str:
    found = "cut by the caller's starts"
    if layout.steps:
        when = "at regular times" if layout.regular else "at irregular times"
        found = f"{len(layout.steps)} steps of current found {when}, each {layout.before * data.dt:g} ms after the"
        found += " beginning of a sweep"
    return (
        f"sweeps: {layout.starts.size} of {layout.length * data.dt:g} ms cut from a continuous recording of"
        f" {data.t.size * data.dt:g} ms; {found}"
    )


def _left_out(data: Recording, layout: Layout) -> tuple[str, ...]:
    """A note of the parts of the recording that no sweep has."""
    bounds = [0, *(edge for start in layout.starts for edge in (int(start), int(start) + layout.length)), data.t.size]
    gaps = [(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=True) if b > a]
    if not gaps:
        return ()
    spans = [f"{data.t[0] + a * data.dt:g} to {data.t[0] + b * data.dt:g} ms" for a, b in gaps[:6]]
    more = f" and {len(gaps) - 6} more parts" if len(gaps) > 6 else ""
    total = sum(b - a for a, b in gaps) * data.dt
    return (f"left out: {', '.join(spans)}{more} ({total:g} ms in all)",)
