"""An evaluation as tables: rows of text, of which the first is the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...ephys.threshold import SUBTHRESHOLD, millivolts
from ...tables import NONE, number, text_table
from ...units import UNIT_LABELS
from .rows import Row

if TYPE_CHECKING:
    from .evaluate import Evaluation

Table = list[list[str]]

# attribute of a response: name of the column, unit, digits
MEASURES = {
    "latency": ("latency", "ms", 1),
    "first_isi": ("first ISI", "ms", 1),
    "mean_isi": ("mean ISI", "ms", 1),
    "adaptation_index": ("adaptation", "", 2),
    "peak_voltage": ("peak", "mV", 1),
    "ap_amplitude": ("amplitude", "mV", 1),
    "ap_duration_half_width": ("half width", "ms", 2),
    "trough": ("trough", "mV", 1),
}
TIMES, SHAPES = tuple(MEASURES)[:4], tuple(MEASURES)[4:]


def pair(recorded: str, model: str) -> str:
    """The recorded and the model's value in one cell of a table."""
    return NONE if recorded == model == NONE else f"{recorded} / {model}"


def side_name(training: bool) -> str:
    """The word for one side of the sweeps."""
    return "training" if training else "held-out"


def summary_table(evaluation: Evaluation) -> Table:
    """Means and medians over the training and the held-out pieces, and those of the baselines."""
    piece = evaluation.piece
    training, held_out = (evaluation.summary(training=side) for side in (True, False))
    table = [["", f"training {piece}s", f"held-out {piece}s", "without a model"]]

    def add(label: str, key: str, digits: int = 2, baseline: str = "", name: str = "") -> None:
        if key in training or key in held_out:
            other = f"{number(held_out[baseline], digits)} ({name})" if baseline in held_out else ""
            table.append([label, *(_digits(side.get(key), digits) for side in (training, held_out)), other])

    add(f"{piece}s", "pieces")
    add("recorded spikes", "spikes_recorded")
    add("model spikes", "spikes_model")
    add(f"spike count error, mean over {piece}s", "count_error_mean", 2, "count_error_interpolated", "f–I curve")
    add(f"spike count error, largest of the {piece}s", "count_error_max")
    for name, (label, unit, digits) in MEASURES.items():
        add(f"{label} error, median{f' ({unit})' if unit else ''}", f"{name}_error_median", digits)
    add(
        f"rms error below {millivolts(SUBTHRESHOLD)}, mean (mV)",
        "quiet_rms_mean",
        2,
        "quiet_rms_mean_trace",
        "mean trace",
    )
    add("rms error, mean (mV)", "rms_mean", 2, "rms_mean_trace", "mean trace")
    if training.get("gamma_pieces") or held_out.get("gamma_pieces"):
        add(f"{piece}s with Γ", "gamma_pieces")
    add("Γ, mean", "gamma_mean")
    add("ceiling of Γ, mean", "ceiling_mean")
    return without_empty(table, table[0][1:])


def spike_table(evaluation: Evaluation) -> Table:
    """Counts, times and Γ of every piece; "recorded / model" where a cell holds two numbers."""
    head, lines = _heads(evaluation)
    head += ["spikes", "f–I", *map(_column, TIMES), "Γ", "ceiling"]
    for row, line in zip(ordered(evaluation), lines, strict=True):
        counts = [f"{row.recorded.spike_count} / {row.model.spike_count}", number(row.interpolated, 1)]
        line += [*counts, *(_pair(row, name) for name in TIMES), number(row.gamma), number(row.ceiling)]
    return without_empty([head, *lines], (*head[:4], "f–I", "Γ", "ceiling"))


def shape_table(evaluation: Evaluation) -> Table:
    """The shape of the spikes and the error of the voltage in every piece."""
    head, lines = _heads(evaluation)
    mean = "by the mean trace (mV)"
    head += [*map(_column, SHAPES), f"rms below {millivolts(SUBTHRESHOLD)} (mV)", mean]
    for row, line in zip(ordered(evaluation), lines, strict=True):
        line += [*(_pair(row, name) for name in SHAPES), number(row.quiet_rms), number(row.mean_trace_quiet_rms)]
    return without_empty([head, *lines], (*head[:4], mean))


def text(evaluation: Evaluation) -> str:
    """The three tables as text, units of the columns below their names."""
    tables = [make(evaluation) for make in (summary_table, spike_table, shape_table)]
    for table in tables[1:]:
        table[0] = [name.replace(" (", "\n(") for name in table[0]]
    return "\n\n".join(map(text_table, tables))


def ordered(evaluation: Evaluation) -> list[Row]:
    """Rows, those of the training sweeps first."""
    return sorted(evaluation.rows, key=lambda row: not row.training)


def without_empty(table: Table, columns: Sequence[str]) -> Table:
    """The table without those of the ``columns`` that hold nothing."""
    nothing = ("", NONE)
    empty = [k for k, name in enumerate(table[0]) if name in columns and all(row[k] in nothing for row in table[1:])]
    return [[cell for k, cell in enumerate(row) if k not in empty] for row in table]


def _heads(evaluation: Evaluation) -> tuple[list[str], Table]:
    """The columns that identify a piece: sweep, beginning (where sweeps have several), side and current."""
    several = any(row.pulse.number for row in evaluation.rows)
    head = ["sweep", "from (ms)", "side", f"current ({UNIT_LABELS[evaluation.unit]})"]
    return head, [
        [
            str(row.sweep),
            number(row.pulse.start, 0) if several else "",
            side_name(row.training),
            number(row.pulse.level, 3),
        ]
        for row in ordered(evaluation)
    ]


def _column(name: str) -> str:
    label, unit, _ = MEASURES[name]
    return f"{label} ({unit})" if unit else label


def _pair(row: Row, name: str) -> str:
    digits = MEASURES[name][2]
    return pair(*(number(getattr(side, name), digits) for side in (row.recorded, row.model)))


def _digits(value: float | None, digits: int) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else number(value, digits)
