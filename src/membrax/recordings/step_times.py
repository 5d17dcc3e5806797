"""The steps of a continuous current and the sweeps of equal length that contain one of them each."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from .edges import BEFORE, NOISE, SMALLEST, SMOOTHED, changes, sample_noise, stretches

BRIEFEST = 1.0  # ms, the shortest step; shorter ones are glitches
LEVEL = 5.0  # ms at either end of a recording, one of which is at the resting current
JITTER = 0.01  # of the period, the largest deviation of a step from regular times
REST = 0.15  # of the period, the shortest rest between regular steps
FLAT = 0.6  # of the smallest departure, the largest spread of the current in a rest; a trough of a sine has more
FEWEST = 3  # sweeps of a regular protocol
MOST = 400  # departures, at most, of a protocol; noise has more
HUM = 20.0  # ms, a period of mains hum

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


def find_layout(i: np.ndarray, dt: float) -> Layout | None:
    """The sweeps of a current i [time] sampled every ``dt`` ms; None where it can't be cut into one step each."""
    irregular = None
    for find in (departures, jumps):
        found = find(i, dt)
        for steps in (found, _complete(found, i.size)):
            layouts = (_regular(groups, i.size, dt) for groups in _periodic(steps, dt))
            layout = next((one for one in layouts if one is not None), None)
            if layout is not None:
                return layout
        if irregular is None and 1 < len(found) <= MOST:
            irregular = _irregular(found, i.size)
    return irregular


def departures(i: np.ndarray, dt: float) -> list[Span]:
    """The stretches of a current i [time] away from its resting level, in order: steps, ramps and other waveforms.

    The resting level is that at the beginning or at the end, whichever is held longer. A stretch is a departure by more
    than 3 % of the range, and for a noisy current by more than 8 standard deviations of means over half a millisecond;
    stretches less than 2 ms apart are one, and those shorter than 1 ms are none. A current that is not flat between its
    stretches has none.
    """
    if i.size < 4 or np.ptp(i) == 0:
        return []
    smooth, least = _smooth(i, dt)
    ends = max(1, min(i.size, round(LEVEL / dt)))
    levels = [float(np.median(part)) for part in (i[:ends], i[-ends:])]
    away = min((np.abs(smooth - level) > least for level in levels), key=np.count_nonzero)
    starts, stops = np.array(stretches(away), dtype=int).reshape(-1, 2).T
    apart = (starts[1:] - stops[:-1]) * dt >= BEFORE
    starts, stops = starts[np.append(True, apart)[: starts.size]], stops[np.append(apart, True)[: stops.size]]
    long = (stops - starts) * dt >= BRIEFEST - 1e-9
    steps = list(zip(starts[long].tolist(), stops[long].tolist(), strict=True))
    return steps if _flat(smooth, steps, least) else []


def jumps(i: np.ndarray, dt: float) -> list[Span]:
    """The steps of a current i [time] between sudden changes, in order; drift and mains hum do not hide them.

    A step begins where the mean of the next 20 ms differs from that of the last 20 ms of rest by more than the smallest
    departure (`departures`), and ends where it does so no more.
    """
    edges = changes(i, dt)
    if not edges:
        return []
    window, least = max(1, round(HUM / dt)), _smooth(i, dt)[1]
    rest, steps, start = float(np.mean(i[max(0, edges[0] - window) : edges[0]])), [], None
    for first, last in itertools.pairwise([*edges, i.size]):
        if abs(float(np.mean(i[first : min(last, first + window)])) - rest) > least:
            start = first if start is None else start
            continue
        rest = float(np.mean(i[max(first, last - window) : last]))
        steps += [(start, first)] if start is not None else []
        start = None
    return steps if start is None else [*steps, (start, i.size)]


