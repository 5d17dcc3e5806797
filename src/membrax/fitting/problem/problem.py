"""The misfit of a model's voltage: simulated beside the recording, squared and summed as it goes."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...cell import Cell
from ...integrators import Integrator, of_many
from ...morphology.system import TreeSystem
from ...pytrees import pytree, static
from .count_bounds import CountBounds
from .nudging import across, assembled, begin, in_blocks, intervals, observed, trajectory, weight
from .parameters import Free, paths
from .target import Target


@pytree
class Problem:
    """A cell, its free parameters, the sweeps it is to reproduce, and perhaps what is expected of others.

    Attributes:
        system: of a tree whose axial current no free parameter changes; else None.
    """

    cell: Cell
    data: Target
    free: Free = static()
    integrator: Integrator = static()
    unseen: CountBounds | None = None
    system: TreeSystem | None = dataclasses.field(init=False, default=None)

    def __post_init__(self) -> None:
        """Assemble the system of a tree whose shape isn't free once, and not in each step."""
        if self.cell.morphology is None:
            return
        shared = not self.moves_the_axial_current
        object.__setattr__(self, "integrator", of_many(self.integrator, self.cell, shared))
        if shared:
            object.__setattr__(self, "system", assembled(self.cell, self.integrator, self.data.dt))

    @property
    def moves_the_axial_current(self) -> bool:
        """Whether a free parameter changes what is worked out before the first step of a tree."""
        free = [path for name in self.free.names for path in paths(name)]
        return any(path.split(".")[0] in ("morphology", "capacitance") for path in free)

    @property
    def others(self) -> int:
        """How many sweeps there are of which only a count is expected."""
        return 0 if self.unseen is None else len(self.unseen.most)

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
    return jax.vmap(lambda sweep: trajectory(cell, sweep, kappa, problem.integrator, problem.system))(problem.data)


def voltage_loss(place: Array, problem: Problem, kappa: Any = 0.0) -> Array:
    """Mean squared misfit of the voltage [mV²] over all samples of all sweeps, at a clamp κ [mS/cm²].

    Residuals are weighted by 1 + κ/(1 mS/cm²); at κ = 0 this is the plain mean squared error of the free model. No
    voltage is kept: reverse mode needs the state before every block of steps, and what it needs of the steps
    themselves it works out again, block by block.
    """
    cell, kappa = problem.candidate(place), jnp.asarray(kappa, dtype=float)
    squares = jax.vmap(lambda sweep: _sum_of_squares(cell, sweep, kappa, problem))(problem.data)
    return jnp.sum(squares) / problem.samples


def _sum_of_squares(cell: Cell, sweep: Target, kappa: Array, problem: Problem) -> Array:
    """Squared residuals of one sweep, summed over its samples [mV²]."""

    def step(carry: tuple, at: tuple) -> tuple[tuple, None]:
        moving, squares = carry
        moving = across(cell, moving, sweep, *at, kappa, problem.integrator, problem.system)
        return (moving, squares + jnp.square(weight(kappa) * (observed(moving[0]) - at[2]))), None

    @jax.checkpoint
    def block(moving: tuple, some: tuple) -> tuple[tuple, Array]:
        return jax.lax.scan(step, (moving, jnp.zeros(())), some)[0]

    def one(carry: tuple, some: tuple) -> tuple:
        moving, squares = block(carry[0], some)
        return moving, add(carry[1], squares)

    start = begin(cell, sweep, problem.system)
    total = jnp.square(weight(kappa) * (observed(start[0]) - sweep.v[0])), jnp.zeros(())
    return in_blocks(one, (start, total), intervals(sweep))[1][0]


def add(total: tuple[Array, Array], term: Array) -> tuple[Array, Array]:
    """A sum and what rounding has lost of it, one term later (Kahan 1965).

    A long float32 sum drifts by more than a step near the minimum gains.
    """
    so_far, lost = total
    term = term - lost
    after = so_far + term
    return after, (after - so_far) - term
