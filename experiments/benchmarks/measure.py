"""Runs of a peer: a script in its own environment and on given cores, whose output is a line of JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from environments import PEERS, python_of, ready

HERE = Path(__file__).parent
# Total spike counts may differ by 1 %: the errors of the schemes move a spike across the end of the run.
PRECISE = 0.01


class Failed(RuntimeError):
    """The last line of a peer's error output."""


def cores(count: int) -> set[int]:
    """The first ``count`` of the cores that this process may use."""
    return set(sorted(os.sched_getaffinity(0))[:count])


def available(root: Path) -> dict[str, str]:
    """{script: the reason why it is left out, or ""}."""
    reasons = {"membrax_sim": ""}
    for script, environment in PEERS.items():
        installed = environment is None or ready(environment, root)
        reasons[script] = "" if installed else f"no environment {environment}: python environments.py {environment}"
    return reasons


def run_peer(script: str, job: dict, root: Path, on: int = 1, limit: float = 1800.0) -> dict:
    """The output of a peer's script for a job, on ``on`` cores.

    Raises:
        Failed: the script ended with an error, or took longer than ``limit`` seconds.
    """
    python = python_of(PEERS.get(script), root) if script in PEERS else Path(sys.executable)
    command = [str(python), str(HERE / "peers" / f"{script}.py"), json.dumps(job, ensure_ascii=False)]
    return json.loads(output_of(command, on, limit).splitlines()[-1])


def seconds(code: str, python: Path, on: int = 1) -> float:
    """Wall-clock seconds of a cold interpreter running ``code``."""
    begin = time.perf_counter()
    output_of([str(python), "-c", code], on, 600.0)
    return time.perf_counter() - begin


def output_of(command: list[str], on: int, limit: float) -> str:
    """The standard output of a command on ``on`` cores.

    ``PYTHONPATH`` reaches commands of this interpreter only, so that it chooses the version of membrax to measure.

    Raises:
        Failed: the command ended with an error, or took longer than ``limit`` seconds.
    """
    dropped = {"XLA_FLAGS"} if command[0] == sys.executable else {"XLA_FLAGS", "PYTHONPATH"}
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    env |= {"OMP_NUM_THREADS": str(on)}
    hold = lambda: os.sched_setaffinity(0, cores(on))  # noqa: E731
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=limit, preexec_fn=hold)
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {limit:g} s") from None
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or ["no message"])[-1][:300])
    return done.stdout


def speed(answer: dict, duration: float) -> float:
    """Million neuron-steps per second, from the median of the repeats."""
    return answer["neurons"] * round(duration / answer["dt"]) / median(answer["seconds"]) / 1e6


def same_work(answer: dict, reference: dict) -> bool:
    """Whether both count equally many spikes, within 1 %."""
    return abs(answer["spikes"] - reference["spikes"]) <= PRECISE * reference["spikes"]


def hardware() -> dict[str, str | int]:
    """Processor, cores and system of this machine."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "system": platform.system()}
