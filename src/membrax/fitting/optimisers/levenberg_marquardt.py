"""Levenberg–Marquardt with the clamp released, for many starts at once.

Every iteration linearises each start at its κ, tries three dampings at the price of three plain simulations, and keeps
the best (Levenberg 1944; Marquardt 1963). Steps stay inside the bounds: a parameter at a bound whose gradient points
outwards is left out of that step (a projected step, Bertsekas 1982).
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...compilation import host_jit
from ...pytrees import pytree
from ..problem.nudging import schedule
from ..problem.problem import Problem, voltage_loss
from ..problem.sensitivities import GaussNewton, gauss_newton
from .multistart import keep_best, pack, unpack

ITERATIONS = 40
KAPPA = (30.0, 0.1)  # mS/cm², where the release begins and ends
RELEASED = 0.7  # of the iterations
FIRST_DAMPING = 1e-2
TRIALS = (0.1, 1.0, 10.0)  # dampings tried at once, as multiples of the current one
LONGEST_STEP = 0.3  # of the distance between the bounds, per parameter


@pytree
class Search:
    """All starts between two iterations.

    Attributes:
        place, damping: [start, parameter], [start].
        best, loss: each start's best free-running place and its loss [mV²]; infinite until one was finite.
    """

    place: Array
    damping: Array
    best: Array
    loss: Array


@dataclasses.dataclass(frozen=True)
class LevenbergMarquardt:
    """The method; its settings in the module's capitals."""

    iterations: int = ITERATIONS
    name: str = "levenberg"

    def begin(self, problem: Problem, place: Array) -> Search:
        """Every start where it is."""
        count = len(place)
        return Search(
            place, jnp.full((count,), FIRST_DAMPING, dtype=float), place, jnp.full((count,), jnp.inf, dtype=float)
        )

    def iterate(self, problem: Problem, search: Search, iteration: int) -> Search:
        """One step of every start."""
        kappa = schedule(iteration, self.iterations, *KAPPA, RELEASED)
        return _iterate(problem, search, jnp.asarray(kappa, dtype=float))

    def pack(self, search: Search) -> dict[str, np.ndarray]:
        """What a checkpoint has to hold."""
        return pack(search)

    def unpack(self, fresh: Search, arrays: dict[str, np.ndarray]) -> Search:
        """The search as it was, from one just begun."""
        return unpack(fresh, arrays)


@host_jit
def _iterate(problem: Problem, search: Search, kappa: Array) -> Search:
    here = gauss_newton(search.place, problem, kappa)
    step = lambda place, damping, here: _step(problem, place, damping, here, kappa)  # noqa: E731
    place, damping = jax.vmap(step)(search.place, search.damping, here)
    free = jax.vmap(lambda p: voltage_loss(p, problem))(place)
    return keep_best(search, place=place, damping=damping, loss=free)


def _step(
    problem: Problem, place: Array, damping: Array, here: GaussNewton, kappa: Array
) -> tuple[Array, Array]:  # fmt: skip
    """The best of some damped steps from ``place``, and the damping for the next; a start that can't move waits."""
    trials = damping * jnp.asarray(TRIALS)
    places = jax.vmap(lambda mu: _damped(here.gradient, here.curvature, place, mu))(trials)
    losses = jax.vmap(lambda p: voltage_loss(p, problem, kappa))(places)
    losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
    best = jnp.argmin(losses)
    improved = losses[best] < here.loss
    damping = jnp.where(improved, 0.5 * trials[best], 20.0 * damping)
    return jnp.where(improved, places[best], place), jnp.clip(damping, 1e-7, 1e4)


def _damped(gradient: Array, curvature: Array, place: Array, damping: Array) -> Array:
    """The place after a damped Gauss–Newton step, projected onto the bounds."""
    pinned = ((place <= 0) & (gradient > 0)) | ((place >= 1) & (gradient < 0))
    moves = jnp.where(pinned, 0.0, 1.0)
    curvature = curvature * moves[:, None] * moves[None, :]
    size = jnp.diagonal(curvature)
    # A parameter the data hardly see is damped by what the others are used to.
    matrix = curvature + jnp.diag(damping * (size + 1e-6 * jnp.max(size)) + jnp.where(pinned, 1.0, 1e-30))
    step = -jnp.linalg.solve(matrix, gradient * moves)
    step = step * jnp.minimum(1.0, LONGEST_STEP / jnp.maximum(jnp.max(jnp.abs(step)), 1e-30))
    return jnp.clip(place + step, 0.0, 1.0)
