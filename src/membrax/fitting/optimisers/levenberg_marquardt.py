"""Levenberg–Marquardt with nudging that is annealed to 0, for many starts at once.

Every iteration linearises each start at its κ, tries three dampings at the price of three plain simulations, and keeps
the best (Levenberg 1944; Marquardt 1963). Steps stay inside the bounds: a parameter at a bound whose gradient points
outwards is left out of that step (a projected step, Bertsekas 1982).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...checks import whole_number
from ...compilation import host_jit
from ...pytrees import pytree
from ..problem.nudging import schedule
from ..problem.problem import Problem, voltage_loss
from ..problem.sensitivities import GaussNewton, gauss_newton
from .multistart import keep_best, pack, unpack

ITERATIONS = 40
KAPPA = (30.0, 0.1)  # mS/cm², the first and the last nudging conductance above 0
NUDGED = 0.7  # of the iterations, after which the model runs free
FIRST_DAMPING = 1e-2
TRIALS = (0.1, 1.0, 10.0)  # dampings tried at once, as multiples of the current one
LONGEST_STEP = 0.3  # of the distance between the bounds, per parameter


@pytree
class LevenbergMarquardtState:
    """All starts between two iterations; a `MultistartState`.

    Attributes:
        place: [start, parameter].
        damping: [start].
        best: each start's best free-running place [start, parameter].
        loss: its loss [start], mV²; infinite until one was finite.
    """

    place: Array
    damping: Array
    best: Array
    loss: Array


@dataclasses.dataclass(frozen=True)
class LevenbergMarquardt:
    """Levenberg–Marquardt on the voltage's squared error, with nudging that is annealed to 0.

    The method for up to some 16 free parameters, where the model can follow the recording.

    Attributes:
        iterations: steps of every start.

    Raises:
        ValueError: ``iterations`` is no whole number of at least 1.
    """

    iterations: int = ITERATIONS

    name = "levenberg_marquardt"
    loss_name = "mean squared error [mV²]"
    default_starts = 64

    def __post_init__(self) -> None:
        whole_number(self.iterations, "iterations")

    def begin(self, problem: Problem, place: Array, seed: int = 0) -> LevenbergMarquardtState:
        """The state before the first iteration; the seed has no effect."""
        damping, loss = (jnp.full((len(place),), x, dtype=float) for x in (FIRST_DAMPING, jnp.inf))
        return LevenbergMarquardtState(place, damping, place, loss)

    def iterate(self, problem: Problem, state: LevenbergMarquardtState, iteration: int) -> LevenbergMarquardtState:
        """One step of every start."""
        kappa = schedule(iteration, self.iterations, *KAPPA, NUDGED)
        return step_all(problem, state, jnp.asarray(kappa, dtype=float))

    def pack(self, state: LevenbergMarquardtState) -> dict[str, np.ndarray]:
        """The state as named arrays, for a checkpoint."""
        return pack(state)

    def unpack(
        self, fresh: LevenbergMarquardtState, arrays: Mapping[str, np.ndarray]
    ) -> LevenbergMarquardtState:  # fmt: skip
        """The state of a checkpoint."""
        return unpack(fresh, arrays)


@host_jit
def step_all(problem: Problem, state: LevenbergMarquardtState, kappa: Array) -> LevenbergMarquardtState:
    """One step of every start at a nudging conductance κ [mS/cm²]."""
    here = gauss_newton(state.place, problem, kappa)
    step = lambda place, damping, here: best_step(problem, place, damping, here, kappa)  # noqa: E731
    place, damping = jax.vmap(step)(state.place, state.damping, here)
    free = jax.vmap(lambda p: voltage_loss(p, problem))(place)
    return keep_best(state, place=place, damping=damping, loss=free)


def best_step(
    problem: Problem, place: Array, damping: Array, here: GaussNewton, kappa: Array
) -> tuple[Array, Array]:  # fmt: skip
    """The best of three damped steps of one start, and the damping for the next step.

    A start that no step improves stays where it is, with more damping.

    Args:
        problem: the cell and its sweeps.
        place: [parameter].
        damping: of the step before.
        here: loss, gradient and curvature at ``place``, at the same κ.
        kappa: nudging conductance, mS/cm².
    """
    trials = damping * jnp.asarray(TRIALS)
    places = jax.vmap(lambda mu: damped(here.gradient, here.curvature, place, mu))(trials)
    losses = jax.vmap(lambda p: voltage_loss(p, problem, kappa))(places)
    losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
    best = jnp.argmin(losses)
    improved = losses[best] < here.loss
    damping = jnp.where(improved, 0.5 * trials[best], 20.0 * damping)
    return jnp.where(improved, places[best], place), jnp.clip(damping, 1e-7, 1e4)


def damped(gradient: Array, curvature: Array, place: Array, damping: Array) -> Array:
    """The place [parameter] after a damped Gauss–Newton step, projected onto the bounds."""
    pinned = ((place <= 0) & (gradient > 0)) | ((place >= 1) & (gradient < 0))
    moves = jnp.where(pinned, 0.0, 1.0)
    curvature = curvature * moves[:, None] * moves[None, :]
    size = jnp.diagonal(curvature)
    # A parameter that the data hardly determine is damped on the scale of the others.
    matrix = curvature + jnp.diag(damping * (size + 1e-6 * jnp.max(size)) + jnp.where(pinned, 1.0, 1e-30))
    step = -jnp.linalg.solve(matrix, gradient * moves)
    step = step * jnp.minimum(1.0, LONGEST_STEP / jnp.maximum(jnp.max(jnp.abs(step)), 1e-30))
    return jnp.clip(place + step, 0.0, 1.0)
