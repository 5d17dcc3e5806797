"""Levenberg–Marquardt without a clamp, from places near a minimum, with some parameters held where they are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...compilation import host_jit
from ..optimisers.levenberg_marquardt import LevenbergMarquardt, LevenbergMarquardtState, best_step
from ..optimisers.multistart import keep_best
from ..problem.problem import Problem, voltage_loss
from ..problem.sensitivities import GaussNewton, gauss_newton

ITERATIONS = 20
SETTLED = 1e-6  # of the loss, that an iteration gains nowhere any more


def descend(problem: Problem, places: Any, moving: Any, iterations: int = ITERATIONS) -> tuple[np.ndarray, np.ndarray]:
    """The best place of every start and its loss [mV²], after so many iterations or when no start gains any more.

    Args:
        problem: the cell and its sweeps.
        places: [start, parameter].
        moving: which parameters may move, [start, parameter] or [parameter].
        iterations: at most.
    """
    places = jnp.asarray(places, dtype=float)
    moving = jnp.broadcast_to(jnp.asarray(moving, dtype=float), places.shape)
    search = LevenbergMarquardt().begin(problem, places)
    best = np.full(len(places), np.inf)
    for _ in range(iterations):
        search = iterate(problem, search, moving, jnp.zeros(()))
        loss = np.asarray(search.loss, dtype=float)
        gained = np.where(np.isfinite(best), best - loss, np.inf)
        best = loss
        if not np.any(gained > SETTLED * loss):
            break
    return np.asarray(search.best, dtype=float), best


@host_jit
def iterate(problem: Problem, search: LevenbergMarquardtState, moving: Array, kappa: Array) -> LevenbergMarquardtState:
    """One step of every start under a clamp κ [mS/cm²]; ``moving`` [start, parameter] is 1 or, for what is held, 0."""
    here = gauss_newton(search.place, problem, kappa)
    here = GaussNewton(
        here.loss, here.gradient * moving, here.curvature * moving[:, :, None] * moving[:, None, :]
    )  # fmt: skip
    step = lambda place, damping, here: best_step(problem, place, damping, here, kappa)  # noqa: E731
    place, damping = jax.vmap(step)(search.place, search.damping, here)
    free = jax.vmap(lambda place: voltage_loss(place, problem))(place)
    return keep_best(search, place=place, damping=damping, loss=free)
