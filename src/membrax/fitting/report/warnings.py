"""The warnings of a fit's report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...ephys.threshold import SUBTHRESHOLD, millivolts
from ...tables import counted
from .beginning import beginning_note
from .shortfalls import shortfalls

if TYPE_CHECKING:
    from ..evaluation.evaluate import Evaluation
    from ..result import Fit


def fit_warnings(fit: Fit, evaluation: Evaluation) -> list[str]:
    """Sentences on the limits of a fit, most severe first; empty if there are none."""
    return [
        *_diverged(fit),
        *_beginning(fit),
        *_no_held_out(evaluation),
        *shortfalls(evaluation),
        *_worse_than_baselines(evaluation),
        *_extent(fit, evaluation),
    ]


def _diverged(fit: Fit) -> list[str]:
    """Sweeps in which the model's voltage is not finite."""
    lost = [str(k) for k, v in enumerate(fit.v) if not np.all(np.isfinite(v))]
    return [f"The model's voltage is not finite in sweep {', '.join(lost)}."] if lost else []


def _beginning(fit: Fit) -> list[str]:
    """Training sweeps that begin off the state in which the model begins."""
    note = beginning_note(fit)
    return [f"{note[0].upper()}{note[1:]}."] if note else []


def _no_held_out(evaluation: Evaluation) -> list[str]:
    if evaluation.side(training=False):
        return []
    return ["No sweep is held out: the quality of predictions is unknown."]


def _worse_than_baselines(evaluation: Evaluation) -> list[str]:
    """Baselines that predict the held-out sweeps better than the model."""
    held_out = evaluation.summary(training=False)
    sentences = []
    if held_out.get("count_error_mean", 0.0) > held_out.get("count_error_interpolated", np.inf):
        sentences.append("The interpolated f–I curve of the training sweeps predicts spike counts better.")
    if held_out.get("quiet_rms_mean", 0.0) > held_out.get("quiet_rms_mean_trace", np.inf):
        sentences.append(
            f"Below {millivolts(SUBTHRESHOLD)} the mean trace of the training sweeps"
            " predicts the held-out sweeps better."
        )
    return sentences


def _extent(fit: Fit, evaluation: Evaluation) -> list[str]:
    """Extrapolation, training sweeps without spikes, parameters at bounds, and spikes outside the pulses."""
    sentences = []
    beyond = _beyond(evaluation)
    if beyond:
        verb = "lies" if beyond == 1 else "lie"
        sentences.append(f"{counted(beyond, 'held-out pulse')} {verb} beyond the currents of the training sweeps.")
    if not any(row.recorded.spike_count for row in evaluation.side(training=True)):
        sentences.append("The cell does not fire in the training sweeps: they hardly constrain its spikes.")
    if fit.at_bounds:
        sentences.append(f"At a bound, so that the best value may lie beyond it: {', '.join(fit.at_bounds)}.")
    recorded, model = evaluation.outside
    if recorded or model:
        sentences.append(f"Outside the pulses the cell fires {counted(recorded, 'spike')}, the model {model}.")
    return sentences


def _beyond(evaluation: Evaluation) -> int:
    """The number of held-out pulses outside the range of the training levels."""
    training, held_out = (
        np.array([row.pulse.level for row in evaluation.side(training=side)]) for side in (True, False)
    )
    if not training.size or not np.all(np.isfinite(training)):
        return 0
    slack = 1e-6 * np.max(np.abs(training))
    return int(np.sum((held_out < training.min() - slack) | (held_out > training.max() + slack)))
