"""The voltage loss with its derivatives: forward sensitivities or, block by block, reverse mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .nudging import Dynamic, Interval, across, begin, in_blocks, in_rows, intervals, observed, weight
from .problem import Problem, Sum, add
from .target import Target

MODES = ("forward", "reverse")
FORWARD_UP_TO = 5  # parameters; see experiments/benchmarks for the cost of both

Values: TypeAlias = tuple[Array, ...]
"""The values of the free parameters, an array [start] for each."""
Sums: TypeAlias = tuple[Array, ...]
"""r·r, Jᵀr and, for Gauss–Newton steps, JᵀJ; the starts are the last axis."""


class GaussNewton(NamedTuple):
    """A mean of squares about each of many points, for the residuals r [mV] of n samples.

    Attributes:
        loss: r·r/n, mV² [start].
        gradient: Jᵀr/n [start, parameter].
        curvature: JᵀJ/n [start, parameter, parameter].
    """

    loss: Array
    gradient: Array
    curvature: Array


def choose(parameters: int, mode: str | None) -> str:
    """The given mode of differentiation, or by default the cheaper one for so many parameters.

    Raises:
        ValueError: a mode that is neither "forward" nor "reverse".
    """
    if mode is None:
        return "forward" if parameters <= FORWARD_UP_TO else "reverse"
    if mode not in MODES:
        raise ValueError(f"ad_mode must be one of {', '.join(MODES)} or None, got {mode!r}")
    return mode


def value_and_gradient(
    places: Array, problem: Problem, kappa: ArrayLike = 0.0, mode: str = "reverse"
) -> tuple[Array, Array]:  # fmt: skip
    """`voltage_loss` [mV²] of many places [start, parameter], and its gradients [start, parameter].

    Forward mode costs about four simulations and one for every parameter, reverse mode eight or nine for any number of
    them, and the memory of one state per block of steps.
    """
    (loss, half, *_), scale = _sums(places, problem, kappa, _forward if mode == "forward" else _reverse)
    return loss, 2.0 * (half * scale).T


def gauss_newton(places: Array, problem: Problem, kappa: ArrayLike = 0.0) -> GaussNewton:
    """`voltage_loss` and its Gauss–Newton products with respect to the place, for many places [start, parameter].

    Forward sensitivities accompany the state, and their products are summed along the way: no memory grows with time.
    """
    (loss, gradient, curvature), scale = _sums(places, problem, kappa, _products)
    curvature = curvature * scale[:, None] * scale[None, :]
    return GaussNewton(loss, (gradient * scale).T, jnp.moveaxis(curvature, -1, 0))


class Candidates(NamedTuple):
    """Many cells under one sweep.

    The starts are the last axis of every array: the values that the directions share are then contiguous.
    """

    problem: Problem
    sweep: Target
    kappa: Array

    def begin(self, values: Values) -> tuple[Dynamic, Array]:
        """v and the gates, and the residual of the first sample [mV]."""

        def one(values: Values) -> tuple[Dynamic, Array]:
            problem = self.problem
            cell = problem.free.put(problem.cell, values)
            state = begin(cell, self.sweep, problem.integrator, problem.system)
            return state, weight(self.kappa) * (observed(state[0]) - self.sweep.v[0])

        return jax.vmap(one)(values)

    def step(self, values: Values, state: Dynamic, interval: Interval) -> tuple[Dynamic, Array]:
        """v and the gates after one sampling interval, and the residual at its end [mV]."""

        def one(values: Values, state: Dynamic) -> tuple[Dynamic, Array]:
            problem = self.problem
            cell = problem.free.put(problem.cell, values)
            state = across(cell, state, self.sweep, interval, self.kappa, problem.integrator, problem.system)
            return state, weight(self.kappa) * (observed(state[0]) - interval.last)

        return jax.vmap(one)(values, state)


def _sums(
    places: Array, problem: Problem, kappa: ArrayLike, one_sweep: Callable[[Candidates, Values], Sums]
) -> tuple[Sums, Array]:
    """r·r/n, Jᵀr/n and perhaps JᵀJ/n by the values, and d value/d place [parameter, start]."""
    # Bounds act on each parameter alone, so their derivative is a factor.
    values, scale = jax.jvp(problem.free.value, (places,), (jnp.ones_like(places),))
    kappa = jnp.asarray(kappa, dtype=float)
    sums = jax.vmap(lambda sweep: one_sweep(Candidates(problem, sweep, kappa), tuple(values.T)))(problem.data)
    return jax.tree.map(lambda x: jnp.sum(x, axis=0) / problem.samples, sums), scale.T


def _sensitivities(
    cells: Candidates, values: Values, tally: Callable[[Sums, Array, Array], Sums], zeros: Sums
) -> Sums:  # fmt: skip
    """``tally(sums, residual, slopes)`` over all samples of a sweep, by forward sensitivities.

    Every block of steps begins from ``zeros``. Each step is linearised once for all directions, which then only
    multiply and add.
    """
    hot = np.eye(len(values), dtype=values[0].dtype)

    def directions() -> Values:
        # Made where they are used, they are constants of the program, and no array is read from memory.
        return tuple(jnp.broadcast_to(hot[k][:, None], (len(values), *x.shape)) for k, x in enumerate(values))

    def one(carry: tuple, interval: Interval) -> tuple[tuple, None]:
        state, tangents, sums = carry
        (state, residual), push = jax.linearize(
            lambda values, state: cells.step(values, state, interval), values, state
        )
        tangents, slopes = jax.vmap(push)(directions(), tangents)
        return (state, tangents, tally(sums, residual, slopes)), None

    def block(carry: tuple[Dynamic, Dynamic, list[Sum]], rows: Interval) -> tuple[Dynamic, Dynamic, list[Sum]]:
        state, tangents, totals = carry
        (state, tangents, more), _ = jax.lax.scan(one, (state, tangents, zeros), rows)
        return state, tangents, [add(total, term) for total, term in zip(totals, more, strict=True)]

    (state, residual), push = jax.linearize(cells.begin, values)
    tangents, slopes = jax.vmap(push)(directions())
    totals = [(first, jnp.zeros_like(first)) for first in tally(zeros, residual, slopes)]
    return tuple(total for total, _ in in_blocks(block, (state, tangents, totals), intervals(cells.sweep))[2])


def _forward(cells: Candidates, values: Values) -> Sums:
    """r·r and Jᵀr."""

    def tally(sums: Sums, residual: Array, slopes: Array) -> Sums:
        return sums[0] + jnp.square(residual), sums[1] + slopes * residual[None]

    none = jnp.zeros_like(values[0])
    return _sensitivities(cells, values, tally, (none, jnp.zeros((len(values), *none.shape))))


def _products(cells: Candidates, values: Values) -> Sums:
    """r·r, Jᵀr and JᵀJ."""

    def tally(sums: Sums, residual: Array, slopes: Array) -> Sums:
        total, gradient, curvature = sums
        curvature = curvature + slopes[:, None] * slopes[None, :]
        return total + jnp.square(residual), gradient + slopes * residual[None], curvature

    count, none = len(values), jnp.zeros_like(values[0])
    zeros = none, jnp.zeros((count, *none.shape)), jnp.zeros((count, count, *none.shape))
    return _sensitivities(cells, values, tally, zeros)


def _reverse(cells: Candidates, values: Values) -> Sums:
    """r·r and Jᵀr, from the last block to the first, each of which is first simulated again for its states."""

    def forward(carry: tuple[Dynamic, Sum], block: Interval) -> tuple[tuple[Dynamic, Sum], Dynamic]:
        before, total = carry
        (state, squares), _ = jax.lax.scan(one, (before, jnp.zeros_like(total[0])), block)
        return (state, add(total, squares)), before

    def one(carry: tuple[Dynamic, Array], interval: Interval) -> tuple[tuple[Dynamic, Array], None]:
        state, residual = cells.step(values, carry[0], interval)
        return (state, carry[1] + jnp.square(residual)), None

    def backward(carry: tuple, at: tuple[Dynamic, Interval]) -> tuple[tuple, None]:
        start, block = at
        _, states = jax.lax.scan(lambda state, at: (cells.step(values, state, at)[0], state), start, block)
        return jax.lax.scan(pull_back, carry, (states, block), reverse=True)[0], None

    def pull_back(carry: tuple, at: tuple[Dynamic, Interval]) -> tuple[tuple, None]:
        (cotangents, gradient), (state, interval) = carry, at
        (_, residual), pull = jax.vjp(lambda values, state: cells.step(values, state, interval), values, state)
        more, cotangents = pull((cotangents, residual))
        return (cotangents, jax.tree.map(jnp.add, gradient, more)), None

    (state, residual), pull = jax.vjp(cells.begin, values)
    carry, parts = (state, (jnp.square(residual), jnp.zeros_like(residual))), []
    for blocks in in_rows(intervals(cells.sweep)):
        carry, starts = jax.lax.scan(forward, carry, blocks)
        parts.append((starts, blocks))
    cotangents, gradient = jax.tree.map(jnp.zeros_like, (state, values))
    for part in reversed(parts):
        (cotangents, gradient), _ = jax.lax.scan(backward, (cotangents, gradient), part, reverse=True)
    (more,) = pull((cotangents, residual))
    return carry[1][0], jnp.stack([a + b for a, b in zip(gradient, more, strict=True)])
