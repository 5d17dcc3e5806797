"""The voltage loss with its derivatives: forward sensitivities, summed as they go, or reverse mode, step by step."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..cell import State
from ..population.layout import state_axes
from .losses import Problem, add, voltage_loss
from .released import across, begin, weight
from .target import Target

Array = jax.Array

MODES = ("forward", "reverse")
FORWARD_UP_TO = 4  # parameters; see experiments/benchmarks for the cost of both
WRITTEN_OUT = 4  # directions, up to which XLA makes the better loop of each by itself than of all as one array


class GaussNewton(NamedTuple):
    """A mean of squares about each of many points, for the residuals r [mV] of n samples."""

    loss: Array  # r·r/n, mV² [start]
    gradient: Array  # Jᵀr/n [start, parameter]
    curvature: Array  # JᵀJ/n [start, parameter, parameter]


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


def value_and_gradient(places: Array, problem: Problem, kappa: Any = 0.0, mode: str = "reverse") -> tuple[Array, Array]:
    """`voltage_loss` [mV²] of many places [start, parameter], and its gradients [start, parameter].

    Forward mode costs somewhat more than a simulation per parameter and no memory; reverse mode seven or eight
    simulations, whatever the number of parameters, and the memory of one state per step.
    """
    if mode == "reverse":
        return jax.vmap(lambda place: jax.value_and_grad(voltage_loss)(place, problem, kappa))(places)
    (loss, half, _), scale = _sums(places, problem, kappa, curved=False)
    return loss, 2.0 * (half * scale).T


def gauss_newton(places: Array, problem: Problem, kappa: Any = 0.0) -> GaussNewton:
    """`voltage_loss` and its Gauss–Newton products with respect to the place, for many places [start, parameter].

    Forward sensitivities ride along with the state, and their products are summed inside the loop: no memory grows
    with time, and the cost is somewhat more than one simulation per parameter.
    """
    (loss, gradient, curvature), scale = _sums(places, problem, kappa, curved=True)
    curvature = curvature * scale[:, None] * scale[None, :]
    return GaussNewton(loss, (gradient * scale).T, jnp.moveaxis(curvature, -1, 0))


def _sums(places: Array, problem: Problem, kappa: Any, *, curved: bool) -> tuple[tuple, Array]:
    """r·r/n, Jᵀr/n and JᵀJ/n by the values (the last 0 unless ``curved``), and d value/d place; starts are last."""
    # Bounds act on each parameter alone, so their derivative is a factor.
    values, scale = jax.jvp(problem.free.value, (places,), (jnp.ones_like(places),))
    kappa = jnp.asarray(kappa, dtype=float)
    sums = jax.vmap(lambda sweep: _sweep_sums(values.T, problem, sweep, kappa, curved))(problem.data)
    return jax.tree.map(lambda x: jnp.sum(x, axis=0) / problem.samples, sums), scale.T


def _sweep_sums(values: Array, problem: Problem, sweep: Target, kappa: Array, curved: bool) -> tuple:
    """r·r, Jᵀr and JᵀJ of one sweep with respect to the values [parameter, start].

    The starts are the last axis of everything: what the directions share is then read without strides.
    """
    cell, free, integrator = problem.cell, problem.free, problem.integrator
    axes = state_axes(jax.eval_shape(lambda: begin(cell, sweep)))

    def start(values: Array) -> tuple[Any, State]:
        state = begin(free.put(cell, values), sweep)
        return (state.v, state.gates), state

    def step(values: Array, moving: Any, state: State, at: tuple) -> tuple[Any, State]:
        before = dataclasses.replace(state, v=moving[0], gates=moving[1])
        after = across(free.put(cell, values), before, sweep, *at, kappa, integrator)
        return (after.v, after.gates), after

    def first(direction: Array) -> tuple[Any, State]:
        push = lambda values: jax.jvp(start, (values,), (direction,), has_aux=True)[1:]  # noqa: E731
        return jax.vmap(push, in_axes=1, out_axes=(0, axes))(values)

    def pushed(direction: Array, tangent: Any, state: State, at: tuple) -> tuple[Any, State]:
        def push(values: Array, tangent: Any, state: State) -> tuple[Any, State]:
            moves = lambda values, moving: step(values, moving, state, at)  # noqa: E731
            return jax.jvp(moves, (values, (state.v, state.gates)), (direction, tangent), has_aux=True)[1:]

        return jax.vmap(push, in_axes=(1, 0, axes), out_axes=(0, axes))(values, tangent, state)

    def tally(sums: tuple, v: Array, tangents: list, recorded: Array) -> tuple:
        dv = jnp.concatenate([jnp.reshape(t[0], (-1, starts)) for t in tangents])
        residual, row = weight(kappa) * (v - recorded), weight(kappa) * dv
        total, gradient, curvature = sums
        if curved:
            curvature = curvature + row[:, None] * row[None, :]
        return add(total, jnp.square(residual)), gradient + row * residual[None], curvature

    def one(carry: tuple, at: tuple) -> tuple[tuple, None]:
        state, tangents, sums = carry
        pairs = _each(lambda d, t: pushed(d, t, state, at), directions, tangents)
        tangents, state = [t for t, _ in pairs], pairs[0][1]
        return (state, tangents, tally(sums, state.v, tangents, at[2])), None

    count, starts = values.shape
    directions = jnp.eye(count, dtype=values.dtype)
    pairs = _each(lambda d, _: first(d), directions, None)
    tangents, state = [t for t, _ in pairs], pairs[0][1]
    none = jnp.zeros((starts,))
    sums = (none, none), jnp.zeros((count, starts)), jnp.zeros((count, count, starts) if curved else ())
    sums = tally(sums, state.v, tangents, sweep.v[0])
    (_, _, sums), _ = jax.lax.scan(one, (state, tangents, sums), (sweep.i, sweep.v[:-1], sweep.v[1:]))
    return sums[0][0], *sums[1:]


def _each(function: Any, directions: Array, tangents: Any) -> list:
    """``function(direction, tangent)`` for each of a few directions, or one of arrays [direction, …] for many."""
    if len(directions) <= WRITTEN_OUT:
        return [function(d, t) for d, t in zip(directions, tangents or [None] * len(directions), strict=True)]
    along = jax.vmap(function, out_axes=(0, None))
    return [along(directions, tangents[0] if tangents else None)]
