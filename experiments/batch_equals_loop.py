"""Is a batch of 10 000 neurons the loop over them, and does one broken neuron leave the others alone?

Squid axons with sodium conductances from 60 to 180 mS/cm² under a pulse of 10 µA/cm², 50 ms. A thousand of them, drawn
at random, are simulated one by one and held against their places in the batch, in float32 and in float64: two compiled
programs, which round in their own ways. Then one conductance is NaN, and the other 9999 are compared bit by bit.
Writes batch_equals_loop.json; takes about a minute.

    python experiments/batch_equals_loop.py
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import membrax as mx

NEURONS, LOOPED, BROKEN = 10_000, 1000, 1234
DURATION = 50.0  # ms
OUT = Path(__file__).parent / "results"


def population() -> tuple[jax.Array, mx.Cell, mx.stimuli.Stimulus]:
    """Conductances [neuron], the cells, and what they receive."""
    g = jnp.linspace(60.0, 180.0, NEURONS)
    return g, mx.vary(mx.models.hodgkin_huxley(), {"na.g": g}), mx.stimuli.step(10.0, start=5.0, stop=45.0)


def against_the_loop() -> dict:
    """Differences between a batch and a loop over some of its neurons."""
    _, cells, pulse = population()
    one = jax.jit(lambda cell: spikes_and_end(mx.simulate(cell, pulse, duration=DURATION)))
    counts, times, ends = jax.jit(jax.vmap(one))(cells)
    chosen = np.random.default_rng(0).choice(NEURONS, LOOPED, replace=False)
    alone = [one(jax.tree.map(lambda x, k=k: x[k], cells)) for k in chosen]
    pairs = [((counts[k], times[k], ends[k]), neuron) for k, neuron in zip(chosen, alone, strict=True)]
    apart = [np.abs(a[1] - b[1]) for a, b in pairs if a[0] == b[0]]
    return {
        "precision": jnp.result_type(float).name,
        "neurons": NEURONS,
        "looped": LOOPED,
        "counts_that_differ": len(pairs) - len(apart),
        "worst_spike_ms": float(np.nanmax(apart)),
        "worst_final_v_mV": float(max(abs(a[2] - b[2]) for a, b in pairs)),
    }


def spikes_and_end(trace: mx.Trace) -> tuple[jax.Array, jax.Array, jax.Array]:
    return trace.spike_count, trace.spikes, trace.v[-1]


def with_one_broken() -> dict:
    """What a NaN conductance in one neuron does to it and to the others."""
    g, cells, pulse = population()
    whole = mx.run(cells, pulse, duration=DURATION, progress=False)
    broken = mx.vary(mx.models.hodgkin_huxley(), {"na.g": g.at[BROKEN].set(jnp.nan)})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = mx.run(broken, pulse, duration=DURATION, progress=False)
    others = np.arange(NEURONS) != BROKEN
    return {
        "told": str(caught[0].message),
        "others_spikes_identical": bool(
            np.array_equal(result.spike_times[others], whole.spike_times[others], equal_nan=True)
        ),
        "others_final_v_identical": bool(
            np.array_equal(np.asarray(result.final.v)[others], np.asarray(whole.final.v)[others])
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT, help="folder for batch_equals_loop.json")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    report = {"one_broken": with_one_broken(), "batch_and_loop": []}
    for x64 in (False, True):
        jax.config.update("jax_enable_x64", x64)
        report["batch_and_loop"].append(against_the_loop())
    text = json.dumps(report, indent=1, ensure_ascii=False)
    print(text)
    (out / "batch_equals_loop.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
