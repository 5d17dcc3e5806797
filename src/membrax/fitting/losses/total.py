"""A loss of any kind, summed over the sweeps, with its gradient, for objectives and optimisers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ...compilation import host_jit
from ...pytrees import pytree
from ..problem.nudging import injected, trajectory
from ..problem.problem import Problem
from ..problem.target import Target
from .context import Context, Loss, as_loss, named, value
from .weighted import check_sweeps


def losses(place: Array, problem: Problem, loss: Loss, kappa: ArrayLike = 0.0) -> Array:
    """The loss of every sweep [sweep] at a place [parameter], at a nudging conductance κ [mS/cm²] or free."""
    cell, kappa = problem.candidate(place), jnp.asarray(kappa, dtype=float)

    def one(sweep: Target, k: Array) -> Array:
        v = trajectory(cell, sweep, kappa, problem.integrator, problem.system)
        current = sweep.i if cell.morphology is not None else injected(cell, sweep, sweep.i)
        context = Context(
            v, sweep.v, current, cell, k, interval=sweep.interval, substeps=sweep.substeps
        )  # fmt: skip
        return value(loss, context)

    return jax.vmap(one)(problem.data, jnp.arange(len(problem.data.v)))


def total(place: Array, problem: Problem, loss: Loss, weights: Array, kappa: ArrayLike = 0.0) -> Array:
    """The weighted sum over the sweeps of the loss at a place [parameter]; a sweep of weight 0 is left out."""
    each = losses(place, problem, loss, kappa)
    return jnp.sum(weights * jnp.where(weights > 0, each, 0.0))


def totals_and_gradients(
    places: Array, problem: Problem, loss: Loss, weights: Array, kappa: ArrayLike = 0.0, mode: str = "reverse"
) -> tuple[Array, Array]:
    """`total` at places [candidate, parameter], and its gradients by the place [candidate, parameter]."""
    function = lambda place: total(place, problem, loss, weights, kappa)  # noqa: E731
    if mode == "reverse":
        return jax.vmap(jax.value_and_grad(function))(places)

    def along(place: Array) -> tuple[Array, Array]:
        push = lambda direction: jax.jvp(function, (place,), (direction,))  # noqa: E731
        return jax.vmap(push, out_axes=(None, 0))(jnp.eye(len(place), dtype=place.dtype))

    return jax.vmap(along)(places)


@pytree
class SweepMean:
    """The mean of a loss over the sweeps, as a function of places: the loss of an optimiser.

    Attributes:
        loss: of one sweep, from `checked_loss`.
    """

    loss: Loss

    @property
    def name(self) -> str:
        """The loss in words."""
        return named(self.loss)

    def __call__(self, places: Array, problem: Problem) -> Array:
        """The loss [candidate] of places [candidate, parameter]."""
        return _means(places, problem, self.loss)

    def value_and_gradient(self, places: Array, problem: Problem, kappa: Array, mode: str) -> tuple[Array, Array]:
        """The loss [candidate] and its gradient [candidate, parameter] at a nudging conductance κ [mS/cm²]."""
        return totals_and_gradients(places, problem, self.loss, _equal(problem), kappa, mode)


@host_jit
def _means(places: Array, problem: Problem, loss: Loss) -> Array:
    return jax.vmap(lambda place: total(place, problem, loss, _equal(problem)))(places)


def _equal(problem: Problem) -> Array:
    """The same weight for every sweep, of sum 1."""
    count = len(problem.data.v)
    return jnp.full((count,), 1.0 / count)


def checked_loss(loss: Loss, problem: Problem) -> Loss:
    """A loss as a pytree, after a check of its result's shape that runs no simulation.

    Raises:
        ValueError: it is no loss, it gives no single number, or its weights are for another number of sweeps.
    """
    loss, sweeps = as_loss(loss), len(problem.data.v)
    check_sweeps(loss, sweeps)
    result = jax.eval_shape(lambda place: losses(place, problem, loss), jnp.zeros((len(problem.free),)))
    if result.shape != (sweeps,):
        raise ValueError(f"loss must give one number per sweep, got the shape {result.shape[1:]}")
    return loss
