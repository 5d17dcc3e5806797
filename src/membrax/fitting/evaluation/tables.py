"""An evaluation as tables: rows of text, whose first row is the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

UNITS = {"nA": "nA", "uA/cm2": "µA/cm²"}
NONE = "–"
# name of a response's attribute -> what the column is called, its unit, digits
MEASURES = {
    "latency": ("latency", "ms", 1),
    "first_isi": ("first ISI", "ms", 1),
    "mean_isi": ("mean ISI", "ms", 1),
    "adaptation_index": ("adaptation", "", 2),
    "ap_amplitude": ("amplitude", "mV", 1),
    "ap_duration_half_width": ("half width", "ms", 2),
    "trough": ("trough", "mV", 1),
}
TIMES, SHAPES = tuple(MEASURES)[:4], tuple(MEASURES)[4:]


def number(value: float, digits: int = 2, sign: bool = False) -> str:
    """A number with so many digits after the point and a true minus; a dash where it is NaN."""
    if np.isnan(value):
        return NONE
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.replace("-", "−")


def ordered(evaluation: Any) -> list[Any]:
    """Rows with the fitted ones first."""
    return sorted(evaluation.rows, key=lambda row: not row.fitted)


def spikes(evaluation: Any) -> list[list[str]]:
    """Counts, times and Γ of every pulse; "recorded / model" where a cell holds two numbers."""
    several = _several(evaluation)
    head = [*_head(evaluation, several), "spikes", "f–I", *map(_named, TIMES), "Γ", "ceiling"]
    rows = [
        [
            *_which(row, several),
            f"{row.recorded.spike_count} / {row.model.spike_count}",
            number(row.interpolated, 1),
            *(_pair(row, name) for name in TIMES),
            number(row.gamma),
            number(row.ceiling),
        ]
        for row in ordered(evaluation)
    ]
    return filled([head, *rows], ("f–I", "Γ", "ceiling"))


def shapes(evaluation: Any) -> list[list[str]]:
    """The shape of the spikes and the error of the potential in every pulse."""
    several = _several(evaluation)
    mean = "by the mean trace (mV)"
    head = [*_head(evaluation, several), *map(_named, SHAPES), "rms below −40 mV (mV)", mean]
    rows = [
        [
            *_which(row, several),
            *(_pair(row, name) for name in SHAPES),
            number(row.quiet_rms),
            number(row.mean_trace_quiet_rms),
        ]
        for row in ordered(evaluation)
    ]
    return filled([head, *rows], (mean,))


def sides(evaluation: Any) -> list[list[str]]:
    """Means and medians over the fitted and over the predicted pulses, and those of the baselines beside them."""
    fitted, predicted = (evaluation.summary(fitted=side) for side in (True, False))
    rows = [["", "fitted", "predicted", "without a model"]]

    def add(label: str, key: str, digits: int = 2, baseline: str = "", named: str = "") -> None:
        if key in fitted or key in predicted:
            beside = f"{number(predicted[baseline], digits)} ({named})" if baseline in predicted else ""
            rows.append([label, *(_digits(side.get(key), digits) for side in (fitted, predicted)), beside])

    add("pulses", "pulses")
    add("spikes recorded", "spikes_recorded")
    add("spikes of the model", "spikes_model")
    add("error of the spike count, mean", "count_error_mean", 2, "count_error_interpolated", "f–I curve")
    for name, (label, unit, digits) in MEASURES.items():
        add(f"error of the {label}, median{f' ({unit})' if unit else ''}", f"{name}_error_median", digits)
    add("rms below −40 mV, mean (mV)", "quiet_rms_mean", 2, "quiet_rms_mean_trace", "mean trace")
    add("rms, mean (mV)", "rms_mean", 2, "rms_mean_trace", "mean trace")
    if fitted.get("gamma_pulses") or predicted.get("gamma_pulses"):
        add("pulses with a Γ", "gamma_pulses")
    add("Γ, mean", "gamma_mean")
    add("its ceiling, mean", "ceiling_mean")
    return filled(rows, rows[0][1:])


def as_text(evaluation: Any) -> str:
    """Every pulse in a line; errors are model − recording."""
    several = _several(evaluation)
    names = {"adaptation_index": "adapt.", "ap_amplitude": "ampl."}
    measures = [(names.get(name, label), unit) for name, (label, unit, _) in MEASURES.items()]
    ends = ["quiet rms", "mean trace", "Γ", "ceiling"]
    heads = _head(evaluation, several)
    lines = [
        [*heads, "spikes", "model", "f–I", *(label for label, _ in measures), *ends],
        [*("" for _ in heads), "", "", "", *(unit for _, unit in measures), "mV", "mV", "", ""],
    ]
    for row in ordered(evaluation):
        errors = [number(row.error(name), digits, sign=True) for name, (*_, digits) in MEASURES.items()]
        last = [number(x) for x in (row.quiet_rms, row.mean_trace_quiet_rms, row.gamma, row.ceiling)]
        counts = [str(row.recorded.spike_count), str(row.model.spike_count), number(row.interpolated, 1)]
        lines.append([*_which(row, several), *counts, *errors, *last])
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)


def filled(table: list[list[str]], columns: Sequence[str]) -> list[list[str]]:
    """The table without those of the ``columns`` that hold nothing."""
    nothing = ("", NONE)
    empty = [k for k, name in enumerate(table[0]) if name in columns and all(row[k] in nothing for row in table[1:])]
    return [[cell for k, cell in enumerate(row) if k not in empty] for row in table]


def _several(evaluation: Any) -> bool:
    return any(row.pulse.number for row in evaluation.rows)


def _head(evaluation: Any, several: bool) -> list[str]:
    return ["sweep", *(["from (ms)"] if several else []), "", f"current ({UNITS[evaluation.unit]})"]


def _which(row: Any, several: bool) -> list[str]:
    """The sweep, the pulse in it if there are several, whether it was fitted, and its current."""
    begin = [number(row.pulse.start, 0)] if several else []
    return [str(row.pulse.sweep), *begin, "fitted" if row.fitted else "predicted", number(row.pulse.level, 3)]


def _named(name: str) -> str:
    label, unit, _ = MEASURES[name]
    return f"{label} ({unit})" if unit else label


def _pair(row: Any, name: str) -> str:
    digits = MEASURES[name][2]
    both = [number(getattr(side, name), digits) for side in (row.recorded, row.model)]
    return NONE if both == [NONE, NONE] else " / ".join(both)


def _digits(value: float | None, digits: int) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else number(value, digits)
