"""The misfit of a model's voltage, and its Gauss–Newton products from forward sensitivities."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..cell import Cell, State
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

    def candidate(self, place: Array) -> Cell:
        """The cell at a place [parameter]."""
        return self.free.put(self.cell, self.free.value(place))


class GaussNewton(NamedTuple):
    """A mean of squares about a point, for the residuals r [mV] of n samples."""

    loss: Array  # r·r/n, mV²
    gradient: Array  # Jᵀr/n [parameter]
    curvature: Array  # JᵀJ/n [parameter, parameter]


def voltages(place: Array, problem: Problem, kappa: Any = 0.0) -> Array:
    """The model's voltage [sweep, time] in mV at a place, under a clamp κ [mS/cm²] or free."""
    cell = problem.candidate(place)
    return jax.vmap(lambda sweep: trajectory(cell, sweep, kappa, problem.integrator))(problem.data)


def voltage_loss(place: Array, problem: Problem, kappa: Any = 0.0) -> Array:
    """Mean squared misfit of the voltage [mV²] over all samples of all sweeps, at a clamp κ [mS/cm²].

    Residuals are weighted by 1 + κ/(1 mS/cm²); at κ = 0 this is the plain mean squared error of the free model.
    """
    return jnp.mean(jnp.square(weight(kappa) * (voltages(place, problem, kappa) - problem.data.v)))


def gauss_newton(place: Array, problem: Problem, kappa: Any = 0.0) -> GaussNewton:
    """`voltage_loss` and its Gauss–Newton products with respect to the place [parameter].

    Forward sensitivities ride along with the state, and their products are summed inside the loop: no memory grows
    with time, and the cost is about one simulation per parameter.
    """
    values, scale = jax.jvp(problem.free.value, (place,), (jnp.ones_like(place),))
    sums = jax.vmap(lambda sweep: _sweep_sums(values, problem, sweep, jnp.asarray(kappa, dtype=float)))(problem.data)
    samples = float(np.prod(problem.data.v.shape))
    loss, gradient, curvature = jax.tree.map(lambda x: jnp.sum(x, axis=0) / samples, sums)
    # Bounds act on each parameter alone, so their derivative is a factor.
    return GaussNewton(loss, gradient * scale, curvature * scale[:, None] * scale[None, :])


def _sweep_sums(values: Array, problem: Problem, sweep: Target, kappa: Array) -> tuple[Array, Array, Array]:
    """r·r, Jᵀr and JᵀJ of one sweep with respect to the values."""
    cell, free, integrator = problem.cell, problem.free, problem.integrator
    directions = jnp.eye(len(free), dtype=values.dtype)

    def start(values: Array) -> tuple[Any, State]:
        state = begin(free.put(cell, values), sweep)
        return (state.v, state.gates), state

    def tally(sums: tuple, v: Array, dv: Array, recorded: Array) -> tuple:
        residual, row = weight(kappa) * (v - recorded), weight(kappa) * dv
        loss, lost, gradient, curvature = sums
        # A long float32 sum drifts by more than a step near the minimum gains: carry what rounding loses (Kahan 1965).
        term = jnp.square(residual) - lost
        total = loss + term
        return total, (total - loss) - term, gradient + row * residual, curvature + row[:, None] * row[None, :]

    def one(carry: tuple, at: tuple) -> tuple[tuple, None]:
        state, tangents, sums = carry

        def step(values: Array, moving: Any) -> tuple[Any, State]:
            before = dataclasses.replace(state, v=moving[0], gates=moving[1])
            after = across(free.put(cell, values), before, sweep, *at, kappa, integrator)
            return (after.v, after.gates), after

        def push(direction: Array, tangent: Any) -> tuple:
            return jax.jvp(step, (values, (state.v, state.gates)), (direction, tangent), has_aux=True)[1:]

        tangents, state = jax.vmap(push, out_axes=(0, None))(directions, tangents)
        return (state, tangents, tally(sums, state.v, tangents[0], at[2])), None

    push = lambda direction: jax.jvp(start, (values,), (direction,), has_aux=True)[1:]  # noqa: E731
    tangents, state = jax.vmap(push, out_axes=(0, None))(directions)
    count = len(free)
    sums = (jnp.zeros(()), jnp.zeros(()), jnp.zeros((count,)), jnp.zeros((count, count)))
    sums = tally(sums, state.v, tangents[0], sweep.v[0])
    (_, _, sums), _ = jax.lax.scan(one, (state, tangents, sums), (sweep.i, sweep.v[:-1], sweep.v[1:]))
    return sums[0], *sums[2:]
