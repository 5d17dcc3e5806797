"""Common parts of all peers: the neuron's parameters, the currents, and the input, timing and output of a job.

A peer's script runs as `python x.py '<job as JSON>'` in the interpreter of its own environment, which has numpy but
need not have membrax. It prints one line of JSON on its standard output; everything that libraries print goes to
standard error.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

BEGIN = time.perf_counter()  # imported before the peer's library, whose import is part of the set-up
SQUID = {  # µF/cm², mS/cm², mV, °C; all start at −65 mV with the gates at their steady state
    "capacitance": 1.0,
    "na.g": 120.0,
    "na.e": 50.0,
    "k.g": 36.0,
    "k.e": -77.0,
    "leak.g": 0.3,
    "leak.e": -54.387,
    "v_init": -65.0,
    "celsius": 6.3,
}
THRESHOLD = 0.0  # mV
CURRENT = 10.0  # µA/cm², of the neuron with known spike times


def currents(neurons: int) -> np.ndarray:
    """The constant current into each neuron [µA/cm²]: 8 to 12; for the first neuron `CURRENT`."""
    amplitudes = np.linspace(8.0, 12.0, neurons)
    amplitudes[0] = CURRENT
    return amplitudes


def count(duration: float, dt: float) -> int:
    """The number of steps in a duration."""
    return round(duration / dt)


def ready() -> float:
    """Seconds since the start of the script."""
    return time.perf_counter() - BEGIN


def timed(run: Callable[[], object], repeats: int, prepare: Callable[[], object] = lambda: None) -> list[float]:
    """The seconds of each run, without the preparation."""
    seconds = []
    for _ in range(repeats):
        prepare()
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return seconds


def fastest(candidates: Iterable, make: Callable[[Any], Callable[[], object]], trials: int = 2) -> tuple[Any, Callable]:
    """The fastest of several candidates once compiled, and its function."""
    made = [(candidate, make(candidate)) for candidate in candidates]
    for _, run in made:
        run()  # compiles
    return min(made, key=lambda each: min(timed(each[1], trials)))


def scattered(names: Iterable[str], values: dict[str, float], neurons: int) -> dict[str, np.ndarray]:
    """Each neuron's parameters for a gradient: within 5 % of the true values."""
    random = np.random.default_rng(0)
    return {name: values[name] * random.uniform(0.95, 1.05, neurons) for name in names}


def versions(*packages: str) -> dict[str, str]:
    """The versions of Python and of installed packages."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}


def serve(about: dict, methods: list[str], **tasks: Callable[[dict], dict]) -> None:
    """Do the job on the command line and print its output, which begins with the fields of ``about``."""
    # Libraries in C write to file descriptor 1 without Python, some only at exit. So file descriptor 1 becomes standard
    # error, and only the result is written to the original standard output.
    sys.stdout.flush()
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    tasks["methods"] = lambda job: {"methods": methods}
    try:
        job = json.loads(sys.argv[1])
        task = job["task"]
        if task not in tasks:
            raise ValueError(f"{about['peer']} has no task {task!r}, only {', '.join(tasks)}")
        if "method" in job and job["method"] not in methods:
            raise ValueError(f"{about['peer']} has no method {job['method']!r}, only {', '.join(methods)}")
        given = {key: job[key] for key in ("method", "neurons", "dt") if key in job}
        answer = about | {"task": task} | given | tasks[task](job)
    except Exception as error:
        traceback.print_exc()
        print(f"{about['peer']}: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(answer, ensure_ascii=False), file=answer_to, flush=True)
