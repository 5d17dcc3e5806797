"""How a peer is asked: a script in its own environment, held to given cores, answering with a line of JSON."""

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
# Total spike counts may differ by this part: the schemes' errors make a spike come before or after the end.
PRECISE = 0.01


class Failed(RuntimeError):
    """What a peer said last before it gave up."""


def cores(count: int) -> set[int]:
    """The first so many of the cores this process may use."""
    return set(sorted(os.sched_getaffinity(0))[:count])


def available(root: Path) -> dict[str, str]:
    """{script: why it is left out, or ""}."""
    found = {"membrax_sim": ""}
    for script, environment in PEERS.items():
        there = environment is None or ready(environment, root)
        found[script] = "" if there else f"no environment {environment}: python environments.py {environment}"
    return found


def ask(script: str, job: dict, root: Path, on: int = 1, limit: float = 1800.0) -> dict:
    """A peer's answer to a job, on so many cores.

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
    env = {name: value for name, value in os.environ.items() if name not in ("XLA_FLAGS", "PYTHONPATH")}
    env |= {"OMP_NUM_THREADS": str(on)}
    hold = lambda: os.sched_setaffinity(0, cores(on))  # noqa: E731
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=limit, preexec_fn=hold)
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {limit:g} s") from None
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or ["no word"])[-1][:300])
    return done.stdout


def speed(answer: dict, duration: float) -> float:
    """Million neuron-steps per second, from the median of the repeats."""
    return answer["neurons"] * round(duration / answer["dt"]) / median(answer["seconds"]) / 1e6


def same_work(answer: dict, reference: dict) -> bool:
    """Whether both fired as often."""
    return abs(answer["spikes"] - reference["spikes"]) <= PRECISE * reference["spikes"]


def hardware() -> dict[str, str | int]:
    """What this machine is."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "system": platform.system()}
