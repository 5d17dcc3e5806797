"""Spikes of a recording one by one: when they come, how high and wide they are, how many samples show them."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import Recording
from .edges import depolarised, steps, stretches
from .threshold import SPIKE_THRESHOLD, upward_crossings

FOOT = 0.05  # of a spike's steepest rise: where the slope falls below it, going back, the spike begins
BRIEF = 50.0  # ms: a shorter step says nothing of a rate
LONGEST = 20.0  # ms between a spike's beginning or end and its passing of the threshold, at most


@dataclasses.dataclass(frozen=True)
class SweepSpikes:
    """The spikes of one sweep, each an upward passing of −10 mV; all arrays are [spike].

    Attributes:
        samples: index of the first sample above −10 mV.
        times: of the passing, interpolated, ms on the recording's time axis.
        foot: the potential at which it begins to rise steeply, mV.
        peaks: highest sample, mV.
        widths: at half height between foot and peak, interpolated, ms; NaN where the sweep ends before.
        above: samples above half height.
    """

    indices: np.ndarray
    times: np.ndarray
    ap_begin_voltage: np.ndarray
    peak_voltage: np.ndarray
    ap_duration_half_width: np.ndarray
    samples_above_half: np.ndarray

    def __len__(self) -> int:
        return len(self.times)


@dataclasses.dataclass(frozen=True)
class Firing:
    """How a recorded cell fires.

    Attributes:
        counts: [sweep] spikes.
        width: median width at half height of all spikes, ms; NaN without spikes.
        max_rate: spikes per second of the depolarising step with the most, or of the whole sweep without one; Hz.
        adaptation: of the step with the most spikes, the mean of (ISIₙ₊₁ − ISIₙ)/(ISIₙ₊₁ + ISIₙ) over its intervals:
            0 is regular, above 0 slows down (accommodation index, Druckmann et al. 2007, Front Neurosci 1:7–18). NaN
            below three spikes.
        silent: the median, over the steps that elicit at least two spikes, of the part of the step after the last
            spike; NaN without one.
        outside: spikes while no current depolarises the cell, where it is constant or made of steps.
    """

    spike_counts: np.ndarray
    ap_duration_half_width: float
    max_rate: float
    adaptation_index: float
    silent_fraction: float
    undriven: int


def sweep_spikes(v: np.ndarray, t: np.ndarray) -> SweepSpikes:
    """The spikes of a sweep v [time] in mV at times t [time] in ms."""
    up = np.flatnonzero(upward_crossings(v))
    fraction = (SPIKE_THRESHOLD - v[up]) / (v[up + 1] - v[up])
    times = t[up] + fraction * (t[up + 1] - t[up])
    ends = np.append(up, len(v) - 1)[1:]
    shapes = [_shape(v, k, end, t[1] - t[0]) for k, end in zip(up, ends, strict=True)]
    foot, peaks, widths, above = np.array(shapes, dtype=float).reshape(-1, 4).T
    return SweepSpikes(up + 1, times, foot, peaks, widths, above.astype(int))


def firing(data: Recording) -> Firing:
    """How the recorded cell fires; see `Firing`."""
    found = [sweep_spikes(v, data.t) for v in data.v]
    widths = np.concatenate([spikes.ap_duration_half_width for spikes in found])
    known = widths[np.isfinite(widths)]
    trains, outside = [], 0
    for spikes, i in zip(found, data.i, strict=True):
        driven = depolarised(i, data.dt)
        if np.ptp(i) == 0 or steps(i, data.dt):
            outside += int(np.sum(~driven[spikes.indices]))
        trains += [_train(spikes, a, b, data) for a, b in stretches(driven) if (b - a) * data.dt >= BRIEF]
    trains = trains or [_train(spikes, 0, data.t.size, data) for spikes in found]
    busiest = max(trains, key=lambda train: len(train[0]) / train[2])
    tails = [1 - (times[-1] - start) / length for times, start, length in trains if len(times) > 1]
    return Firing(
        np.array([len(spikes) for spikes in found]),
        float(np.median(known)) if len(known) else np.nan,
        1e3 * len(busiest[0]) / busiest[2],
        adaptation(busiest[0]),
        float(np.median(tails)) if tails else np.nan,
        outside,
    )


def adaptation(times: np.ndarray) -> float:
    """Accommodation index of spike times [spike] in ms; see `Firing`."""
    if len(times) < 3:
        return np.nan
    intervals = np.diff(times)
    return float(np.mean(np.diff(intervals) / (intervals[1:] + intervals[:-1])))


def _train(spikes: SweepSpikes, start: int, stop: int, data: Recording) -> tuple[np.ndarray, float, float]:
    """Spike times between two samples, when the first of these is, and how long it lasts [ms]."""
    inside = (spikes.indices >= start) & (spikes.indices < stop)
    return spikes.times[inside], float(data.t[start]), (stop - start) * data.dt


def _shape(v: np.ndarray, up: int, end: int, dt: float) -> tuple[float, float, float, int]:
    """Foot and peak [mV], width [ms] and samples above half height of the spike that passes after sample ``up``."""
    reach = round(LONGEST / dt)
    last = min(end + 1, up + 1 + reach)
    below = np.flatnonzero(v[up + 1 : last] < SPIKE_THRESHOLD)
    past = up + 1 + (int(below[0]) if len(below) else last - up - 1)
    top = up + 1 + int(np.argmax(v[up + 1 : past]))
    begin = _foot(v, up, top, max(0, up - reach))
    half = 0.5 * (v[begin] + v[top])
    rise = begin + int(np.argmax(v[begin : top + 1] >= half))
    falls = np.flatnonzero(v[top:last] < half)
    if not len(falls) or rise == begin:
        return float(v[begin]), float(v[top]), np.nan, 0
    fall = top + int(falls[0])
    start = rise - (v[rise] - half) / (v[rise] - v[rise - 1])
    stop = fall - (half - v[fall]) / (v[fall - 1] - v[fall])
    return float(v[begin]), float(v[top]), float(stop - start) * dt, fall - rise


def _foot(v: np.ndarray, up: int, top: int, first: int) -> int:
    """The last sample before the upstroke from which v rises by less than a twentieth of its steepest rise."""
    rises = np.diff(v[first : top + 1])
    steepest = int(np.argmax(rises[up - first :])) + up - first
    slow = np.flatnonzero(rises[:steepest] < FOOT * rises[steepest])
    return first + (int(slow[-1]) + 1 if len(slow) else 0)
