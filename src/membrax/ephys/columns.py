"""The columns of the tables of a view: every quantity with its unit and a line on its measurement; CSV files of rows.

A row is a dictionary {"rest_mV": −70.5, …}. The key of a quantity ends in its unit; currents are in pA, or in µA/cm²
where a recording's current is a density, and resistances and capacitances follow.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from ..io.file_format import whole_file
from .spikes import STEEP
from .threshold import SPIKE_THRESHOLD, TROUGH_WINDOW, millivolts

Value: TypeAlias = float | int | str
Row: TypeAlias = Mapping[str, Value]

DENSITY = {"pA": "µA/cm²", "MΩ": "kΩ·cm²", "pF": "µF/cm²"}  # the units where the current is a density
CODES = {"MΩ": "MOhm", "kΩ·cm²": "kOhm_cm2", "µA/cm²": "uA_per_cm2", "µF/cm²": "uF_per_cm2"}  # in the keys of rows


@dataclasses.dataclass(frozen=True)
class Column:
    """A quantity of a table.

    Attributes:
        name: "input_resistance", the key without its unit.
        label: name in words.
        unit: where the current is in nA; "" without one.
        digits: decimals in a table of text.
        text: its definition or its measurement.
        error: whether a column with the standard error follows.
    """

    name: str
    label: str = ""
    unit: str = ""
    digits: int = 2
    text: str = ""
    error: bool = False

    def unit_for(self, current: str) -> str:
        """The unit in a recording whose current is in ``current``: "nA" or "uA/cm2"."""
        return self.unit if current == "nA" else DENSITY.get(self.unit, self.unit)

    def key(self, current: str) -> str:
        """The name with the unit: "input_resistance_MOhm"."""
        return with_unit(self.name, self.unit_for(current))

    def heading(self, current: str) -> str:
        """The label with the unit: "input resistance (MΩ)"."""
        unit = self.unit_for(current)
        return f"{self.label or self.name} ({unit})" if unit else self.label or self.name


def with_unit(name: str, unit: str) -> str:
    """A key of a row: the name, and the unit in ASCII if there is one."""
    return f"{name}_{CODES.get(unit, unit)}" if unit else name


FORMULA = ("=", "+", "-", "@")  # begin a formula in a spreadsheet
LEAST = millivolts(SPIKE_THRESHOLD)
CELL = (
    Column("rest", "resting potential", "mV", 1, "median potential of the sweeps before their first step, without"
           " spikes", True),
    Column("input_resistance", "input resistance R", "MΩ", 1, "R of v = v₀ + R ΔI (1 − e^(−t/τ)), fitted to the"
           " responses to steps, before any sag: steady states of a cell with sag deviate less", True),
    Column("time_constant", "membrane time constant τ", "ms", 1, "τ of the same fits", True),
    Column("capacitance", "capacitance C", "pF", 1, "τ/R of the same fits", True),
    Column("sag", "sag", "", 3, "1 − (deflection at the end)/(largest deflection), in steps down from rest of at least"
           " 200 ms; 0 is no sag", True),
    Column("series_resistance", "series resistance R_s", "MΩ", 1, "jump of the potential at the first step over the"
           " step: the bridge's imbalance, which is not subtracted here", True),
    Column("rheobase", "rheobase", "pA", 1, "lowest depolarising step with a spike, above the holding current"),
    Column("silent", "highest silent step", "pA", 1, "highest step below the rheobase, which elicits no spike"),
    Column("max_rate", "highest rate", "Hz", 1, "spikes of the fastest depolarising step over its duration; of a sweep"
           " without steps of 50 ms, over the sweep"),
    Column("adaptation_index", "adaptation index", "", 3, "mean of (ISI₂ − ISI₁)/(ISI₂ + ISI₁) over neighbouring"
           " intervals of that step; above 0 the cell slows down"),
    Column("threshold", "spike threshold", "mV", 1, f"potential at which dv/dt passes {STEEP:g} mV/ms; median over all"
           " spikes"),
    Column("peak", "spike peak", "mV", 1, "highest sample; median over all spikes"),
    Column("amplitude", "spike amplitude", "mV", 1, "peak − threshold; median over all spikes"),
    Column("half_width", "spike width", "ms", 2, "duration at half amplitude, interpolated; median over all spikes"),
    Column("trough", "spike trough", "mV", 1, f"lowest potential within {TROUGH_WINDOW:g} ms after the peak; median"
           " over all spikes"),
    Column("ahp", "afterhyperpolarisation", "mV", 1, "threshold − trough; median over all spikes"),
)  # fmt: skip

SWEEPS = (
    Column("cell"),
    Column("part"),
    Column("sweep"),
    Column("pulse", text="number within the sweep; none for a whole sweep, whose current has no step"),
    Column("start", "from", "ms", 1),
    Column("stop", "to", "ms", 1),
    Column("holding", "holding", "pA", 1, "resting current of the sweep: the level before its steps, or"
           " after them where it begins in a step"),
    Column("step", "step", "pA", 1, "current above holding"),
    Column("rest", "rest", "mV", 1, "potential before the first change of the current; none where the sweep begins"
           " in a step"),
    Column("steady_state", "steady state", "mV", 1, "mean of the last fifth of a pulse of 20 ms or more, without"
           " spikes"),
    Column("spikes", "spikes", "", 0, f"upward crossings of {LEAST} in the pulse; of a shorter pulse, within 20 ms"
           " of its beginning"),
    Column("rate", "rate", "Hz", 1, "spikes over that time"),
    Column("latency", "latency", "ms", 1, "from the beginning of the pulse to the first spike"),
    Column("first_isi", "first ISI", "ms", 1, "interval between the first two spikes"),
    Column("mean_isi", "mean ISI", "ms", 1, "mean interval between spikes"),
    Column("adaptation_index", "adaptation", "", 3, "adaptation index, as of the cell"),
)  # fmt: skip

SPIKES = (
    Column("cell"),
    Column("part"),
    Column("sweep"),
    Column("pulse"),
    Column("spike", "spike", "", 0, "number within the sweep, from 0"),
    Column("time", "time", "ms", 2, f"upward crossing of {LEAST}, interpolated"),
    Column("isi", "ISI", "ms", 2, "time since the preceding spike of the sweep"),
    Column("threshold", "threshold", "mV", 1, f"potential at which dv/dt passes {STEEP:g} mV/ms"),
    Column("peak", "peak", "mV", 1, "highest sample"),
    Column("amplitude", "amplitude", "mV", 1, "peak − threshold"),
    Column("half_width", "width", "ms", 3, "duration at half amplitude, interpolated"),
    Column("trough", "trough", "mV", 1, f"lowest potential within {TROUGH_WINDOW:g} ms after the peak and before the"
           " next spike"),
    Column("ahp", "AHP", "mV", 1, "afterhyperpolarisation: threshold − trough"),
)  # fmt: skip


def keyed(values: Mapping[str, Value], columns: Sequence[Column], current: str) -> dict[str, Value]:
    """Values by name as a row, in the order of the columns; an absent one is NaN."""
    return {column.key(current): values.get(column.name, math.nan) for column in columns}


def write_csv(path: str | Path, rows: Iterable[Row], columns: Sequence[str] = ()) -> Path:
    """Write rows as CSV in UTF-8 and return the path; an unknown number is an empty field.

    Args:
        path: of the file.
        rows: each with its own keys; a key that a row lacks is an empty field.
        columns: keys that come first.
    """
    path, rows = Path(path), list(rows)
    keys = list(dict.fromkeys([*columns, *(key for row in rows for key in row)]))
    with whole_file(path) as part:
        part.write_text(csv_text(rows, keys), encoding="utf-8")
    return path


def csv_text(rows: Sequence[Row], keys: Sequence[str]) -> str:
    """Rows as the text of a CSV file, with a head of the keys."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_field(row.get(key, "")) for key in keys] for row in rows)
    return file.getvalue()


def _field(value: Value) -> str:
    """A number to seven digits; nothing for NaN. Text that a spreadsheet would compute has an apostrophe before it."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.7g}"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) and not isinstance(value, int) else text
