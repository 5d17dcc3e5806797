"""Arbor on the tree with its own vectorised mechanism `hh`; double precision.

    python tree_arbor.py '{"task": "population", "cells": 100, "duration": 50, "dt": 0.025,
                           "method": "backward Euler", "repeats": 3}'

It has one method: exponential steps of the gates, and a backward Euler step of the voltages.
"""

from __future__ import annotations

import jobs
import numpy as np
import tree_task as task

# isort: split
import arbor as A
from arbor import units as U
from crossings import crossings

METHODS = ["backward Euler"]
GROUP = 1  # cells stepped together; of 1, 10 and 100 the fastest


class Trees(A.recipe):
    """Cells with their sodium conductances [mS/cm²], each with a detector of spikes at its root and at a tip."""

    def __init__(self, sodium: np.ndarray, current: float = task.CURRENT):
        A.recipe.__init__(self)
        self.sodium, self.current = sodium, current
        self.tree = A.segment_tree()
        parents, radii = task.parents(), task.radii()
        ends: list[float] = []
        for parent, radius in zip(parents, radii, strict=True):
            begin = ends[parent] if parent >= 0 else 0.0
            ends.append(begin + task.LENGTH)
            along = A.mpoint(begin, 0, 0, radius), A.mpoint(begin + task.LENGTH, 0, 0, radius)
            self.tree.append(A.mnpos if parent < 0 else parent, *along, tag=1)
        sites = {"root": task.ROOT, "tip": task.TIP}
        self.labels = A.label_dict({name: f"(on-components {x} (segment {k}))" for name, (k, x) in sites.items()})
        self.properties = A.neuron_cable_properties()

    def num_cells(self) -> int:
        return len(self.sodium)

    def cell_kind(self, gid: int) -> A.cell_kind:
        return A.cell_kind.cable

    def global_properties(self, kind: A.cell_kind) -> A.cable_global_properties:
        return self.properties

    def probes(self, gid: int) -> list:
        return [A.cable_probe_membrane_voltage(f'"{name}"', tag=name) for name in ("root", "tip")]

    def cell_description(self, gid: int) -> A.cable_cell:
        n = jobs.SQUID
        decor = A.decor()
        decor.set_property(
            Vm=n["v_init"] * U.mV, cm=task.CAPACITANCE * 1e-2 * U.F / U.m2, rL=task.RESISTIVITY * U.Ohm * U.cm,
            tempK=(n["celsius"] + 273.15) * U.Kelvin,
        )  # fmt: skip
        decor.set_ion("na", rev_pot=n["na.e"] * U.mV)
        decor.set_ion("k", rev_pot=n["k.e"] * U.mV)
        squid = {"gnabar": self.sodium[gid] * 1e-3, "gkbar": n["k.g"] * 1e-3}
        squid |= {"gl": n["leak.g"] * 1e-3, "el": n["leak.e"]}
        decor.paint("(all)", A.density("hh", squid))
        decor.place('"root"', A.i_clamp(task.ONSET * U.ms, 1e9 * U.ms, self.current * U.nA))
        for name in ("root", "tip"):
            decor.place(f'"{name}"', A.threshold_detector(task.THRESHOLD * U.mV), name)
        return A.cable_cell(self.tree, decor, self.labels, A.cv_policy_fixed_per_branch(task.PER_BRANCH))


def prepared(recipe: Trees, group: int) -> A.simulation:
    """A simulation on one thread with a number of cells stepped together."""
    context = A.context(threads=1)
    hints = {A.cell_kind.cable: A.partition_hint(prefer_gpu=False, cpu_group_size=group)}
    return A.simulation(recipe, context, A.partition_load_balance(recipe, context, hints))


def population(job: dict) -> dict:
    cells = job["cells"]
    simulation = prepared(Trees(task.sodium(cells)), job.get("group", GROUP))
    simulation.record(A.spike_recording.local)  # `all` records nothing without connections between cells
    end = A.explicit_schedule([(job["duration"] - job["dt"]) * U.ms])
    last = [simulation.sample((gid, "tip"), end) for gid in range(cells)]
    setup = jobs.ready()
    go = lambda: simulation.run(job["duration"] * U.ms, job["dt"] * U.ms)  # noqa: E731
    seconds = task.timed(go, job["repeats"], prepare=simulation.reset)
    trains = [[[] for _ in range(cells)] for _ in range(2)]
    for (gid, which), t in simulation.spikes():
        trains[which][gid].append(t)
    v = [simulation.samples(handle)[0][0][-1, 1] for handle in last]
    return {"setup_seconds": setup, **seconds, **task.summary(*trains), "lost": int((~np.isfinite(v)).sum())}


def precision(job: dict) -> dict:
    """Spike times by interpolation between the voltages of every step."""
    simulation = prepared(Trees(task.sodium(1), job.get("current", task.CURRENT)), 1)
    every = A.regular_schedule(job["dt"] * U.ms)
    handles = [simulation.sample((0, name), every) for name in ("root", "tip")]
    simulation.run(job["duration"] * U.ms, job["dt"] * U.ms)
    samples = [simulation.samples(handle)[0][0] for handle in handles]
    return task.summary(*([crossings(v[:, 0], v[:, 1], task.THRESHOLD)] for v in samples))


if __name__ == "__main__":
    versions = jobs.versions("arbor", "numpy")
    about = {"peer": "Arbor", "version": versions["arbor"], "versions": versions, "precision": "float64"}
    jobs.serve(about, METHODS, population=population, precision=precision, cold=precision)
