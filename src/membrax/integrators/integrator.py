"""What an integrator is: one step of one neuron, as a value that `jax.jit` can hold as static."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..cell import Cell, State, settle
from ..channels import Env
from ..morphology.system import TreeSystem


def check_integrator(integrator: Any) -> None:
    """Refuse what is no `Integrator`.

    Raises:
        ValueError: says what it is.
    """
    if not isinstance(integrator, Integrator):
        told = "membrax.integrators.staggered, exponential_euler or runge_kutta"
        raise ValueError(f"integrator must be one of {told}, got {integrator!r}")


@dataclasses.dataclass(frozen=True)
class Integrator:
    """A scheme that moves one neuron by one step.

    Attributes:
        name: for messages and tables.
        advance: ``advance(cell, state, currents, dt, env)`` moves v and gates by ``dt`` [ms] and may leave the gates
            behind v by ``state.lag``; time and step count are kept by the loop.
        pieces: into how many equal parts it wants the step's stimulus divided; ``currents`` holds their means
            [piece], current densities in µA/cm².
        staggered: whether its gates live in the middle of the steps.
        axial: ``axial(cell, sites, dt)`` gives the cell of a tree what its steps need, for currents injected into the
            compartments ``sites``; None for a scheme that takes single patches alone.
    """

    name: str
    advance: Callable[[Cell, State, tuple[Array, ...], Any, Env], State]
    pieces: int = 1
    staggered: bool = False
    axial: Callable[[Cell, tuple[int, ...], Any], Cell] | None = None

    def wire(self, cell: Cell, sites: tuple[int, ...], dt: Any) -> Cell:
        """The cell as this scheme's steps take it: of a tree with its `Wiring`; what is wired, or no tree, stays.

        Raises:
            ValueError: a tree, and a scheme that takes none.
        """
        if cell.morphology is None or isinstance(cell.morphology, TreeSystem):
            return cell
        if self.axial is None:
            raise ValueError(f"{self.name} takes no cells with a morphology: use membrax.integrators.staggered")
        return self.axial(cell, sites, dt)

    def __call__(self, cell: Cell, state: State, current: Any, dt: Any, env: Env) -> State:
        """One step on its own: v and gates both at the end of it. ``current`` [µA/cm²] is the step's mean."""
        cell = self.wire(cell, (), dt)
        currents = tuple(current) if isinstance(current, tuple) else (current,) * self.pieces
        if cell.morphology is not None:
            currents = tuple(jnp.atleast_1d(jnp.asarray(each, dtype=float)) for each in currents)
        return settle(cell, self.advance(cell, state, currents, dt, env))

    def __repr__(self) -> str:
        return f"membrax.integrators.{self.name}"
