"""All measurements on a cell's recording in one value: the numbers of the cell, of its sweeps and of its spikes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..recordings import JoinedRecording, Recording, RecordingLike, as_recording
from ..tables import NONE, text_table
from .columns import SPIKES, SWEEPS, Row, Value, write_csv
from .firing_curve import FiringCurve, firing_curve
from .passive import passive
from .quality import QualityControl, quality_control
from .quantities import Quantity, quantities, values_of
from .rows import spike_rows, sweep_rows
from .spikes import RecordingSpikes

WARNING = "warning: "  # begins a note that is a warning of the reader
FILES = ("cells.csv", "sweeps.csv", "spikes.csv")


@dataclasses.dataclass(frozen=True, repr=False)
class View:
    """The measurements on a cell.

    Attributes:
        name: name of the recording.
        notes: of its reader, or of `membrax.recordings.join`.
        measured: [part] quality control of the recording, or of each part of a joined one; its ``data`` is the part.
        curves: [part] spikes of every pulse.
        quantities: rest, input resistance, …, each with its error or the reason why it is not known.
        cell: one row, {"rest_mV": …, "rest_error_mV": …}; NaN where a quantity is not known.
        sweeps: a row for every pulse of every sweep.
        spikes: a row for every spike.
        page: path of the page; None without one.
    """

    name: str
    notes: tuple[str, ...]
    measured: tuple[QualityControl, ...]
    curves: tuple[FiringCurve, ...]
    quantities: tuple[Quantity, ...]
    cell: Row
    sweeps: tuple[Row, ...]
    spikes: tuple[Row, ...]
    page: Path | None = None

    @property
    def data(self) -> tuple[Recording, ...]:
        """The recording, or the parts of a joined one."""
        return tuple(one.data for one in self.measured)

    @property
    def unit(self) -> str:
        """Unit of the recorded current: "nA" or "uA/cm2"."""
        return self.measured[0].data.unit

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of the reader, numbers beyond their bounds, and limits of the measurements, in words."""
        read = [note.removeprefix(WARNING) for note in self.notes if note.startswith(WARNING)]
        return tuple(dict.fromkeys([*read, *(warning for one in self.measured for warning in one.warnings)]))

    def __repr__(self) -> str:
        return f"View of {self.name or 'a recording'}\n{self.table()}"

    def table(self) -> str:
        """The numbers of the cell as text, with the reasons for unknown ones, and the warnings below."""
        rows = [(one.column.label, shown(one), one.reason) for one in self.quantities]
        table = text_table([("", "value", ""), *rows], left=range(3))
        return "\n".join([table, *(f"! {warning}" for warning in self.warnings)])

    def write_csv(self, folder: str | Path) -> tuple[Path, Path, Path]:
        """Write cells.csv, sweeps.csv and spikes.csv into a folder, which is made if need be; return their paths."""
        return write_tables([self], folder)


def measure(data: RecordingLike | JoinedRecording) -> View:
    """Measure rest, resistance, time constant, capacitance, sag, rheobase, f–I, spikes and quality of a recording.

    Nothing is corrected: neither a series resistance, which is measured, nor a liquid junction potential.

    Args:
        data: the recording, a file that `membrax.recordings.load` reads, or several recordings of the cell, joined.

    Raises:
        ValueError: ``data`` is neither a `Recording` nor a path.
    """
    if isinstance(data, JoinedRecording):
        return _measured(data.name, data.parts, data.notes)
    recording = as_recording(data)
    return _measured(recording.name, (recording,), recording.notes)


def _measured(name: str, parts: tuple[Recording, ...], notes: tuple[str, ...]) -> View:
    measured = tuple(quality_control(part) for part in parts)
    curves = tuple(firing_curve(one.data, RecordingSpikes(one.spikes)) for one in measured)
    found = quantities(measured, [passive(part) for part in parts], curves)
    names: list[dict[str, Value]] = [{"cell": name, "part": part} for part in range(len(parts))]
    both = list(zip(measured, curves, names, strict=True))
    sweeps = tuple(row for one, curve, place in both for row in sweep_rows(one, curve, place))
    spikes = tuple(row for one, curve, place in both for row in spike_rows(one, curve, place))
    view = View(name, notes, measured, curves, found, {}, sweeps, spikes)
    return dataclasses.replace(view, cell=_cell(view))


def _cell(view: View) -> Row:
    """The row of the cell: its recording, its quantities, its warnings."""
    data = view.data
    return {
        "cell": view.name,
        "parts": len(data),
        "sweeps": sum(part.sweeps for part in data),
        "duration_ms": max(part.duration for part in data),
        "sampling_kHz": max(part.rate for part in data),
        "spikes": len(view.spikes),
        **values_of(view.quantities),
        "warnings": "; ".join(view.warnings),
    }


def shown(one: Quantity) -> str:
    """A quantity's value with error and unit, and a dash where it is not known."""
    if not one.estimate.known:
        return NONE
    if one.column.error:
        return str(one.estimate).replace("-", "−")
    return f"{one.estimate.value:.{one.column.digits}f} {one.estimate.unit}".rstrip().replace("-", "−")


def write_tables(views: Sequence[View], folder: str | Path) -> tuple[Path, Path, Path]:
    """Write the rows of several cells into cells.csv, sweeps.csv and spikes.csv of a folder; return their paths."""
    folder = Path(folder)
    unit = views[0].unit if views else "nA"
    cells, sweeps, spikes = (folder / name for name in FILES)
    return (
        write_csv(cells, [view.cell for view in views]),
        write_csv(sweeps, [row for view in views for row in view.sweeps], [one.key(unit) for one in SWEEPS]),
        write_csv(spikes, [row for view in views for row in view.spikes], [one.key(unit) for one in SPIKES]),
    )
