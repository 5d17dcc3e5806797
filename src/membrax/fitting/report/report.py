"""The report of a fit: one HTML file with its figures in it, to read on a phone, to print, to send.

Every part is a `Section`; others' parts, such as a table of uncertainties, are sections as well.
"""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...ephys.passive import passive
from ...pytrees import leaves
from ..evaluation import tables
from ..problem.parameters import paths
from . import text as words
from .page import Section, page

SPIKES = """Two numbers are those of the recording and of the model. Adaptation: the mean of \
(ISI₂ − ISI₁)/(ISI₂ + ISI₁) over neighbouring intervals (Druckmann et al. 2007)."""
F_I = "f–I: the count on the straight lines between the fitted sweeps' pulses."
GAMMA = """Γ: coincidence of the spikes within 4 ms beyond chance, 1 for the same train, 0 for chance (Kistler, \
Gerstner & van Hemmen 1997); its ceiling: that of the cell with itself, where a pulse of the same current and length \
came twice (Jolivet et al. 2008; what came before the pulse is not compared). Where the ceiling is below 0.3, no Γ is \
given."""
SHAPES = """Amplitude: peak above the potential at which the slope passes 10 mV/ms; half width: at half of it; trough: \
lowest potential within 15 ms after the peak; means over a pulse's spikes. Below −40 mV: both traces clipped there."""


def write_report(found: Any, path: str | Path, sections: Sequence[Section] = ()) -> Path:
    """Write a fit's report as one self-contained HTML file.

    Args:
        found: from `membrax.fit` or `membrax.fit_recording`.
        path: where to; ``.html`` is added if it has no such suffix.
        sections: what else is to stand in it, after the parameters.

    Returns:
        The file's path.

    Raises:
        ValueError: something that is no `Section`, or a table or a figure that can't be shown.
    """
    path = Path(path)
    path = path if path.suffix.lower() in (".html", ".htm") else path.with_name(path.name + ".html")
    name = found.data.name or "a recording"
    subtitle = f"{words.counted(found.data.sweeps, 'sweep')}, {found.data.duration:.6g} ms at {found.data.rate:.4g} kHz"
    written = f"Written {datetime.date.today().isoformat()} by membrax {found.settings.get('membrax', '')}".rstrip()
    text = page(f"Fit of {name}", subtitle, report_sections(found, sections), f"{written}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def report_sections(found: Any, others: Sequence[Section] = ()) -> list[Section]:
    """The parts of a fit's report, in their order."""
    from ... import plot
    from ...plot.fits.evaluation import evaluation as draw

    evaluation = found.evaluate()
    cautions = words.cautions(found, evaluation)
    return [
        Section("In short", words.in_short(found, evaluation)),
        *([Section("With care", cautions)] if cautions else []),
        _recording(found, evaluation),
        Section("The fit", figure=plot.fit(found)),
        Section("Fitted and predicted", table=tables.sides(evaluation), figure=draw(evaluation)),
        _spikes(evaluation),
        Section("Shape, pulse by pulse", SHAPES, tables.shapes(evaluation)),
        _parameters(found),
        *others,
        _settings(found),
    ]


def _recording(found: Any, evaluation: Any) -> Section:
    """What was measured on the recording, and what its reader and the fit noted."""
    data = found.data
    unit = tables.UNITS[data.unit]
    rows = [["", "value"], ["current", f"{_span(data.i)} {unit}"], ["holding current", f"{_span(data.holding)} {unit}"]]
    first = min(row.pulse.start for row in evaluation.rows)
    before = data.v[:, data.t < first]
    if before.shape[1]:
        rows.append(["potential before the first pulse, median", f"{tables.number(float(np.median(before)), 1)} mV"])
    measured = passive(data)
    if measured is not None:
        rows += [
            [f"input resistance at the end of the step of sweep {measured.sweep}", f"{measured.resistance:.0f} MΩ"],
            ["time to 63 % of that step", f"{measured.time_constant:.1f} ms"],
        ]
    fired = [row.pulse.level for row in evaluation.rows if row.recorded.spike_count and np.isfinite(row.pulse.level)]
    if fired:
        rows.append(["lowest pulse with a spike, above holding", f"{tables.number(min(fired), 3)} {unit}"])
    return Section("The recording", [*dict.fromkeys((*data.notes, *found.notes))], rows)


def _span(values: np.ndarray) -> str:
    """From the lowest to the highest, or the one value."""
    return " to ".join(dict.fromkeys(tables.number(float(x), 3) for x in (np.min(values), np.max(values))))


def _spikes(evaluation: Any) -> Section:
    """Spikes of every pulse, with the words that its columns need."""
    table = tables.spikes(evaluation)
    needed = ((SPIKES, True), (F_I, "f–I" in table[0]), (GAMMA, "ceiling" in table[0]))
    return Section("Spikes, pulse by pulse", " ".join(text for text, there in needed if there), table)


def _parameters(found: Any) -> Section:
    """Every free parameter with its unit, its bounds, and whether it stands at one."""
    known = leaves(found.cell)
    rows = [["parameter", "value", "unit", "low", "high", "at a bound"]]
    for name, value in found.values.items():
        low, high = found.bounds[name]
        nearer = "lower" if value - low < high - value else "upper"
        side = f"the {nearer} one" if name in found.at_bounds else ""
        first = known.get(paths(name)[0].removeprefix("channels."))
        unit = "" if first is None else first.metadata.get("unit", "")
        rows.append([name, f"{value:.4g}", unit, f"{low:.4g}", f"{high:.4g}", side])
    marked = [k for k, row in enumerate(rows[1:]) if row[-1]]
    table = tables.filled([[cell.replace("-", "−") for cell in row] for row in rows], ["at a bound"])
    return Section("Parameters", "What is not listed was not fitted.", table, marked=marked)


def _settings(found: Any) -> Section:
    """How the fit was made, and with what."""
    asked = {"method": found.method, "fitted sweeps": ", ".join(map(str, found.sweeps))}
    asked |= {{"dt": "dt (ms)"}.get(name, name): value for name, value in found.settings.items()}
    system = f"{platform.system()} {platform.machine()}"
    here = {"numpy": np.__version__, "python": platform.python_version(), "system": system}
    rows = [["", "value"], *([name, str(value)] for name, value in {**asked, **here}.items())]
    return Section("Settings and versions", table=rows)
