"""CoreNEURON, the optimised engine for models built in NEURON; double precision.

    python coreneuron_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                               "method": "backward Euler", "repeats": 3}'

The distributed CoreNEURON runs within NEURON's process. The seconds are those of `psolve`, which include the transfer
of the model to CoreNEURON and back.
"""

from __future__ import annotations

import jobs  # before NEURON, so that its import is timed
import numpy as np
from crossings import crossings
from neuron import coreneuron
from neuron_cells import SECOND_ORDER, TABLES, Cells, recorded

METHODS = [*SECOND_ORDER, *(name + TABLES for name in SECOND_ORDER)]  # CoreNEURON has no CVODE


def made(currents: np.ndarray, job: dict) -> Cells:
    cells = Cells(currents)
    cells.method(job["method"], job["dt"])
    coreneuron.enable = True
    coreneuron.verbose = 1
    return cells


def population(job: dict) -> dict:
    cells = made(jobs.currents(job["neurons"]), job)
    cells.start()
    setup = jobs.ready()
    seconds = jobs.timed(lambda: cells.context.psolve(job["duration"]), job["repeats"], prepare=cells.start)
    answer = {"seconds": seconds, "setup_seconds": setup, **cells.count()}
    return answer | {"counting": "ParallelContext.spike_record of every cell"}


def precision(job: dict) -> dict:
    cells = made(np.array([jobs.CURRENT]), job)
    v = recorded(cells)
    cells.start()
    cells.context.psolve(job["duration"])
    return {"spike_times": crossings(np.arange(len(v)) * job["dt"], v)}


if __name__ == "__main__":
    versions = jobs.versions("neuron", "numpy")
    about = {"peer": "CoreNEURON", "version": versions["neuron"], "versions": versions, "precision": "float64"}
    jobs.serve(about, METHODS, population=population, precision=precision)
