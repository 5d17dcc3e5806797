"""Measure recovery and coverage: do random starts find the truth, and do 95 % intervals contain it 95 times in 100?

For a squid axon, a Wang–Buzsáki interneuron and a regular and a fast spiking cell of Pospischil et al., recordings are
simulated under a noisy current with 0.5 mV of white noise, and 7 to 9 parameters are fitted to each by membrax's
default.

* Recovery: 64 random starts on some of the recordings; a start has found the answer if its loss is within a tenth of
  the loss at the truth.
* Coverage: a few random starts on every recording, each with a current and a noise of its own;
  `membrax.fitting.uncertainty.assess` gives 95 % intervals of the best start. Coverage is the share of them that
  contain the truth, over all parameters and recordings. A recording whose best start did not find the answer counts
  like the others.

"squid, coloured noise" is the axon under noise with a correlation time of 0.5 ms, for which intervals that assume white
noise are too narrow; their coverage is in the table, too. Writes one JSON, row by row, and a figure.

    python experiments/fit_coverage.py --models squid "wang-buzsaki" --repeats 100
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import platform
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np

import membrax as mx
from membrax.compilation import host_jit
from membrax.fitting import Fit, Starts
from membrax.fitting.optimisers import levenberg_marquardt
from membrax.fitting.optimisers.driver import run_optimiser
from membrax.fitting.optimisers.levenberg_marquardt import LevenbergMarquardt
from membrax.fitting.problem.nudging import schedule
from membrax.fitting.problem.parameters import free, paths
from membrax.fitting.problem.problem import Problem, voltage_loss
from membrax.fitting.problem.target import target
from membrax.fitting.uncertainty import assess
from membrax.fitting.uncertainty.polish import masked_step

matplotlib.use("Agg")
import matplotlib.pyplot as plt

loss_at = jax.jit(voltage_loss)

DT, NOISE, QUIET = 0.025, 0.5, 5.0  # ms, mV, ms without current at the beginning
SPIKES = 3  # at least, in every recording
BATCH = 20  # recordings that are fitted side by side
OUT = Path(__file__).parent / "results"


@dataclasses.dataclass(frozen=True)
class Task:
    """A cell, bounds of its free parameters, and its Ornstein–Uhlenbeck current (mean, standard deviation, τ)."""

    cell: mx.Cell
    bounds: dict[str, tuple[float, float]]
    current: tuple[float, float, float]  # µA/cm², µA/cm², ms
    duration: float  # ms
    correlation_time: float = 0.0  # of the noise, ms

    @property
    def truth(self) -> np.ndarray:
        leaves = mx.pytrees.leaves(self.cell)
        return np.array([float(leaves[paths(name)[0]].value) for name in self.bounds])


CORTICAL = {
    "na.g": (10.0, 200.0),
    "na.e": (35.0, 65.0),
    "kd.g": (1.0, 30.0),
    "na.v_t, kd.v_t": (-70.0, -45.0),
    "leak.g": (0.02, 0.5),
    "leak.e": (-85.0, -55.0),
    "capacitance": (0.5, 2.0),
}
SQUID = {
    "na.g": (20.0, 250.0),
    "na.e": (30.0, 70.0),
    "k.g": (5.0, 80.0),
    "k.e": (-95.0, -65.0),
    "leak.g": (0.03, 3.0),
    "leak.e": (-80.0, -40.0),
    "capacitance": (0.5, 2.0),
}
INTERNEURON = {
    "na.g": (7.0, 100.0),
    "na.e": (40.0, 75.0),
    "na.speed": (2.0, 12.0),
    "k.g": (2.0, 30.0),
    "k.e": (-105.0, -75.0),
    "k.speed": (2.0, 12.0),
    "leak.g": (0.02, 0.5),
    "leak.e": (-80.0, -50.0),
    "capacitance": (0.5, 2.0),
}
TASKS = {
    "squid": Task(mx.models.hodgkin_huxley(), SQUID, (6.0, 8.0, 3.0), 80.0),
    "wang-buzsaki": Task(mx.models.wang_buzsaki(), INTERNEURON, (1.0, 4.0, 5.0), 100.0),
    "regular spiking": Task(
        mx.models.regular_spiking(), {**CORTICAL, "m.g": (0.01, 0.5)}, (3.0, 5.0, 5.0), 150.0
    ),
    "fast spiking": Task(mx.models.fast_spiking(), {**CORTICAL, "kd.e": (-115.0, -80.0)}, (3.0, 5.0, 5.0), 100.0),
    "squid, coloured noise": Task(mx.models.hodgkin_huxley(), SQUID, (6.0, 8.0, 3.0), 80.0, correlation_time=0.5),
}  # fmt: skip


# --- recordings


def recording(task: Task, seed: int) -> tuple[mx.Recording, int]:
    """A noisy trace of the cell under a current of its own, and the number of its spikes.

    Currents are drawn until the cell fires three times: a silent cell does not determine its sodium current.
    """
    for attempt in range(100):
        key = jax.random.key(seed + 10_000 * attempt)
        i, v, spikes = (np.asarray(x) for x in drawn(task.cell, key, current=task.current, duration=task.duration))
        if spikes >= SPIKES:
            break
    v = v + noise(task, len(v), seed)
    return mx.Recording(t=np.arange(len(v)) * DT, v=v, i=np.append(i, i[-1]), unit="uA/cm2"), int(spikes)


@functools.partial(jax.jit, static_argnames=("current", "duration"))
def drawn(
    cell: mx.Cell, key: jax.Array, *, current: tuple[float, float, float], duration: float
) -> tuple[jax.Array, ...]:  # fmt: skip
    """A current [time − 1], the voltage under it [time] from rest, and the number of spikes."""
    i = mx.stimuli.evaluate(mx.stimuli.ornstein_uhlenbeck(*current), duration=duration, dt=DT, key=key)
    i = i.at[: round(QUIET / DT)].set(0.0)
    trace = mx.simulate(cell, mx.stimuli.from_samples(i, DT), duration=duration, dt=DT, state=mx.rest(cell))
    return i, trace.v, trace.spike_count


def noise(task: Task, samples: int, seed: int) -> np.ndarray:
    """White or autoregressive noise [time] of 0.5 mV."""
    draws = np.random.default_rng(seed).normal(0.0, NOISE, samples)
    if not task.correlation_time:
        return draws
    rho = float(np.exp(-DT / task.correlation_time))
    for k in range(1, samples):
        draws[k] = rho * draws[k - 1] + np.sqrt(1.0 - rho**2) * draws[k]
    return draws


def problem_of(task: Task, data: mx.Recording) -> Problem:
    cell = mx.replace(task.cell, {})
    return Problem(cell, target(data, [0], None), free(task.cell, task.bounds), mx.integrators.staggered)


# --- recovery


def recover(task: Task, seed: int, starts: int) -> dict[str, Any]:
    """The share of random starts that found the answer on one recording."""
    data, spikes = recording(task, seed)
    problem = problem_of(task, data)
    began, worked = time.perf_counter(), time.process_time()
    search, _ = run_optimiser(problem, LevenbergMarquardt(), starts, seed)
    loss = np.asarray(search.loss, dtype=float)
    at_truth = loss_at_truth(task, problem)
    return {
        "seed": seed, "spikes": spikes, "starts": starts, "found": float(np.mean(loss <= 1.1 * at_truth)),
        "loss_at_truth": at_truth, "losses": [float(f"{x:.6g}") for x in sorted(loss)],
        "seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - worked,
    }  # fmt: skip


def loss_at_truth(task: Task, problem: Problem) -> float:
    return float(loss_at(jnp.asarray(problem.free.place(task.truth), dtype=float), problem))


# --- coverage


def search_all(problems: list[Problem], starts: int, first: int) -> list[Any]:
    """The default search on several recordings at once, from random starts of their own.

    The steps are those of LevenbergMarquardt.iterate, with the recordings as one more axis: one after the other they
    would take an hour.
    """
    method, free_, count = LevenbergMarquardt(), problems[0].free, len(problems)
    data = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[problem.data for problem in problems])
    place = jnp.asarray(free_.draw(count * starts, first).reshape(count, starts, -1), dtype=float)
    search = jax.vmap(lambda place: method.begin(problems[0], place))(place)
    for k in range(method.iterations):
        kappa = schedule(k, method.iterations, *levenberg_marquardt.KAPPA, levenberg_marquardt.NUDGED)
        search = step_all(problems[0], data, search, jnp.asarray(kappa, dtype=float))
    return [jax.tree.map(lambda x, k=k: np.asarray(x[k], dtype=float), search) for k in range(count)]


@host_jit
def step_all(problem: Problem, data: Any, search: Any, kappa: jax.Array) -> Any:
    def one(data: Any, search: Any) -> Any:
        return masked_step(dataclasses.replace(problem, data=data), search, jnp.ones_like(search.place), kappa)

    return jax.vmap(one)(data, search)


def repeats_of(task: Task, seeds: range, starts: int) -> list[dict[str, Any]]:
    """Recordings, fitted side by side from a few starts each: the intervals that contain the truth."""
    recordings = [recording(task, seed) for seed in seeds]
    problems = [problem_of(task, data) for data, _ in recordings]
    searches = search_all(problems, starts, seeds.start)
    cases = zip(seeds, recordings, problems, searches, strict=True)
    return [covered(task, seed, data, spikes, problem, search) for seed, (data, spikes), problem, search in cases]


def covered(
    task: Task, seed: int, data: mx.Recording, spikes: int, problem: Problem, search: Any
) -> dict[str, Any]:  # fmt: skip
    """One recording's intervals compared with the truth."""
    result = as_fit(task, problem, data, search)
    assessed = assess(result)
    naive = assess(result, estimator="white") if task.correlation_time else None
    z = [(assessed.values[name] - x) / assessed.errors[name] for name, x in zip(task.bounds, task.truth, strict=True)]
    return {
        "seed": seed, "spikes": spikes, "found": bool(np.min(search.loss) <= 1.1 * loss_at_truth(task, problem)),
        "estimator": assessed.estimator, "trusted": assessed.reliable, "flags": assessed.flags,
        "doubts": list(assessed.warnings),
        "held": contains(assessed, task), "held_as_white": contains(naive, task) if naive else None,
        "infinite": sum(bool(np.isinf(end).any()) for end in assessed.intervals.values()),
        "z": [round(x, 3) if np.isfinite(x) else None for x in z],
    }  # fmt: skip


