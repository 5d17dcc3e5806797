"""The misfit of a model's voltage: simulated beside the recording, squared and summed as it goes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..cell import Cell
from ..integrators import Integrator
from ..pytrees import pytree, static
from .parameters import Free
from .released import across, begin, trajectory, weight
from .target import Target

Array = jax.Array


@pytree
class Problem:
    """A cell, its free parameters, and the sweeps it is to reproduce."""

    cell: Cell
    data: Target
    free: Free = static()
    integrator: Integrator = static()

    @property
    def samples(self) -> float:
        """How many recorded voltages there are."""
        return float(np.prod(self.data.v.shape))

    def candidate(self, place: Array) -> Cell:
        """The cell at a place [parameter]."""
        return self.free.put(self.cell, self.free.value(place))


def voltages(place: Array, problem: Problem, kappa: Any = 0.0) -> Array:
    """The model's voltage [sweep, time] in mV at a place, under a clamp κ [mS/cm²] or free."""
    cell = problem.candidate(place)
    return jax.vmap(lambda sweep: trajectory(cell, sweep, kappa, problem.integrator))(problem.data)


def voltage_loss(place: Array, problem: Problem, kappa: Any = 0.0) -> Array:
    """Mean squared misfit of the voltage [mV²] over all samples of all sweeps, at a clamp κ [mS/cm²].

    Residuals are weighted by 1 + κ/(1 mS/cm²); at κ = 0 this is the plain mean squared error of the free model. No
    voltage is kept: reverse mode needs the state before every step, and nothing else.
    """
    cell, kappa = problem.candidate(place), jnp.asarray(kappa, dtype=float)
    squares = jax.vmap(lambda sweep: _sum_of_squares(cell, sweep, kappa, problem.integrator))(problem.data)
    return jnp.sum(squares) / problem.samples


def _sum_of_squares(cell: Cell, sweep: Target, kappa: Array, integrator: Integrator) -> Array:
    """Squared residuals of one sweep, summed over its samples [mV²]."""

    @jax.checkpoint
    def step(state: Any, at: tuple) -> tuple[Any, Array]:
        after = across(cell, state, sweep, *at, kappa, integrator)
        return after, jnp.square(weight(kappa) * (after.v - at[2]))

    def one(carry: tuple, at: tuple) -> tuple[tuple, None]:
        state, total = carry
        state, square = step(state, at)
        return (state, add(total, square)), None

    start = begin(cell, sweep)
    total = jnp.square(weight(kappa) * (start.v - sweep.v[0])), jnp.zeros(())
    (_, total), _ = jax.lax.scan(one, (start, total), (sweep.i, sweep.v[:-1], sweep.v[1:]))
    return total[0]


def add(total: tuple[Array, Array], term: Array) -> tuple[Array, Array]:
    """A sum and what rounding has lost of it, one term later (Kahan 1965).

    A long float32 sum drifts by more than a step near the minimum gains.
    """
    so_far, lost = total
    term = term - lost
    after = so_far + term
    return after, (after - so_far) - term
