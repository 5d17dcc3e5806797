"""Compare four losses by gradient descent from the same random starts: which of them leads to a cell that fires?

A squid axon under a noisy current, 0.5 mV of noise, three conductances free between wide bounds, Adam without nudging.
The losses are the mean squared voltage error, spike times, the filtered activity, and the activity with a kernel and a
steepness that narrow during the descent; all but the first with the subthreshold voltage. Counts the starts that end
with the recorded number of spikes and with every conductance within 10 % of the truth. Writes a JSON.

    python experiments/fit_losses.py
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import membrax as mx
from membrax.fitting import losses
from membrax.fitting.objectives import Objective, objective

TRUTH = {"na.g": 120.0, "k.g": 36.0, "leak.g": 0.3}
BOUNDS = {"na.g": (20.0, 250.0), "k.g": (5.0, 80.0), "leak.g": (0.03, 3.0)}
DT, NOISE = 0.05, 0.5  # ms, mV
STEPS, NARROWED = 200, 150  # of the descent, and at which the kernel is narrow
OUT = Path(__file__).parent / "results"


def recording(seed: int, duration: float) -> mx.Recording:
    """A noisy trace of the axon; the first millisecond without current."""
    i = np.array(mx.stimuli.evaluate(
        mx.stimuli.ornstein_uhlenbeck(6.0, 8.0, 3.0), duration=duration, dt=DT, key=jax.random.key(seed)
    ))  # fmt: skip
    i[: round(1.0 / DT)] = 0.0
    cell = mx.models.hodgkin_huxley()
    trace = mx.simulate(
        cell, mx.stimuli.from_samples(jnp.asarray(i), DT), duration=duration, dt=DT, state=mx.rest(cell)
    )
    v = np.asarray(trace.v) + np.random.default_rng(seed).normal(0.0, NOISE, trace.v.shape)
    return mx.Recording(t=np.arange(len(v)) * DT, v=v, i=np.append(i, i[-1]), unit="uA/cm2")


def with_quiet(loss: Any) -> losses.Weighted:
    return losses.weighted((1.0, loss), (0.02, losses.subthreshold))


def activity(width: float, steepness: float) -> losses.Weighted:
    return with_quiet(jax.tree_util.Partial(losses.activity, width=width, steepness=steepness))


def annealed(step: int) -> losses.Weighted:
    """From 30 to 1 ms and from 15 to 4 mV, geometrically."""
    part = min(1.0, step / NARROWED)
    return activity(30.0 * (1.0 / 30.0) ** part, 15.0 * (4.0 / 15.0) ** part)


LOSSES: dict[str, Callable[[int], losses.Weighted]] = {
    "mean square": lambda step: losses.weighted((1.0, losses.mean_square)),
    "spike times": lambda step: with_quiet(losses.spike_times),
    "activity, 5 ms": lambda step: activity(5.0, 5.0),
    "activity, annealed": annealed,
}


def descend(start: Objective, loss: Callable[[int], losses.Weighted], place: jax.Array) -> jax.Array:
    """All starts [start, parameter] after the descent."""
    rate = optax.cosine_decay_schedule(0.03, STEPS, alpha=0.03)
    adam = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))
    state, update = jax.vmap(adam.init)(place), jax.jit(jax.vmap(adam.update))
    for step in range(STEPS):
        _, slope = dataclasses.replace(start, loss=loss(step)).value_and_gradient(place, "forward")
        move, state = update(jnp.where(jnp.isfinite(slope), slope, 0.0), state, place)
        place = jnp.clip(place + move, 0.0, 1.0)
    return place


def compare_losses(seed: int, duration: float, starts: int) -> list[dict[str, Any]]:
    """One row for each loss, on one recording, from the same starts."""
    data = recording(seed, duration)
    count = objective(mx.models.hodgkin_huxley(), BOUNDS, data, loss=losses.spike_count)
    first = jnp.asarray(np.random.default_rng(seed).uniform(size=(starts, len(BOUNDS))), dtype=float)
    rows = []
    for name, loss in LOSSES.items():
        began = time.perf_counter()
        place = descend(dataclasses.replace(count, loss=loss(0)), loss, first)
        values = count.values(place)
        error = np.max([np.abs(np.asarray(values[path]) / true - 1.0) for path, true in TRUTH.items()], axis=0)
        row = {
            "loss": name, "recording": seed, "duration_ms": duration, "starts": starts,
            "right_count_before": int(np.sum(np.asarray(count(first)) == 0)),
            "right_count": int(np.sum(np.asarray(count(place)) == 0)), "within_10_percent": int(np.sum(error < 0.1)),
            "seconds": time.perf_counter() - began,
        }  # fmt: skip
        print(", ".join(f"{key} {value:g}" if key != "loss" else f"{value:20}" for key, value in row.items()))
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=32)
    parser.add_argument("--out", type=Path, default=OUT / "fit_losses.json")
    options = parser.parse_args()
    cases = ((0, 80.0), (2, 80.0), (3, 150.0), (4, 80.0), (5, 150.0))
    rows = [row for seed, duration in cases for row in compare_losses(seed, duration, options.starts)]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"jax": jax.__version__, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
