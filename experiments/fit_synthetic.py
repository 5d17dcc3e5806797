"""Count how often a fit finds the parameters of a squid axon, from random starts between wide bounds.

Five parameters of a Hodgkin–Huxley axon are fitted to 80 ms of its voltage under a noisy current, with 0.5 mV of white
noise, by membrax's default (Levenberg–Marquardt with nudging annealed to 0) and by Adam on the voltage, with and
without nudging. Adam may take the time of the default, without compilation, and a multiple of it. Its number of steps
follows from the processor time of single iterations of both, which on an idle machine is the wall-clock time to a tenth
and on a busy one favours neither. A start has *found* the answer if its loss is within a tenth of the loss at the
truth. On one data set every method begins at the same places. Writes one JSON and one figure.

    python experiments/fit_synthetic.py --seeds 0 1 2 3
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np

import membrax as mx
from membrax.fitting.optimisers.adam import Adam
from membrax.fitting.optimisers.levenberg_marquardt import LevenbergMarquardt
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltage_loss
from membrax.fitting.problem.target import target

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TRUTH = {"na.g": 120.0, "k.g": 36.0, "leak.g": 0.3, "leak.e": -54.387, "capacitance": 1.0}
BOUNDS = {
    "na.g": (20.0, 250.0),
    "k.g": (5.0, 80.0),
    "leak.g": (0.03, 3.0),
    "leak.e": (-80.0, -40.0),
    "capacitance": (0.5, 2.0),
}
DT, DURATION, NOISE, QUIET = 0.025, 80.0, 0.5, 1.0  # ms, ms, mV, ms without current at the beginning
OUT = Path(__file__).parent / "results"


@dataclasses.dataclass(frozen=True)
class Run:
    """One method on one data set; ``compiling`` is paid once for all data sets and not part of the other seconds."""

    method: str
    data_seed: int
    iterations: int
    seconds: float
    cpu_seconds: float
    compiling: float
    loss_at_truth: float
    losses: list[float]
    found: float
    worst_errors: dict[str, float] | None


def recording(seed: int) -> tuple[mx.Cell, mx.Recording, int]:
    """The cell with the true parameters, its noisy trace, and how many spikes are in it."""
    cell = mx.models.hodgkin_huxley()
    noise = mx.stimuli.ornstein_uhlenbeck(6.0, 8.0, 3.0)
    i = np.array(mx.stimuli.evaluate(noise, duration=DURATION, dt=DT, key=jax.random.key(seed)))
    i[: round(QUIET / DT)] = 0.0
    trace = mx.simulate(
        cell, mx.stimuli.from_samples(jnp.asarray(i), DT), duration=DURATION, dt=DT, state=mx.rest(cell)
    )
    v = np.asarray(trace.v) + np.random.default_rng(seed).normal(0.0, NOISE, trace.v.shape)
    data = mx.Recording(t=np.arange(len(v)) * DT, v=v, i=np.append(i, i[-1]), unit="uA/cm2")
    return cell, data, int(trace.spike_count)


def problem_of(cell: mx.Cell, data: mx.Recording) -> Problem:
    return Problem(mx.replace(cell, {}), target(data, [0], None), free(cell, BOUNDS), mx.integrators.staggered)


def warm(problem: Problem, method: Any, place: jax.Array) -> tuple[float, float]:
    """Seconds to compile the method's iteration, and the least processor seconds of seven iterations after that."""
    seconds, worked = [], []
    for _ in range(8):
        started, began = time.perf_counter(), time.process_time()
        jax.block_until_ready(method.iterate(problem, method.begin(problem, place), 0).loss)
        seconds.append(time.perf_counter() - started)
        worked.append(time.process_time() - began)
    return max(0.0, seconds[0] - min(seconds[1:])), min(worked[1:])


def contestants(problem: Problem, place: jax.Array, multiple: int) -> dict[str, tuple[Any, float]]:
    """{name: (method, seconds to compile)}, with Adam's number of steps by the time of one step of each."""
    default = LevenbergMarquardt()
    compiling, step = warm(problem, default, place)
    chosen = {"Levenberg–Marquardt, nudging": (default, compiling)}
    for nudged in (False, True):
        _, adam_step = warm(problem, Adam(iterations=1000, nudged=nudged), place)
        for times in (1, multiple):
            method = Adam(iterations=max(1, round(times * default.iterations * step / adam_step)), nudged=nudged)
            name = f"Adam, {'nudging' if nudged else 'no nudging'}, {times}× time"
            chosen[name] = (method, warm(problem, method, place)[0])
    return chosen


def run(problem: Problem, name: str, method: Any, compiling: float, place: jax.Array, seed: int) -> Run:
    """A whole search: the share of starts that found the answer, the largest errors among them, and the time."""
    started, worked = time.perf_counter(), time.process_time()
    state = method.begin(problem, place)
    for iteration in range(method.iterations):
        state = method.iterate(problem, state, iteration)
    jax.block_until_ready(state.loss)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    truth, at_truth = np.array(list(TRUTH.values())), loss_at_truth(problem)
    loss = np.asarray(state.loss, dtype=float)
    good = loss <= 1.1 * at_truth
    errors = np.abs(problem.free.value(np.asarray(state.best, dtype=float)) / truth - 1.0)[good]
    worst = dict(zip(TRUTH, errors.max(axis=0).tolist(), strict=True)) if good.any() else None
    losses = sorted(loss.tolist())
    done = Run(
        name, seed, method.iterations, seconds, cpu, compiling, at_truth, losses, float(good.mean()), worst
    )  # fmt: skip
    print(line(done), flush=True)
    return done


