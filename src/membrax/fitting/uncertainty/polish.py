"""Levenberg–Marquardt on the free-running model, from places near a minimum, with some parameters fixed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ...compilation import host_jit
from ..optimisers.levenberg_marquardt import LevenbergMarquardt, LevenbergMarquardtState, best_step
from ..optimisers.multistart import keep_best
from ..problem.problem import Problem, voltage_loss
from ..problem.sensitivities import GaussNewton, gauss_newton

ITERATIONS = 20
SETTLED = 1e-6  # of the loss: polishing ends with an iteration in which no start gains more


def polish(
    problem: Problem, places: ArrayLike, moving: ArrayLike, iterations: int = ITERATIONS
) -> tuple[np.ndarray, np.ndarray]:
    """The best place of every start [start, parameter] and its loss [start], mV².

    Args:
        problem: the cell and its sweeps.
        places: [start, parameter].
        moving: 1 or True, and 0 or False for a fixed parameter, [start, parameter] or [parameter].
        iterations: at most; fewer where no start gains any more.
    """
    places = jnp.asarray(places, dtype=float)
    moving = jnp.broadcast_to(jnp.asarray(moving, dtype=float), places.shape)
    state = LevenbergMarquardt().begin(problem, places)
    best = np.full(len(places), np.inf)
    for _ in range(iterations):
        state = masked_step(problem, state, moving, jnp.zeros(()))
        loss = np.asarray(state.loss, dtype=float)
        gained = np.where(np.isfinite(best), best - loss, np.inf)
        best = loss
        if not np.any(gained > SETTLED * loss):
            break
    return np.asarray(state.best, dtype=float), best


@host_jit
def masked_step(
    problem: Problem, state: LevenbergMarquardtState, moving: Array, kappa: Array
) -> LevenbergMarquardtState:
    """One step of every start at a nudging conductance κ [mS/cm²], with some parameters fixed.

    Args:
        problem: the cell and its sweeps.
        state: of Levenberg–Marquardt.
        moving: [start, parameter], 1 or, for a fixed parameter, 0.
        kappa: nudging conductance, mS/cm².
    """
    here = gauss_newton(state.place, problem, kappa)
    here = GaussNewton(
        here.loss, here.gradient * moving, here.curvature * moving[:, :, None] * moving[:, None, :]
    )  # fmt: skip
    step = lambda place, damping, here: best_step(problem, place, damping, here, kappa)  # noqa: E731
    place, damping = jax.vmap(step)(state.place, state.damping, here)
    free = jax.vmap(lambda place: voltage_loss(place, problem))(place)
    return keep_best(state, place=place, damping=damping, loss=free)
