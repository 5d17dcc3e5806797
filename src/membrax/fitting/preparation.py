"""What a recording says of its electrode and its resting cell, measured before a fit and taken out of it.

Three things that no choice of channels could explain are measured on the first step of every sweep: the jump of the
voltage across the electrode's series resistance (v_recorded = v + R_s i), the input resistance and time constant of the
membrane, and how far a sweep's rest has drifted from the others'. The recording is then given back without the jump,
and with the drift as a small bias current, so that a model is held against the cell alone.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import Recording
from .passive import SPECIFIC_CAPACITANCE

SETTLED = (0.5, 4.0)  # ms after a step: the electrode has settled and the membrane still moves along a parabola
CHARGING = 120.0  # ms of the membrane's answer that are looked at
SILENT = -50.0  # mV: below it a cell is taken to answer like a resistor and a capacitor
SHORTEST = 8.0  # ms of such an answer that say something
TIME_CONSTANTS = np.geomspace(2.0, 150.0, 80)  # ms, tried one after the other
LEAD = 10.0  # ms before the first step that are simulated


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A recording, ready for a fit, and what was measured on it.

    Attributes:
        data: the recording without the electrode's jump and with the drift of rest as a bias current.
        series_resistance: MΩ, and its standard error over the sweeps; 0 where no step shows it.
        resistance, time_constant: of the membrane, MΩ and ms; NaN where no step shows them.
        rest: the median of the sweeps' resting potentials, mV.
        bias: [sweep] added current, in the recording's unit.
        begin: ms, just before the first step of any sweep, from where simulating is worth its time.
    """

    data: Recording
    series_resistance: float
    series_error: float
    resistance: float
    time_constant: float
    rest: float
    bias: np.ndarray
    begin: float

    @property
    def area(self) -> float:
        """Membrane area [µm²] that has the measured capacitance τ/R at 0.9 µF/cm²; NaN if none was measured."""
        return 1e3 * self.time_constant / self.resistance / (SPECIFIC_CAPACITANCE * 1e-2)

    @property
    def told(self) -> str:
        """What was measured, in words."""
        parts = [f"series resistance {self.series_resistance:.1f} ± {self.series_error:.1f} MΩ taken out"]
        if np.isfinite(self.area):
            size = f"{1e3 * self.time_constant / self.resistance:.0f} pF"
            parts.append(f"R {self.resistance:.0f} MΩ, τ {self.time_constant:.1f} ms, C {size}")
        largest = 1e3 * float(np.max(np.abs(self.bias)))
        return "; ".join([*parts, f"rest {self.rest:.1f} mV, its drift a bias of at most {largest:.1f} pA"])


def prepare(data: Recording) -> Prepared:
    """Measure a recording's electrode, membrane and rest, and take what is no matter of channels out of it.

    Args:
        data: current in nA. Where it is a density, no electrode and no size can be known: the recording is returned
            as it is.
    """
    onsets = [onset(i) for i in data.i]
    if data.unit != "nA":
        return Prepared(data, 0.0, 0.0, np.nan, np.nan, _rest(data.v, onsets, data.dt)[0], np.zeros(data.sweeps), 0.0)
    series, error = series_resistance(data, onsets)
    v = data.v - series * data.i
    resistance, tau = charging(v, data.i, onsets, data.dt)
    rest, drift = _rest(v, onsets, data.dt)
    bias = drift / resistance if np.isfinite(resistance) else np.zeros(data.sweeps)
    corrected = dataclasses.replace(data, v=v, i=data.i + bias[:, None])
    prepared = Prepared(corrected, series, error, resistance, tau, rest, bias, _begin(v, onsets, data))
    return dataclasses.replace(prepared, data=dataclasses.replace(corrected, notes=(*data.notes, prepared.told)))


