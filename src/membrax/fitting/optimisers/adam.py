"""Adam with the clamp released: for more parameters than Gauss–Newton steps can carry."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...compilation import host_jit
from ...pytrees import pytree
from ..problem.nudging import schedule
from ..problem.problem import Problem, voltage_loss
from ..problem.sensitivities import choose, value_and_gradient
from .multistart import keep_best, pack, unpack

ITERATIONS = 300
KAPPA = (10.0, 0.1)  # mS/cm²
RELEASED = 0.7


@pytree
class Search:
    """All starts between two iterations; see `levenberg.Search`."""

    place: Array
    optimiser: Any
    best: Array
    loss: Array


@dataclasses.dataclass(frozen=True)
class Adam:
    """The method.

    Attributes:
        iterations: steps of every start.
        rate: learning rate at the beginning, in places (fractions of the distance between bounds).
        released: whether the clamp is used at all; without it this is plain gradient descent on the voltage.
        ad_mode: "forward", "reverse", or None for the cheaper one.
    """

    iterations: int = ITERATIONS
    rate: float = 0.03
    released: bool = True
    ad_mode: str | None = None
    name: str = "adam"

    def begin(self, problem: Problem, place: Array) -> Search:
        """Every start where it is."""
        state = jax.vmap(self._optimiser().init)(place)
        return Search(place, state, place, jnp.full((len(place),), jnp.inf, dtype=float))

    def iterate(self, problem: Problem, search: Search, iteration: int) -> Search:
        """One step of every start."""
        highest = KAPPA[0] if self.released else 0.0
        kappa = schedule(iteration, self.iterations, highest, KAPPA[1], RELEASED)
        return _iterate(problem, search, jnp.asarray(kappa, dtype=float), method=self)

    def pack(self, search: Search) -> dict[str, np.ndarray]:
        """What a checkpoint has to hold."""
        return pack(search)

    def unpack(self, fresh: Search, arrays: dict[str, np.ndarray]) -> Search:
        """The search as it was, from one just begun."""
        return unpack(fresh, arrays)

    def _optimiser(self) -> Any:
        import optax

        rate = optax.cosine_decay_schedule(self.rate, self.iterations, alpha=0.03)
        # Free-running gradients reach 1e14; each start is clipped by its own norm.
        return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


@functools.partial(host_jit, static_argnames=("method",))
def _iterate(problem: Problem, search: Search, kappa: Array, *, method: Adam) -> Search:
    optimiser = method._optimiser()

    mode = choose(len(problem.free), method.ad_mode)
    _, gradients = value_and_gradient(search.place, problem, kappa, mode)

    def one(place: Array, gradient: Array, state: Any) -> tuple[Array, Any, Array]:
        # A start that ran into NaN stays where it is, and its neighbours never hear of it.
        sound = jnp.all(jnp.isfinite(gradient))
        gradient = jnp.where(sound, gradient, 0.0)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes its counters with floats
            step, after = optimiser.update(gradient, state, place)
        place = jnp.clip(place + jnp.where(sound, step, 0.0), 0.0, 1.0)
        state = jax.tree.map(lambda new, old: jnp.where(sound, new, old), after, state)
        return place, state, voltage_loss(place, problem)

    place, state, free = jax.vmap(one)(search.place, gradients, search.optimiser)
    return keep_best(search, place=place, optimiser=state, loss=free)
