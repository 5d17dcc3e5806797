"""The neuron in NEURON, for neuron_sim.py and coreneuron_sim.py, with NEURON's own mechanism `hh`."""

from __future__ import annotations

import math
from typing import Any

import jobs
import numpy as np
from neuron import h

SIDE = 10.0  # µm, length and diameter
AREA = math.pi * SIDE * SIDE  # µm², NEURON's area of a cylinder of one segment
TABLES = ", exact rates"  # at the end of a method's name: without hh's table of rates, which has one entry per mV
SECOND_ORDER = {"backward Euler": 0, "Crank–Nicolson": 2}


class Cells:
    """Isopotential cells, each with its constant current [µA/cm²] and a record of its upward crossings of 0 mV."""

    def __init__(self, currents: np.ndarray):
        h.celsius = jobs.SQUID["celsius"]
        self.context = h.ParallelContext()
        self.sections, self.clamps, self.sources = [], [], []
        for gid, current in enumerate(currents):
            section = h.Section(name=f"cell{gid}")
            section.L = section.diam = SIDE
            section.nseg = 1
            section.cm = jobs.SQUID["capacitance"]
            section.insert("hh")
            section.ena, section.ek = jobs.SQUID["na.e"], jobs.SQUID["k.e"]
            place = section(0.5)
            place.hh.gnabar, place.hh.gkbar = jobs.SQUID["na.g"] * 1e-3, jobs.SQUID["k.g"] * 1e-3  # S/cm²
            place.hh.gl, place.hh.el = jobs.SQUID["leak.g"] * 1e-3, jobs.SQUID["leak.e"]
            clamp = h.IClamp(place)
            clamp.delay, clamp.dur, clamp.amp = 0.0, 1e9, current * AREA * 1e-5  # nA
            source = h.NetCon(place._ref_v, None, sec=section)
            source.threshold = jobs.THRESHOLD
            self.context.set_gid2node(gid, self.context.id())
            self.context.cell(gid, source)
            self.sections.append(section)
            self.clamps.append(clamp)
            self.sources.append(source)
        self.spike_times, self.spike_cells = h.Vector(), h.Vector()
        self.context.spike_record(-1, self.spike_times, self.spike_cells)
        self.context.set_maxstep(10)

    def method(self, name: str, dt: float) -> None:
        """Set the scheme of fixed steps, and whether rates come from a table."""
        h.usetable_hh = 0 if name.endswith(TABLES) else 1
        h.secondorder = SECOND_ORDER[name.removesuffix(TABLES)]
        h.dt = dt

    def start(self) -> None:
        """Initialise all cells at v_init with gates at their steady state, and clear the recorded spikes."""
        h.finitialize(jobs.SQUID["v_init"])

    def count(self) -> dict[str, int]:
        v = np.array([section(0.5).v for section in self.sections])
        return {"spikes": len(self.spike_times), "lost": int((~np.isfinite(v)).sum())}


def recorded(cells: Cells, *grid: Any) -> Any:
    """The recorder of the first cell's voltage, at every step or on a given grid."""
    return h.Vector().record(cells.sections[0](0.5)._ref_v, *grid)
