"""The parts of the benchmark of trees: each runs the peers and returns rows of results."""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from environments import TREE_PEERS, python_of
from measure import HERE, Failed, output_of

COMPARTMENTS, DT, ROUNDS = 400, 0.025, 3
SIZES = {1: 100.0, 100: 25.0}  # cells: ms
AGREE = 0.02  # spike times and counts may differ by 2 % where speeds are compared
STEPS = (0.1, 0.05, 0.025, 0.0125)  # ms
FINER = (0.00625, 0.003125, 0.0015625)  # further steps, for peers with a short set-up
REFERENCE = ("tree_neuron", {"task": "precision", "duration": 100.0, "dt": 1e-9, "method": "CVODE, exact rates"})
SPEEDS = {  # whose speeds are compared
    "tree_membrax": ("hines", "matrix_exponential"),
    "tree_jaxley": ("bwd_euler, own loop", "crank_nicolson, own loop"),
    "tree_neuron": ("backward Euler", "backward Euler, exact rates", "Crank–Nicolson, exact rates",
                    "CoreNEURON, backward Euler", "CoreNEURON, backward Euler, exact rates",
                    "CoreNEURON, Crank–Nicolson, exact rates"),
    "tree_arbor": ("backward Euler",),
}  # fmt: skip
ERRORS = SPEEDS | {
    "tree_jaxley": ("bwd_euler", "crank_nicolson"),
    "tree_neuron": ("backward Euler", "backward Euler, exact rates", "Crank–Nicolson", "Crank–Nicolson, exact rates"),
}
COLD = {"tree_membrax": "staggered", "tree_jaxley": "bwd_euler", "tree_neuron": "backward Euler",
        "tree_arbor": "backward Euler"}  # fmt: skip
COUNTS = {1: (10, 100, 400, 1600, 10_000), 100: (10, 100, 400, 1600, 10_000), 10_000: (10, 100)}  # cells: compartments
MOST_EXPONENTIAL = 1600  # compartments: a propagator takes N³ to make, of 3200 half a minute


def run_peer(script: str, job: dict, root: Path) -> dict:
    """The output of a peer's script for a job, on one core.

    Raises:
        Failed: the script ended with an error, or took longer than half an hour.
    """
    python = python_of(TREE_PEERS[script], root)
    text = json.dumps(job, ensure_ascii=False)
    return json.loads(output_of([str(python), str(HERE / "peers" / f"{script}.py"), text], 1, 1800.0).splitlines()[-1])


def name_of(output: dict) -> str:
    return "CoreNEURON" if output.get("method", "").startswith("CoreNEURON") else output["peer"]


def load() -> float:
    return round(os.getloadavg()[0], 1)


# --- (a) how fast?


def throughput(peers: list[str], root: Path, log: Callable, rounds: int) -> list[dict]:
    """One row per peer, method and number of cells: million compartment-steps per second, by processor and clock."""
    runs = [(cells, script, method) for cells in SIZES for script in peers for method in SPEEDS[script]]
    outputs: dict[tuple, list[dict]] = {key: [] for key in runs}
    for number in range(rounds):
        for cells, script, method in runs:
            job = {"task": "population", "cells": cells, "duration": SIZES[cells], "dt": DT, "method": method}
            try:
                output = run_peer(script, job | {"repeats": 3 if cells == 1 else 1}, root)
            except Failed as reason:
                log(f"{script}, {method}: {reason}")
                continue
            outputs[cells, script, method].append(output | {"load": load()})
            speed = speeds(output, cells)["processor"]
            log(f"round {number + 1}, {cells}: {name_of(output)}, {method}: {speed:.1f} M/s, load {load()}")
    ours = {cells: outputs[cells, "tree_membrax", "hines"] for cells in SIZES}
    return [_row(cells, method, given, ours[cells]) for (cells, _, method), given in outputs.items() if given]


def speeds(output: dict, cells: int) -> dict[str, float]:
    """Million compartment-steps per second, by processor time and by the clock."""
    work = COMPARTMENTS * cells * round(SIZES[cells] / DT) / 1e6
    return {clock: work / median(output[clock]) for clock in ("processor", "seconds")}


