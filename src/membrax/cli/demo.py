"""`membrax demo`: a population across a range of currents, and a fit to a noisy trace, with figures."""

from __future__ import annotations

import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from .. import models, plot, probes, recordings, stimuli
from ..cell import Cell
from ..fitting import Fit, fit
from ..population import PopulationResult, run
from ..pytrees import find
from ..simulate import simulate
from ..tables import text_table
from .words import writable

DURATION, DT = 200.0, 0.025  # ms
STRONGEST = 20.0  # µA/cm²
BOUNDS = {"na.g": (20, 250), "k.g": (5, 80), "leak.g": (0.03, 3), "leak.e": (-80, -40), "capacitance": (0.5, 2)}


def run_demo(out: Path, neurons: int) -> None:
    """Simulate one neuron and a population, and fit a trace; write three figures and the fitted cell.

    Raises:
        OSError: the folder can't be written; raised before the simulations.
    """
    writable(out)
    cell = models.hodgkin_huxley()
    _neuron(cell, out)
    _population(cell, neurons, out)
    _fit(cell, out)
    print(f"\nneuron.png, population.png, fit.png and fitted_cell.json are in {out}/")


def _neuron(cell: Cell, out: Path) -> None:
    """One neuron with its gates and currents."""
    pulse = stimuli.step(10.0, start=5.0, stop=45.0)
    one = simulate(cell, pulse, duration=50.0, dt=DT, record=[probes.gates(), probes.currents()])
    plot.trace(one, pulse, cell=cell, path=out / "neuron.png")


def _population(cell: Cell, neurons: int, out: Path) -> None:
    """A population over a range of currents."""
    currents = jnp.linspace(0.0, STRONGEST, neurons)
    began = time.perf_counter()
    result = run(cell, stimuli.step(currents), duration=DURATION, dt=DT)
    seconds = time.perf_counter() - began
    steps = neurons * DURATION / DT
    print(f"\n{neurons} squid axons, {DURATION:g} ms in steps of {DT:g} ms: {seconds:.1f} s with compilation,")
    print(f"{steps / seconds / 1e6:.0f} million neuron-steps a second; {np.sum(~result.finite)} neurons lost\n")
    print(_rates(np.asarray(currents), result))
    plot.population(result, against=np.asarray(currents), label="current (µA/cm²)", path=out / "population.png")


def _fit(cell: Cell, out: Path) -> None:
    """Five parameters fitted to a noisy trace."""
    began = time.perf_counter()
    result = fit(cell, BOUNDS, recordings.example())
    seconds = time.perf_counter() - began
    print(f"\nFive parameters from 80 ms of noisy voltage, {len(result.starts.loss)} random starts: {seconds:.1f} s")
    print(f"mean squared error {result.loss:.4f} mV²; the noise that was added has 0.5² = 0.25 mV²\n")
    print(_values(result, {path: float(find(cell, path)) for path in BOUNDS}))
    plot.fit(result, path=out / "fit.png")
    result.save(out / "fitted_cell.json")


def _rates(currents: np.ndarray, result: PopulationResult) -> str:
    """Spike counts and rates at nine currents across the range."""
    rows = [("current", "spikes", "rate"), ("µA/cm²", "", "Hz")]
    for k in np.linspace(0, len(currents) - 1, 9).astype(int):
        rows.append((f"{currents[k]:.2f}", f"{result.spike_counts[k]}", f"{result.rates[k]:.0f}"))
    return text_table(rows)


def _values(result: Fit, truth: dict[str, float]) -> str:
    """Fitted and true values, and the number of starts that agree."""
    near = result.starts.loss < 1.1 * result.loss
    rows = [("parameter", "truth", "fitted", "error", "bounds")]
    for path, value in result.values.items():
        low, high = result.bounds[path]
        error = 100 * (value / truth[path] - 1)
        rows.append((path, f"{truth[path]:g}", f"{value:.4g}", f"{error:+.2f} %", f"{low:g} … {high:g}"))
    return text_table(rows) + f"\n{near.sum()} of {len(near)} starts ended within 10 % of the best loss"
