"""NEURON on the tree with fixed steps, with CVODE, or in CoreNEURON; double precision.

    python tree_neuron.py '{"task": "population", "cells": 100, "duration": 50, "dt": 0.025,
                            "method": "backward Euler", "repeats": 3}'

For CVODE the job's "dt" is the absolute tolerance. By default NEURON takes the rates of its `hh` from a
table. The seconds of CoreNEURON are those of `psolve`, which include the transfer of the model there and back.
"""

from __future__ import annotations

import jobs  # before NEURON, so that its import is timed
import numpy as np
import tree_task as task
from crossings import crossings
from neuron import h

TABLES = ", exact rates"  # at the end of a method's name: without hh's table of rates, which has one entry per mV
SECOND_ORDER = {"backward Euler": 0, "Crank–Nicolson": 2}
CORE, CVODE = "CoreNEURON, ", "CVODE"
METHODS = [prefix + name + end for prefix in ("", CORE) for name in SECOND_ORDER for end in ("", TABLES)]
METHODS += [CVODE, CVODE + TABLES]
GRID = 0.005  # ms, sampling of CVODE's voltage: its steps are too long for linear interpolation


class Trees:
    """Cells with their sodium conductances [mS/cm²], each with a detector of spikes at its root and at a tip."""

    def __init__(self, sodium: np.ndarray, current: float = task.CURRENT):
        h.celsius = jobs.SQUID["celsius"]
        self.context = h.ParallelContext()
        self.kept, self.cells, self.trains = [], [], ([], [])
        for number, g in enumerate(sodium):
            sections = self._tree(number, g)
            clamp = h.IClamp(place(sections, task.ROOT))
            clamp.delay, clamp.dur, clamp.amp = task.ONSET, 1e9, current
            self.cells.append(sections)
            self.kept.append(clamp)
            for which, site in enumerate((task.ROOT, task.TIP)):
                self._detect(2 * number + which, sections, site)
        self.times, self.ids = h.Vector(), h.Vector()
        self.context.spike_record(-1, self.times, self.ids)
        self.context.set_maxstep(10)

    def _tree(self, number: int, g: float) -> list:
        sections = []
        for k, (parent, radius) in enumerate(zip(task.parents(), task.radii(), strict=True)):
            section = h.Section(name=f"c{number}b{k}")
            section.L, section.diam, section.nseg = task.LENGTH, 2 * radius, task.PER_BRANCH
            section.Ra, section.cm = task.RESISTIVITY, task.CAPACITANCE
            if parent >= 0:
                section.connect(sections[parent](1), 0)
            section.insert("hh")
            section.ena, section.ek = jobs.SQUID["na.e"], jobs.SQUID["k.e"]
            for segment in section:
                segment.hh.gnabar, segment.hh.gkbar = g * 1e-3, jobs.SQUID["k.g"] * 1e-3  # S/cm²
                segment.hh.gl, segment.hh.el = jobs.SQUID["leak.g"] * 1e-3, jobs.SQUID["leak.e"]
            sections.append(section)
        return sections

    def _detect(self, gid: int, sections: list, site: tuple) -> None:
        segment = place(sections, site)
        source = h.NetCon(segment._ref_v, None, sec=segment.sec)
        source.threshold = task.THRESHOLD
        self.context.set_gid2node(gid, self.context.id())
        self.context.cell(gid, source)
        self.kept.append(source)

    def start(self) -> None:
        """Initialise all cells at v_init with gates at their steady state, and clear the recorded spikes."""
        h.finitialize(jobs.SQUID["v_init"])

    def summary(self) -> dict:
        times, ids = np.array(self.times), np.array(self.ids).astype(int)
        root, tip = ([times[ids == 2 * n + which] for n in range(len(self.cells))] for which in (0, 1))
        v = np.array([place(sections, task.TIP).v for sections in self.cells])
        return task.summary(root, tip) | {"lost": int((~np.isfinite(v)).sum())}


def place(sections: list, site: tuple) -> object:
    return sections[site[0]](site[1])


def choose(job: dict) -> None:
    """Set the method, and whether rates come from a table."""
    method = job["method"]
    h.usetable_hh = 0 if method.endswith(TABLES) else 1
    method = method.removesuffix(TABLES)
    if method == CVODE:
        solver = h.CVode()
        solver.active(True)
        solver.atol(job["dt"])
        return
    h.secondorder, h.dt = SECOND_ORDER[method.removeprefix(CORE)], job["dt"]
    if method.startswith(CORE):
        from neuron import coreneuron

        coreneuron.enable = True
        coreneuron.verbose = 0
        coreneuron.cell_permute = job.get("permute", 0)


def population(job: dict) -> dict:
    trees = Trees(task.sodium(job["cells"]))
    choose(job)
    trees.start()
    setup = jobs.ready()
    seconds = task.timed(lambda: trees.context.psolve(job["duration"]), job["repeats"], prepare=trees.start)
    return {"setup_seconds": setup, **seconds, **trees.summary()}


def precision(job: dict) -> dict:
    """Interpolated spike times from the voltages of every step; for CVODE also the seconds of a run without records."""
    trees = Trees(task.sodium(1), job.get("current", task.CURRENT))
    choose(job)
    variable = job["method"].startswith(CVODE)
    seconds = {}
    if variable:
        seconds = task.timed(lambda: trees.context.psolve(job["duration"]), 3, prepare=trees.start)
    grid = (GRID,) if variable else ()
    sites = [place(trees.cells[0], site) for site in (task.ROOT, task.TIP)]
    v = [h.Vector().record(segment._ref_v, *grid) for segment in sites]
    trees.start()
    trees.context.psolve(job["duration"])
    t = np.arange(len(v[0])) * (GRID if variable else job["dt"])
    return task.summary(*([crossings(t, one, task.THRESHOLD)] for one in v)) | seconds


def cold(job: dict) -> dict:
    return precision(job)


if __name__ == "__main__":
    versions = jobs.versions("neuron", "numpy")
    about = {"peer": "NEURON", "version": versions["neuron"], "versions": versions, "precision": "float64"}
    jobs.serve(about, METHODS, population=population, precision=precision, cold=cold)
