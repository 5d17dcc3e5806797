"""The report of a fit: one HTML file with its figures in it, to read on a phone, to print, to send."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...ephys.coincidence import DELTA, LOWEST_CEILING
from ...ephys.spikes import STEEP
from ...ephys.threshold import SUBTHRESHOLD, TROUGH_WINDOW, millivolts
from ...html_page import Section, page
from ...io.file_format import check_writable, whole_file
from ...tables import counted
from ..evaluation import tables
from . import sections as parts
from .beginning import beginning_note
from .text import fit_summary
from .warnings import fit_warnings

if TYPE_CHECKING:
    from ..result import Fit

SPIKES = """Two numbers are those of the recording and of the model. Adaptation: the mean of
(ISI₂ − ISI₁)/(ISI₂ + ISI₁) over neighbouring intervals (Druckmann et al. 2007)."""
F_I = "f–I: the spike count linearly interpolated between the pulses of the training sweeps."
GAMMA = f"""Γ: the coincidence factor, the share of spikes that coincide within {DELTA:g} ms, corrected for chance; 1 is
the same train, 0 is chance (Kistler, Gerstner & van Hemmen 1997). Its ceiling: Γ of the cell with itself, where a pulse
of the same current and length occurs twice (Jolivet et al. 2008; the current before the pulse is not compared). A
ceiling below {LOWEST_CEILING:g} means that the cell does not repeat its own spikes, and no Γ is given."""
SHAPES = f"""Amplitude: peak above the potential at which the slope passes {STEEP:g} mV/ms; half width: at half
amplitude; trough: lowest potential within {TROUGH_WINDOW:g} ms after the peak; means over the spikes. Below
{millivolts(SUBTHRESHOLD)}: root mean square error of the traces clipped there."""


def write_report(fit: Fit, path: str | Path, sections: Sequence[Section] = (), *, efel: bool = False) -> Path:
    """Write the report of a fit as one self-contained HTML file.

    Args:
        fit: from `membrax.fit` or `membrax.fit_recording`.
        path: of the file; ``.html`` is added if it has no such suffix.
        sections: more parts, which follow the parameters.
        efel: whether to add the features of the Electrophys Feature Extraction Library.

    Returns:
        The file's path.

    Raises:
        ValueError: a part that is no `Section`, or a table or a figure that can't be shown.
        OSError: the file can't be written; raised before the figures are drawn.
        ImportError: ``efel`` without eFEL: ``pip install "membrax[features]"``.
    """
    path = Path(path)
    path = path if path.suffix.lower() in (".html", ".htm") else path.with_name(path.name + ".html")
    check_writable(path)
    template = "" if fit.template is None else f"template {fit.template}, "
    size = f"{counted(fit.data.sweeps, 'sweep')}, {fit.data.duration:.6g} ms at {fit.data.rate:.4g} kHz"
    written = f"Written {datetime.date.today().isoformat()} by membrax {fit.settings.get('membrax', '')}".rstrip()
    title = f"Fit of {fit.data.name or 'a recording'}"
    text = page(
        title, f"{template}method {fit.method_label}; {size}", report_sections(fit, sections, efel=efel), f"{written}."
    )
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def report_sections(fit: Fit, others: Sequence[Section] = (), *, efel: bool = False) -> list[Section]:
    """The parts of a fit's report, in their order."""
    from ... import plot

    evaluation = fit.evaluate()
    warnings = fit_warnings(fit, evaluation)
    piece = evaluation.piece
    spikes = tables.spike_table(evaluation)
    legends = ((SPIKES, True), (F_I, "f–I" in spikes[0]), (GAMMA, "ceiling" in spikes[0]))
    return [
        Section("Summary", fit_summary(fit, evaluation)),
        *([Section("Warnings", warnings)] if warnings else []),
        parts.recording(fit, evaluation),
        parts.sweeps(fit),
        Section("Fit", [note for note in fit.notes if note != beginning_note(fit)], figure=plot.fit(fit)),
        Section(
            "Training and held-out sweeps",
            table=tables.summary_table(evaluation),
            figure=plot.evaluation(evaluation),
        ),
        Section(f"Spikes, {piece} by {piece}", " ".join(text for text, needed in legends if needed), spikes),
        Section(f"Shapes, {piece} by {piece}", SHAPES, tables.shape_table(evaluation)),
        parts.parameters(fit),
        *([parts.efel_features_of(fit)] if efel else []),
        *others,
        parts.settings(fit),
    ]
