"""Probes that sample: voltage, gates, currents of the channels, and currents through the membrane of a tree."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell, CellGates, State, currents, settle
from .probe import Step
from .sites import Site, place


@dataclasses.dataclass(frozen=True)
class Voltage:
    """v [mV] every ``every`` steps, of a tree [compartment] or at ``sites`` [site]; see `membrax.probes.voltage`."""

    every: int = 1
    name: str = "voltage"
    sites: tuple[Site, ...] | None = None
    interpolated: bool = False
    per_step = False

    def sample(self, cell: Cell, state: State) -> Array:
        """v [mV]."""
        if self.sites is None:
            return state.v
        places = [place(cell, site) for site in self.sites]
        if self.interpolated and (shape := cell.morphology) is not None:
            return jnp.stack([shape.voltage_at(state.v, *site) for site in self.sites])
        return state.v[np.array(places)]


@dataclasses.dataclass(frozen=True)
class Gates:
    """Every gate, {channel: {gate: value}}, at the time of v."""

    every: int = 1
    name: str = "gates"
    per_step = False

    def sample(self, cell: Cell, state: State) -> CellGates:
        """The gates at the time of v."""
        return settle(cell, state).gates


@dataclasses.dataclass(frozen=True)
class Currents:
    """The current density of each channel [µA/cm²] in the middle of a step, as the step used it, and the stimulus."""

    every: int = 1
    name: str = "currents"
    per_step = True

    def sample(self, step: Step) -> dict[str, Array]:
        """{channel: current, outward positive} and "stimulus": the injected density, inward positive.

        For ohmic channels in the default scheme they balance exactly: C Δv/dt = stimulus − Σ currents.
        """
        v = 0.5 * (step.before.v + step.after.v)
        gates, stimulus = step.after.gates, step.current
        if step.system is not None:
            stimulus = stimulus[0] + step.system.injected(stimulus[1:]) / step.system.area
        if not step.staggered:
            gates = jax.tree.map(lambda a, b: 0.5 * (a + b), step.before.gates, gates)
        return {**currents(step.cell, gates, v, step.env), "stimulus": stimulus}


@dataclasses.dataclass(frozen=True)
class Transmembrane:
    """The current through the membrane of each compartment in the middle of a step [compartment], nA.

    It is the sum of ionic and capacitive current, outward positive, and equals the axial current into the compartment
    plus the injected current. Over the tree it adds up to the injected current, to rounding; times
    `membrax.morphology.lead_field` it is the extracellular potential.
    """

    every: int = 1
    name: str = "transmembrane"
    per_step = True

    def sample(self, step: Step) -> Array:
        """The currents of one step.

        Raises:
            ValueError: a cell without a morphology.
        """
        system = step.system
        if system is None:
            raise ValueError("transmembrane currents are those of a tree, and the cell has no morphology")
        return system.axial(0.5 * (step.before.v + step.after.v)) + system.injected(step.current[1:])
