"""Expected speed on a GPU: bytes, operations and launches per neuron-step, and the time on an H100.

No figure here was measured on a GPU (gpu_measured.py does that). The step of the squid axon is compiled for the CPU at
hand, and what its innermost loop does is counted in the optimised program: the kernels, the arrays each reads and
writes, the arithmetic. Two ways to run it on a GPU are then priced with a data sheet's numbers:

* XLA's loop: every kernel of every step is launched, and reads and writes memory;
* a time-fused kernel: a block of neurons stays in registers for a whole chunk of steps, is read and written once, and
  costs arithmetic alone.

A step takes the longest of memory, arithmetic and launching. XLA fuses more for a GPU than for a CPU, so that its loop
would launch fewer kernels than are counted here; the price of a launch is that of kernels queued back to back.
Writes gpu.json and gpu.md.

    python experiments/gpu.py
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

import jax
import jax.numpy as jnp

import membrax as mx
from membrax.population import ChunkSettings, chunk_program

HERE = Path(__file__).parent
NEURONS = 4099  # a number that no other array has
CHUNK = 1000  # steps that a time-fused kernel takes between two launches
H100 = {
    "bytes_per_second": 3.0e12,
    "operations_per_second": 67e12,  # a product and a sum in one instruction being two
    "seconds_per_launch": 2.5e-6,
    "cycles_per_second": 1.98e9,
    "cycles_per_dependent_operation": 4.0,
}
SPECIAL = 4.0  # an exponential or a quotient takes a unit that a quarter of the lanes have
STEPS_OF = {
    "exponential": 1 * SPECIAL + 4,
    "logistic": 2 * SPECIAL + 5,
    "divide": SPECIAL + 4,
    "power": 2 * SPECIAL + 4,
}
FREE = {
    "parameter",
    "constant",
    "broadcast",
    "bitcast",
    "tuple",
    "get-tuple-element",
    "copy",
    "convert",
    "fusion",
    "call",
}
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def program() -> str:
    """The optimised program of a chunk of a run that counts spikes."""
    cell, stimulus = mx.models.hodgkin_huxley(), mx.stimuli.step(jnp.linspace(8.0, 12.0, NEURONS))
    function, arguments = chunk_program(
        cell, stimulus, duration=2.5, record=mx.probes.Spikes(capacity=0), devices=jax.devices()[:1],
        settings=ChunkSettings(window=50, unroll=1, spike_capacity=0),
    )  # fmt: skip
    return jax.jit(function).lower(*arguments).compile().as_text()


def computations(text: str) -> dict[str, list[str]]:
    """{name: lines} of the program's computations, the line with the name first."""
    lines_of, name = {}, None
    for line in text.splitlines():
        head = re.match(r"(?:ENTRY )?(%[\w.\-]+) \(.*\{$", line)
        if head:
            name = head[1]
            lines_of[name] = [line]
        elif name and line.startswith("}"):
            name = None
        elif name:
            lines_of[name].append(line)
    return lines_of


def kernels(text: str) -> list[dict]:
    """The kernels on whole populations in the loop that has most of them: arrays they touch, operations they do."""
    known = computations(text)
    bodies = {name: [line for line in lines[1:] if _is_kernel(line)] for name, lines in known.items()}
    body = max(bodies.values(), key=len)
    return [_kernel(line, known) for line in body]


def _is_kernel(line: str) -> bool:
    return f"[{NEURONS}]" in line.split(" = ")[-1].split("(")[0] and (" fusion(" in line or " copy(" in line)


def _kernel(line: str, known: dict[str, list[str]]) -> dict:
    called = re.search(r"calls=(%[\w.\-]+)", line)
    if called is None:
        return {"kind": "copy", "arrays": 2, "operations": {}}
    lines = known[called[1]]
    reads = lines[0].count(f"[{NEURONS}]") - lines[0].split("->")[-1].count(f"[{NEURONS}]")
    done: Counter[str] = Counter()
    for each in lines[1:]:
        operation = re.search(rf"\[{NEURONS}\]\S* ([\w\-]+)\(", each)
        if operation and operation[1] not in FREE:
            done[operation[1]] += 1
    return {"kind": "fusion", "arrays": reads + 1, "operations": dict(done)}