def contains(uncertainty: Any, task: Task) -> list[bool]:
    """Whether each interval contains the truth; NaN, of a parameter at its bound, contains nothing."""
    ends = np.array([uncertainty.intervals[name] for name in task.bounds])
    return [bool(inside) for inside in (ends[:, 0] <= task.truth) & (task.truth <= ends[:, 1])]


def as_fit(task: Task, problem: Problem, data: mx.Recording, search: Any) -> Fit:
    """The search as `membrax.fit` would return it, without the model's voltages."""
    loss = np.asarray(search.loss, dtype=float)
    values = problem.free.value(np.asarray(search.best, dtype=float))
    best = dict(zip(task.bounds, values[int(np.argmin(loss))].tolist(), strict=True))
    starts = Starts(loss, {name: values[:, k] for k, name in enumerate(task.bounds)})
    cell = problem.free.put(problem.cell, jnp.asarray(list(best.values()), dtype=float))
    return Fit(
        cell, best, float(loss.min()), "mean squared error [mV²]", starts, task.bounds,
        "levenberg_marquardt", data, [0],
        np.asarray(data.v), (), {"dt": problem.data.dt, "integrator": "staggered"},
    )  # fmt: skip


# --- rows, tables, figures


def row(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one model."""
    task, began = TASKS[name], time.perf_counter()
    recoveries = [recover(task, 1000 + k, options.starts) for k in range(options.recoveries)]
    for one in recoveries:
        print(f"{name}, recording {one['seed']}: {one['spikes']} spikes, {100 * one['found']:.1f} % found", flush=True)
    repeats = []
    for first in range(0, options.repeats, BATCH):
        repeats += repeats_of(task, range(first, min(first + BATCH, options.repeats)), options.few)
        print(f"{name}: {coverage(repeats)[0]:.3f} after {len(repeats)}", flush=True)
    covered_share, error = coverage(repeats)
    done = {
        "model": name, "parameters": list(task.bounds), "truth": task.truth.tolist(),
        "bounds": [list(pair) for pair in task.bounds.values()], "current": list(task.current),
        "duration_ms": task.duration, "dt_ms": DT, "noise_mV": NOISE, "noise_memory_ms": task.correlation_time,
        "levenberg_marquardt": {"kappa": list(levenberg_marquardt.KAPPA), "iterations": levenberg_marquardt.ITERATIONS},
        "found": float(np.mean([one["found"] for one in recoveries])) if recoveries else None,
        "coverage": covered_share, "coverage_error": error, "few_starts": options.few,
        "coverage_by_parameter": np.mean([one["held"] for one in repeats], axis=0).tolist(),
        "coverage_as_white": coverage(repeats, "held_as_white")[0] if task.correlation_time else None,
        "repeats_found": float(np.mean([one["found"] for one in repeats])),
        "repeats_white": float(np.mean([one["estimator"] == "white" for one in repeats])),
        "intervals_infinite": float(np.mean([one["infinite"] for one in repeats])) / len(task.bounds),
        "repeats_trusted": float(np.mean([one["trusted"] for one in repeats])),
        "seconds": time.perf_counter() - began, "recoveries": recoveries, "repeats": repeats,
    }  # fmt: skip
    print(line(done), flush=True)
    return done


def coverage(repeats: list[dict[str, Any]], key: str = "held") -> tuple[float, float]:
    """The share of intervals that contain the truth, and its standard error over independent recordings."""
    means = np.mean([one[key] for one in repeats], axis=1)
    return float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means)))


def line(done: dict[str, Any]) -> str:
    found = "–" if done["found"] is None else f"{100 * done['found']:.1f} %"
    white = "" if done["coverage_as_white"] is None else f"{100 * done['coverage_as_white']:.1f} %"
    return (
        f"{done['model']:<24}{len(done['parameters']):>4}{found:>10}{len(done['repeats']):>8}"
        f"{100 * done['coverage']:>9.1f} ± {100 * done['coverage_error']:.1f} %{white:>10}{done['seconds']:>9.0f} s"
    )


def table(rows: list[dict[str, Any]]) -> str:
    head = f"{'model':<24}{'free':>4}{'found':>10}{'repeats':>8}{'coverage':>17}{'as white':>10}{'time':>11}"
    return "\n".join([head, *map(line, rows)])


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Sorted losses of the starts over the loss at the truth, and the coverage of every parameter."""
    figure, axes = plt.subplots(2, len(rows), figsize=(2.9 * len(rows), 5.6), layout="constrained", squeeze=False)
    for (above, below), done in zip(axes.T, rows, strict=True):
        for one in done["recoveries"]:
            ratio = np.array(one["losses"]) / one["loss_at_truth"]
            above.plot(np.linspace(0.0, 100.0, len(ratio)), ratio, ".-", lw=0.8, ms=3)
        above.axhline(1.1, color="0.6", lw=0.8, zorder=0)
        above.set(yscale="log", ylim=(0.8, 3e3), xlabel="starts, best first [%]")
        above.set_title(f"{done['model']}\n{100 * done['found']:.1f} % found", fontsize=9)
        share = 100 * np.array(done["coverage_by_parameter"])
        below.axvspan(93, 97, color="0.9", lw=0, zorder=0)
        below.axvline(100 * done["coverage"], color="C1", lw=1.2)
        below.plot(share, range(len(share)), "o", ms=4, color="C0")
        below.set_yticks(range(len(share)), done["parameters"], fontsize=7)
        below.set(xlim=(80, 100.5), ylim=(len(share) - 0.5, -0.5), xlabel="contain the truth [%]")
        white = done["coverage_as_white"]
        as_white = "" if white is None else f"\n{100 * white:.1f} % assuming white noise"
        share = f"{100 * done['coverage']:.1f} ± {100 * done['coverage_error']:.1f} % of all"
        below.set_title(share + as_white, fontsize=9)
    axes[0, 0].set_ylabel("loss / loss at the truth")
    axes[1, 0].set_ylabel("95 % intervals")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def write(rows: list[dict[str, Any]], path: Path) -> None:
    about = {
        "question": "do random starts find the truth, and do 95 % intervals contain it",
        "machine": {"backend": jax.default_backend(), "precision": str(jnp.zeros(()).dtype)},
        "versions": {"membrax": mx.__version__, "jax": jax.__version__, "python": platform.python_version()},
        "rows": rows,
    }
    path.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def earlier(path: Path) -> dict[str, dict[str, Any]]:
    """{model: row} of an earlier run, which this one adds to."""
    if not path.exists():
        return {}
    return {one["model"]: one for one in json.loads(path.read_text(encoding="utf-8"))["rows"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(TASKS), default=list(TASKS), metavar="MODEL")
    parser.add_argument("--repeats", type=int, default=100, help="recordings for the coverage")
    parser.add_argument("--recoveries", type=int, default=3, help="recordings for the recovery")
    parser.add_argument("--starts", type=int, default=64, help="random starts of a recovery")
    parser.add_argument("--few", type=int, default=4, help="starts on each of the repeats")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the JSON and the figure")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "fit_coverage.json"
    rows = earlier(path)
    for name in options.models:
        rows[name] = row(name, options)
        ordered = [rows[name] for name in TASKS if name in rows]
        write(ordered, path)
    print("\n" + table(ordered))
    draw(ordered, options.out / "fit_coverage.png")


if __name__ == "__main__":
    main()
