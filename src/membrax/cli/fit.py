"""`membrax fit FILE`: a cortical cell fitted to some sweeps of a recording, its prediction of the others, a report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from .. import plot, recordings
from ..fitting import fit, fit_recording
from ..fitting.evaluation.compare import summary
from ..fitting.recipe.sweep_selection import select_training_sweeps
from ..fitting.recipe.templates import cortical
from ..fitting.report.text import cautions, verdict
from ..replace import replace
from .words import bounds as read_bounds
from .words import columns, numbers


def run_fit(
    file: Path, sweeps: str, window: tuple[float | None, float | None], asked: list[str], method: str, seed: int,
    starts: int | None, iterations: int | None, area: float | None, out: Path,
) -> None:  # fmt: skip
    """Fit, print the comparison, write fit.json, fit.png and fit.html.

    The recipe is `membrax.fit_recording`; with bounds, starts or an area of the user's it is a search by CMA-ES.

    Raises:
        ValueError: whatever `membrax.fit` and the readers object to.
    """
    whole = recordings.load(file)
    data = whole.crop(*window) if any(x is not None for x in window) else whole
    print(data)
    for note in whole.notes:
        print(f"  {note}")
    chosen = numbers(sweeps, "--sweeps") if sweeps else select_training_sweeps(data).sweeps
    began = time.perf_counter()
    own = bool(asked) or starts is not None or area is not None or data.unit != "nA"
    method = "cmaes" if method == "recipe" and own else method
    if method == "recipe":
        found = fit_recording(data, chosen, seed=seed, iterations=iterations)
    else:
        cell, free, told = cortical(whole)
        cell = cell if area is None else replace(cell, {"area": area})
        print(f"  {told if area is None else f'area: {area:g} µm², as given'}")
        found = fit(
            cell, dict(map(read_bounds, asked)) or free, data, chosen, method=None if method == "auto" else method,
            seed=seed, starts=starts, iterations=iterations,
        )  # fmt: skip
    seconds = time.perf_counter() - began
    out.mkdir(parents=True, exist_ok=True)
    found.save(out / "fit.json")
    plot.fit(found, path=out / "fit.png")
    found.write_report(out / "fit.html")
    print(f"\n{found.method}, {len(found.starts.loss)} starts, {seconds:.0f} s: {found.loss_name} {found.loss:.4g}\n")
    _tell(found)
    print(f"\nfit.json, fit.png and the report fit.html are in {out}/")


def _tell(found: Any) -> None:
    """Every sweep, the means, what predictions without a model are worth, and what asks for care."""
    print(found.table())
    print("\n" + _summary(found))
    evaluation = found.evaluate()
    print("", *verdict(evaluation), sep="\n")
    if care := cautions(found, evaluation):
        print("\nwith care:", *(f"  {caution}" for caution in care), sep="\n")
    if found.notes:
        print("", *found.notes, sep="\n")


def _summary(found: Any) -> str:
    """Fitted and predicted sweeps in numbers."""
    sides = {"fitted": summary(found.comparison, fitted=True), "predicted": summary(found.comparison, fitted=False)}
    sides = {name: numbers for name, numbers in sides.items() if numbers}
    units = {"quiet_rms_mean": "mV", "latency_error_median": "ms", "peak_error_median": "mV",
             "width_error_median": "ms", "trough_error_median": "mV"}  # fmt: skip
    rows = [("", *sides, "")]
    for key in next(iter(sides.values())):
        values = [f"{side[key]:.2f}" if isinstance(side[key], float) else f"{side[key]}" for side in sides.values()]
        rows.append((key.replace("_", " "), *values, units.get(key, "")))
    return columns(rows)
