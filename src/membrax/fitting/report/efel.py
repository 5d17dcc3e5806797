"""eFEL features of a recording and its model, as a section of the report."""

from __future__ import annotations

from collections.abc import Sequence

from ..evaluation.efel import EfelRow, _pair
from ..evaluation.tables import UNITS, number
from .page import Section


def efel_section(rows: Sequence[EfelRow], unit: str = "nA") -> Section:
    """Rows as a section of a report: recording / model, a row for each pulse that has any such feature.

    Args:
        rows: from `efel_features`.
        unit: of the pulses' currents.
    """
    names = list(rows[0].recorded) if rows else []
    table = [["sweep", "from (ms)", "", f"current ({UNITS[unit]})", *names]]
    for row in sorted(rows, key=lambda row: not row.fitted):
        start, level = number(row.pulse.start, 0), number(row.pulse.level, 3)
        pairs = [_pair(row.recorded[name], row.model[name]) for name in names]
        table.append([str(row.pulse.sweep), start, "fitted" if row.fitted else "predicted", level, *pairs])
    text = "Of the recording and of the model, under eFEL's names and in its units (ms, mV, Hz)."
    return Section("eFEL features", text, table)
