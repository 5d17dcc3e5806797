"""A loss of any kind, summed over the sweeps, with its slope: what objectives and searches on such losses share."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ...cell import Cell
from ..problem.nudging import across, begin, in_rows, injected, intervals, observed
from ..problem.problem import Problem
from ..problem.target import Target
from . import Context
from .context import value


def losses(place: Array, problem: Problem, loss: Any, kappa: Any = 0.0) -> Array:
    """The loss of every sweep [sweep] at a place [parameter], under a clamp κ [mS/cm²] to the recording or free."""
    cell, kappa = problem.candidate(place), jnp.asarray(kappa, dtype=float)

    def one(sweep: Target, k: Array) -> Array:
        v = _trace(cell, sweep, kappa, problem)
        current = sweep.i if cell.morphology is not None else injected(cell, sweep, sweep.i)
        return value(loss, Context(v, sweep.v, current, cell, k, sweep.interval, sweep.substeps))

    return jax.vmap(one)(problem.data, jnp.arange(len(problem.data.v)))


def total(place: Array, problem: Problem, loss: Any, weights: Array, kappa: Any = 0.0) -> Array:
    """The weighted sum over the sweeps of the loss at a place [parameter]; a sweep of weight 0 is left out."""
    each = losses(place, problem, loss, kappa)
    return jnp.sum(weights * jnp.where(weights > 0, each, 0.0))


def totals_and_gradients(
    places: Array, problem: Problem, loss: Any, weights: Array, kappa: Any = 0.0, mode: str = "reverse"
) -> tuple[Array, Array]:
    """`total` at places [candidate, parameter], and its gradients by the place [candidate, parameter]."""
    function = lambda place: total(place, problem, loss, weights, kappa)  # noqa: E731
    if mode == "reverse":
        return jax.vmap(jax.value_and_grad(function))(places)

    def along(place: Array) -> tuple[Array, Array]:
        push = lambda direction: jax.jvp(function, (place,), (direction,))  # noqa: E731
        return jax.vmap(push, out_axes=(None, 0))(jnp.eye(len(place), dtype=place.dtype))

    return jax.vmap(along)(places)


def _trace(cell: Cell, sweep: Target, kappa: Array, problem: Problem) -> Array:
    """The model's voltage [time] beside one sweep; a derivative keeps the state before every block of steps only."""

    def step(moving: tuple, at: tuple) -> tuple[tuple, Array]:
        moving = across(cell, moving, sweep, *at, kappa, problem.integrator, problem.system)
        return moving, observed(moving[0])

    block = jax.checkpoint(lambda moving, some: jax.lax.scan(step, moving, some))
    moving = begin(cell, sweep, problem.system)
    parts = [observed(moving[0])[None]]
    for rows in in_rows(intervals(sweep)):
        moving, v = jax.lax.scan(block, moving, rows)
        parts.append(v.reshape(-1))
    return jnp.concatenate(parts)
