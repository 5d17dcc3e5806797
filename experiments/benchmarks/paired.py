"""Has a change cost speed? Times the same work in two checkouts, one process of each after the other.

    python experiments/benchmarks/paired.py old/src --rounds 5
    python experiments/benchmarks/paired.py old/src --only "one tree" --rounds 9

Every process imports membrax, compiles, checks its spike counts, and prints the least processor time of each job over
some repetitions. The table has, for each job, the least of all rounds on both sides, and the median over the rounds of
the ratio new/old. A cache of compiled programs keeps later rounds short. Pin it to one core: ``taskset -c 1 python …``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
NEW = HERE.parents[2] / "src"


def main() -> None:
    options = arguments()
    if options.worker:
        print(json.dumps(work(options.only)))
        return
    with tempfile.TemporaryDirectory() as cache:
        sources = {"old": options.source, "new": NEW}
        one_round = lambda: {side: run(side, source, options.only, cache) for side, source in sources.items()}  # noqa: E731
        one_round()  # fills the cache of compiled programs
        rounds = [one_round() for _ in range(options.rounds)]
    for side in ("old", "new"):
        counts = {json.dumps(one[side]["spikes"]) for one in rounds}
        assert counts == {json.dumps(rounds[0]["old"]["spikes"])}, f"the two sides did different work: {counts}"
    print(f"{'':34}{'old (ms)':>10}{'new (ms)':>10}{'new/old':>9}")
    for job in rounds[0]["old"]["seconds"]:
        old, new = ([one[side]["seconds"][job] for one in rounds] for side in ("old", "new"))
        ratio = statistics.median(y / x for x, y in zip(old, new, strict=True))
        print(f"{job:34}{1e3 * min(old):10.1f}{1e3 * min(new):10.1f}{ratio:9.3f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?", help="the src folder of the other checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the names of the jobs to time")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.worker and options.source is None:
        parser.error("name the src folder of the other checkout")
    return options


def run(side: str, source: Path, only: str, cache: str) -> dict:
    """The results of one process that imports membrax from ``source``."""
    environment = {
        **os.environ, "PYTHONPATH": str(source.resolve()), "JAX_COMPILATION_CACHE_DIR": f"{cache}/{side}",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }  # fmt: skip
    command = [sys.executable, str(HERE), "--worker", "--only", only]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert Path(result["source"]).is_relative_to(source.resolve()), f"{result['source']} is not in {source}"
    return result


# --- in the process that is timed


def work(only: str) -> dict:
    began = time.process_time()
    import membrax as mx

    seconds, spikes = {"import membrax": time.process_time() - began}, {}
    for job, (function, repetitions) in jobs(mx).items():
        if only in job:
            spikes[job] = function()
            seconds[job] = min(timed(function) for _ in range(repetitions))
    return {"source": mx.__file__, "seconds": seconds, "spikes": spikes}


def timed(function) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began


def jobs(mx) -> dict:
    """{name: (a function that does the work and returns its spikes, repetitions)}."""
    import jax
    import jax.numpy as jnp

    axon = mx.models.hodgkin_huxley()
    cells = mx.vary(axon, {"na.g": jnp.linspace(60, 180, 10_000)})
    some = mx.vary(axon, {"na.g": jnp.linspace(100, 140, 1000)})
    bushy = mx.morphology.discretise(mx.morphology.binary_tree(100, length=100.0, radius=1.0), per_section=4)
    cable = mx.morphology.discretise(mx.morphology.cable(4000.0, 1.0), per_section=401)

    def mean_square(cell, values):
        return jnp.mean(jnp.square(mx.simulate(mx.replace(cell, values), 10.0, duration=50.0).v))

    def count(population, level, duration):
        pulse = mx.stimuli.step(level, 1.0)
        return int(mx.run(population, pulse, duration=duration, progress=False).spike_counts.sum())

    values = {"k.g": jnp.asarray(36.0), "leak.g": jnp.asarray(0.3), "capacitance": jnp.asarray(1.0)}
    reverse, forward = (
        jax.jit(jax.vmap(mode(mean_square, argnums=1), in_axes=(0, None))) for mode in (jax.grad, jax.jacfwd)
    )
    gradient = lambda mode: (jax.block_until_ready(mode(some, values)), 0)[1]  # noqa: E731
    table = {
        "10 000 neurons, 200 ms": (lambda: count(cells, 10.0, 200.0), 5),
        "reverse gradient of 1000": (lambda: gradient(reverse), 3),
        "forward gradient of 1000": (lambda: gradient(forward), 3),
    }
    for name, shape in {"bushy": bushy, "cable": cable}.items():
        channels = {"na": mx.channels.squid.Sodium(), "k": mx.channels.squid.Potassium(), "leak": mx.channels.Leak()}
        tree = mx.Cell(channels, morphology=shape)
        for number in (1, 100):
            trees = mx.vary(tree, {"na.g": jnp.linspace(110, 130, number)})
            label = f"{'one tree' if number == 1 else f'{number} trees'}, {name}"
            table[label] = (lambda trees=trees: count(trees, 20.0, 50.0)), 15 if number == 1 else 3
    return table


if __name__ == "__main__":
    main()
