"""Probes that keep one value every so many steps: voltage, gates, currents."""

from __future__ import annotations

import dataclasses

import jax

from ..cell import Cell, State, currents, settle
from .probe import Step

Array = jax.Array


@dataclasses.dataclass(frozen=True)
class Voltage:
    """v [mV] every ``every`` steps."""

    every: int = 1
    name: str = "voltage"
    per_step = False

    def sample(self, cell: Cell, state: State) -> Array:
        """v [mV]."""
        return state.v


@dataclasses.dataclass(frozen=True)
class Gates:
    """Every gate, {channel: {gate: …}}, brought to the time of v."""

    every: int = 1
    name: str = "gates"
    per_step = False

    def sample(self, cell: Cell, state: State) -> dict:
        """The gates at the time of v."""
        return settle(cell, state).gates


@dataclasses.dataclass(frozen=True)
class Currents:
    """Each channel's current density [µA/cm²] in the middle of the step, as the step used it, and the stimulus."""

    every: int = 1
    name: str = "currents"
    per_step = True

    def sample(self, step: Step) -> dict:
        """{channel: current, outward positive} and "stimulus": the injected density, inward positive.

        For ohmic channels in the default scheme they balance exactly: C Δv/dt = stimulus − Σ currents.
        """
        v = 0.5 * (step.before.v + step.after.v)
        gates = step.after.gates
        if not step.staggered:
            gates = jax.tree.map(lambda a, b: 0.5 * (a + b), step.before.gates, gates)
        return {**currents(step.cell, gates, v, step.env), "stimulus": step.current}
