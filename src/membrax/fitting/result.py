"""The result of a fit: the best cell, every start, and the voltages of the training and held-out sweeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import pytrees, tables
from ..cell import Cell
from ..ephys.preprocess import Preprocessed
from ..io import json_file, npz_file
from ..io.cell_json import cell_values
from ..recordings import Recording
from .evaluation.evaluate import Evaluation, evaluate
from .problem.initial_state import InitialState
from .problem.parameters import place

if TYPE_CHECKING:
    from ..html_page import Section
    from .recipe.sweep_selection import SweepSelection


METHOD_LABELS = {"levenberg_marquardt": "Levenberg–Marquardt", "adam": "Adam", "cmaes": "CMA-ES"}
PASSIVE = ("rest", "input_resistance", "time_constant", "capacitance")


@dataclasses.dataclass(frozen=True)
class Starts:
    """Every start of a fit: its loss [start], infinite where it diverged or was dropped, and values {path: [start]}."""

    loss: np.ndarray
    values: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Fit:
    """The result of `membrax.fit` and `membrax.fit_recording`.

    Attributes:
        cell: the best cell.
        values: {path: value} of its free parameters, in their own units.
        loss: its loss, by ``loss_name``: the mean squared voltage error [mV²] or the spike score.
        starts: every start.
        bounds: {path: (low, high)}.
        method: name of the optimiser, such as "levenberg_marquardt", "adam" or "cmaes".
        data: the recording.
        sweeps: the training sweeps; the others are held out.
        v: the best cell's voltage under every sweep's current [sweep, time], mV.
        notes: warnings and remarks of the search, in words.
        settings: the seed, the number of starts, iterations and, of a population search, candidates, dt [ms], the
            integrator, the initial state, versions.
        preprocessed: the electrode, membrane and rest that `fit_recording` measured and corrected for; None of a fit
            by `fit`.
        selection: the training sweeps that `fit_recording` selected, each with a reason; None where the caller chose
            them.
        template: name of the template of `fit_recording`; None of another cell.
        initial_state: in which every sweep begins, as it was given to `membrax.fit`.
    """

    cell: Cell
    values: dict[str, float]
    loss: float
    loss_name: str
    starts: Starts
    bounds: dict[str, tuple[float, float]]
    method: str
    data: Recording
    sweeps: list[int]
    v: np.ndarray
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    preprocessed: Preprocessed | None = None
    selection: SweepSelection | None = None
    template: str | None = None
    initial_state: InitialState = "rest"

    def _summary(self) -> tuple[str, list[tuple[str, ...]]]:
        """Title and rows of the printed table: value, bounds, and whether the value lies at one of them."""
        sweeps = f"{len(self.sweeps)} of {tables.counted(self.data.sweeps, 'sweep')}"
        title = (
            f"Fit of {tables.counted(len(self.values), 'parameter')} to {sweeps} of {self.data.name or 'a recording'}"
        )
        leaves, ends = pytrees.leaves(self.cell), set(self.at_bounds)
        rows = [("", "value", "low", "high", "")]
        for path, value in self.values.items():
            first = path.split(",")[0].strip().removeprefix("channels.")
            unit = leaves[first].metadata.get("unit", "") if first in leaves else ""
            low, high = self.bounds[path]
            note = "at its bound" if path in ends else ""
            rows.append((path, tables.value_text(value, unit), f"{low:g}", f"{high:g}", note))
        count = np.sum(np.isfinite(self.starts.loss))
        started = f"{count:,} of {tables.counted(len(self.starts.loss), 'start')} finite"
        return title, [
            *rows,
            (self.loss_name, f"{self.loss:g}", "", "", ""),
            ("method", self.method_label, "", "", started),
        ]

    def __repr__(self) -> str:
        return tables.summary(*self._summary())

    def _repr_html_(self) -> str:
        return tables.html_summary(*self._summary())

    @property
    def method_label(self) -> str:
        """The optimiser as it is written in text, such as "CMA-ES"; of one without a label, ``method``."""
        return METHOD_LABELS.get(self.method, self.method)

    @property
    def at_bounds(self) -> list[str]:
        """Paths whose value lies within a thousandth of the range from a bound, on the scale of the search."""
        places = {path: place(x, *self.bounds[path]) for path, x in self.values.items()}
        return [path for path, at in places.items() if min(at, 1.0 - at) < 1e-3]

    @property
    def held_out(self) -> list[int]:
        """The sweeps that the model was not fitted to."""
        return [k for k in range(self.data.sweeps) if k not in self.sweeps]

    def evaluate(self, *, by: str = "pulse") -> Evaluation:
        """Compare the model with the recording, by "pulse" or by "sweep"; see `membrax.fitting.evaluate`."""
        return evaluate(self.data, self.v, self.sweeps, by=by)

    def table(self) -> str:
        """The evaluation as text tables."""
        return self.evaluate().table()

    def report(self) -> dict[str, Any]:
        """Everything but the traces, as plain Python values."""
        return {
            "recording": {"name": self.data.name, "notes": list(self.data.notes), "sweeps": self.data.sweeps},
            "preprocessed": _measured(self.preprocessed),
            "template": self.template,
            "method": self.method,
            "settings": dict(self.settings),
            "loss": {"name": self.loss_name, "value": self.loss},
            "values": self.values,
            "bounds": {path: list(pair) for path, pair in self.bounds.items()},
            "at_bounds": self.at_bounds,
            **cell_values(self.cell),
            "training_sweeps": self.sweeps,
            "selection": None if self.selection is None else list(self.selection.why),
            "evaluation": self.evaluate().report(),
            "starts": {
                "loss": self.starts.loss.tolist(),
                "values": {path: values.tolist() for path, values in self.starts.values.items()},
            },
            "notes": list(self.notes),
        }

    def save(self, path: str | Path) -> Path:
        """Write `report` as readable JSON, from which `membrax.load_cell` makes the cell.

        Numbers that are not finite become null. A path that ends in ``.npz`` gets the recording, the model's voltages
        and the parameters as arrays instead.

        Returns:
            The path of the file.
        """
        path = Path(path)
        if path.suffix.lower() == ".npz":
            return _write_arrays(self, path)
        return json_file.write(path, self.report())

    def write_report(self, path: str | Path, sections: Sequence[Section] = (), *, efel: bool = False) -> Path:
        """Write a report with figures as one HTML file; see `membrax.fitting.report.write_report`.

        Args:
            path: of the file; ``.html`` is added if it has no such suffix.
            sections: more parts, each a `membrax.fitting.Section`.
            efel: whether to add the features of the Electrophys Feature Extraction Library.
        """
        from .report.report import write_report

        return write_report(self, path, sections, efel=efel)


def _measured(preprocessed: Preprocessed | None) -> dict[str, Any] | None:
    """The measured electrode and membrane as plain values, each number with its error and unit."""
    if preprocessed is None:
        return None
    estimates = {"series_resistance": preprocessed.electrode}
    estimates |= {name: getattr(preprocessed.passive, name) for name in PASSIVE}
    return {
        **{name: dataclasses.asdict(estimate) for name, estimate in estimates.items()},
        "liquid_junction_potential": preprocessed.liquid_junction_potential,
        "bias": preprocessed.bias.tolist(),
        "notes": list(preprocessed.notes),
    }


def _write_arrays(fit: Fit, path: Path) -> Path:
    """Write a fit as ``.npz``: its recording, which `membrax.recordings.load` reads, the model's voltages, parameters.

    Entries: ``t_ms`` [time], ``v_mV`` and ``model_mV`` [sweep, time], ``i_nA`` (or ``i_uA_per_cm2``) [sweep, time],
    ``training_sweeps``, ``parameter_names``, ``parameter_values``, ``parameter_bounds`` [parameter, 2],
    ``parameter_units``, ``start_losses`` [start], ``start_values`` [start, parameter], ``name``, ``notes``.
    """
    data, names = fit.data, list(fit.values)
    leaves = pytrees.leaves(fit.cell)
    first = [name.split(",")[0].strip().removeprefix("channels.") for name in names]
    units = [leaves[path].metadata.get("unit", "") if path in leaves else "" for path in first]
    arrays = dict(
        t_ms=data.t, v_mV=data.v, model_mV=np.asarray(fit.v),
        **{{"nA": "i_nA", "uA/cm2": "i_uA_per_cm2"}[data.unit]: data.i},
        training_sweeps=np.array(fit.sweeps), parameter_names=np.array(names),
        parameter_values=np.array(list(fit.values.values())),
        parameter_bounds=np.array([fit.bounds[name] for name in names]), parameter_units=np.array(units),
        start_losses=np.asarray(fit.starts.loss),
        start_values=np.stack([np.asarray(fit.starts.values[name]) for name in names], axis=1),
        name=np.array(data.name), notes=np.array((*data.notes, *fit.notes), dtype=np.str_),
    )  # fmt: skip
    npz_file.write(path, compressed=True, **arrays)
    return path
