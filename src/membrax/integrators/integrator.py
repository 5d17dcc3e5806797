"""An integrator: a scheme for one step of one neuron, as a value that `jax.jit` takes as static."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell, State, settle
from ..channels import Env
from ..morphology.system import TreeSystem


def check_integrator(integrator: object) -> None:
    """Refuse an object that is no `Integrator`.

    Raises:
        ValueError: names the object and the schemes.
    """
    if not isinstance(integrator, Integrator):
        schemes = "membrax.integrators.staggered, exponential_euler or runge_kutta"
        raise ValueError(f"integrator must be one of {schemes}, got {integrator!r}")


@dataclasses.dataclass(frozen=True)
class Integrator:
    """A scheme that advances one neuron by one step.

    Attributes:
        name: for messages and tables.
        advance: ``advance(cell, state, currents, dt, env, system)`` is the state with v and gates after ``dt`` [ms],
            the gates perhaps behind v by ``state.lag``; the loop keeps time and step count. ``system`` is the
            `TreeSystem` of a cell with a morphology, else None.
        pieces: the number of equal parts of a step in which the scheme takes the stimulus; ``currents`` are the means
            over these parts, µA/cm².
        staggered: whether its gates are at the middle of the steps.
        axial: ``axial(cell, sites, dt)`` is the `TreeSystem` of a cell with a morphology, for steps of ``dt`` [ms] and
            currents injected into the compartments ``sites``; None for a scheme of single patches.
    """

    name: str
    advance: Callable[[Cell, State, tuple[Array, ...], float | Array, Env, TreeSystem | None], State]
    pieces: int = 1
    staggered: bool = False
    axial: Callable[[Cell, tuple[int, ...], float | Array], TreeSystem] | None = None

    def assemble(self, cell: Cell, sites: tuple[int, ...], dt: float | Array) -> TreeSystem | None:
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
            raise ValueError(f"{self.name} does not support a morphology: use membrax.integrators.staggered")
        return self.axial(cell, sites, dt)

    def __call__(
        self, cell: Cell, state: State, current: ArrayLike | tuple[Array, ...], dt: float | Array, env: Env
    ) -> State:
        """One step by itself, with v and gates both at its end. ``current`` [µA/cm²] is the mean over the step."""
        system = self.assemble(cell, (), dt)
        currents = current if isinstance(current, tuple) else (jnp.asarray(current),) * self.pieces
        if system is not None:
            currents = tuple(jnp.atleast_1d(jnp.asarray(each, dtype=float)) for each in currents)
        return settle(cell, self.advance(cell, state, currents, dt, env, system))

    def __repr__(self) -> str:
        return f"membrax.integrators.{self.name}"
