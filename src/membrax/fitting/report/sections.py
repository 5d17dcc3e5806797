"""The tables of a fit's report: recording, sweeps, parameters, eFEL features, settings."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import numpy as np

from ...ephys import passive
from ...html_page import Section
from ...pytrees import leaves
from ...tables import NONE, number
from ...units import UNIT_LABELS
from ..evaluation import tables
from ..evaluation.efel import efel_features
from ..evaluation.tables import pair, side_name
from ..problem.parameters import paths

if TYPE_CHECKING:
    from ..evaluation.evaluate import Evaluation
    from ..result import Fit

MEMBRANE = {
    "rest": "resting potential",
    "input_resistance": "input resistance R",
    "time_constant": "membrane time constant τ",
    "capacitance": "capacitance C = τ/R",
}


def recording(fit: Fit, evaluation: Evaluation) -> Section:
    """The recording's notes, and its measured electrode and membrane, each number with its standard error."""
    data, measured = fit.data, fit.preprocessed
    notes = [note for note in data.notes if measured is None or note != measured.summary]  # the table has its numbers
    unit = UNIT_LABELS[data.unit]
    rows = [["", "value"], ["current", f"{_span(data.i)} {unit}"], ["holding current", f"{_span(data.holding)} {unit}"]]
    if measured is not None and measured.electrode.known:
        rows.append(["series resistance, subtracted", str(measured.electrode)])
    if measured is not None and measured.liquid_junction_potential:
        rows.append(["liquid junction potential, subtracted", f"{number(measured.liquid_junction_potential, 1)} mV"])
    resting = passive(data) if measured is None else measured.passive
    rows += [[label, str(getattr(resting, name))] for name, label in MEMBRANE.items() if getattr(resting, name).known]
    if measured is not None and np.any(measured.bias):
        rows.append(["largest bias current against the drift of rest", f"{np.max(np.abs(measured.bias)):.3g} {unit}"])
    fired = [row.pulse.level for row in evaluation.rows if row.recorded.spike_count and np.isfinite(row.pulse.level)]
    if fired:
        rows.append(["lowest pulse with a spike, above holding", f"{number(min(fired), 3)} {unit}"])
    rows = [[cell.replace("-", "−") if k else cell for k, cell in enumerate(row)] for row in rows]
    return Section("Recording", notes, rows)


def sweeps(fit: Fit) -> Section:
    """The training sweeps with the reason for each, and the held-out ones."""
    held_out = f"Held out: {_numbers(fit.held_out)}." if fit.held_out else "No sweep is held out."
    if fit.selection is None:
        return Section("Sweeps", f"Training, as chosen by the caller: {_numbers(fit.sweeps)}. {held_out}")
    reasons = zip(fit.selection.sweeps, fit.selection.why, strict=True)
    table = [["sweep", "reason for training"], *([str(sweep), reason] for sweep, reason in reasons)]
    return Section("Sweeps", f"Training: {_numbers(fit.sweeps)}. {held_out}", table)


def parameters(fit: Fit) -> Section:
    """Every free parameter with its unit, its bounds, and the bound that it has reached."""
    known = leaves(fit.cell)
    rows = [["parameter", "value", "unit", "low", "high", "at a bound"]]
    for name, value in fit.values.items():
        low, high = fit.bounds[name]
        side = ("lower" if value - low < high - value else "upper") if name in fit.at_bounds else ""
        first = known.get(paths(name)[0].removeprefix("channels."))
        unit = "" if first is None else first.metadata.get("unit", "")
        rows.append([name, f"{value:.4g}", unit, f"{low:.4g}", f"{high:.4g}", side])
    marked = [k for k, row in enumerate(rows[1:]) if row[-1]]
    table = tables.without_empty([[cell.replace("-", "−") for cell in row] for row in rows], ["at a bound"])
    return Section("Parameters", "Parameters that are not listed were fixed.", table, marked=marked)


def efel_features_of(fit: Fit) -> Section:
    """The features of eFEL, recording / model, a row for each pulse.

    Raises:
        ImportError: eFEL is not installed.
    """
    rows = sorted(efel_features(fit), key=lambda row: not row.training)
    table = [["sweep", "from (ms)", "side", f"current ({UNIT_LABELS[fit.data.unit]})", *rows[0].recorded]]
    for row in rows:
        piece = [str(row.pulse.sweep), number(row.pulse.start, 0), side_name(row.training), number(row.pulse.level, 3)]
        table.append([*piece, *(_pair(row.recorded[name], row.model[name]) for name in row.recorded)])
    return Section("eFEL features", "Recording / model, by eFEL's names and in its units (ms, mV, Hz).", table)


def settings(fit: Fit) -> Section:
    """The settings of the fit, and the versions of the software."""
    rows = {"template": NONE if fit.template is None else fit.template, "method": fit.method_label}
    rows |= {{"dt": "dt (ms)"}.get(name, name): value for name, value in fit.settings.items()}
    system = f"{platform.system()} {platform.machine()}"
    rows |= {"numpy": np.__version__, "python": platform.python_version(), "system": system}
    return Section("Settings and versions", table=[["", "value"], *([name, str(x)] for name, x in rows.items())])


def _span(values: np.ndarray) -> str:
    """The lowest and the highest value, or the one value."""
    return " to ".join(dict.fromkeys(number(float(x), 3) for x in (np.min(values), np.max(values))))


def _numbers(sweeps: list[int]) -> str:
    return ", ".join(map(str, sorted(sweeps)))


def _pair(recorded: float, model: float) -> str:
    """Two values of an eFEL feature."""
    return pair(*(number(value, 2 if abs(value) < 10 else 1) for value in (recorded, model)))
