"""Measured speed on a GPU: populations by XLA's loop and by the time-fused kernel, and gradients.

Every figure is the median of repeats of a whole call, after one that compiles; loop and kernel are compared only where
both count the same spikes, and the spikes are compared with those of the CPU of the same machine. Writes
gpu_measured.json and gpu_measured.md. It needs a GPU; ``--trial`` runs small sizes on any device.

    python experiments/gpu_measured.py
    python experiments/gpu_measured.py --trial        anywhere, in a minute: nothing is written
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import membrax as mx
from membrax.compilation import host_jit
from membrax.fitting import value_and_grad
from membrax.fitting.problem.from_values import problem_of
from membrax.fitting.problem.problem import voltage_loss
from membrax.population import chunk_settings

HERE = Path(__file__).parent
DURATION, DT = 200.0, 0.025
SIZES = (1_000, 10_000, 100_000, 1_000_000)
UNROLLS = (1, 4, 10, 20)
NAMES = ["na.g", "k.g", "leak.g", "capacitance", "na.e", "k.e", "leak.e", "na.speed", "k.speed", "na.shift"]


def timed(call: Callable[[], Any], repeats: int = 3) -> float:
    """Median seconds of a call that waits for its result."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def population(neurons: int, duration: float, **how: Any) -> dict:
    """A population of squid axons at 8 to 12 µA/cm², whose spikes are counted."""
    cell, stimulus = mx.models.hodgkin_huxley(), mx.stimuli.step(jnp.linspace(8.0, 12.0, neurons))
    record = how.pop("record", mx.probes.Spikes(capacity=0))
    run = lambda: mx.run(cell, stimulus, duration=duration, dt=DT, record=record, progress=False, **how)  # noqa: E731
    began = time.perf_counter()
    counts = run().spike_counts
    first = time.perf_counter() - began
    seconds = timed(run)
    speed = neurons * duration / DT / seconds
    row = {"neurons": neurons, "first_seconds": first, "seconds": seconds, "neuron_steps_per_second": speed}
    print({key: float(f"{value:.4g}") for key, value in row.items()}, {k: v for k, v in how.items()}, flush=True)
    return row | {"spikes": int(np.sum(counts)), "counts": np.asarray(counts)}


def throughput(sizes: tuple[int, ...], duration: float) -> list[dict]:
    """One row for each size: the loop, the kernel, spike times too, and whether all counted the same."""
    rows = []
    on_gpu = jax.default_backend() == "gpu"
    for neurons in sizes:
        ways = {"loop": population(neurons, duration), "loop, spike times": population(neurons, duration, record=None)}
        if on_gpu:
            ways["kernel"] = population(neurons, duration, fused=True)
        same = all(np.array_equal(ways["loop"]["counts"], way["counts"]) for way in ways.values())
        apart = int(max(np.abs(ways["loop"]["counts"] - way["counts"]).max() for way in ways.values()))
        for way in ways.values():
            del way["counts"]
        rows.append({"neurons": neurons, "ways": ways, "same_counts": same, "largest_difference_of_counts": apart})
    return rows


def unrolling(neurons: int, duration: float) -> list[dict]:
    """The loop with more steps in one turn, of which XLA may make one kernel."""
    before, rows = chunk_settings.UNROLL, []
    for unroll in UNROLLS:
        chunk_settings.UNROLL = unroll
        row = population(neurons, duration)
        del row["counts"]
        rows.append({"unroll": unroll, **row})
    chunk_settings.UNROLL = before
    return rows


def against_cpu(neurons: int, duration: float) -> dict:
    """Whether the CPU counts the same spikes."""
    cell, stimulus = mx.models.hodgkin_huxley(), mx.stimuli.step(jnp.linspace(8.0, 12.0, neurons))
    how = {"duration": duration, "dt": DT, "progress": False}
    here = mx.run(cell, stimulus, **how)
    with jax.default_device(jax.devices("cpu")[0]):
        there = mx.run(cell, stimulus, devices=jax.devices("cpu")[:1], **how)
    apart = np.abs(here.spike_times - there.spike_times)
    return {
        "neurons": neurons,
        "counts_apart": int(np.abs(here.spike_counts - there.spike_counts).max()),
        "largest_lag_ms": float(np.nanmax(apart)) if apart.size else 0.0,
    }