def price(kernels: list[dict]) -> dict:
    """What a neuron-step costs either way, and the neuron-steps per second that follow for an H100."""
    work: Counter[str] = Counter()
    for kernel in kernels:
        work.update(kernel["operations"])
    operations = sum(count * STEPS_OF.get(name, 1.0) for name, count in work.items())
    state = 5  # v, m, h, n and the spike count
    loop = {"bytes": 4.0 * sum(kernel["arrays"] for kernel in kernels), "launches": float(len(kernels))}
    fused = {"bytes": 4.0 * (2 * state + 1) / CHUNK, "launches": 1.0 / CHUNK}
    ways = {"XLA loop": loop, "time-fused kernel": fused}
    for name, way in ways.items():
        way["operations"] = operations
        # In the loop a launch takes longer than the few operations that a thread does in a kernel.
        way["chain"] = operations if name == "time-fused kernel" else 0.0
        way["predicted"] = {f"{n}": _speed(way, n) for n in SIZES}
    return {"operations": dict(work), "ways": ways}


def _speed(way: dict, neurons: int) -> float:
    """Neuron-steps per second: the slowest of memory, arithmetic, launches and one thread's own speed decides."""
    seconds = max(
        neurons * way["bytes"] / H100["bytes_per_second"],
        neurons * way["operations"] / H100["operations_per_second"],
        way["launches"] * H100["seconds_per_launch"],
        way["chain"] * H100["cycles_per_dependent_operation"] / H100["cycles_per_second"],
    )
    return neurons / seconds


def page(result: dict) -> str:
    """The counts and the predictions, as a page."""
    rows = [
        "| | bytes | operations | launches per step | "
        + " | ".join(f"{n:,} neurons".replace(",", " ") for n in SIZES)
        + " |",
        "| --- | " + " | ".join(["---"] * (3 + len(SIZES))) + " |",
    ]
    for name, way in result["ways"].items():
        speeds = " | ".join(f"{speed / 1e9:.3g}" for speed in way["predicted"].values())
        counts = f"{way['bytes']:.3g} | {way['operations']:.0f} | {way['launches']:.3g}"
        rows.append(f"| {name} | {counts} | {speeds} |")
    work = ", ".join(f"{count} {name}" for name, count in sorted(result["operations"].items(), key=lambda x: -x[1]))
    return f"""# What should a GPU make of it?

**A prediction. Nothing on this page was measured on a GPU**; [what was](gpu_measured.md).

Printed by `python experiments/gpu.py`, which counts the kernels, arrays and operations of one neuron-step of the squid
axon (default scheme, spikes counted) in the program that XLA makes for the CPU at hand, and prices them with an H100's
data sheet: 3 TB/s, 67 TFLOP/s in single precision; 2.5 µs for a kernel in a queue; and four cycles at 1.98 GHz for each
of the operations that a thread does one after another.

Bytes and operations are per neuron-step; predictions in 10⁹ neuron-steps per second.

{chr(10).join(rows)}

The step's arithmetic: {work}.
An exponential is counted as {STEPS_OF["exponential"]:g} operations, a quotient as {STEPS_OF["divide"]:g}: both use
units that a quarter of the lanes have.

What follows, if the prediction holds:

* Below some hundred thousand neurons XLA's loop waits for launches, and ten times the neurons cost nothing more. Sweeps
  should be as wide as memory allows.
* Above, it waits for memory, at a few percent of what the arithmetic units can do: this is what a kernel that keeps its
  neurons in registers for {CHUNK} steps would gain, and all that it would gain.
* The fused kernel's bound is arithmetic alone, and below some hundred thousand neurons, which don't fill the device,
  the speed of one thread; register pressure, divergence at spikes and the tail of a block are not counted, so that it
  is an upper bound.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder for gpu.json and gpu.md")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    counted = kernels(program())
    result = {"prediction": True, "device": H100, "kernels": counted, **price(counted)}
    (out / "gpu.json").write_text(json.dumps(result, indent=1) + "\n")
    (out / "gpu.md").write_text(page(result))
    print(page(result))


if __name__ == "__main__":
    main()
