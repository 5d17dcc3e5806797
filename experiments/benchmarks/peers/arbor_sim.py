"""Arbor with its own vectorised mechanism `hh`; double precision.

    python arbor_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                          "method": "backward Euler", "repeats": 3}'

It has one method: exponential steps of the gates, and a backward Euler step of the voltage.
"""

from __future__ import annotations

import math

import jobs
import numpy as np

# isort: split
import arbor as A
from arbor import units as U
from crossings import crossings

METHODS = ["backward Euler"]
GROUP = 500  # cells stepped together; of 20 to 10 000 the fastest, by a little
SIDE = 10.0  # µm, length and diameter
AREA = math.pi * SIDE * SIDE  # µm², of a cylinder without its ends, as in Arbor


class Cells(A.recipe):
    """Isopotential cells, each with its constant current [µA/cm²] and a detector of upward crossings of 0 mV."""

    def __init__(self, currents: np.ndarray):
        A.recipe.__init__(self)
        self.currents = currents
        self.tree = A.segment_tree()
        ends = A.mpoint(0, 0, 0, SIDE / 2), A.mpoint(SIDE, 0, 0, SIDE / 2)
        self.tree.append(A.mnpos, *ends, tag=1)
        self.labels = A.label_dict({"middle": "(location 0 0.5)"})
        self.properties = A.neuron_cable_properties()

    def num_cells(self) -> int:
        return len(self.currents)

    def cell_kind(self, gid: int) -> A.cell_kind:
        return A.cell_kind.cable

    def global_properties(self, kind: A.cell_kind) -> A.cable_global_properties:
        return self.properties

    def probes(self, gid: int) -> list:
        return [A.cable_probe_membrane_voltage('"middle"', tag="v")]

    def cell_description(self, gid: int) -> A.cable_cell:
        n = jobs.SQUID
        decor = A.decor()
        decor.set_property(
            Vm=n["v_init"] * U.mV, cm=n["capacitance"] * 1e-2 * U.F / U.m2, tempK=(n["celsius"] + 273.15) * U.Kelvin
        )
        decor.set_ion("na", rev_pot=n["na.e"] * U.mV)
        decor.set_ion("k", rev_pot=n["k.e"] * U.mV)
        squid = {"gnabar": n["na.g"] * 1e-3, "gkbar": n["k.g"] * 1e-3, "gl": n["leak.g"] * 1e-3, "el": n["leak.e"]}
        decor.paint("(all)", A.density("hh", squid))
        decor.place('"middle"', A.i_clamp(self.currents[gid] * AREA * 1e-5 * U.nA))
        decor.place('"middle"', A.threshold_detector(jobs.THRESHOLD * U.mV), "spikes")
        return A.cable_cell(self.tree, decor, self.labels, A.cv_policy_single())


def prepared(currents: np.ndarray) -> A.simulation:
    """A simulation on one thread for these currents [µA/cm²]."""
    recipe = Cells(currents)
    context = A.context(threads=1)
    hints = {A.cell_kind.cable: A.partition_hint(prefer_gpu=False, cpu_group_size=GROUP)}
    return A.simulation(recipe, context, A.partition_load_balance(recipe, context, hints))


def population(job: dict) -> dict:
    simulation = prepared(jobs.currents(job["neurons"]))
    simulation.record(A.spike_recording.local)  # `all` records nothing without connections between cells
    end = A.explicit_schedule([(job["duration"] - job["dt"]) * U.ms])
    last = [simulation.sample((gid, "v"), end) for gid in range(job["neurons"])]
    setup = jobs.ready()
    seconds = jobs.timed(
        lambda: simulation.run(job["duration"] * U.ms, job["dt"] * U.ms), job["repeats"], prepare=simulation.reset
    )
    v = [simulation.samples(handle)[0][0][-1, 1] for handle in last]
    return {
        "seconds": seconds,
        "setup_seconds": setup,
        "spikes": len(simulation.spikes()),
        "lost": int((~np.isfinite(v)).sum()),
        "counting": "a threshold detector in every cell, local spikes recorded",
    }


def precision(job: dict) -> dict:
    simulation = prepared(np.array([jobs.CURRENT]))
    handle = simulation.sample((0, "v"), A.regular_schedule(job["dt"] * U.ms))
    simulation.run(job["duration"] * U.ms, job["dt"] * U.ms)
    samples = simulation.samples(handle)[0][0]
    return {"spike_times": crossings(samples[:, 0], samples[:, 1])}


if __name__ == "__main__":
    versions = jobs.versions("arbor", "numpy")
    about = {"peer": "Arbor", "version": versions["arbor"], "versions": versions, "precision": "float64"}
    jobs.serve(about, METHODS, population=population, precision=precision)