def gradients(neurons: int, duration: float) -> list[dict]:
    """Value and gradient of a voltage loss beside the simulation alone."""
    cell, steps = mx.models.hodgkin_huxley(), round(duration / DT)
    t, i = np.arange(steps + 1) * DT, np.full(steps + 1, 10.0)
    i[0] = 0.0
    v = mx.simulate(cell, mx.stimuli.step(10.0, start=DT), duration=duration, dt=DT, state=mx.rest(cell)).v
    data = mx.Recording(t=t, v=np.asarray(v)[None], i=i[None], unit="uA/cm2")
    rows = []
    for count, mode in ((3, "forward"), (8, "forward"), (10, "reverse")):
        random = np.random.default_rng(0)
        truth = {name: float(mx.pytrees.find(cell, name)) for name in NAMES[:count]}
        values = {name: x + (abs(x) or 10.0) * random.uniform(-0.1, 0.1, neurons) for name, x in truth.items()}
        place, problem = problem_of(cell, values, data)
        simulation = host_jit(jax.vmap(voltage_loss, in_axes=(0, None)))
        simulate = lambda s=simulation, p=place, q=problem: jax.block_until_ready(s(p, q))  # noqa: E731
        slope = lambda v=values, m=mode: jax.block_until_ready(value_and_grad(cell, v, data, ad_mode=m))  # noqa: E731
        simulate(), slope()
        alone, both = timed(simulate), timed(slope)
        rows.append({"neurons": neurons, "parameters": count, "mode": mode, "simulation_seconds": alone,
                     "seconds": both, "ratio": both / alone})  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def spaced(count: int) -> str:
    """10 000 for 10000."""
    return f"{count:,}".replace(",", " ")


def page(results: dict) -> str:
    """The figures as a page."""
    lines = [
        "# What does a GPU make of it?",
        "",
        f"Measured by `python experiments/gpu_measured.py` on one {results['device']}, jax {results['jax']}, float32.",
        "Squid axons, default scheme, dt 0.025 ms, 200 ms; medians of three whole calls of `mx.run`, spikes counted;",
        "in 10⁹ neuron-steps per second.",
        "",
        "| neurons | XLA's loop | with spike times | time-fused kernel | counts |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in results["throughput"]:
        speeds = [row["ways"][way]["neuron_steps_per_second"] / 1e9 for way in row["ways"]]
        counts = "the same" if row["same_counts"] else f"at most {row['largest_difference_of_counts']} apart"
        lines.append(f"| {spaced(row['neurons'])} | " + " | ".join(f"{x:.3g}" for x in speeds) + f" | {counts} |")
    lines += [
        "",
        "| steps in one turn of the loop | 10⁹ neuron-steps per second | compiled in |",
        "| --- | --- | --- |",
    ]
    for row in results["unrolling"]:
        speed = row["neuron_steps_per_second"] / 1e9
        lines.append(f"| {row['unroll']} | {speed:.3g} | {row['first_seconds'] - row['seconds']:.1f} s |")
    lines += ["", "| gradient | neurons | simulation | value and gradient | ratio |", "| --- | --- | --- | --- | --- |"]
    for row in results["gradients"]:
        what = f"{row['parameters']} parameters, {row['mode']}"
        numbers = f"{row['simulation_seconds']:.3f} s | {row['seconds']:.3f} s | {row['ratio']:.1f}"
        lines.append(f"| {what} | {spaced(row['neurons'])} | {numbers} |")
    cpu = results["against_cpu"]
    lines += ["", f"Beside the CPU of the same machine, {cpu['neurons']} neurons: counts at most {cpu['counts_apart']} "
              f"apart, spike times at most {cpu['largest_lag_ms']:.2g} ms."]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trial", action="store_true", help="small sizes on whatever device there is")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    if jax.default_backend() != "gpu" and not options.trial:
        raise SystemExit("no GPU here; --trial runs small sizes on this device")
    results = {"device": jax.devices()[0].device_kind, "jax": jax.__version__, "membrax": mx.__version__}
    sizes, duration = ((100, 1000), 20.0) if options.trial else (SIZES, DURATION)
    results["throughput"] = throughput(sizes, duration)
    results["unrolling"] = unrolling(sizes[-2], duration)
    results["against_cpu"] = against_cpu(sizes[0], duration)
    results["gradients"] = [row for n in sizes[:2] for row in gradients(n, 10.0 if options.trial else 100.0)]
    print(page(results))
    if not options.trial:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "gpu_measured.json").write_text(json.dumps(results, indent=1) + "\n")
        (options.out / "gpu_measured.md").write_text(page(results))


if __name__ == "__main__":
    main()
