"""What an integrator is: one step of one neuron, as a value that `jax.jit` can hold as static."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax

from ..cell import Cell, State, settle
from ..channels import Env

Array = jax.Array


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
    """

    name: str
    advance: Callable[[Cell, State, tuple[Array, ...], Any, Env], State]
    pieces: int = 1
    staggered: bool = False

    def __call__(self, cell: Cell, state: State, current: Any, dt: Any, env: Env) -> State:
        """One step on its own: v and gates both at the end of it. ``current`` [µA/cm²] is the step's mean."""
        currents = tuple(current) if isinstance(current, tuple) else (current,) * self.pieces
        return settle(cell, self.advance(cell, state, currents, dt, env))

    def __repr__(self) -> str:
        return f"membrax.integrators.{self.name}"
