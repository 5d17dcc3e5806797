"""What a fit leaves behind: the best cell, every start, and how well it does on the sweeps it saw and did not see."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import pytrees
from ..cell import Cell
from ..recordings import Recording
from .compare import Comparison, summary, table
from .parameters import place


@dataclasses.dataclass(frozen=True)
class Starts:
    """Every start of a fit: its loss [start], infinite where it diverged, and values {path: [start]}."""

    loss: np.ndarray
    values: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Fit:
    """The result of `membrax.fit`.

    Attributes:
        cell: the best cell.
        values: {path: value} of its free parameters, in their own units.
        loss: its loss, by ``loss_name``: the mean squared voltage error [mV²] or the spike score.
        starts: every start.
        bounds: {path: (low, high)}.
        method: "levenberg", "adam" or "evolution".
        data: the recording.
        sweeps: those that were fitted; the others are predicted.
        v: the best cell's voltage under every sweep's current [sweep, time], mV.
        comparison: the model beside every sweep.
        notes: what was decided or happened on the way, in words.
        settings: the seed, the number of starts and iterations, dt [ms], the integrator, versions.
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
    comparison: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def at_bounds(self) -> list[str]:
        """Paths within a thousandth of the way between their bounds, on the scale of the search, of one of them."""
        places = {path: place(x, *self.bounds[path]) for path, x in self.values.items()}
        return [path for path, at in places.items() if min(at, 1.0 - at) < 1e-3]

    def table(self) -> str:
        """The comparison with every sweep, as text."""
        return table(self.comparison)

    def report(self) -> dict[str, Any]:
        """Everything but the traces, as plain Python values."""
        leaves = {path: np.asarray(leaf.value).item() for path, leaf in pytrees.leaves(self.cell).items()}
        units = {path: leaf.metadata.get("unit", "") for path, leaf in pytrees.leaves(self.cell).items()}
        rows = [{**dataclasses.asdict(row), "count_error": row.count_error} for row in self.comparison]
        return {
            "recording": {"name": self.data.name, "notes": list(self.data.notes), "sweeps": self.data.sweeps},
            "method": self.method,
            "settings": dict(self.settings),
            "loss": {"name": self.loss_name, "value": self.loss},
            "values": self.values,
            "bounds": {path: list(pair) for path, pair in self.bounds.items()},
            "at_bounds": self.at_bounds,
            "cell": {path: {"value": value, "unit": units[path]} for path, value in leaves.items()},
            "channels": {name: _class_name(channel) for name, channel in self.cell.channels.items()},
            "fitted_sweeps": self.sweeps,
            "fitted": summary(self.comparison, fitted=True),
            "predicted": summary(self.comparison, fitted=False),
            "comparison": rows,
            "starts": {
                "loss": self.starts.loss.tolist(),
                "values": {path: values.tolist() for path, values in self.starts.values.items()},
            },
            "notes": list(self.notes),
        }

    def save(self, path: str | Path) -> Path:
        """Write `report` as readable JSON; what is not finite becomes null."""
        path = Path(path)
        path = path if path.suffix == ".json" else path.with_name(path.name + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_plain(self.report()), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def _class_name(channel: Any) -> str:
    return f"{type(channel).__module__.removeprefix('membrax.channels.')}.{type(channel).__name__}"


def _plain(value: Any) -> Any:
    """The value with NaN and infinity as None, which JSON has."""
    if isinstance(value, Mapping):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
