"""The contenders, and a run of each: a script in its own environment on the given cores."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import time
from pathlib import Path

import judge
from environments import python_of, ready

HERE = Path(__file__).parent / "contenders"
# Parameters of a firing cell, for the test that all simulators have the same model.
REFERENCE = {"g_na": 60.0, "g_kd": 8.0, "g_m": 0.15, "tau_max": 800.0, "g_leak": 0.025, "e_leak": -62.0, "v_t": -58.0,
             "c": 0.9}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Contender:
    """A script with its files, its environment (None for this interpreter), and the packages of the version table."""

    label: str
    files: tuple[str, ...]
    environment: str | None
    packages: tuple[str, ...]
    method: str
    cached: bool = False  # whether its tool keeps compiled code on disk


NEURON = ("bluepyopt", "neuron", "efel")
BRIAN = ("brian2modelfitting", "brian2", "nevergrad", "efel")
CELL = "pospischil.py"
NRN = ("bluepyopt_cell.py", "pospischil.mod", "features.py", CELL)
CONTENDERS = {
    "membrax_recipe": Contender(
        "membrax, its recipe", ("membrax_recipe.py",), None, ("membrax", "jax", "cmaes"),
        "CMA-ES with successive halving on spike trains, its own cell; from held-out sweeps it uses the current"),
    "membrax_cmaes": Contender(
        "membrax, 8 free", ("membrax_cmaes.py", CELL), None, ("membrax", "jax", "cmaes"), "CMA-ES on spike scores"),
    "bluepyopt_cma": Contender(
        "BluePyOpt, CMA", ("bluepyopt_cma.py", *NRN), "bluepyopt", NEURON,
        "CMA-ES on summed eFEL scores, NEURON", True),
    "bluepyopt_ibea": Contender(
        "BluePyOpt, IBEA", ("bluepyopt_ibea.py", *NRN), "bluepyopt", NEURON,
        "IBEA on eFEL scores, NEURON", True),
    "brian2_features": Contender(
        "brian2modelfitting, features", ("brian2_features.py", "brian2_cell.py", "features.py", CELL),
        "brian2modelfitting", BRIAN, "differential evolution on eFEL features, Brian2", True),
    "brian2_mse": Contender(
        "brian2modelfitting, MSE", ("brian2_mse.py", "brian2_cell.py", CELL), "brian2modelfitting", BRIAN,
        "differential evolution on voltage, Brian2", True),
    "jaxley_adam": Contender(
        "Jaxley, Adam", ("jaxley_adam.py", CELL), "jaxley", ("jaxley", "jax", "optax"),
        "Adam on windowed voltage, 8 starts"),
}  # fmt: skip


class Failed(RuntimeError):
    """The last line of a contender's error message."""


def run_all(given: argparse.Namespace) -> dict[str, str]:
    """Run the selected contenders, all with one seed before the next; returns {contender: reason for its absence}."""
    selected, left_out = [name for name in given.only if name != "none"], {}
    if selected:
        judge.save(judge.prepared(given.file, given.stop), given.work / "recording.npz")
    for name in selected:
        environment = CONTENDERS[name].environment
        if environment and not ready(environment, given.root):
            left_out[name] = f"no environment {environment}: python environments.py {environment}"
            print(f"{name} is left out: {left_out[name]}", flush=True)
    for seed in given.seeds:
        for name in selected:
            if name in left_out:
                continue
            begun = time.time()
            try:
                if CONTENDERS[name].cached:  # from here on its compiled code is on disk, as after a first use
                    start(name, given, seed, [1.0], given.work / "warm.npz")
                start(name, given, seed, given.at, given.work / f"{name}.{seed}.npz")
            except Failed as error:
                left_out[name] = str(error)
                print(f"{name} is left out: {error}", flush=True)
                continue
            print(f"{name}, seed {seed}: {time.time() - begun:.0f} s in total", flush=True)
    return left_out


def job(name: str, given: argparse.Namespace, seed: int, at: list[float], out: Path) -> dict:
    """The job of a contender, which it receives as JSON."""
    folder = given.work / (CONTENDERS[name].environment or "membrax")
    folder.mkdir(exist_ok=True)
    return {
        "recording": str(given.work / "recording.npz"), "file": str(given.file), "stop": given.stop,
        "sweeps": given.sweeps, "seed": seed, "at": at, "clocks": given.clocks, "cores": given.cores, "out": str(out),
        "folder": str(folder), "reference": REFERENCE, "packages": CONTENDERS[name].packages,
    }  # fmt: skip


def start(name: str, given: argparse.Namespace, seed: int, at: list[float], out: Path) -> None:
    """Run one contender.

    Raises:
        Failed: the contender ended with an error, or took more than ten times the last time plus 600 s.
    """
    contender = CONTENDERS[name]
    python = python_of(contender.environment, given.root)
    env = {key: value for key, value in os.environ.items() if key not in ("XLA_FLAGS", "PYTHONPATH")}
    env |= {key: str(given.cores) for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    env["PATH"] = f"{python.parent}{os.pathsep}{env['PATH']}"  # the folder of nrnivmodl
    out.unlink(missing_ok=True)
    message = job(name, given, seed, at, out) | {"began": time.time()}
    try:
        done = subprocess.run(
            [python, HERE / contender.files[0], json.dumps(message)], capture_output=True, text=True, env=env,
            cwd=message["folder"], timeout=10 * at[-1] + 600,
            preexec_fn=lambda: os.sched_setaffinity(0, cores(given.cores)),
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise Failed(f"took more than {late.timeout:g} s") from None
    if done.returncode:
        (given.work / f"{name}.log").write_text(done.stdout + done.stderr)
        raise Failed((done.stderr.strip().splitlines() or ["no message"])[-1][:300])


def cores(count: int) -> set[int]:
    """The first ``count`` of the cores that this process may use."""
    return set(sorted(os.sched_getaffinity(0))[:count])


def hardware() -> dict[str, str | int]:
    """Processor, number of cores and operating system of this machine."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"processor": model, "cores": os.cpu_count() or 1, "system": platform.system()}