def loss_at_truth(problem: Problem) -> float:
    place = jnp.asarray(problem.free.place(np.array(list(TRUTH.values()))), dtype=float)
    return float(jax.jit(voltage_loss)(place, problem))


def compare_methods(seeds: list[int], starts: int, multiple: int) -> list[Run]:
    """Every method on every data set, from the same starts."""
    runs, methods = [], None
    for seed in seeds:
        cell, data, spikes = recording(seed)
        problem = problem_of(cell, data)
        place = jnp.asarray(problem.free.draw(starts, seed), dtype=float)
        methods = methods or contestants(problem, place, multiple)
        print(f"data {seed}: {spikes} spikes, loss at the truth {loss_at_truth(problem):.4f} mV²", flush=True)
        runs += [run(problem, name, method, compiling, place, seed) for name, (method, compiling) in methods.items()]
    return runs


def line(run: Run) -> str:
    """One row of the table."""
    errors = "–" if run.worst_errors is None else f"{100 * max(run.worst_errors.values()):.2f} %"
    worst = "" if run.worst_errors is None else max(run.worst_errors, key=run.worst_errors.get)
    return (
        f"{run.data_seed:>4}  {run.method:<30}{run.iterations:>6}{100 * run.found:>8.0f} %"
        f"{errors:>10} {worst:<12}{run.seconds:>8.1f}{run.cpu_seconds:>8.1f}{run.compiling:>9.1f}"
    )


def table(runs: list[Run]) -> str:
    head = (
        f"{'data':>4}  {'method':<30}{'steps':>6}{'found':>10}{'worst':>10} {'parameter':<12}"
        f"{'seconds':>8}{'of CPU':>8}{'compile':>9}"
    )
    return "\n".join([head, *map(line, runs)])


def means(runs: list[Run]) -> str:
    """One line per method: over all data sets."""
    lines = []
    for name in dict.fromkeys(run.method for run in runs):
        chosen = [run for run in runs if run.method == name]
        found, seconds = np.mean([run.found for run in chosen]), np.mean([run.seconds for run in chosen])
        cpu = np.mean([run.cpu_seconds for run in chosen])
        lines.append(f"{name:<36}{100 * found:>6.1f} % found, {seconds:.1f} s, {cpu:.1f} s of processor time")
    return "\n".join(lines)


def draw(runs: list[Run], path: Path) -> None:
    """Sorted losses of the starts over the loss at the truth, one line per data set, one panel per method."""
    names = list(dict.fromkeys(run.method for run in runs))
    figure, axes = plt.subplots(1, len(names), figsize=(3.0 * len(names), 3.2), sharey=True, layout="constrained")
    for axis, name in zip(np.atleast_1d(axes), names, strict=True):
        chosen = [run for run in runs if run.method == name]
        for run in chosen:
            ratio = np.array(run.losses) / run.loss_at_truth
            axis.plot(np.linspace(0.0, 100.0, len(ratio)), ratio, ".-", lw=0.8, ms=3, label=f"data {run.data_seed}")
        axis.axhline(1.1, color="0.6", lw=0.8, zorder=0)
        found = 100 * np.mean([run.found for run in chosen])
        axis.set(yscale="log", xlabel="starts, best first [%]")
        axis.set_title("\n".join([*name.split(", "), f"{found:.0f} % found"]), fontsize=9)
    np.atleast_1d(axes)[0].set_ylabel("loss / loss at the truth")
    np.atleast_1d(axes)[0].legend(fontsize=7, frameon=False)
    figure.savefig(path, dpi=150)


def write(runs: list[Run], options: argparse.Namespace, path: Path) -> None:
    about = {
        "question": "fraction of random starts that find five squid parameters",
        "bounds": {name: list(pair) for name, pair in BOUNDS.items()},
        "truth": TRUTH,
        "dt_ms": DT, "duration_ms": DURATION, "noise_mV": NOISE, "starts": options.starts,
        "machine": {"cpus": os.cpu_count(), "backend": jax.default_backend(), "precision": str(jnp.zeros(()).dtype)},
        "versions": {"membrax": mx.__version__, "jax": jax.__version__, "python": platform.python_version()},
        "runs": [dataclasses.asdict(run) for run in runs],
    }  # fmt: skip
    path.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3], help="random seeds, one data set each")
    parser.add_argument("--starts", type=int, default=64)
    parser.add_argument("--multiple", type=int, default=8, help="times of the default's time that Adam also gets")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the JSON and the figure")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    runs = compare_methods(options.seeds, options.starts, options.multiple)
    print("\n" + table(runs) + "\n\n" + means(runs))
    write(runs, options, options.out / "fit_synthetic.json")
    draw(runs, options.out / "fit_synthetic.png")


if __name__ == "__main__":
    main()
