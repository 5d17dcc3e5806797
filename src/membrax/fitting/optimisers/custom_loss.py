"""Fits to a loss of one's own: the searches of `adam` and `evolution`, asked for another number.

Levenberg–Marquardt is none of them: its steps are those of a sum of squared residuals.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...compilation import host_jit
from ...probes import whole
from ..losses.context import named
from ..losses.total import total, totals_and_gradients
from ..objectives import checked_loss
from ..problem.nudging import schedule
from ..problem.problem import Problem
from ..problem.sensitivities import choose
from . import adam, cmaes
from .multistart import keep_best

METHODS = ("adam", "evolution")


@dataclasses.dataclass(frozen=True)
class OwnAdam(adam.Adam):
    """Gradients of the loss, under a clamp that is released, as `adam.Adam`.

    Attributes:
        loss: of one sweep; the mean over the sweeps is minimised.
        loss_name: what it is called, which a checkpoint knows it by.
    """

    loss: Any = dataclasses.field(default=None, repr=False)
    loss_name: str = ""

    def iterate(self, problem: Problem, search: adam.Search, iteration: int) -> adam.Search:
        """One step of every start."""
        kappa = schedule(iteration, self.iterations, adam.KAPPA[0], adam.KAPPA[1], adam.RELEASED)
        return _iterate(problem, self.loss, search, jnp.asarray(kappa, dtype=float), method=self)


@dataclasses.dataclass(frozen=True)
class OwnEvolution(cmaes.CMAES):
    """CMA-ES on the loss, as `evolution.Evolution`; see `OwnAdam` for the attributes."""

    loss: Any = dataclasses.field(default=None, repr=False)
    loss_name: str = ""

    def iterate(self, problem: Problem, search: cmaes.Search, iteration: int) -> cmaes.Search:
        """One generation of every start, all of it one simulation."""
        candidates = self._ask(search)
        flat = jnp.asarray(candidates.reshape(-1, candidates.shape[-1]), dtype=float)
        scores = np.asarray(_totals(flat, problem, self.loss), dtype=float).reshape(candidates.shape[:2])
        return self._tell(search, candidates, np.where(np.isfinite(scores), scores, cmaes.WORST))


def own_method(
    loss: Any, problem: Problem, method: str | None, *, iterations: int | None = None, seed: int = 0,
    ad_mode: str | None = None,
) -> OwnAdam | OwnEvolution:  # fmt: skip
    """The search for the least of a loss.

    Args:
        loss: as for `objective`.
        problem: what it is asked on.
        method: "adam", for a loss that is differentiable, or "evolution", for any; None is "evolution".
        iterations, seed, ad_mode: as for `fit`.

    Raises:
        ValueError: another method, iterations below 1, a loss that gives no single number.
    """
    if method is not None and method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)} or None for a loss of your own, got {method!r}")
    loss = checked_loss(loss, problem)
    own = {"loss": loss, "loss_name": named(loss)}
    if iterations is not None:
        own["iterations"] = whole(iterations, "iterations")
    return OwnAdam(**own, ad_mode=ad_mode) if method == "adam" else OwnEvolution(**own, seed=seed)


def _even(problem: Problem) -> Array:
    """The same weight for every sweep."""
    count = len(problem.data.v)
    return jnp.full((count,), 1.0 / count)


@host_jit
def _totals(places: Array, problem: Problem, loss: Any) -> Array:
    return jax.vmap(lambda place: total(place, problem, loss, _even(problem)))(places)


@functools.partial(host_jit, static_argnames=("method",))
def _iterate(problem: Problem, loss: Any, search: adam.Search, kappa: Array, *, method: OwnAdam) -> adam.Search:
    optimiser, mode = method._optimiser(), choose(len(problem.free), method.ad_mode)
    _, gradients = totals_and_gradients(search.place, problem, loss, _even(problem), kappa, mode)

    def one(place: Array, gradient: Array, state: Any) -> tuple[Array, Any]:
        # A start that ran into NaN stays where it is.
        sound = jnp.all(jnp.isfinite(gradient))
        with jax.numpy_dtype_promotion("standard"):  # optax mixes its counters with floats
            step, after = optimiser.update(jnp.where(sound, gradient, 0.0), state, place)
        place = jnp.clip(place + jnp.where(sound, step, 0.0), 0.0, 1.0)
        return place, jax.tree.map(lambda new, old: jnp.where(sound, new, old), after, state)

    place, state = jax.vmap(one)(search.place, gradients, search.optimiser)
    return keep_best(search, place=place, optimiser=state, loss=_totals(place, problem, loss))
