"""`membrax fit FILE`: the recipe `membrax.fit_recording` on a file, with its tables, figure and report."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import plot
from ..fitting import Fit, fit_recording
from ..fitting.report.sections import recording
from ..fitting.report.text import prediction_summary
from ..fitting.report.warnings import fit_warnings
from ..recordings import Recording, as_recording
from ..tables import text_table
from .reading import ReaderOptions, read_together
from .words import writable


def run_fit(files: Sequence[Path], options: ReaderOptions, recipe: Mapping[str, Any], *, out: Path) -> None:
    """Fit with options of `fit_recording`; print the evaluation, write fit.json, fit.png and fit.html.

    Raises:
        ValueError: an error of the reader or of `membrax.fit_recording`.
        OSError: the folder can't be written; raised before the search.
    """
    writable(out)
    data = as_recording(read_together(files, options))
    _print_recording(data)
    began = time.perf_counter()
    fit = fit_recording(data, **recipe)
    seconds = time.perf_counter() - began
    fit.save(out / "fit.json")
    plot.fit(fit, path=out / "fit.png")
    fit.write_report(out / "fit.html")
    starts = f"{len(fit.starts.loss)} starts"
    print(f"\ntemplate {fit.template}, {fit.method_label}, {starts}, {seconds:.0f} s: {fit.loss_name} {fit.loss:.4g}\n")
    _print_fit(fit)
    print(f"\nfit.json, fit.png and the report fit.html are in {out}/")


def _print_recording(data: Recording) -> None:
    """The recording and its notes."""
    print(data)
    for note in data.notes:
        print(f"  {note}")


def _print_fit(fit: Fit) -> None:
    """The tables, summary and warnings of the report, and the notes of the search."""
    evaluation = fit.evaluate()
    print(text_table(recording(fit, evaluation).table))
    if fit.selection is not None:
        print(f"\ntraining sweeps: {fit.selection}")
    print("", evaluation.table(), "", *prediction_summary(evaluation), sep="\n")
    if warnings := fit_warnings(fit, evaluation):
        print("\nWarnings:", *(f"  {warning}" for warning in warnings), sep="\n")
    if fit.notes:
        print("", *fit.notes, sep="\n")
