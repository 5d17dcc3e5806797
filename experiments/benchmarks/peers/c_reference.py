"""The C reference: hodgkin_huxley.c, compiled for this processor and called through ctypes.

python c_reference.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025, "repeats": 3}'
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import jobs
import numpy as np
from crossings import crossings

SOURCE = Path(__file__).with_name("hodgkin_huxley.c")
COMPILE = ["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
METHODS = ["sequential"]


def built() -> Callable[..., None]:
    """The compiled function `advance`. The library remains loaded after the removal of its file."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "hodgkin_huxley.so")
        subprocess.run([*COMPILE, str(SOURCE), "-o", str(library), "-lm"], check=True)
        return ctypes.CDLL(str(library)).advance


def rest(v: float) -> tuple[float, float, float]:
    """The steady state of m, h and n."""
    alpha_m, beta_m = 0.1 * (v + 40) / (1 - np.exp(-(v + 40) / 10)), 4 * np.exp(-(v + 65) / 18)
    alpha_h, beta_h = 0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))
    alpha_n, beta_n = 0.01 * (v + 55) / (1 - np.exp(-(v + 55) / 10)), 0.125 * np.exp(-(v + 65) / 80)
    return alpha_m / (alpha_m + beta_m), alpha_h / (alpha_h + beta_h), alpha_n / (alpha_n + beta_n)


class Population:
    """Neurons in the layout of the C function: an array for each quantity."""

    def __init__(self, currents: np.ndarray, dt: float):
        self.dt, self.advance = dt, built()
        self.current = currents.astype(np.float32)
        self.state = np.empty((4, len(currents)), np.float32)
        self.spikes = np.empty(len(currents), np.int32)
        self.reset()

    def reset(self) -> None:
        v = jobs.SQUID["v_init"]
        self.state[:] = np.array([v, *rest(v)])[:, None]
        self.spikes[:] = 0

    def run(self, steps: int) -> None:
        arrays = [ctypes.c_void_p(array.ctypes.data) for array in (self.current, *self.state, self.spikes)]
        self.advance(len(self.current), steps, ctypes.c_float(self.dt), *arrays)


def population(job: dict) -> dict:
    cells = Population(jobs.currents(job["neurons"]), job["dt"])
    steps = jobs.count(job["duration"], job["dt"])
    setup = jobs.ready()
    seconds = jobs.timed(lambda: cells.run(steps), job["repeats"], prepare=cells.reset)
    return {
        "seconds": seconds,
        "setup_seconds": setup,
        "spikes": int(cells.spikes.sum()),
        "lost": int((~np.isfinite(cells.state[0])).sum()),
        "counting": "in the loop, old v < 0 ≤ new v",
    }


def precision(job: dict) -> dict:
    cells = Population(np.array([jobs.CURRENT]), job["dt"])
    v = [cells.state[0, 0]]
    for _ in range(jobs.count(job["duration"], job["dt"])):
        cells.run(1)
        v.append(cells.state[0, 0])
    return {"spike_times": crossings(np.arange(len(v)) * job["dt"], v)}


if __name__ == "__main__":
    gcc = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    about = {
        "peer": "C",
        "version": f"gcc {gcc}",
        "versions": jobs.versions("numpy") | {"gcc": gcc},
        "precision": "float32",
        "flags": " ".join(COMPILE[1:4]),
    }
    jobs.serve(about, METHODS, population=population, precision=precision)
