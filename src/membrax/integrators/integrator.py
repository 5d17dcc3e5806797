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
        advance: ``advance(cell, state, currents, dt, env, system)`` moves v and gates by ``dt`` [ms] and may leave the
            gates behind v by ``state.lag``; the loop keeps time and step count. ``system`` is the `TreeSystem` of a
            cell with a morphology, else None.
        pieces: into how many equal parts it wants the step's stimulus divided; ``currents`` holds their means
            [piece], current densities in µA/cm².
        staggered: whether its gates live in the middle of the steps.
        axial: ``axial(cell, sites, dt)`` is the `TreeSystem` of a cell with a morphology, for steps of ``dt`` [ms] and
            currents injected into the compartments ``sites``; None for a scheme of single patches.
    """

    name: str
    advance: Callable[[Cell, State, tuple[Array, ...], Any, Env, TreeSystem | None], State]
    pieces: int = 1
    staggered: bool = False
    axial: Callable[[Cell, tuple[int, ...], Any], TreeSystem] | None = None

    def assemble(self, cell: Cell, sites: tuple[int, ...], dt: Any) -> TreeSystem | None:
        """The system that every step of a cell with a morphology solves; None without a morphology.

        Args:
            cell: one cell.
            sites: compartments into which currents are injected.
            dt: the step, ms.

        Raises:
            ValueError: a morphology, and a scheme of single patches.
        """
        if cell.morphology is None:
            return None
        if self.axial is None:
            raise ValueError(f"{self.name} takes no cells with a morphology: use membrax.integrators.staggered")
        return self.axial(cell, sites, dt)

    def __call__(self, cell: Cell, state: State, current: Any, dt: Any, env: Env) -> State:
        """One step on its own: v and gates both at the end of it. ``current`` [µA/cm²] is the step's mean."""
        system = self.assemble(cell, (), dt)
        currents = tuple(current) if isinstance(current, tuple) else (current,) * self.pieces
        if system is not None:
            currents = tuple(jnp.atleast_1d(jnp.asarray(each, dtype=float)) for each in currents)
        return settle(cell, self.advance(cell, state, currents, dt, env, system))

    def __repr__(self) -> str:
        return f"membrax.integrators.{self.name}"
