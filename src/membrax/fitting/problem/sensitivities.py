"""The voltage loss with its derivatives: forward sensitivities, summed as they go, or reverse mode, block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .nudging import across, begin, in_blocks, in_rows, intervals, observed, weight
from .problem import Problem, add
from .target import Target

MODES = ("forward", "reverse")
FORWARD_UP_TO = 5  # parameters; see experiments/benchmarks for the cost of both


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
        raise ValueError(f"ad_mode must be one of {', '.join(MODES)} or None, got {mode!r}")
    return mode


def value_and_gradient(places: Array, problem: Problem, kappa: Any = 0.0, mode: str = "reverse") -> tuple[Array, Array]:
    """`voltage_loss` [mV²] of many places [start, parameter], and its gradients [start, parameter].

    Forward mode costs about four simulations and one for every parameter, reverse mode eight or nine for any number of
    them, and the memory of one state per block of steps.
    """
    (loss, half, _), scale = _sums(places, problem, kappa, _forward if mode == "forward" else _reverse)
    return loss, 2.0 * (half * scale).T


def gauss_newton(places: Array, problem: Problem, kappa: Any = 0.0) -> GaussNewton:
    """`voltage_loss` and its Gauss–Newton products with respect to the place, for many places [start, parameter].

    Forward sensitivities go along with the state, and their products are summed on the way: no memory grows with time.
    """
    (loss, gradient, curvature), scale = _sums(places, problem, kappa, _products)
    curvature = curvature * scale[:, None] * scale[None, :]
    return GaussNewton(loss, (gradient * scale).T, jnp.moveaxis(curvature, -1, 0))


def _sums(places: Array, problem: Problem, kappa: Any, one_sweep: Callable) -> tuple[tuple, Array]:
    """r·r/n, Jᵀr/n and JᵀJ/n by the values (the last only of `_products`), and d value/d place; starts are last."""
    # Bounds act on each parameter alone, so their derivative is a factor.
    values, scale = jax.jvp(problem.free.value, (places,), (jnp.ones_like(places),))
    kappa = jnp.asarray(kappa, dtype=float)
    found = jax.vmap(lambda sweep: one_sweep(Beside(problem, sweep, kappa), tuple(values.T)))(problem.data)
    return jax.tree.map(lambda x: jnp.sum(x, axis=0) / problem.samples, found), scale.T


class Beside(NamedTuple):
    """Many cells beside one sweep. Their values are a tuple with an array [start] for each parameter.

    The starts are the last axis of everything: what the directions share is then read without strides.
    """

    problem: Problem
    sweep: Target
    kappa: Array

    def begin(self, values: tuple) -> tuple[tuple, Array]:
        """v and the gates, and the residual of the first sample [mV]."""

        def one(values: tuple) -> tuple[tuple, Array]:
            moving = begin(self.problem.free.put(self.problem.cell, values), self.sweep, self.problem.system)
            return moving, weight(self.kappa) * (observed(moving[0]) - self.sweep.v[0])

        return jax.vmap(one)(values)

    def step(self, values: tuple, moving: tuple, at: tuple) -> tuple[tuple, Array]:
        """v and the gates after one sampling interval, and the residual at its end [mV]."""

        def one(values: tuple, moving: tuple) -> tuple[tuple, Array]:
            problem = self.problem
            cell = problem.free.put(problem.cell, values)
            moving = across(cell, moving, self.sweep, *at, self.kappa, problem.integrator, problem.system)
            return moving, weight(self.kappa) * (observed(moving[0]) - at[2])

        return jax.vmap(one)(values, moving)


def _sensitivities(cells: Beside, values: tuple, tally: Callable, sums: tuple) -> tuple:
    """``tally(sums, residual, slopes)`` over all samples of a sweep, by sensitivities that go along with the state.

    ``sums`` are zeros, from which every block of steps begins. Each step is linearised once for all directions, which
    then only multiply and add.
    """
    hot = np.eye(len(values), dtype=values[0].dtype)

    def directions() -> tuple:
        # Made where they are used, they are constants there and nothing that has to be read.
        return tuple(jnp.broadcast_to(hot[k][:, None], (len(values), *x.shape)) for k, x in enumerate(values))

    def one(carry: tuple, at: tuple) -> tuple[tuple, None]:
        moving, tangents, sums = carry
        (moving, residual), push = jax.linearize(lambda *x: cells.step(*x, at), values, moving)
        tangents, slopes = jax.vmap(push)(directions(), tangents)
        return (moving, tangents, tally(sums, residual, slopes)), None

    def block(carry: tuple, some: tuple) -> tuple:
        moving, tangents, totals = carry
        (moving, tangents, more), _ = jax.lax.scan(one, (moving, tangents, sums), some)
        return moving, tangents, [add(total, term) for total, term in zip(totals, more, strict=True)]

    (moving, residual), push = jax.linearize(cells.begin, values)
    tangents, slopes = jax.vmap(push)(directions())
    totals = [(first, jnp.zeros_like(first)) for first in tally(sums, residual, slopes)]
    return tuple(total for total, _ in in_blocks(block, (moving, tangents, totals), intervals(cells.sweep))[2])


def _forward(cells: Beside, values: tuple) -> tuple:
    """r·r and Jᵀr."""

    def tally(sums: tuple, residual: Array, slopes: Array) -> tuple:
        return sums[0] + jnp.square(residual), sums[1] + slopes * residual[None]

    none = jnp.zeros_like(values[0])
    sums = none, jnp.zeros((len(values), *none.shape))
    return *_sensitivities(cells, values, tally, sums), jnp.zeros(())


def _products(cells: Beside, values: tuple) -> tuple:
    """r·r, Jᵀr and JᵀJ."""

    def tally(sums: tuple, residual: Array, slopes: Array) -> tuple:
        total, gradient, curvature = sums
        curvature = curvature + slopes[:, None] * slopes[None, :]
        return total + jnp.square(residual), gradient + slopes * residual[None], curvature

    count, none = len(values), jnp.zeros_like(values[0])
    sums = none, jnp.zeros((count, *none.shape)), jnp.zeros((count, count, *none.shape))
    return _sensitivities(cells, values, tally, sums)


def _reverse(cells: Beside, values: tuple) -> tuple:
    """r·r and Jᵀr, from the last block to the first, each of which is first run through again for its states."""

    def there(carry: tuple, block: tuple) -> tuple[tuple, tuple]:
        before, total = carry
        (moving, squares), _ = jax.lax.scan(one, (before, jnp.zeros_like(total[0])), block)
        return (moving, add(total, squares)), before

    def one(carry: tuple, at: tuple) -> tuple[tuple, None]:
        moving, residual = cells.step(values, carry[0], at)
        return (moving, carry[1] + jnp.square(residual)), None

    def back(carry: tuple, at: tuple) -> tuple[tuple, None]:
        start, block = at
        _, states = jax.lax.scan(lambda moving, at: (cells.step(values, moving, at)[0], moving), start, block)
        return jax.lax.scan(against, carry, (states, block), reverse=True)[0], None

    def against(carry: tuple, at: tuple) -> tuple[tuple, None]:
        (pulled, gradient), (moving, at) = carry, at
        (_, residual), pull = jax.vjp(lambda *x: cells.step(*x, at), values, moving)
        more, pulled = pull((pulled, residual))
        return (pulled, jax.tree.map(jnp.add, gradient, more)), None

    (moving, residual), pull = jax.vjp(cells.begin, values)
    carry, parts = (moving, (jnp.square(residual), jnp.zeros_like(residual))), []
    for blocks in in_rows(intervals(cells.sweep)):
        carry, starts = jax.lax.scan(there, carry, blocks)
        parts.append((starts, blocks))
    pulled, gradient = jax.tree.map(jnp.zeros_like, (moving, values))
    for part in reversed(parts):
        (pulled, gradient), _ = jax.lax.scan(back, (pulled, gradient), part, reverse=True)
    (more,) = pull((pulled, residual))
    return carry[1][0], jnp.stack([a + b for a, b in zip(gradient, more, strict=True)]), jnp.zeros(())
