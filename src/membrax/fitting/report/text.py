"""The summary of a fit's report: how well the model predicts, compared with baselines that need no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...ephys.coincidence import DELTA, LOWEST_CEILING
from ...ephys.threshold import SUBTHRESHOLD, millivolts
from ...tables import counted, number
from ..evaluation.tables import side_name

if TYPE_CHECKING:
    from ..evaluation.evaluate import Evaluation
    from ..result import Fit


def fit_summary(fit: Fit, evaluation: Evaluation) -> list[str]:
    """Sentences on the fit and on its predictions."""
    several = fit.data.sweeps > 1
    sweeps = f"{len(fit.sweeps)} of {fit.data.sweeps} sweeps" if several else "the one sweep"
    named = f" ({', '.join(map(str, sorted(fit.sweeps)))})" if several else ""
    loss, _, unit = fit.loss_name.partition(" [")
    value = f"{loss} {fit.loss:.4g} {unit.rstrip(']')}".rstrip()
    first = (
        f"{counted(len(fit.values), 'parameter')} fitted to {sweeps}{named} by {fit.method_label}"
        f" from {counted(len(fit.starts.loss), 'start')}: {value}."
    )
    return [first, *prediction_summary(evaluation)]


def prediction_summary(evaluation: Evaluation) -> list[str]:
    """Sentences that compare the held-out pieces (without any, the training ones) with the baselines, and on Γ."""
    held_out = evaluation.summary(training=False)
    summary = held_out or evaluation.summary(training=True)
    which = f"{side_name(not held_out)} {evaluation.piece}"
    counts = f"The spike count is off by {number(summary['count_error_mean'])}, mean over the {which}s"
    if "count_error_interpolated" in summary:
        off = number(summary["count_error_interpolated"])
        counts += f"; the interpolated f–I curve of the training sweeps is off by {off}"
    error = f"the rms error is {number(summary['quiet_rms_mean'])} mV, mean over the {which}s"
    quiet = f"Below {millivolts(SUBTHRESHOLD)} {error}"
    if "quiet_rms_mean_trace" in summary:
        quiet += f"; that of the mean trace of the training sweeps is {number(summary['quiet_rms_mean_trace'])} mV"
    return [f"{counts}.", f"{quiet}.", _coincidence(evaluation, summary, which)]


def _coincidence(evaluation: Evaluation, summary: Mapping[str, float], which: str) -> str:
    """Γ and its ceiling, or the reason why there is none."""
    if not evaluation.repeated:
        return (
            "No stimulus is repeated: how reliably the cell repeats its spikes is unknown, and no coincidence factor"
            " is given."
        )
    fast = _too_fast(int(summary["gamma_too_fast"]), which)
    if not summary["gamma_pieces"]:
        lowest = f"a coincidence factor Γ of {LOWEST_CEILING:g}"
        return f"The cell's own repeats reach {lowest} in no {which}: no Γ is given.{fast}"
    pieces = counted(int(summary["gamma_pieces"]), which)
    return (
        f"Spike times: the coincidence factor Γ is {number(summary['gamma_mean'])}, mean over {pieces} in which the"
        f" cell's own repeats reach {number(summary['ceiling_mean'])}.{fast}"
    )


def _too_fast(count: int, which: str) -> str:
    """A sentence on the pieces whose rate is too high for Γ; nothing where there are none."""
    if not count:
        return ""
    pieces = f"one {which}" if count == 1 else f"{count} {which}s"
    return (
        f" In {pieces} the cell or the model fires at {500.0 / DELTA:g} Hz or more, where Γ is not defined: the windows"
        f" of ±{DELTA:g} ms fill the time."
    )
