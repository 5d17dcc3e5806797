"""`membrax fit FILE`: a cortical cell fitted to some sweeps of a recording, and its prediction of the others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from .. import plot, recordings
from ..cell import replace
from ..fitting import fit, fit_recording
from ..fitting.compare import summary
from ..fitting.templates import cortical
from ..recordings import Recording
from .words import bounds as read_bounds
from .words import columns, numbers


def run_fit(
    file: Path, sweeps: str, window: tuple[float | None, float | None], asked: list[str], method: str, seed: int,
    starts: int | None, iterations: int | None, area: float | None, out: Path,
) -> None:  # fmt: skip
    """Fit, print the comparison, write fit.json and fit.png.

    The recipe is `membrax.fit_recording`; with bounds, starts or an area of the user's it is a search by evolution.

    Raises:
        ValueError: whatever `membrax.fit` and the readers object to.
    """
    whole = recordings.load(file)
    data = whole.crop(*window) if any(x is not None for x in window) else whole
    print(data)
    for note in whole.notes:
        print(f"  {note}")
    chosen = numbers(sweeps, "--sweeps") if sweeps else list(range(0, data.sweeps, 3))
    began = time.perf_counter()
    own = bool(asked) or starts is not None or area is not None or data.unit != "nA"
    method = "evolution" if method == "recipe" and own else method
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
    print(f"\n{found.method}, {len(found.starts.loss)} starts, {seconds:.0f} s: {found.loss_name} {found.loss:.4g}\n")
    print(found.table())
    print("\n" + _summary(found, found.data))
    if found.at_bounds:
        print(f"\nat a bound: {', '.join(found.at_bounds)}")
    for note in found.notes:
        print(note)
    print(f"\nfit.json and fit.png are in {out}/")


def _summary(found: Any, data: Recording) -> str:
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
