"""The shape of one simulated action potential that begins at rest, as published tables give it.

`membrax.ephys.spikes` measures recorded spikes; its amplitude and half width are relative to the spike's onset and not
to rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from ..checks import finite_number
from ..ephys.threshold import upward_crossings
from ..simulate import Trace
from .search import MODEL_THRESHOLD


class SpikeShape(NamedTuple):
    """Measures of one spike, an upward crossing of `MODEL_THRESHOLD` (0 mV); NaN where the trace is too short for them.

    A trace that ends before the peak has no spike. A trace that ends during the fall has no trough, and it has a
    steepest fall only if the last slope is less than half as steep.

    Attributes:
        rest: v before the spike, the first sample of the trace, mV.
        threshold: v from which on, up to `MODEL_THRESHOLD`, dv/dt is at least the given slope, mV.
        threshold_time: time of ``threshold``, ms.
        peak: the largest v, by the parabola through three samples, mV.
        peak_time: time of ``peak``, ms.
        amplitude_from_rest: peak − rest, mV.
        half_width_from_rest: time between the crossings of rest + amplitude_from_rest/2, ms.
        trough: the smallest v after the peak, by the parabola through three samples, mV.
        trough_time: time of ``trough``, ms.
        afterhyperpolarisation: rest − trough, mV, above 0 for a trough below rest.
        steepest_rise: largest dv/dt from threshold to peak, mV/ms.
        steepest_fall: smallest dv/dt from peak to trough, mV/ms.
    """

    rest: float
    threshold: float
    threshold_time: float
    peak: float
    peak_time: float
    amplitude_from_rest: float
    half_width_from_rest: float
    trough: float
    trough_time: float
    afterhyperpolarisation: float
    steepest_rise: float
    steepest_fall: float


def spike_shape(
    trace: Trace | tuple[ArrayLike, ArrayLike], *, slope: float = 10.0, until: float | None = None
) -> SpikeShape:
    """Measure the first spike of a trace that begins at rest.

    Args:
        trace: trace of one neuron from `membrax.simulate`, or a pair (t [time] in ms, v [time] in mV).
        slope: dv/dt at threshold, mV/ms. A pulse of i µA/cm² adds i/C to dv/dt.
        until: end of the search for the trough, ms, after the peak; by default the second spike's crossing of
            `MODEL_THRESHOLD`, or the end of the trace.

    Raises:
        ValueError: the trace is not one-dimensional, the slope is not above 0, or ``until`` is not after the peak.
    """
    t, v = _read(trace)
    slope = finite_number(slope, "slope", "mV/ms", above=0.0)
    rate = np.gradient(v, t)
    up = np.flatnonzero(upward_crossings(v, MODEL_THRESHOLD))
    top = _top(v, int(up[0]) + 1) if len(up) else len(v) - 1
    if top == len(v) - 1:
        return SpikeShape(float(v[0]), *(np.nan,) * 11)
    peak_time, peak = _vertex(t, v, top)
    last = _last(t, up, until, top)
    low = top + int(np.argmin(v[top:last]))
    still_falls = low == last - 1  # a later sample could be lower
    steepest = float(rate[top : low + 1].min())
    trough_time, trough = (np.nan, np.nan) if still_falls else _vertex(t, v, low)
    half = 0.5 * (v[0] + peak)
    first = int(up[0])
    rise, fall = _crossing(t, v, half, first, -1), _crossing(t, v, half, top, 1)
    at = _crossing(t, rate, slope, first, -1) if rate[first] > slope else np.nan
    onset = first if np.isnan(at) else int(np.searchsorted(t, at))
    return SpikeShape(
        float(v[0]), float(np.interp(at, t, v)), at, peak, peak_time, peak - float(v[0]), fall - rise,
        trough, trough_time, float(v[0]) - trough, float(rate[onset : top + 1].max()),
        np.nan if still_falls and rate[low] < 0.5 * steepest else steepest,
    )  # fmt: skip


def _top(v: np.ndarray, start: int) -> int:
    """Index of the largest sample from ``start`` until v falls below `MODEL_THRESHOLD`."""
    down = np.flatnonzero(v[start:] < MODEL_THRESHOLD)
    return start + int(np.argmax(v[start : start + int(down[0]) if len(down) else len(v)]))


def _last(t: np.ndarray, up: np.ndarray, until: float | None, top: int) -> int:
    """Index of the sample at which the search for the trough ends."""
    last = len(t) if until is None else int(np.searchsorted(t, finite_number(until, "until", "ms")))
    if last <= top + 1:
        raise ValueError(f"until must be after the peak at {t[top]:.4g} ms, got {until:g} ms")
    return min(last, int(up[1]) + 1) if len(up) > 1 else last


def _read(trace: Trace | tuple[ArrayLike, ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
    """Times and potentials [time] of a trace in float64."""
    pair = (trace.t, trace.v) if isinstance(trace, Trace) else trace
    try:
        t, v = (np.asarray(x, dtype=float) for x in pair)
    except (TypeError, ValueError):
        raise ValueError(f"trace must be a Trace or a pair (t, v), got {type(trace).__name__}") from None
    if t.ndim != 1 or t.shape != v.shape or len(t) < 3:
        raise ValueError(f"trace must be t [time] and v [time] of one neuron, got the shapes {t.shape} and {v.shape}")
    return t, v


def _vertex(t: np.ndarray, v: np.ndarray, at: int) -> tuple[float, float]:
    """Time and value of the vertex of a parabola through sample ``at`` and its neighbours; at an end, of the sample."""
    if not 0 < at < len(v) - 1:
        return float(t[at]), float(v[at])
    left, here, right = v[at - 1 : at + 2]
    bend = left - 2 * here + right
    shift = 0.0 if bend == 0 else 0.5 * (left - right) / bend
    return float(t[at] + shift * (t[at + 1] - t[at])), float(here - 0.25 * (left - right) * shift)


def _crossing(t: np.ndarray, y: np.ndarray, level: float, start: int, direction: int) -> float:
    """Time of the first crossing of ``level`` by y from ``start`` backwards (−1) or forwards (+1); NaN without one."""
    k = start
    while 0 <= k + direction < len(y):
        a, b = y[k], y[k + direction]
        if (a - level) * (b - level) <= 0 and a != b:
            return float(t[k] + (level - a) / (b - a) * (t[k + direction] - t[k]))
        k += direction
    return np.nan
