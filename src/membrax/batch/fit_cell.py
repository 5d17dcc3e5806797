"""The work on one cell of a batch: read, check the quality, fit, report, and the values of its row."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..ephys import QualityControl, quality_control
from ..ephys.estimate import Estimate
from ..fitting import Evaluation, Fit
from ..fitting.fit import check_seed
from ..fitting.recipe import fit_recording
from ..fitting.recipe.templates import choose_template
from ..fitting.report.warnings import fit_warnings
from ..pytrees import leaves
from ..recordings import Recording
from ..recordings.child import load_in_child
from ..recordings.loading import load
from . import rows

Window = tuple[float | None, float | None]
WHOLE: Window = (None, None)
OWN = ("data", "progress", "checkpoint")  # arguments of `fit_recording` that a batch sets itself
PASSIVE = ("rest", "input_resistance", "time_constant", "capacitance")


def read_cell(path: Path, *, options: Mapping[str, Any], crop: Window = WHOLE) -> Recording:
    """Read a recording with options of `membrax.recordings.load`, NWB in a child process, and crop it [ms]."""
    data = (load_in_child if path.suffix.lower() == ".nwb" else load)(path, **options)
    return data if crop == WHOLE else data.crop(*crop)


@dataclasses.dataclass(frozen=True)
class FitCell:
    """Fit a recording by `membrax.fit_recording`; a `membrax.batch.rows.Work`.

    Attributes:
        read: from the path of a file to its recording; a function that pickle knows by its name, or a
            `functools.partial` of one.
        fit: options of `fit_recording`.
    """

    read: Callable[[Path], Recording]
    fit: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __call__(self, path: Path, folder: Path) -> dict[str, Any]:
        """Write fit.json, fit.png and the report fit.html into ``folder``, and return the values of the row.

        While the search runs, its checkpoint is there too: a fit whose process was killed goes on from it, if the
        recording and the options are still the same.
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            data = self.read(path)
            quality = quality_control(data)
            checkpoint = folder / f"search-{rows.digest(self)}-{_content(data)}.npz"
            _remove_searches(folder, but=checkpoint)
            found = fit_recording(data, **self.fit, progress=False, checkpoint=checkpoint)
        _write(found, folder)
        _remove_searches(folder)
        said = dict.fromkeys(str(one.message) for one in caught if issubclass(one.category, UserWarning))
        return values_of(data, quality, found, tuple(said))


def _content(data: Recording) -> str:
    """A digest of a recording's numbers, whatever files they came from, and of JAX, which decides those of a search."""
    digest = hashlib.sha256(f"{jax.__version__} {data.unit}".encode())
    for array in (data.t, data.v, data.i):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _remove_searches(folder: Path, but: Path | None = None) -> None:
    """Remove the checkpoints of a cell, which no other search can go on from."""
    for old in folder.glob("search-*.npz"):
        if old != but:
            old.unlink(missing_ok=True)


def check_options(fit: Mapping[str, Any]) -> None:
    """Refuse, before the first cell, options that no cell could be fitted with.

    Raises:
        ValueError: `fit_recording` has no such option for a batch, an unknown template, a seed that is none.
    """
    known = [name for name in inspect.signature(fit_recording).parameters if name not in OWN]
    unknown = sorted(set(fit) - set(known))
    if unknown:
        raise ValueError(f"the options of a fit are {', '.join(known)}, got {', '.join(unknown)}")
    choose_template(fit.get("template"), "nA")
    check_seed(fit.get("seed", 0))


def _write(found: Fit, folder: Path) -> None:
    """Write the numbers, the figure and the report of a fit."""
    from .. import plot

    numbers, figure, report = (folder / name for name in rows.RESULTS)
    found.save(numbers)
    plot.fit(found, path=figure)
    found.write_report(report)


def values_of(data: Recording, quality: QualityControl, found: Fit, said: Sequence[str] = ()) -> dict[str, Any]:
    """The values of a row: sweeps, passive properties, spikes and errors of both sides, warnings, parameters.

    Args:
        data: the recording.
        quality: its quality control.
        found: the fit.
        said: warnings of the reader and of the search.
    """
    evaluation = found.evaluate()
    return {
        "sweeps": data.sweeps,
        "duration (ms)": data.duration,
        "training sweeps": " ".join(map(str, sorted(found.sweeps))),
        "held-out sweeps": len(found.held_out),
        "template": found.template,
        found.loss_name: found.loss,
        **_passive(quality),
        **_sides(evaluation),
        "quality warnings": " | ".join(quality.warnings),
        "warnings": " | ".join([*fit_warnings(found, evaluation), *found.notes, *said]),
        **_parameters(found),
    }


def _passive(quality: QualityControl) -> dict[str, Any]:
    """The measured membrane and electrode, each with its error; None where it was not measured."""
    measured: dict[str, Estimate] = {name: getattr(quality.passive, name) for name in PASSIVE}
    measured["series_resistance"] = quality.electrode
    columns: dict[str, Any] = {}
    for name, one in measured.items():
        words = name.replace("_", " ")
        columns |= {f"{words} ({one.unit})": one.value, f"error of {words} ({one.unit})": one.error}
    return columns


def _sides(evaluation: Evaluation) -> dict[str, Any]:
    """Spike counts of cell and model, and their errors, over the training and over the held-out pulses."""
    columns: dict[str, Any] = {}
    for name, training in (("training", True), ("held-out", False)):
        side, summary = evaluation.side(training=training), evaluation.summary(training=training)
        columns |= {
            f"spikes, {name}": sum(row.recorded.spike_count for row in side) if side else None,
            f"spikes of the model, {name}": sum(row.model.spike_count for row in side) if side else None,
            f"spike count error, {name}": summary.get("count_error_mean"),
            f"rms error below threshold (mV), {name}": summary.get("quiet_rms_mean"),
        }
    return columns


def _parameters(found: Fit) -> dict[str, float]:
    """The fitted values, with units."""
    known = leaves(found.cell)
    units = {name: known.get(name.split(",")[0].strip().removeprefix("channels.")) for name in found.values}
    texts = {name: leaf.metadata.get("unit", "") if leaf is not None else "" for name, leaf in units.items()}
    return {f"{name} ({texts[name]})" if texts[name] else name: value for name, value in found.values.items()}
