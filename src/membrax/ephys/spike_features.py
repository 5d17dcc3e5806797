"""What an electrophysiologist reads off a cell's answer to one pulse: its spikes, when, how they adapt, their shape."""

from __future__ import annotations

import dataclasses

import numpy as np

from .threshold import SPIKE_THRESHOLD, TROUGH_WINDOW, upward_crossings

STEEP = 10.0  # mV/ms, the slope at which a spike begins
BEFORE = 5.0  # ms before it passes `SPIKE_THRESHOLD` in which its beginning is looked for


@dataclasses.dataclass(frozen=True)
class PulseFeatures:
    """The spikes of one trace within one pulse; what a silent trace does not have is NaN.

    Attributes:
        times: of the spikes [spike], ms on the recording's time axis: upward passes of −10 mV.
        latency: from the pulse's beginning to the first spike, ms.
        first_interval, mean_interval: between spikes, ms; from two spikes on.
        adaptation: the mean of (ISIₙ₊₁ − ISIₙ)/(ISIₙ₊₁ + ISIₙ) over all intervals, above 0 where a cell slows down;
            from three spikes on (accommodation index, Druckmann et al. 2007, Front Neurosci 1:7–18).
        amplitude: peak above the potential at which the slope passes 10 mV/ms, mean over the spikes, mV.
        width: at half of that amplitude, mean over the spikes, ms.
        trough: lowest potential within 15 ms after a peak and before the next spike, mean over the spikes, mV.
    """

    times: np.ndarray
    latency: float
    first_isi: float
    mean_isi: float
    adaptation_index: float
    ap_amplitude: float
    ap_duration_half_width: float
    trough: float

    @property
    def spike_count(self) -> int:
        """Spikes."""
        return len(self.times)


def pulse_features(t: np.ndarray, v: np.ndarray, start: float, stop: float) -> PulseFeatures:
    """Measure a trace within start ≤ t < stop.

    Args:
        t: [time] ms, uniform.
        v: [time] mV.
        start, stop: ms.
    """
    up = np.flatnonzero(upward_crossings(v))
    times = t[up] + (SPIKE_THRESHOLD - v[up]) / (v[up + 1] - v[up]) * (t[up + 1] - t[up])
    within = (times >= start) & (times < stop)
    up, times = up[within], times[within]
    last = int(np.searchsorted(t, stop - 1e-9))
    ends = np.append(up, last)[1:]
    shapes = np.array([_shape(t, v, k, end) for k, end in zip(up, ends, strict=True)]).reshape(-1, 3)
    intervals = np.diff(times)
    latency = float(times[0] - start) if len(times) else np.nan
    first, mean = (float(intervals[0]), float(np.mean(intervals))) if len(intervals) else (np.nan, np.nan)
    return PulseFeatures(times, latency, first, mean, adaptation_index(intervals), *(_mean(x) for x in shapes.T))


def adaptation_index(intervals: np.ndarray) -> float:
    """The mean of (ISIₙ₊₁ − ISIₙ)/(ISIₙ₊₁ + ISIₙ) of intervals [interval]; NaN for fewer than two."""
    if len(intervals) < 2:
        return float("nan")
    return float(np.mean(np.diff(intervals) / (intervals[1:] + intervals[:-1])))


def _shape(t: np.ndarray, v: np.ndarray, up: int, end: int) -> tuple[float, float, float]:
    """Amplitude [mV], width [ms] and trough [mV] of the spike that passes the threshold after sample ``up``."""
    dt = t[1] - t[0]
    down = np.flatnonzero(v[up + 1 : end] < SPIKE_THRESHOLD)
    past = up + 1 + down[0] if len(down) else max(end, up + 2)
    top = up + 1 + int(np.argmax(v[up + 1 : past]))
    begin = _onset(v, up, dt)
    amplitude = v[top] - v[begin]
    half = v[top] - amplitude / 2
    width = _crossing(v[top : max(end, top + 1)], half) + _crossing(v[begin : top + 1][::-1], half)
    whole = round(TROUGH_WINDOW / dt)
    after = v[top : min(end, top + whole)]
    # Where the pulse ends before that time and v still falls, its trough is not known.
    settled = len(after) == whole or (len(after) > 2 and np.argmin(after) < len(after) - 1)
    return float(amplitude), float(width * dt), float(np.min(after)) if settled else np.nan


def _onset(v: np.ndarray, up: int, dt: float) -> int:
    """The sample from which v rises by at least `STEEP` at every step until it passes the threshold."""
    first = max(0, up - round(BEFORE / dt))
    slow = np.flatnonzero(np.diff(v[first : up + 1]) < STEEP * dt)
    return first + int(slow[-1]) + 1 if len(slow) else first


def _crossing(v: np.ndarray, level: float) -> float:
    """How many samples it takes v, which begins above ``level``, to fall to it, interpolated; NaN if it doesn't."""
    below = np.flatnonzero(v <= level)
    if not len(below) or not below[0]:
        return float("nan")
    k = int(below[0])
    return k - 1 + (v[k - 1] - level) / (v[k - 1] - v[k])


def _mean(values: np.ndarray) -> float:
    """The mean of those that are known, NaN where none is."""
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else float("nan")
