"""Noise and spontaneous activity in the quiet stretches of a recording, without spikes and at the resting current."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ..recordings import Recording
from ..recordings.edges import base_level, changes, stretches
from .spikes import sweep_spikes

BEFORE, AFTER = 25.0, 100.0  # ms before and after a spike that are not quiet
SETTLING = 200.0  # ms after a change of the current that are not quiet
WINDOW = 50.0  # ms, the window of the slow noise and the shortest stretch
COARSE = 10.0  # ms between samples, at most
RISING = 3.0  # ms, the rise time of a synaptic potential
APART = 20.0  # ms, the least interval between two of them
OUTLYING = 6.0  # robust standard deviations, exceeded by the rise of an event
SMALLEST = 0.5  # mV, the smallest event


@dataclasses.dataclass(frozen=True)
class BaselineNoise:
    """Noise and spontaneous activity in the quiet stretches; NaN without a stretch of 50 ms.

    Attributes:
        stretches: [stretch] (sweep, first sample, last sample excluded).
        duration: total duration of the stretches, ms.
        sample_sd: standard deviation of the noise from one sample to the next, √(mean of squared differences/2), mV.
        window_sd: median standard deviation within 50 ms, mV.
        wander: largest change between the beginning and end of one sweep's quiet stretches, mV.
        events: [event] (sweep, ms) of fast depolarisations below threshold, such as synaptic potentials.
        event_sizes: [event] rise within about 3 ms, mV.
    """

    stretches: tuple[tuple[int, int, int], ...]
    duration: float
    sample_sd: float
    window_sd: float
    wander: float
    events: tuple[tuple[int, float], ...]
    event_sizes: np.ndarray

    @property
    def event_rate(self) -> float:
        """Events per second of the quiet stretches; NaN without one."""
        return 1e3 * len(self.events) / self.duration if self.duration > 0 else np.nan


def baseline_noise(data: Recording) -> BaselineNoise:
    """Measure the noise where the current is at the sweep's resting level and no spike is near."""
    pieces = [(k, a, b) for k in range(data.sweeps) for a, b in quiet_stretches(data, k)]
    potentials = [data.v[k, a:b] for k, a, b in pieces]
    if not potentials:
        return BaselineNoise((), 0.0, np.nan, np.nan, np.nan, (), np.zeros(0))
    squares = np.concatenate([np.square(np.diff(v)) for v in potentials])
    width = round(WINDOW / data.dt)
    windows = [np.std(v[a : a + width]) for v in potentials for a in range(0, len(v) - width + 1, width)]
    events, sizes = _events(data, pieces)
    return BaselineNoise(
        tuple(pieces),
        data.dt * sum(len(v) for v in potentials),
        float(np.sqrt(np.mean(squares) / 2)),
        float(np.median(windows)),
        max(_change(data, [piece for piece in pieces if piece[0] == k], width) for k in {k for k, _, _ in pieces}),
        events,
        sizes,
    )


def quiet_stretches(data: Recording, sweep: int) -> list[tuple[int, int]]:
    """The quiet stretches of at least 50 ms of a sweep, (first sample, last sample excluded).

    None where samples are more than 10 ms apart: noise has no window there.
    """
    i, v, dt = data.i[sweep], data.v[sweep], data.dt
    if dt > COARSE:
        return []
    edges = [0, *changes(i, dt), len(i)]
    base, span = base_level(i, dt), float(np.ptp(data.i))
    quiet = np.zeros(len(i), dtype=bool)
    for k, (a, b) in enumerate(itertools.pairwise(edges)):
        settled = a + (round(SETTLING / dt) if k else 0)
        quiet[settled:b] = abs(np.mean(i[a:b]) - base) <= 0.03 * span
    # A ramp or slow noise departs from the level without a step.
    quiet &= _near(i, base, span, round(5.0 / dt))
    for k in sweep_spikes(v, data.t).indices:
        quiet[max(0, k - round(BEFORE / dt)) : k + round(AFTER / dt)] = False
    return [(a, b) for a, b in stretches(quiet) if (b - a) * dt >= WINDOW]


def _near(i: np.ndarray, base: float, span: float, width: int) -> np.ndarray:
    """Whether the means of i over 5 ms are within 3 % of the range of its base [time]."""
    width = max(1, width)
    count = -(-len(i) // width)
    padded = np.pad(i, (0, count * width - len(i)), mode="edge")
    return np.repeat(np.abs(padded.reshape(count, width).mean(axis=1) - base) <= 0.03 * span, width)[: len(i)]


def _change(data: Recording, pieces: list[tuple[int, int, int]], width: int) -> float:
    """The difference between the potentials of a sweep's first and last quiet 50 ms, as a magnitude [mV]."""
    (k, first, _), (_, _, last) = pieces[0], pieces[-1]
    return abs(float(np.median(data.v[k, last - width : last]) - np.median(data.v[k, first : first + width])))


def _events(data: Recording, pieces: list[tuple[int, int, int]]) -> tuple[tuple[tuple[int, float], ...], np.ndarray]:
    """Times and sizes of fast rises in the quiet stretches.

    In a rise, the mean of 2 ms exceeds the preceding mean of 2 ms by more than 6 robust standard deviations of such
    differences and by more than half a millivolt. At most one event counts per 20 ms.
    """
    width = max(1, round(2.0 / data.dt))
    gap = max(1, round((RISING - 2.0) / data.dt))
    rises = [_rises(data.v[k, a:b], width, gap) for k, a, b in pieces]
    everything = np.concatenate(rises)
    spread = 1.4826 * float(np.median(np.abs(everything - np.median(everything))))
    least = max(OUTLYING * spread, SMALLEST)
    events, sizes = [], []
    for (k, a, _), rise in zip(pieces, rises, strict=True):
        last = -np.inf
        for start, stop in stretches(rise > least):
            top = start + int(np.argmax(rise[start:stop]))
            at = float(data.t[a + width + top])
            if at - last >= APART:
                events.append((k, at))
                sizes.append(float(rise[top]))
                last = at
    return tuple(events), np.array(sizes)


def _rises(v: np.ndarray, width: int, gap: int) -> np.ndarray:
    """The mean of ``width`` samples minus the mean of ``width`` samples that end ``gap`` samples before."""
    total = np.concatenate([[0.0], np.cumsum(v)])
    means = (total[width:] - total[:-width]) / width
    return means[width + gap :] - means[: -width - gap]
