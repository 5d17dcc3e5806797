"""NEURON with fixed steps or with CVODE, one step length per cell; double precision.

    python neuron_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                           "method": "backward Euler", "repeats": 3}'

For CVODE the job's "dt" is the absolute tolerance. By default NEURON takes the rates of its `hh` from a
table.
"""

from __future__ import annotations

import jobs  # before NEURON, so that its import is timed
import numpy as np
from crossings import crossings
from neuron import h
from neuron_cells import TABLES, Cells, recorded

CVODE = "CVODE"
METHODS = [
    "backward Euler",
    "Crank–Nicolson",
    "backward Euler" + TABLES,
    "Crank–Nicolson" + TABLES,
    CVODE,
    CVODE + TABLES,
]
GRID = 0.005  # ms, sampling of CVODE's voltage: its steps are too long for linear interpolation
SAMPLE = 50  # cells whose steps are counted


def choose(cells: Cells, job: dict) -> bool:
    """Set the method; returns whether its steps are of variable length."""
    variable = job["method"].startswith(CVODE)
    if variable:
        h.usetable_hh = 0 if job["method"].endswith(TABLES) else 1
        solver = h.CVode()
        solver.active(True)
        solver.use_local_dt(True)
        solver.atol(job["dt"])
    else:
        cells.method(job["method"], job["dt"])
    return variable


def steps_taken(cells: Cells, job: dict) -> int:
    """The number of variable steps of all cells, from a sample of them; in a separate run, as recording takes time."""
    chosen = cells.sections[:: max(1, len(cells.sections) // SAMPLE)]
    kept = [(h.Vector(), h.Vector()) for _ in chosen]
    for section, (v, t) in zip(chosen, kept, strict=True):
        h.CVode().record(section(0.5)._ref_v, v, t, sec=section)
    cells.start()
    cells.context.psolve(job["duration"])
    return round(np.mean([len(t) - 1 for _, t in kept]) * len(cells.sections))


def population(job: dict) -> dict:
    cells = Cells(jobs.currents(job["neurons"]))
    variable = choose(cells, job)
    cells.start()
    setup = jobs.ready()
    seconds = jobs.timed(lambda: cells.context.psolve(job["duration"]), job["repeats"], prepare=cells.start)
    answer = {"seconds": seconds, "setup_seconds": setup, **cells.count()}
    answer["counting"] = "ParallelContext.spike_record of every cell"
    return answer | ({"steps": steps_taken(cells, job)} if variable else {})


def precision(job: dict) -> dict:
    cells = Cells(np.array([jobs.CURRENT]))
    variable = choose(cells, job)
    v = recorded(cells, GRID) if variable else recorded(cells)
    cells.start()
    cells.context.psolve(job["duration"])
    return {"spike_times": crossings(np.arange(len(v)) * (GRID if variable else job["dt"]), v)}


if __name__ == "__main__":
    versions = jobs.versions("neuron", "numpy")
    about = {"peer": "NEURON", "version": versions["neuron"], "versions": versions, "precision": "float64"}
    jobs.serve(about, METHODS, population=population, precision=precision)