def onset(i: np.ndarray) -> int | None:
    """The sample at which a current [time] first leaves its level by 30 % of its range, or None."""
    span = np.ptp(i)
    away = np.abs(i - np.median(i[: max(1, len(i) // 100)])) > 0.3 * span
    return int(np.argmax(away)) if span > 0 and away.any() else None


def series_resistance(data: Recording, onsets: list[int | None]) -> tuple[float, float]:
    """R_s [MΩ] and its standard error: the jump at a step, extrapolated along the membrane's first ms, over its size.

    Sweeps are weighted by the square of their steps, as their noise demands. A charging dendrite within the first half
    millisecond is counted as electrode. A negative resistance is an electrode that was overcompensated: it is taken
    out as well.
    """
    found = [pair for v, i, start in zip(data.v, data.i, onsets, strict=True) if (pair := _jump(v, i, start, data.dt))]
    if not found:
        return 0.0, 0.0
    estimates, sizes = np.array(found).T
    weights = np.square(sizes) / np.sum(np.square(sizes))
    mean = float(np.sum(weights * estimates))
    return mean, float(np.sqrt(np.sum(weights**2 * np.square(estimates - mean))))


def _jump(v: np.ndarray, i: np.ndarray, start: int | None, dt: float) -> tuple[float, float] | None:
    """R_s [MΩ] from one sweep and the size of its step [nA], or None where there is no clean one."""
    first, last = (round(t / dt) for t in SETTLED)
    if start is None or start < round(5.0 / dt) or last - first < 4 or start + last > len(v):
        return None
    size = float(np.median(i[start : start + last]) - np.median(i[:start]))
    if v[start : start + last].max() > SILENT or abs(size) < 0.5 * np.ptp(i):
        return None
    k = np.arange(first, last)
    *_, at_step = np.polyfit(k * dt, v[start + k], 2)
    return (at_step - np.mean(v[start - round(2.0 / dt) : start])) / size, size


def charging(v: np.ndarray, i: np.ndarray, onsets: list[int | None], dt: float) -> tuple[float, float]:
    """R [MΩ] and τ [ms] of v = v₀ + R Δi (1 − e^(−t/τ)), least squares over all first steps; NaN without one."""
    answers = []
    for sweep, current, start in zip(v, i, onsets, strict=True):
        if start is None:
            continue
        seen = sweep[start : start + round(CHARGING / dt)]
        fast = np.flatnonzero(seen > SILENT)
        seen = seen[: max(0, fast[0] - round(1.0 / dt))] if len(fast) else seen
        if len(seen) * dt < SHORTEST:
            continue
        before = slice(max(0, start - round(20.0 / dt)), max(1, start))
        size = np.median(current[start : start + round(5.0 / dt)]) - np.median(current[before])
        answers.append((size, seen - np.mean(sweep[before])))
    return min((_misfit(answers, tau, dt) for tau in TIME_CONSTANTS), default=(0.0, np.nan, np.nan))[1:]


def _misfit(answers: list[tuple[float, np.ndarray]], tau: float, dt: float) -> tuple[float, float, float]:
    """Squared misfit, the best R at this τ, and τ; R must be positive."""
    shapes = [(size * (1.0 - np.exp(-np.arange(len(seen)) * dt / tau)), seen) for size, seen in answers]
    power = sum(float(x @ x) for x, _ in shapes)
    resistance = sum(float(x @ y) for x, y in shapes) / power if power > 0 else np.nan
    if not resistance > 0:
        return np.inf, np.nan, np.nan
    return sum(float(np.sum(np.square(y - resistance * x))) for x, y in shapes), resistance, float(tau)


def _rest(v: np.ndarray, onsets: list[int | None], dt: float) -> tuple[float, np.ndarray]:
    """The median resting potential [mV] and each sweep's distance from it [sweep].

    A sweep without a step is looked at for its first 100 ms, one that begins with one has no rest to drift.
    """
    ends = [round(100.0 / dt) if start is None else start for start in onsets]
    levels = np.array([np.median(x[:end]) if end > 0 else np.nan for x, end in zip(v, ends, strict=True)])
    if np.all(np.isnan(levels)):
        return float(np.median(v[:, 0])), np.zeros(len(v))
    rest = float(np.nanmedian(levels))
    return rest, np.nan_to_num(levels - rest)


def _begin(v: np.ndarray, onsets: list[int | None], data: Recording) -> float:
    """Just before the first step, if all is quiet until then; the recording's beginning if not."""
    starts = [start for start in onsets if start is not None]
    first = min(starts, default=0)
    begin = float(data.t[0]) + first * data.dt - LEAD
    if begin <= data.t[0] or v[:, :first].max() > SILENT + 10.0:
        return float(data.t[0])
    return begin
