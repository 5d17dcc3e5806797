"""Fit regional densities of a neuron to a recording at its soma: does it determine the densities in the dendrites?

A neuron of soma, basal and apical dendrite is simulated under a noisy current, its soma is recorded with white noise,
and eight regional densities are fitted to that voltage from random starts by membrax's default method. A start has
found the answer if its loss is within a tenth of the loss at the truth. Prints true and fitted densities with their
95 % intervals, writes a JSON and a figure.

    python experiments/fit_tree.py --starts 32
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np

import membrax as mx
from membrax.channels import Leak, squid
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltage_loss
from membrax.fitting.problem.target import target
from membrax.morphology import ball, by_region, cable, discretise, join

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TRUTH = {
    "na.g.soma": 120.0, "na.g.basal": 40.0, "na.g.apical": 20.0, "k.g.soma": 36.0, "k.g.basal": 12.0, "k.g.apical": 6.0,
    "leak.g.soma": 0.3, "leak.g.dendrite": 0.1,
}  # fmt: skip
BOUNDS = {path: (value / 4, 3 * value) for path, value in TRUTH.items()}
DT, DURATION, NOISE, QUIET = 0.05, 100.0, 0.2, 2.0  # ms, ms, mV, ms without current at the beginning
OUT = Path(__file__).parent / "results"


def neuron() -> mx.Cell:
    """Soma, a basal and a longer apical dendrite."""
    tree = join(ball(10.0), cable(250.0, 1.0, type="basal"), cable(500.0, (2.0, 1.0), type="apical"))
    of = lambda channel: by_region({k.split(".")[2]: v for k, v in TRUTH.items() if k.startswith(f"{channel}.")})  # noqa: E731
    channels = {"na": squid.Sodium(g=of("na")), "k": squid.Potassium(g=of("k")), "leak": Leak(g=of("leak"), e=-54.387)}
    return mx.Cell(channels=channels, morphology=discretise(tree, max_length=40.0))


def recording(cell: mx.Cell, seed: int) -> mx.Recording:
    """The soma's voltage under noisy steps of current, with white noise."""
    random = np.random.default_rng(seed)
    steps = round(DURATION / DT)
    slow = np.repeat(random.normal(size=(2, steps // 20)), 20, axis=1)
    i = np.array([[0.6], [1.2]]) + 0.5 * slow
    i[:, : round(QUIET / DT)] = 0.0
    start = mx.rest(cell)

    def soma(row: np.ndarray) -> np.ndarray:
        stimulus = mx.stimuli.from_samples(row, DT, unit="nA")
        return np.asarray(mx.simulate(cell, stimulus, duration=DURATION, dt=DT, state=start).v[:, 0])

    v = np.stack([soma(row) for row in i])
    current = np.concatenate([i, i[:, -1:]], axis=1)
    return mx.Recording(t=np.arange(steps + 1) * DT, v=v + random.normal(size=v.shape) * NOISE, i=current, unit="nA")


def draw(fit: mx.fitting.Fit, path: Path) -> None:
    """Recording and model, and every density with its interval over the truth."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=(3, 2), constrained_layout=True)
    left.plot(fit.data.t, fit.data.v[1], color="0.6", lw=1.2, label="recorded at the soma")
    left.plot(fit.data.t, np.asarray(fit.v)[1], color="C3", lw=0.9, label="fitted")
    left.set(xlabel="time (ms)", ylabel="voltage (mV)")
    left.legend(frameon=False, loc="upper right")
    uncertainty = mx.fitting.uncertainty.assess(fit)
    for k, (name, true) in enumerate(TRUTH.items()):
        low, high = np.array(uncertainty.intervals[name]) / true
        right.plot([low, high], [k, k], color="C0", lw=2)
        right.plot(fit.values[name] / true, k, "o", color="C0", ms=4)
    right.axvline(1.0, color="0.5", lw=0.8, zorder=0)
    right.set(yticks=range(len(TRUTH)), yticklabels=TRUTH, xlabel="fitted / true, with 95 % intervals")
    right.invert_yaxis()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cell = neuron()
    data = recording(cell, options.seed)
    parameters = free(cell, BOUNDS)
    problem = Problem(cell, target(data, [0, 1], DT), parameters, mx.integrators.staggered)
    truth = float(jax.jit(voltage_loss)(jnp.asarray(parameters.place(np.array(list(TRUTH.values())))), problem))
    began, busy = time.perf_counter(), time.process_time()
    fit = mx.fit(cell, BOUNDS, data, starts=options.starts, seed=options.seed, dt=DT, progress=False)
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    share = float(np.mean(np.asarray(fit.starts.loss) < 1.1 * truth))
    uncertainty = mx.fitting.uncertainty.assess(fit)
    rows = {
        name: {"true": true, "found": fit.values[name], "interval": list(map(float, uncertainty.intervals[name]))}
        for name, true in TRUTH.items()
    }
    for name, row in rows.items():
        low, high = row["interval"]
        print(f"{name:16s} {row['true']:8.3g} {row['found']:8.4g}  [{low:.4g}, {high:.4g}]")
    size = cell.morphology.count
    print(
        f"{size} compartments, {options.starts} starts, {seconds:.0f} s ({cpu:.0f} busy): {100 * share:.0f} % found it"
    )
    OUT.mkdir(exist_ok=True)
    report = {
        "question": "does a recording at the soma determine the densities of channels in the dendrites",
        "compartments": cell.morphology.count, "starts": options.starts, "found_share": share, "loss": fit.loss,
        "loss_at_truth": truth, "densities": rows, "seconds": seconds, "cpu_seconds": cpu,
        "versions": {"membrax": mx.__version__, "jax": jax.__version__, "python": platform.python_version()},
    }  # fmt: skip
    (OUT / "fit_tree.json").write_text(json.dumps(report, indent=1) + "\n")
    draw(fit, OUT / "fit_tree.png")


if __name__ == "__main__":
    main()
