"""The electrode and the membrane from the first steps of all sweeps together.

`passive.passive` fits each response from rest separately, with errors, for reports. The resistance and time constant
here are one number for all first steps, up and down, below the spikes: the range in which a model is compared with
the recording. Corrections and the sizes of templates use them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..recordings import Recording
from .estimate import Estimate, t_quantile, unmeasured

SETTLED = (0.5, 4.0)  # ms after a step: the electrode has settled, and the membrane still follows a parabola
BENT = 0.5  # MΩ, the largest error of the parabola; beyond it the time ends at a quarter of the time constant
CHARGING = 120.0  # ms, the fitted part of the membrane's response
SILENT = -50.0  # mV: below it a cell counts as a resistor and a capacitor
SHORTEST = 8.0  # ms, the shortest response that is fitted
TIME_CONSTANTS = np.geomspace(2.0, 150.0, 80)  # ms, the grid of the fit


class Jump(NamedTuple):
    """The electrode in one step: its series resistance [MΩ], the step's size [nA], the error of the extrapolation."""

    resistance: float
    size: float
    error: float


def electrode_and_membrane(data: Recording, onsets: list[int | None]) -> tuple[list[Jump], float, float]:
    """The electrode's jump at every step, and R [MΩ] and τ [ms] of the membrane; see `jumps` and `first_step_charging`.

    For a fast membrane the jump is measured again over a shorter time, in which a parabola still describes the
    response: over a time T its error is about R (T/τ)³/40.
    """
    steps = jumps(data, onsets)
    resistance, tau = first_step_charging(data.v - series_resistance(steps)[0] * data.i, data.i, onsets, data.dt)
    if resistance * (SETTLED[1] / tau) ** 3 / 40 > BENT:
        steps = jumps(data, onsets, max(tau / 4, 2 * SETTLED[0]))
        resistance, tau = first_step_charging(data.v - series_resistance(steps)[0] * data.i, data.i, onsets, data.dt)
    return steps, resistance, tau


def series_resistance(steps: list[Jump]) -> tuple[float, float]:
    """R_s [MΩ], the mean of the jumps weighted by the squared sizes of their steps, and its standard error from them.

    For a single jump the error is its own; without a jump both are 0.
    """
    if not steps:
        return 0.0, 0.0
    if len(steps) == 1:
        return steps[0].resistance, steps[0].error
    estimates, sizes = (np.array([getattr(jump, name) for jump in steps]) for name in ("resistance", "size"))
    weights = np.square(sizes) / np.sum(np.square(sizes))
    mean = float(np.sum(weights * estimates))
    return mean, float(np.sqrt(np.sum(weights**2 * np.square(estimates - mean))))


def with_error(steps: list[Jump], lag: float) -> Estimate:
    """R_s with its total error [MΩ].

    The error is the scatter of the jumps, with the t of `t_quantile`, and at least that of their own errors. A lag of
    up to one sampling interval between current and voltage, of either sign, adds a third of the square of ``lag`` to
    the variance: the resistance dt/C of the same effect.
    """
    count = len(steps)
    if not count:
        return unmeasured("MΩ")
    value, scatter = series_resistance(steps)
    weights = np.square([jump.size for jump in steps])
    own = float(np.sqrt(np.sum(np.square(weights * [jump.error for jump in steps]))) / np.sum(weights))
    scatter = scatter * t_quantile(count) * np.sqrt(count / (count - 1)) if count > 1 else 0.0
    return Estimate(value, float(np.hypot(max(own, scatter), np.nan_to_num(lag) / np.sqrt(3.0))), "MΩ", count)


def jumps(data: Recording, onsets: list[int | None], until: float = SETTLED[1]) -> list[Jump]:
    """The voltage's jump at every sweep's first step: the membrane's first ms, extrapolated to the step.

    Known limit: the charging of a dendrite within the first half millisecond counts as electrode. A negative
    resistance means an overcompensated electrode.
    """
    each = (_jump(v, i, start, data.dt, until) for v, i, start in zip(data.v, data.i, onsets, strict=True))
    return [jump for jump in each if jump is not None]


def _jump(v: np.ndarray, i: np.ndarray, start: int | None, dt: float, until: float) -> Jump | None:
    """One sweep's jump, or None where there is no clean step."""
    first, last = (round(t / dt) for t in (SETTLED[0], until))
    if start is None or start < round(5.0 / dt) or last - first < 4 or start + last > len(v):
        return None
    size = float(np.median(i[start : start + last]) - np.median(i[:start]))
    if v[start : start + last].max() > SILENT or abs(size) < 0.5 * np.ptp(i):
        return None
    k = np.arange(first, last)
    (*_, at_step), spread = np.polyfit(k * dt, v[start + k], 2, cov="unscaled")
    residual = v[start + k] - np.polyval(np.polyfit(k * dt, v[start + k], 2), k * dt)
    before = v[start - round(2.0 / dt) : start]
    own = np.sqrt(np.var(residual) * spread[2, 2] + np.var(before) / len(before))
    return Jump(float((at_step - np.mean(before)) / size), size, float(own / abs(size)))


def first_step_charging(v: np.ndarray, i: np.ndarray, onsets: list[int | None], dt: float) -> tuple[float, float]:
    """R [MΩ] and τ [ms] of v = v₀ + R Δi (1 − e^(−t/τ)), least squares over all first steps; NaN without one."""
    responses = []
    for sweep, current, start in zip(v, i, onsets, strict=True):
        if start is None:
            continue
        part = sweep[start : start + round(CHARGING / dt)]
        fast = np.flatnonzero(part > SILENT)
        part = part[: max(0, fast[0] - round(1.0 / dt))] if len(fast) else part
        if len(part) * dt < SHORTEST:
            continue
        before = slice(max(0, start - max(1, round(20.0 / dt))), max(1, start))
        size = np.median(current[start : start + max(1, round(5.0 / dt))]) - np.median(current[before])
        responses.append((size, part - np.mean(sweep[before])))
    return min((_misfit(responses, tau, dt) for tau in TIME_CONSTANTS), default=(0.0, np.nan, np.nan))[1:]


def _misfit(responses: list[tuple[float, np.ndarray]], tau: float, dt: float) -> tuple[float, float, float]:
    """Squared misfit, the best R at this τ, and τ; R must be positive."""
    shapes = [(size * (1.0 - np.exp(-np.arange(len(y)) * dt / tau)), y) for size, y in responses]
    power = sum(float(x @ x) for x, _ in shapes)
    resistance = sum(float(x @ y) for x, y in shapes) / power if power > 0 else np.nan
    if not resistance > 0:
        return np.inf, np.nan, np.nan
    return sum(float(np.sum(np.square(y - resistance * x))) for x, y in shapes), resistance, float(tau)
