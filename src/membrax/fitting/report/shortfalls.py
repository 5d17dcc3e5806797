"""Differences between the model and the recorded cell that a reader must know: spike count, rhythm and shape.

A score ranks models; these sentences say whether the best one is good. The bounds are this package's: differences that
an electrophysiologist would call another firing pattern or another spike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...ephys.spike_features import PulseFeatures
from ..evaluation.rows import Row
from ..evaluation.tables import side_name

if TYPE_CHECKING:
    from ..evaluation.evaluate import Evaluation

MISCOUNTED = 0.1  # of the recorded spikes, and 2 of them at least
RHYTHM, LEAST = 0.25, 5.0  # of a recorded interval or latency, and ms at least
WIDTH, HEIGHT = 0.25, 10.0  # of the recorded width; mV
LENGTHENING = 0.1  # of an interval, by which those of the last third are longer than those of the second
FEWEST = 5  # intervals that show whether they do


def shortfalls(evaluation: Evaluation) -> list[str]:
    """Sentences on large differences, first in the training pieces, then in the held-out ones; empty without any."""
    piece, sentences = evaluation.piece, []
    for training in (True, False):
        rows, which = evaluation.side(training=training), f"{side_name(training)} {piece}s"
        sentences += [*_counts(rows, which, piece), *_rhythm(rows, which), *_shape(rows, which)]
    return sentences + _unfinished(evaluation.side(training=True), piece)


def _counts(rows: list[Row], which: str, piece: str) -> list[str]:
    """Spikes too many or too few."""
    recorded, model = (sum(getattr(row, side).spike_count for row in rows) for side in ("recorded", "model"))
    wrong = sum(row.count_error for row in rows)
    if wrong < max(2, MISCOUNTED * recorded):
        return []
    counts = f"In the {which} the cell fires {recorded} spikes and the model {model}"
    return [f"{counts}: {wrong} too many or too few, counted {piece} by {piece}."]


def _rhythm(rows: list[Row], which: str) -> list[str]:
    """Latency, first and last interval between spikes, by their medians over the pieces."""
    firing = [(np.diff(row.recorded.times), np.diff(row.model.times)) for row in rows]
    both = [(recorded, model) for recorded, model in firing if len(recorded) > 1 and len(model) > 1]
    pairs = {
        "the first spike comes after": [
            (row.recorded.latency, row.model.latency)
            for row in rows
            if row.recorded.spike_count and row.model.spike_count
        ],
        "the first interval is": [(recorded[0], model[0]) for recorded, model in both],
        "the last interval is": [(recorded[-1], model[-1]) for recorded, model in both],
    }
    sentences = []
    for name, values in pairs.items():
        off = [abs(model - recorded) / max(RHYTHM * recorded, LEAST) for recorded, model in values]
        if off and np.median(off) > 1.0:
            recorded, model = np.median(values, axis=0)
            sentences.append(f"In the {which} {name} {recorded:.0f} ms, the model's {model:.0f} ms{_median(values)}.")
    return sentences


def _shape(rows: list[Row], which: str) -> list[str]:
    """Width and amplitude of the spikes, by their medians over the pieces."""
    sentences = []
    for name, feature, unit in (("half width", "ap_duration_half_width", "ms"), ("amplitude", "ap_amplitude", "mV")):
        values = [(getattr(row.recorded, feature), getattr(row.model, feature)) for row in rows]
        values = [pair for pair in values if np.all(np.isfinite(pair))]
        bounds = [WIDTH * recorded if unit == "ms" else HEIGHT for recorded, _ in values]
        off = [abs(model - recorded) / bound for (recorded, model), bound in zip(values, bounds, strict=True)]
        if off and np.median(off) > 1.0:
            recorded, model = np.median(values, axis=0)
            shown = f"{recorded:.3g} {unit}, the model's {model:.3g} {unit}"
            sentences.append(f"In the {which} the spikes' {name} is {shown}{_median(values)}.")
    return sentences


def _unfinished(rows: list[Row], piece: str) -> list[str]:
    """Intervals that still lengthen at the end of the longest training train: later adaptation is unknown."""
    trains = [(row, _intervals(row.recorded)) for row in rows]
    long = [pair for pair in trains if len(pair[1]) >= FEWEST]
    if not long:
        return []
    row, intervals = max(long, key=lambda pair: len(pair[1]))
    third = len(intervals) // 3
    before, last = np.mean(intervals[-2 * third : -third]), np.mean(intervals[-third:])
    if last < (1.0 + LENGTHENING) * before:
        return []
    end = f"the training {piece} of sweep {row.sweep}" if piece == "pulse" else f"training sweep {row.sweep}"
    return [
        f"The recorded intervals still lengthen at the end of {end}, from {before:.0f} to {last:.0f} ms: the model's"
        " adaptation over longer times is not constrained."
    ]


def _intervals(response: PulseFeatures) -> np.ndarray:
    return np.diff(response.times)


def _median(values: Sequence[tuple[float, float]]) -> str:
    return "" if len(values) == 1 else " (medians)"
