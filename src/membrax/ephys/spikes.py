"""Spikes of a trace or a recording, one by one: time, beginning, peak, half width, trough.

This is the one measurement of recorded spikes; `spike_features` lists where the package measures spikes otherwise.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import RecordingLike, as_recording
from ..tables import number, text_table
from .threshold import SPIKE_THRESHOLD, TROUGH_WINDOW, upward_crossings

STEEP = 10.0  # mV/ms, the slope at which a spike begins (eFEL's DerivativeThreshold)
RISE_WINDOW = 5.0  # ms before the threshold crossing in which the beginning of a spike is searched


@dataclasses.dataclass(frozen=True)
class SweepSpikes:
    """The spikes of one sweep, upward crossings of `SPIKE_THRESHOLD`; all arrays are [spike].

    Attributes:
        indices: of the first sample above the threshold.
        times: of the crossing, interpolated, ms on the recording's time axis.
        ap_begin_voltage: potential from which on dv/dt is at least 10 mV/ms up to the threshold, mV.
        peak_voltage: highest sample, mV.
        ap_duration_half_width: time above the middle of beginning and peak, interpolated, ms; NaN where the spike is
            cut off before it falls that far.
        trough: lowest potential within 15 ms after the peak and before the next spike, mV; NaN where the trace is cut
            off while it still falls.
        samples_above_half: samples above the middle of beginning and peak; 0 where the half width is NaN.
    """

    indices: np.ndarray
    times: np.ndarray
    ap_begin_voltage: np.ndarray
    peak_voltage: np.ndarray
    ap_duration_half_width: np.ndarray
    trough: np.ndarray
    samples_above_half: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    @property
    def ap_amplitude(self) -> np.ndarray:
        """Peak minus beginning, mV."""
        return self.peak_voltage - self.ap_begin_voltage

    @property
    def ahp(self) -> np.ndarray:
        """Afterhyperpolarisation: beginning minus trough, mV."""
        return self.ap_begin_voltage - self.trough


@dataclasses.dataclass(frozen=True)
class RecordingSpikes:
    """The spikes of all sweeps of a recording.

    Attributes:
        sweeps: [sweep] their spikes.
    """

    sweeps: tuple[SweepSpikes, ...]

    @property
    def counts(self) -> np.ndarray:
        """Number of spikes [sweep]."""
        return np.array([len(one) for one in self.sweeps])

    def table(self) -> str:
        """Every spike in a line of text."""
        head = ["sweep", "time (ms)", "begin (mV)", "peak (mV)", "amplitude (mV)", "half width (ms)", "trough (mV)"]
        rows = [[str(k), *row] for k, one in enumerate(self.sweeps) for row in _rows(one)]
        return text_table([head, *rows])


def spikes(data: RecordingLike) -> RecordingSpikes:
    """Measure all spikes of a recording.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path.
    """
    data = as_recording(data)
    return RecordingSpikes(tuple(sweep_spikes(v, data.t) for v in data.v))


def sweep_spikes(v: np.ndarray, t: np.ndarray, start: float = -np.inf, stop: float = np.inf) -> SweepSpikes:
    """Measure the spikes of a trace that cross the threshold within start ≤ t < stop.

    Args:
        v: potential [time], mV.
        t: time [time], ms, uniform.
        start, stop: ms; the trace counts as cut off at ``stop``.
    """
    up = np.flatnonzero(upward_crossings(v))
    times = t[up] + (SPIKE_THRESHOLD - v[up]) / (v[up + 1] - v[up]) * (t[up + 1] - t[up])
    within = (times >= start) & (times < stop)
    up, times = up[within], times[within]
    ends = np.append(up, np.searchsorted(t, stop - 1e-9))[1:]
    dt = float(t[1] - t[0])
    shapes = np.array([_shape(v, int(k), int(end), dt) for k, end in zip(up, ends, strict=True)]).reshape(-1, 5)
    begin, peak, width, trough, above = shapes.T
    return SweepSpikes(up + 1, times, begin, peak, width, trough, above.astype(int))


def _shape(v: np.ndarray, up: int, end: int, dt: float) -> tuple[float, float, float, float, int]:
    """Beginning, peak [mV], half width [ms], trough [mV] and samples above half of the spike after sample ``up``."""
    down = np.flatnonzero(v[up + 1 : end] < SPIKE_THRESHOLD)
    past = up + 1 + int(down[0]) if len(down) else max(end, up + 2)
    top = up + 1 + int(np.argmax(v[up + 1 : past]))
    begin = _begin(v, up, dt)
    half = v[top] - (v[top] - v[begin]) / 2
    fall, fall_time = _descent(v[top : max(end, top + 1)], half)
    rise, rise_time = _descent(v[begin : top + 1][::-1], half)
    above = fall + rise - 1 if fall and rise else 0  # the peak counts once
    return float(v[begin]), float(v[top]), float((fall_time + rise_time) * dt), _trough(v[top:end], dt), above


def _begin(v: np.ndarray, up: int, dt: float) -> int:
    """The sample from which v rises by at least `STEEP` from sample to sample until it crosses the threshold."""
    first = max(0, up - round(RISE_WINDOW / dt))
    slow = np.flatnonzero(np.diff(v[first : up + 1]) < STEEP * dt)
    return first + int(slow[-1]) + 1 if len(slow) else first


def _descent(v: np.ndarray, level: float) -> tuple[int, float]:
    """Samples of v above ``level`` before it first falls to it, and that number interpolated; (0, NaN) if it doesn't.

    v begins above the level.
    """
    below = np.flatnonzero(v <= level)
    if not len(below) or not below[0]:
        return 0, float("nan")
    k = int(below[0])
    return k, float(k - 1 + (v[k - 1] - level) / (v[k - 1] - v[k]))


def _trough(after: np.ndarray, dt: float) -> float:
    """The lowest of the samples from a peak on, within `TROUGH_WINDOW`; NaN where the trace ends while it falls.

    NaN also where the window has no second sample.
    """
    whole = round(TROUGH_WINDOW / dt)
    if whole < 2:
        return float("nan")
    after = after[:whole]
    settled = len(after) == whole or (len(after) > 2 and np.argmin(after) < len(after) - 1)
    return float(np.min(after)) if settled else float("nan")


def _rows(one: SweepSpikes) -> list[list[str]]:
    """The columns of `RecordingSpikes.table` beyond the sweep's number."""
    voltages = (one.ap_begin_voltage, one.peak_voltage, one.ap_amplitude)
    rows = zip(one.times, *voltages, one.ap_duration_half_width, one.trough, strict=True)
    return [[number(x, n) for x, n in zip(row, (2, 1, 1, 1, 2, 1), strict=True)] for row in rows]
