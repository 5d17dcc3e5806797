"""`membrax demo`: a population across a range of currents, and a fit to a noisy trace, with figures."""

from __future__ import annotations

import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from .. import models, plot, probes, recordings, stimuli
from ..fitting import Fit, fit
from ..population import PopulationResult, run
from ..pytrees import find
from ..simulate import simulate
from .words import columns

DURATION, DT = 200.0, 0.025  # ms
STRONGEST = 20.0  # µA/cm²
BOUNDS = {"na.g": (20, 250), "k.g": (5, 80), "leak.g": (0.03, 3), "leak.e": (-80, -40), "capacitance": (0.5, 2)}


def run_demo(out: Path, neurons: int) -> None:
    """One neuron, many neurons, one fit: three figures, two tables, the fitted cell."""
    out.mkdir(parents=True, exist_ok=True)
    cell = models.hodgkin_huxley()
    pulse = stimuli.step(10.0, start=5.0, stop=45.0)
    one = simulate(cell, pulse, duration=50.0, dt=DT, record=[probes.gates(), probes.currents()])
    plot.trace(one, pulse, cell=cell, path=out / "neuron.png")

    currents = jnp.linspace(0.0, STRONGEST, neurons)
    began = time.perf_counter()
    result = run(cell, stimuli.step(currents), duration=DURATION, dt=DT)
    seconds = time.perf_counter() - began
    steps = neurons * DURATION / DT
    print(f"\n{neurons} squid axons, {DURATION:g} ms in steps of {DT:g} ms: {seconds:.1f} s with compilation,")
    print(f"{steps / seconds / 1e6:.0f} million neuron-steps a second; {np.sum(~result.finite)} neurons lost\n")
    print(_rates(np.asarray(currents), result))
    plot.population(result, against=np.asarray(currents), label="current (µA/cm²)", path=out / "population.png")

    began = time.perf_counter()
    found = fit(cell, BOUNDS, recordings.example())
    seconds = time.perf_counter() - began
    print(f"\nFive parameters from 80 ms of noisy voltage, {len(found.starts.loss)} random starts: {seconds:.1f} s")
    print(f"mean squared error {found.loss:.4f} mV²; the noise that was added has 0.5² = 0.25 mV²\n")
    print(_values(found, {path: float(find(cell, path)) for path in BOUNDS}))
    plot.fit(found, path=out / "fit.png")
    found.save(out / "fitted_cell.json")
    print(f"\nneuron.png, population.png, fit.png and fitted_cell.json are in {out}/")


def _rates(currents: np.ndarray, result: PopulationResult) -> str:
    """Firing at a handful of currents across the range."""
    rows = [("current", "spikes", "rate"), ("µA/cm²", "", "Hz")]
    for k in np.linspace(0, len(currents) - 1, 9).astype(int):
        rows.append((f"{currents[k]:.2f}", f"{result.spike_counts[k]}", f"{result.rates[k]:.0f}"))
    return columns(rows)


def _values(found: Fit, truth: dict[str, float]) -> str:
    """Fitted values beside the truth, and how many starts agree."""
    near = found.starts.loss < 1.1 * found.loss
    rows = [("parameter", "truth", "fitted", "error", "bounds")]
    for path, value in found.values.items():
        low, high = found.bounds[path]
        error = 100 * (value / truth[path] - 1)
        rows.append((path, f"{truth[path]:g}", f"{value:.4g}", f"{error:+.2f} %", f"{low:g} … {high:g}"))
    return columns(rows) + f"\n{near.sum()} of {len(near)} starts ended within 10 % of the best loss"
