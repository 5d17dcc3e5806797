"""The voltage loss with its derivatives: forward sensitivities, summed as they go, or reverse mode, step by step."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..cell import State
from .losses import Problem, add, voltage_loss
from .released import across, begin, weight
from .target import Target

Array = jax.Array

MODES = ("forward", "reverse")
FORWARD_UP_TO = 8  # parameters; see experiments/benchmarks for the cost of both


class GaussNewton(NamedTuple):
    """A mean of squares about a point, for the residuals r [mV] of n samples."""

    loss: Array  # r·r/n, mV²
    gradient: Array  # Jᵀr/n [parameter]
    curvature: Array  # JᵀJ/n [parameter, parameter]


def choose(parameters: int, mode: str | None) -> str:
    """The cheaper way to differentiate with respect to so many parameters, or the one that was asked for.

    Raises:
        ValueError: a mode that is neither "forward" nor "reverse".
    """
    if mode is None:
        return "forward" if parameters <= FORWARD_UP_TO else "reverse"
    if mode not in MODES:
        raise ValueError(f"derivative must be one of {', '.join(MODES)} or None, got {mode!r}")
    return mode


def value_and_gradient(place: Array, problem: Problem, kappa: Any = 0.0, mode: str = "reverse") -> tuple[Array, Array]:
    """`voltage_loss` [mV²] and its gradient by the place [parameter].

    Forward mode costs about a simulation per parameter and no memory; reverse mode about five simulations, whatever
    the number of parameters, and the memory of one state per step.
    """
    if mode == "reverse":
        return jax.value_and_grad(voltage_loss)(place, problem, kappa)
    (loss, half, _), scale = _sums(place, problem, kappa, curved=False)
    return loss, 2.0 * half * scale


def gauss_newton(place: Array, problem: Problem, kappa: Any = 0.0) -> GaussNewton:
    """`voltage_loss` and its Gauss–Newton products with respect to the place [parameter].

    Forward sensitivities ride along with the state, and their products are summed inside the loop: no memory grows
    with time, and the cost is about one simulation per parameter.
    """
    (loss, gradient, curvature), scale = _sums(place, problem, kappa, curved=True)
    return GaussNewton(loss, gradient * scale, curvature * scale[:, None] * scale[None, :])


def _sums(place: Array, problem: Problem, kappa: Any, *, curved: bool) -> tuple[tuple, Array]:
    """r·r/n, Jᵀr/n and JᵀJ/n with respect to the values (the last 0 unless ``curved``), and d value/d place."""
    # Bounds act on each parameter alone, so their derivative is a factor.
    values, scale = jax.jvp(problem.free.value, (place,), (jnp.ones_like(place),))
    kappa = jnp.asarray(kappa, dtype=float)
    sums = jax.vmap(lambda sweep: _sweep_sums(values, problem, sweep, kappa, curved))(problem.data)
    return jax.tree.map(lambda x: jnp.sum(x, axis=0) / problem.samples, sums), scale


def _sweep_sums(values: Array, problem: Problem, sweep: Target, kappa: Array, curved: bool) -> tuple:
    """r·r, Jᵀr and JᵀJ of one sweep with respect to the values."""
    cell, free, integrator = problem.cell, problem.free, problem.integrator
    directions = jnp.eye(len(free), dtype=values.dtype)

    def start(values: Array) -> tuple[Any, State]:
        state = begin(free.put(cell, values), sweep)
        return (state.v, state.gates), state

    def tally(sums: tuple, v: Array, dv: Array, recorded: Array) -> tuple:
        residual, row = weight(kappa) * (v - recorded), weight(kappa) * dv
        total, gradient, curvature = sums
        if curved:
            curvature = curvature + row[:, None] * row[None, :]
        return add(total, jnp.square(residual)), gradient + row * residual, curvature

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
    sums = (jnp.zeros(()), jnp.zeros(())), jnp.zeros((count,)), jnp.zeros((count, count) if curved else ())
    sums = tally(sums, state.v, tangents[0], sweep.v[0])
    (_, _, sums), _ = jax.lax.scan(one, (state, tangents, sums), (sweep.i, sweep.v[:-1], sweep.v[1:]))
    return sums[0][0], *sums[1:]
