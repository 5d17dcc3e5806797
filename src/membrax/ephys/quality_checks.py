"""The numbers of a recording's quality and their bounds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .estimate import Estimate
from .threshold import SPIKE_THRESHOLD, millivolts

if TYPE_CHECKING:
    from .quality import QualityControl

# Bounds of the Allen Institute's quality control of patch clamp recordings, as published in its code (ipfx, Ephys QC
# Criteria v1.1): noise within a sweep, series resistance, and its part of the input resistance.
SLOW_NOISE = 0.5  # mV
SERIES, SERIES_PART = 20.0, 0.15  # MΩ, of R
# The other bounds are this package's: beyond them a disturbance conceals the cell's own behaviour.
FAST_NOISE = 0.3  # mV
DRIFT = 5.0  # mV between sweeps
WANDER = 3.0  # mV within a sweep
RUNDOWN = 0.2  # change of the input resistance
MISSED = 0.5  # mV of a peak
JITTER = 5.0  # mV
EVENTS = 1.0  # per second
RESTS = (-110.0, -30.0)  # mV
CERTAIN = 2.0  # standard errors, the least distance of a significant value from its bound


@dataclasses.dataclass(frozen=True)
class QCCheck:
    """One number of a quality report.

    Attributes:
        name: name of the number.
        shown: value with unit.
        bound: bound with unit; "" without one.
        passes: whether the value is within the bound; an unmeasured number passes.
        warning: the problem in words; "" if the number passes.
    """

    name: str
    shown: str
    bound: str = ""
    passes: bool = True
    warning: str = ""

    @property
    def mark(self) -> str:
        """An exclamation mark if the number does not pass."""
        return "" if self.passes else "!"


def qc_checks(quality: QualityControl) -> tuple[QCCheck, ...]:
    """All checks of a `QualityControl`."""
    return (*_on_the_cell(quality), *_on_the_electrode(quality), *_on_the_noise(quality), *_on_the_spikes(quality))


def _on_the_cell(quality: QualityControl) -> list[QCCheck]:
    cell, rest = quality.passive, quality.passive.rest
    within = f"{RESTS[0]:g} to {RESTS[1]:g} mV"
    out = rest.known and not RESTS[0] <= rest.value <= RESTS[1]
    drift = "the resting potential drifts by {} from sweep to sweep"
    return [
        _check("rest", str(rest), within, out, f"the cell rests at {rest}, outside {within}"),
        _at_most("drift of rest over sweeps", quality.drift, DRIFT, "mV", drift),
        QCCheck("resistance", str(cell.input_resistance)),
        _rundown(quality.first_resistance, quality.last_resistance),
        QCCheck("time constant", str(cell.time_constant)),
        QCCheck("capacitance", str(cell.capacitance)),
        QCCheck("sag", str(cell.sag)),
    ]


def _rundown(first: Estimate, last: Estimate) -> QCCheck:
    """The change of the input resistance, which must also exceed its error."""
    change = last.value / first.value - 1
    error = np.hypot(first.error / first.value, last.error / last.value)
    wrong = abs(change) > max(RUNDOWN, CERTAIN * error)
    shown = f"{100 * change:+.0f} %" if np.isfinite(change) else "not measured"
    bound = f"±{100 * RUNDOWN:.0f} %"
    message = (
        f"the input resistance goes from {first} in the first sweeps to {last} in the last, {shown} (bound {bound})"
    )
    return _check("  change from first to last sweeps", shown, bound, wrong, message)


def _on_the_electrode(quality: QualityControl) -> list[QCCheck]:
    series, part = quality.electrode, quality.electrode.value / quality.passive.input_resistance.value
    sure = series.known and abs(series.value) > CERTAIN * np.nan_to_num(series.error)
    share = f"{100 * SERIES_PART:.0f} % of R"
    message = ""
    if sure and series.value < -1.0:
        message = f"the bridge is overcompensated: series resistance {series}, below 0 MΩ"
    elif sure and series.value > SERIES:
        message = f"the bridge is not balanced: series resistance {series}, above {SERIES:g} MΩ"
    elif sure and part > SERIES_PART:
        message = f"the bridge is not balanced: series resistance {series}, {100 * part:.0f} % of R, above {share}"
    return [_check("series resistance", str(series), f"0 to {SERIES:g} MΩ, ≤ {share}", bool(message), message)]


def _on_the_noise(quality: QualityControl) -> list[QCCheck]:
    calm, limits = quality.noise, int(np.sum(quality.clipped))
    sweeps = ", ".join(map(str, np.flatnonzero(quality.clipped)))
    ends = f"{quality.data.v.min():.4g} or {quality.data.v.max():.4g} mV"
    at_limit = f"the amplifier is at its limit ({ends}) in {limits} samples of sweep {sweeps} (bound 0)"
    constant = f"the potential does not move in sweep {', '.join(map(str, quality.flat))} (bound: in none)"
    fast, slow = "neighbouring samples differ by noise of {}", "the quiet potential has an SD of {} within 50 ms"
    synaptic = "fast depolarisations, as of synapses, have a rate of {}, and no model of the cell alone has them"
    wander = "the quiet potential changes by {} within a sweep"
    return [
        _at_most("noise between samples", calm.sample_sd, FAST_NOISE, "mV", fast),
        _at_most("noise within 50 ms", calm.window_sd, SLOW_NOISE, "mV", slow),
        _at_most("wander within a sweep", calm.wander, WANDER, "mV", wander),
        _at_most("synaptic events", calm.event_rate, EVENTS, "/s", synaptic),
        _check("samples at the amplifier's limit", str(limits), "0", limits > 0, at_limit),
        _check("sweeps of constant potential", str(len(quality.flat)), "0", bool(quality.flat), constant),
    ]


def _on_the_spikes(quality: QualityControl) -> list[QCCheck]:
    fires, total, sweeps = quality.firing, int(quality.firing.spike_counts.sum()), quality.data.sweeps
    none = f"no spike passes {millivolts(SPIKE_THRESHOLD)} (bound: 1): a fit of spikes requires one"
    alone = f"{fires.undriven} of {total} spikes occur without a depolarising current (bound 0)"
    one = "there is one sweep (bound: 2): a fit of it leaves no held-out sweep"
    samples = f"{quality.samples_above_half:.3g} samples above half height"
    cut = f"spikes are cut by sampling: with {samples} {{}} of a peak may be missed"
    jitter = "the peaks of neighbouring spikes jump by {}"
    return [
        _check("spikes", str(total), "≥ 1", total == 0, none),
        _check("  outside of depolarising steps", str(fires.undriven), "0", fires.undriven > 0, alone),
        QCCheck("  half width", _number(fires.ap_duration_half_width, "ms")),
        QCCheck("  highest rate", _number(fires.max_rate, "Hz")),
        QCCheck("  adaptation index", _number(fires.adaptation_index, "")),
        _at_most("  peak lost between samples", quality.missed_peak, MISSED, "mV", cut),
        _at_most("  jitter of peaks", quality.peak_jitter, JITTER, "mV", jitter),
        _check("sweeps", str(sweeps), "≥ 2", sweeps < 2, one),
    ]


def _check(name: str, shown: str, bound: str, wrong: bool, message: str) -> QCCheck:
    return QCCheck(name, shown, bound, not wrong, message if wrong else "")


def _at_most(name: str, value: float, bound: float, unit: str, message: str) -> QCCheck:
    """A number that should not exceed a bound; ``message`` has a place for the number."""
    shown = _number(value, unit)
    message = f"{message.format(shown)} (bound {bound:g} {unit})"
    return _check(name, shown, f"≤ {bound:g} {unit}", bool(value > bound), message)


def _number(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".rstrip() if np.isfinite(value) else "not measured"
