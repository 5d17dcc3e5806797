"""What a model does not do as the recorded cell does, in words: its spikes' number, their rhythm, their shape.

A score says which of two models is better; this says whether the better one is any good. The bounds are this package's:
what an electrophysiologist would call another firing pattern or another spike.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MISCOUNTED = 0.1  # of the recorded spikes, and 2 of them at least
RHYTHM, LEAST = 0.25, 5.0  # of a recorded interval or latency, and ms at least
WIDTH, HEIGHT = 0.25, 10.0  # of the recorded width; mV
LENGTHENING = 0.1  # of an interval, by which those of the last third are longer than those of the second
FEWEST = 5  # intervals that tell whether they do


def shortfalls(evaluation: Any) -> list[str]:
    """What is off by far, first in the fitted pulses, then in the predicted ones; empty if nothing is."""
    told = []
    for which, fitted in (("fitted", True), ("predicted", False)):
        rows = [row for row in evaluation.rows if row.fitted == fitted]
        told += [*_counts(rows, which), *_rhythm(rows, which), *_shape(rows, which)]
    return told + _unfinished([row for row in evaluation.rows if row.fitted])


def _counts(rows: list[Any], which: str) -> list[str]:
    """Spikes too many or too few."""
    recorded, model = (sum(getattr(row, side).spike_count for row in rows) for side in ("recorded", "model"))
    wrong = sum(row.count_error for row in rows)
    if wrong < max(2, MISCOUNTED * recorded):
        return []
    told = f"In the {which} pulses the cell fires {recorded} spikes and the model {model}"
    return [f"{told}: {wrong} too many or too few, counted pulse by pulse."]


def _rhythm(rows: list[Any], which: str) -> list[str]:
    """Latency, first and last interval between spikes, by their medians over the pulses."""
    firing = [(row, *(_intervals(getattr(row, side)) for side in ("recorded", "model"))) for row in rows]
    both = [(row, one, other) for row, one, other in firing if len(one) > 1 and len(other) > 1]
    pairs = {
        "the first spike comes after": [
            (row.recorded.latency, row.model.latency)
            for row in rows
            if row.recorded.spike_count and row.model.spike_count
        ],
        "the first interval is": [(one[0], other[0]) for _, one, other in both],
        "the last interval is": [(one[-1], other[-1]) for _, one, other in both],
    }
    told = []
    for name, values in pairs.items():
        off = [abs(model - recorded) / max(RHYTHM * recorded, LEAST) for recorded, model in values]
        if off and np.median(off) > 1.0:
            recorded, model = np.median(values, axis=0)
            told.append(f"In the {which} pulses {name} {recorded:.0f} ms, the model's {model:.0f} ms{_median(values)}.")
    return told


def _shape(rows: list[Any], which: str) -> list[str]:
    """Width and amplitude of the spikes, by their medians over the pulses."""
    told = []
    for name, feature, unit, bound in (
        ("half width", "ap_duration_half_width", "ms", lambda x: WIDTH * x),
        ("amplitude", "ap_amplitude", "mV", lambda x: HEIGHT),
    ):
        values = [(getattr(row.recorded, feature), getattr(row.model, feature)) for row in rows]
        values = [pair for pair in values if np.all(np.isfinite(pair))]
        if values and np.median([abs(model - recorded) / bound(recorded) for recorded, model in values]) > 1.0:
            recorded, model = np.median(values, axis=0)
            shown = f"{recorded:.3g} {unit}, the model's {model:.3g} {unit}"
            told.append(f"In the {which} pulses the spikes' {name} is {shown}{_median(values)}.")
    return told


def _unfinished(rows: list[Any]) -> list[str]:
    """Intervals that still lengthen at the end of the longest fitted train: what comes after is not known."""
    trains = [(row, _intervals(row.recorded)) for row in rows]
    long = [pair for pair in trains if len(pair[1]) >= FEWEST]
    if not long:
        return []
    row, intervals = max(long, key=lambda pair: len(pair[1]))
    third = len(intervals) // 3
    before, last = np.mean(intervals[-2 * third : -third]), np.mean(intervals[-third:])
    if last < (1.0 + LENGTHENING) * before:
        return []
    return [
        f"The recorded intervals still lengthen where the fitted pulse of sweep {row.pulse.sweep} ends, from"
        f" {before:.0f} to {last:.0f} ms: how the cell adapts to longer ones was not seen, and the model may not."
    ]


def _intervals(response: Any) -> np.ndarray:
    return np.diff(response.times)


def _median(values: list[Any]) -> str:
    return "" if len(values) == 1 else " (medians)"