def _smooth(i: np.ndarray, dt: float) -> tuple[np.ndarray, float]:
    """A current [time], averaged over half a millisecond if it is noisy, and the smallest departure."""
    noise = sample_noise(i)
    width = min(max(1, round(SMOOTHED / dt)) if noise > 1e-6 * np.ptp(i) else 1, i.size // 2)
    total = np.concatenate([[0.0], np.cumsum(i)])
    means = (total[width:] - total[:-width]) / width
    smooth = np.pad(means, (width // 2, i.size - means.size - width // 2), mode="edge")
    return smooth, max(NOISE * noise / np.sqrt(width), SMALLEST * float(np.ptp(smooth)))


def _complete(steps: Sequence[Span], samples: int) -> list[Span]:
    """The steps that the recording neither begins nor ends in; none if one of those lasts longer than all others."""
    whole = [(start, stop) for start, stop in steps if start > 0 and stop < samples]
    longest = max((stop - start for start, stop in whole), default=0)
    return whole if all(stop - start <= longest for start, stop in steps) else []


def _flat(smooth: np.ndarray, steps: Sequence[Span], least: float) -> bool:
    """Whether the current rests between its steps, in half of the rests or more."""
    rests = [smooth[step[1] : later[0]] for step, later in itertools.pairwise(steps)]
    spreads = [float(np.ptp(np.quantile(rest, [0.05, 0.95]))) for rest in rests[:MOST] if rest.size]
    return not spreads or float(np.median(spreads)) <= FLAT * least


def _periodic(steps: Sequence[Span], dt: float) -> Iterator[list[Span]]:
    """Steps of one period as one step each, for every period at which all of them recur, the shortest first.

    The first period begins with the first step. It may contain several steps, such as a test pulse and a step, or a
    train; each must recur at its time in half of the periods or more.
    """
    if not FEWEST <= len(steps) <= MOST:
        return
    onsets = np.array([start for start, _ in steps])
    distances = np.unique([*np.diff(onsets), *(onsets[1:] - onsets[0])])
    for distance in distances[distances <= (onsets[-1] - onsets[0]) // (FEWEST - 1) * (1 + JITTER)]:
        period = _refined(float(distance), onsets, dt)
        tolerance = max(BEFORE / dt, JITTER * period)
        numbers = np.floor((onsets - onsets[0] + tolerance) / period).astype(int)
        phases = onsets - onsets[0] - period * numbers
        alike = np.abs(phases[:, None] - phases) <= 2 * tolerance
        if 2 * np.min(alike.sum(axis=0)) < len(np.unique(numbers)):
            continue
        groups: dict[int, Span] = {}
        for number, (start, stop) in zip(numbers.tolist(), steps, strict=True):
            groups[number] = (groups.get(number, (start, stop))[0], stop)
        if len(groups) >= FEWEST:
            yield list(groups.values())


def _refined(period: float, onsets: np.ndarray, dt: float) -> float:
    """A period whose error does not grow: that of ever later steps at its multiples."""
    tolerance = max(BEFORE / dt, JITTER * period)
    for time in onsets[1:] - onsets[0]:
        number = round(time / period)
        if number and abs(time - number * period) <= 2 * tolerance:
            period = float(time) / number
    return period


def _regular(steps: Sequence[Span], samples: int, dt: float) -> Layout | None:
    """Sweeps of one period, if the steps come at its multiples; a fifth of the periods and one more may have none."""
    onsets = np.array([start for start, _ in steps])
    gaps = np.diff(onsets)
    slots = np.concatenate([[0], np.cumsum(np.rint(gaps / np.min(gaps)).astype(int))])
    count = int(slots[-1]) + 1
    if count > 1.25 * len(steps) + 1:
        return None
    period = float(onsets[-1] - onsets[0]) / slots[-1]
    if np.ptp(onsets - period * slots) > max(BEFORE / dt, JITTER * period) or _shortest_rest(steps) < REST * period:
        return None
    stops = np.array([stop for _, stop in steps])
    expected = _expected(onsets, stops, slots, period, max(1.0, SMOOTHED / dt))
    length = int(np.min(np.diff(expected)))
    ends = max(stop - start for (_, stop), start in zip(steps, expected[slots], strict=True))
    before = _before(expected, min(_shortest_rest(steps), length - ends), samples, length)
    starts = expected - before
    length = min(length, samples - int(starts[-1]))
    return Layout(starts, length, int(before), tuple(steps), True) if length >= before + ends and before >= 0 else None


def _expected(onsets: np.ndarray, stops: np.ndarray, slots: np.ndarray, period: float, tolerance: float) -> np.ndarray:
    """The sample at which the step of each slot begins.

    If the beginnings or the ends of the steps agree with a whole period within the ``tolerance``, in samples, the times
    are its multiples: noise hides the beginning of a ramp, and not its end. Other times, as of a stimulator started by
    hand, are the onsets.
    """
    numbers = np.arange(slots[-1] + 1)
    for times in (onsets, stops):
        whole = round((times[-1] - times[0]) / slots[-1])
        if np.ptp(times - whole * slots) <= tolerance:
            return np.min(onsets - whole * slots) + whole * numbers
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
