"""The shape of one action potential, measured on a trace."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .search import within


class SpikeShape(NamedTuple):
    """Measures of one spike; NaN where the trace does not have them.

    A trace that ends before the peak has no spike; one that ends while v still falls has no trough, and no steepest
    fall either unless the last fall is less than half as steep.

    Attributes:
        rest: v before the spike: the trace's first sample, mV.
        threshold: v from which on, up to 0 mV, dv/dt is at least the given slope, mV.
        threshold_time: when that is, ms.
        peak: the largest v, by the parabola through three samples, mV.
        peak_time: ms.
        amplitude: peak − rest, mV.
        half_width: between the crossings of rest + amplitude/2, ms.
        trough: the smallest v after the peak, mV.
        trough_time: ms.
        afterhyperpolarisation: rest − trough, mV, above 0 where the cell undershoots.
        steepest_rise: largest dv/dt from threshold to peak, mV/ms.
        steepest_fall: smallest dv/dt from peak to trough, mV/ms.
    """

    rest: float
    threshold: float
    threshold_time: float
    peak: float
    peak_time: float
    amplitude: float
    half_width: float
    trough: float
    trough_time: float
    afterhyperpolarisation: float
    steepest_rise: float
    steepest_fall: float


def spike_shape(trace: Any, *, slope: float = 10.0, until: float | None = None) -> SpikeShape:
    """Measure the first spike of a trace that begins at rest.

    Args:
        trace: of one neuron, from `membrax.simulate`, or a pair (t [time] in ms, v [time] in mV).
        slope: dv/dt at threshold, mV/ms. A pulse of i µA/cm² alone moves the membrane by i/C.
        until: where to stop looking for the trough, ms, after the peak; by default the second spike's crossing of 0 mV
            or the end.

    Raises:
        ValueError: no one-dimensional trace, a slope not above 0, or an ``until`` that is not after the peak.
    """
    t, v = _read(trace)
    slope = within(slope, "slope", "mV/ms", above=0.0)
    rate = np.gradient(v, t)
    up = np.flatnonzero((v[:-1] < 0.0) & (v[1:] >= 0.0))
    top = _top(v, up[0] + 1) if len(up) else len(v) - 1
    if top == len(v) - 1:
        return SpikeShape(float(v[0]), *(np.nan,) * 11)
    peak_time, peak = _vertex(t, v, top)
    last = _last(t, up, until, top)
    low = top + int(np.argmin(v[top:last]))
    falls = low == last - 1  # then what comes later may be lower
    steepest = float(rate[top : low + 1].min())
    trough_time, trough = (np.nan, np.nan) if falls else _vertex(t, v, low)
    half = 0.5 * (v[0] + peak)
    rise, fall = _crossing(t, v, half, up[0], -1), _crossing(t, v, half, top, 1)
    at = _crossing(t, rate, slope, up[0], -1) if rate[up[0]] > slope else np.nan
    begin = up[0] if np.isnan(at) else int(np.searchsorted(t, at))
    return SpikeShape(
        float(v[0]), float(np.interp(at, t, v)), at, peak, peak_time, peak - float(v[0]), fall - rise,
        trough, trough_time, float(v[0]) - trough, float(rate[begin : top + 1].max()),
        np.nan if falls and rate[low] < 0.5 * steepest else steepest,
    )  # fmt: skip


def _top(v: np.ndarray, start: int) -> int:
    """The largest sample from ``start``, where v is above 0 mV, until it is below again."""
    down = np.flatnonzero(v[start:] < 0.0)
    return start + int(np.argmax(v[start : start + int(down[0]) if len(down) else len(v)]))


def _last(t: np.ndarray, up: np.ndarray, until: float | None, top: int) -> int:
    """The sample before which the trough must be."""
    last = len(t) if until is None else int(np.searchsorted(t, within(until, "until", "ms")))
    if last <= top + 1:
        raise ValueError(f"until must be after the peak at {t[top]:.4g} ms, got {until:g} ms")
    return min(last, int(up[1]) + 1) if len(up) > 1 else last


def _read(trace: Any) -> tuple[np.ndarray, np.ndarray]:
    pair = (trace.t, trace.v) if hasattr(trace, "v") else trace
    try:
        t, v = (np.asarray(x, dtype=float) for x in pair)
    except (TypeError, ValueError):
        raise ValueError(f"trace must be a Trace or a pair (t, v), got {type(trace).__name__}") from None
    if t.ndim != 1 or t.shape != v.shape or len(t) < 3:
        raise ValueError(f"trace must be t [time] and v [time] of one neuron, got the shapes {t.shape} and {v.shape}")
    return t, v


def _vertex(t: np.ndarray, v: np.ndarray, at: int) -> tuple[float, float]:
    """Time and value of the parabola's vertex through sample ``at`` and its neighbours; of the sample, at an end."""
    if not 0 < at < len(v) - 1:
        return float(t[at]), float(v[at])
    left, here, right = v[at - 1 : at + 2]
    bend = left - 2 * here + right
    shift = 0.0 if bend == 0 else 0.5 * (left - right) / bend
    return float(t[at] + shift * (t[at + 1] - t[at])), float(here - 0.25 * (left - right) * shift)


def _crossing(t: np.ndarray, y: np.ndarray, level: float, start: int, way: int) -> float:
    """Where y crosses ``level``, walking from ``start`` backwards (−1) or forwards (+1), interpolated; NaN nowhere."""
    k = start
    while 0 <= k + way < len(y):
        a, b = y[k], y[k + way]
        if (a - level) * (b - level) <= 0 and a != b:
            return float(t[k] + (level - a) / (b - a) * (t[k + way] - t[k]))
        k += way
    return np.nan
