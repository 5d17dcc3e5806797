"""What a fit's report says in sentences: how good the predictions are, and what should make a reader careful."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ephys.coincidence import DELTA, LOWEST_CEILING
from ..evaluation.tables import number
from .cautions import shortfalls


def in_short(found: Any, evaluation: Any) -> list[str]:
    """What was fitted, and how well it predicts beside what needs no model."""
    seen = f"{len(found.sweeps)} of {found.data.sweeps} sweeps" if found.data.sweeps > 1 else "the one sweep"
    named = f" ({', '.join(map(str, sorted(found.sweeps)))})" if found.data.sweeps > 1 else ""
    told = [
        f"{counted(len(found.values), 'parameter')} fitted to {seen}{named} by {found.method}"
        f" from {counted(len(found.starts.loss), 'start')}: {_loss(found)}."
    ]
    return told + verdict(evaluation)


def verdict(evaluation: Any) -> list[str]:
    """The predicted pulses (the fitted ones, where nothing was predicted) beside the baselines, and Γ."""
    predicted = evaluation.summary(fitted=False)
    summary, which = (predicted, "predicted") if predicted else (evaluation.summary(fitted=True), "fitted")
    counts = f"Spike counts of the {which} pulses are off by {number(summary['count_error_mean'])} on average"
    if "count_error_interpolated" in summary:
        off = number(summary["count_error_interpolated"])
        counts += f"; the f–I curve of the fitted sweeps, interpolated, is off by {off}"
    quiet = f"Below −40 mV the model is off by {number(summary['quiet_rms_mean'])} mV rms"
    if "quiet_rms_mean_trace" in summary:
        quiet += f"; the mean trace of the fitted sweeps by {number(summary['quiet_rms_mean_trace'])} mV"
    return [f"{counts}.", f"{quiet}.", _coincidence(evaluation, summary, which)]


def cautions(found: Any, evaluation: Any) -> list[str]:
    """What should make a reader careful; empty if nothing should."""
    told = []
    predicted = evaluation.summary(fitted=False)
    if not np.all(np.isfinite(found.v)):
        lost = [str(k) for k, v in enumerate(found.v) if not np.all(np.isfinite(v))]
        told.append(f"The model's voltage is not finite in sweep {', '.join(lost)}.")
    if not predicted:
        told.append("Every sweep was fitted: nothing was predicted, so nothing says how the model does on new ones.")
    told += shortfalls(evaluation)
    if predicted.get("count_error_mean", 0.0) > predicted.get("count_error_interpolated", np.inf):
        told.append("Spike counts are predicted better by interpolating the f–I curve of the fitted sweeps.")
    if predicted.get("quiet_rms_mean", 0.0) > predicted.get("quiet_rms_mean_trace", np.inf):
        told.append("Below −40 mV the mean trace of the fitted sweeps is closer to the predicted ones than the model.")
    outside = _beyond(evaluation)
    if outside:
        told.append(f"Beyond the currents that were fitted: {counted(outside, 'predicted pulse')}.")
    if not any(row.recorded.spike_count for row in evaluation.rows if row.fitted):
        told.append("The cell does not fire in the sweeps that were fitted: they say little of its spikes.")
    if found.at_bounds:
        told.append(f"At a bound, where the data ask for more than was allowed: {', '.join(found.at_bounds)}.")
    recorded, model = evaluation.outside
    if recorded or model:
        told.append(f"Outside the pulses the cell fired {counted(recorded, 'spike')}, the model {model}.")
    return told


def _coincidence(evaluation: Any, summary: dict, which: str) -> str:
    """Γ and its ceiling, or why there is none."""
    if not evaluation.repeated:
        return "No stimulus was given twice: how well the cell repeats its own spikes is not known, and no Γ is given."
    fast = _too_fast(summary["gamma_too_fast"], which)
    if not summary["gamma_pulses"]:
        return f"The cell repeats its own spikes with Γ of {LOWEST_CEILING:g} in no {which} pulse: no Γ is given.{fast}"
    pulses = counted(summary["gamma_pulses"], f"{which} pulse")
    told = f"Δ\u00a0=\u00a0{DELTA:g}\u00a0ms; left out where they stay below {LOWEST_CEILING:g}"
    return (
        f"Spike times: Γ {number(summary['gamma_mean'])} over {pulses} in which the cell's own repeats reach"
        f" {number(summary['ceiling_mean'])} ({told}).{fast}"
    )


def _too_fast(count: int, which: str) -> str:
    """A sentence on the pulses that have no Γ for the rate; nothing where there are none."""
    if not count:
        return ""
    pulses = f"{which} pulse" if count == 1 else f"{count} {which} pulses"
    fires = "In one" if count == 1 else "In"
    return (
        f" {fires} {pulses} the cell or the model fires at {500.0 / DELTA:g} Hz or more, where the windows of"
        f" ±{DELTA:g} ms fill the time: Γ is not defined there, and its spikes are left out."
    )


def _beyond(evaluation: Any) -> int:
    """How many predicted pulses lie outside the range of the fitted levels."""
    fitted = [row.pulse.level for row in evaluation.rows if row.fitted]
    levels = np.array([row.pulse.level for row in evaluation.rows if not row.fitted])
    if not fitted or not np.all(np.isfinite(fitted)):
        return 0
    slack = 1e-6 * max(map(abs, fitted))
    return int(np.sum((levels < min(fitted) - slack) | (levels > max(fitted) + slack)))


def _loss(found: Any) -> str:
    name, _, unit = found.loss_name.partition(" [")
    return f"{name} {found.loss:.4g} {unit.rstrip(']')}".rstrip()


def counted(count: int, noun: str) -> str:
    """So many of them, in words: 1 spike, 2 spikes."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