def _row(cells: int, method: str, given: list[dict], ours: list[dict]) -> dict:
    last, rates = given[-1], [speeds(output, cells) for output in given]
    row = {key: last[key] for key in ("version", "precision", "spikes", "lost")} | {"peer": name_of(last)}
    row |= {"cells": cells, "method": method, "load": [output["load"] for output in given]}
    row |= {clock: [each[clock] for each in rates] for clock in ("processor", "seconds")}
    row |= {"median": median(row["processor"]), "wall": median(row["seconds"])}
    row["differs"] = difference(last, ours[-1])
    pairs = [speeds(a, cells)["processor"] / b["processor"] for a, b in zip(ours, rates, strict=False)]
    good = row["differs"] is not None and row["differs"] <= AGREE
    return row | {"ratio": median(pairs) if good else None}


def difference(a: dict, b: dict) -> float | None:
    """The largest relative difference of spike counts and of spike times after the first; None for other spikes."""
    worst = abs(a["spikes"] - b["spikes"]) / b["spikes"]
    for site in ("root", "tip"):
        for x, y in zip(a[site], b[site], strict=True):
            if abs(len(x) - len(y)) > 1:  # one may come after the end
                return None
            count = min(len(x), len(y))
            worst = max(worst, *(abs(s - t) / t for s, t in zip(x[1:count], y[1:count], strict=True)), 0.0)
    return worst


# --- (b) how exact?


def precision(peers: list[str], root: Path, log: Callable, rounds: int) -> dict:
    """Worst error of a spike's time at the root relative to the converged solution, by step; without rounds."""
    cvode_spikes = run_peer(*REFERENCE, root)["root"][0]
    finest = {"task": "precision", "duration": 100.0, "precision": "float64", "method": "hines"}
    coarse, fine = (run_peer("tree_membrax", finest | {"dt": dt}, root)["root"][0] for dt in (0.003125, 0.0015625))
    known = [b + (b - a) / 3.0 for a, b in zip(coarse, fine, strict=True)]
    apart = float(np.abs(np.subtract(known, cvode_spikes)).max())
    log(f"membrax's limit and CVODE are {apart:.2g} ms apart")
    bits = {"tree_membrax": ("float32", "float64")}
    runs = [(s, m, p) for s in peers for p in bits.get(s, (None,)) for m in ERRORS[s]]
    curves = [_curve(*which, known, root, log) for which in runs]
    cvode = [_cvode(10.0**-k, known, root, log) for k in (2, 3, 4, 5, 6)] if "tree_neuron" in peers else []
    return {"known": known, "apart": apart, "curves": curves, "cvode": cvode}


def _curve(script: str, method: str, bits: str | None, known: list, root: Path, log: Callable) -> dict:
    errors = {}
    for dt in STEPS if script == "tree_jaxley" else STEPS + FINER:
        job = {"task": "precision", "duration": 100.0, "dt": dt, "method": method, "precision": bits}
        output = run_peer(script, job, root)
        errors[f"{dt:g}"] = error(output["root"][0], known)
    log(f"{name_of(output)}, {method}, {output['precision']}: {errors}")
    return {"peer": name_of(output), "method": method, "precision": output["precision"], "errors": errors}


def error(spikes: list[float], known: list[float]) -> float | None:
    return float(np.abs(np.subtract(spikes, known)).max()) if len(spikes) == len(known) else None


def _cvode(tolerance: float, known: list[float], root: Path, log: Callable) -> dict:
    output = run_peer(REFERENCE[0], REFERENCE[1] | {"dt": tolerance}, root)
    row = {"tolerance": tolerance, "error": error(output["root"][0], known), "processor": median(output["processor"])}
    log(f"CVODE {row}")
    return row


# --- (c) how soon?


def first_result(peers: list[str], root: Path, log: Callable, rounds: int) -> list[dict]:
    """A cold interpreter: import, build, the first simulation of 20 ms; by the clock and by processor time."""
    rows: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as kept:
        tries = [(script, COLD[script], {}) for script in peers]
        caching = [s for s in peers if s in ("tree_membrax", "tree_jaxley")]
        tries += [(script, COLD[script], {"keep": f"{kept}/{script}"}) for script in caching]
        for number in range(rounds + 1):
            # The first round only compiles the programs that are kept.
            for script, method, keep in tries if number else tries[len(peers) :]:
                job = {"task": "cold", "duration": 20.0, "dt": DT, "method": method} | keep
                begin, used = time.perf_counter(), _used()
                output = run_peer(script, job, root)
                seconds, processor = time.perf_counter() - begin, _used() - used
                what = name_of(output) + (", compiled programs kept" if keep else "")
                row = rows.setdefault(what, {"what": what, "seconds": [], "processor": [], "load": []})
                if number:
                    row["seconds"].append(seconds), row["processor"].append(processor), row["load"].append(load())
                log(f"{what}: {seconds:.2f} s, processor {processor:.2f} s, load {load()}")
    return [row | {"wall": median(row["seconds"]), "median": median(row["processor"])} for row in rows.values()]


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- (d) gradients


