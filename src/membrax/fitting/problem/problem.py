"""The problem that every optimiser solves, and the squared error of the model's voltage, summed along the way."""

from __future__ import annotations

import dataclasses
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ...cell import Cell
from ...integrators import Integrator, for_population, staggered
from ...morphology.system import TreeSystem
from ...pytrees import pytree, static
from .count_bounds import CountBounds
from .nudging import (
    Dynamic,
    Interval,
    across,
    assembled,
    begin,
    in_blocks,
    intervals,
    observed,
    trajectory,
    weight,
)
from .parameters import Free, paths
from .target import Target

Sum: TypeAlias = tuple[Array, Array]


@pytree
class Problem:
    """A cell, its free parameters, and the sweeps that it should reproduce.

    Attributes:
        cell: the model; parameters that are not free keep their values.
        data: the training sweeps.
        free: the free parameters and their bounds.
        integrator: the scheme.
        count_bounds: bounds on the spike counts of held-out sweeps, or None.
        system: of a tree whose axial current no free parameter changes; else None.
    """

    cell: Cell
    data: Target
    free: Free = static(default=Free((), (), (), ()))
    integrator: Integrator = static(default=staggered)
    count_bounds: CountBounds | None = None
    system: TreeSystem | None = dataclasses.field(init=False, default=None)

    def __post_init__(self) -> None:
        """Assemble the system of a tree once, if no free parameter changes it."""
        if self.cell.morphology is None:
            return
        shared = not self.moves_the_axial_current
        object.__setattr__(self, "integrator", for_population(self.integrator, self.cell, shared))
        if shared:
            object.__setattr__(self, "system", assembled(self.cell, self.integrator, self.data.dt))

    @property
    def moves_the_axial_current(self) -> bool:
        """Whether a free parameter changes the system of a tree."""
        free = [path for name in self.free.names for path in paths(name)]
        return any(path.split(".")[0] in ("morphology", "capacitance") for path in free)

    @property
    def bounded_sweeps(self) -> int:
        """The number of held-out sweeps with count bounds."""
        return 0 if self.count_bounds is None else len(self.count_bounds.most)

    @property
    def samples(self) -> float:
        """The number of recorded voltages."""
        return float(np.prod(self.data.v.shape))

    def candidate(self, place: Array) -> Cell:
        """The cell at a place [parameter]."""
        return self.free.put(self.cell, self.free.value(place))


def voltages(place: Array, problem: Problem, kappa: ArrayLike = 0.0) -> Array:
    """The model's voltage [sweep, time] in mV at a place, at a nudging conductance κ [mS/cm²] or free."""
    cell, kappa = problem.candidate(place), jnp.asarray(kappa, dtype=float)
    return jax.vmap(lambda sweep: trajectory(cell, sweep, kappa, problem.integrator, problem.system))(problem.data)


def voltage_loss(place: Array, problem: Problem, kappa: ArrayLike = 0.0) -> Array:
    """Mean squared error of the voltage [mV²] over all samples of all sweeps, at a nudging conductance κ [mS/cm²].

    Residuals are weighted by 1 + κ/(1 mS/cm²); at κ = 0 this is the plain mean squared error of the free model. No
    voltage is stored: reverse mode needs the state before every block of steps, and recomputes the steps block by
    block.
    """
    cell, kappa = problem.candidate(place), jnp.asarray(kappa, dtype=float)
    squares = jax.vmap(lambda sweep: _sum_of_squares(cell, sweep, kappa, problem))(problem.data)
    return jnp.sum(squares) / problem.samples


def _sum_of_squares(cell: Cell, sweep: Target, kappa: Array, problem: Problem) -> Array:
    """Squared residuals of one sweep, summed over its samples [mV²]."""

    def step(carry: tuple[Dynamic, Array], interval: Interval) -> tuple[tuple[Dynamic, Array], None]:
        state, squares = carry
        state = across(cell, state, sweep, interval, kappa, problem.integrator, problem.system)
        return (state, squares + jnp.square(weight(kappa) * (observed(state[0]) - interval.last))), None

    @jax.checkpoint
    def block(state: Dynamic, rows: Interval) -> tuple[Dynamic, Array]:
        return jax.lax.scan(step, (state, jnp.zeros(())), rows)[0]

    def one(carry: tuple[Dynamic, Sum], rows: Interval) -> tuple[Dynamic, Sum]:
        state, squares = block(carry[0], rows)
        return state, add(carry[1], squares)

    start = begin(cell, sweep, problem.integrator, problem.system)
    total = jnp.square(weight(kappa) * (observed(start[0]) - sweep.v[0])), jnp.zeros(())
    return in_blocks(one, (start, total), intervals(sweep))[1][0]


def add(total: Sum, term: Array) -> Sum:
    """A sum and its rounding error, one term later (Kahan 1965).

    A long float32 sum drifts by more than a step near the minimum gains.
    """
    so_far, lost = total
    term = term - lost
    after = so_far + term
    return after, (after - so_far) - term