def gradients(peers: list[str], root: Path, log: Callable, rounds: int) -> list[dict]:
    """Value and gradient of a loss at the root over 50 ms by eight regional densities, and the simulation alone."""
    ways = [("tree_membrax", m, d) for m in ("hines", "matrix_exponential") for d in ("forward", "reverse")]
    ways += [("tree_jaxley", "bwd_euler", "reverse")] if "tree_jaxley" in peers else []
    outputs: dict[tuple, list[dict]] = {way: [] for way in ways}
    more: dict[tuple, dict] = {way: {} for way in ways}
    for _ in range(rounds):
        for way in ways:
            job = {"task": "gradient", "duration": 50.0, "dt": DT, "method": way[1], "derivative": way[2], "repeats": 3}
            try:
                output = run_peer(way[0], job | more[way], root)
            except Failed as reason:
                log(f"{way}: {reason}")
                continue
            if "checkpoints" in output:
                more[way] = {"checkpoints": output["checkpoints"]}
            outputs[way].append(output | {"load": load()})
            taken = median(output["gradient"]["processor"]), median(output["simulation"]["processor"])
            log(f"{way}: {taken[0]:.3f} s, simulation {taken[1]:.3f} s, setup {output['setup_seconds']:.0f} s")
    return [_gradient_row(way, given) for way, given in outputs.items() if given]


def _gradient_row(way: tuple, given: list[dict]) -> dict:
    row = {key: given[0].get(key) for key in ("peer", "version", "precision", "loss", "slope", "temporary_bytes",
                                              "checkpoints", "tried", "setup_seconds")}  # fmt: skip
    for what in ("gradient", "simulation"):
        for clock in ("processor", "seconds"):
            row[f"{what} {clock}"] = median(median(output[what][clock]) for output in given)
    row["load"] = [output["load"] for output in given]
    ratios = [median(a["gradient"]["processor"]) / median(a["simulation"]["processor"]) for a in given]
    return row | {"method": way[1], "derivative": way[2], "over": median(ratios)}


# --- (e) two methods for the axial current


def solve(peers: list[str], root: Path, log: Callable, rounds: int) -> list[dict]:
    """Speed of membrax's two methods by number of compartments, on a bushy tree, a cable and two real neurons."""
    rows = []
    for shape in ("bushy", "cable"):
        for cells, counts in COUNTS.items():
            for count in counts:
                methods = ["hines", "matrix_exponential"] if count <= MOST_EXPONENTIAL else ["hines"]
                rows.append(_shape({"shape": shape, "compartments": count, "cells": cells}, methods, root, log, rounds))
    folder = HERE.parents[2] / "shared" / "data" / "morphologies"
    for file, length in (("neuromorpho__mp_ma_40984_gc2.CNG.swc", 4.0), ("jaxley__morph_ca1_n120.swc", 20.0)):
        if (folder / file).exists():
            for cells in (1, 100):
                job = {"shape": str(folder / file), "max_length": length, "cells": cells, "compartments": 500}
                rows.append(_shape(job, ["hines", "matrix_exponential"], root, log, rounds))
    return rows


def _shape(job: dict, methods: list[str], root: Path, log: Callable, rounds: int) -> dict:
    work = 0.5e6 if job["cells"] == 1 else 2e6
    duration = max(1.0, float(round(work / job["compartments"] / job["cells"] * DT)))
    common = {"task": "shape", "channels": "squid", "duration": duration, "dt": DT, "repeats": rounds}
    output = run_peer("tree_membrax", common | job | {"methods": methods}, root)
    steps = output["compartments"] * job["cells"] * round(duration / DT) / 1e6
    row = {"shape": Path(job["shape"]).stem, "cells": job["cells"], "load": load(), "speeds": {}, "begins": {}}
    for name in methods:
        once, thrice = (median(output["found"][f"{name} {times}"]["processor"]) for times in (1, 3))
        row["speeds"][name] = 2.0 * steps / (thrice - once)
        row["begins"][name] = 1.5 * once - 0.5 * thrice  # seconds of a call without steps
    shown = {name: f"{row['speeds'][name]:.1f} M/s after {row['begins'][name]:.3f} s" for name in methods}
    log(f"{row['shape']}, {output['compartments']} compartments, {job['cells']} cells: {shown}, load {load()}")
    return row | {key: output[key] for key in ("compartments", "levels")}
