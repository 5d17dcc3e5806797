"""Adam with nudging that is annealed to 0: for many parameters, and for losses that are no sums of squares."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...checks import finite_number, whole_number
from ...compilation import host_jit
from ...pytrees import pytree
from ..losses.total import SweepMean
from ..problem.nudging import schedule
from ..problem.problem import Problem, voltage_loss
from ..problem.sensitivities import choose, value_and_gradient
from .multistart import keep_best, pack, unpack

if TYPE_CHECKING:
    import optax

ITERATIONS = 300
KAPPA = (10.0, 0.1)  # mS/cm², the first and the last nudging conductance above 0
NUDGED = 0.7  # of the iterations, after which the model runs free


@pytree
class AdamState:
    """All starts between two iterations; a `MultistartState`.

    Attributes:
        place: [start, parameter].
        moments: the state of optax's optimiser, with a leading start axis.
        best: each start's best free-running place [start, parameter].
        loss: its loss [start]; infinite until one was finite.
    """

    place: Array
    moments: Any
    best: Array
    loss: Array


@dataclasses.dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) with a cosine-decayed rate and clipped gradients.

    Attributes:
        iterations: steps of every start.
        learning_rate: at the beginning, in fractions of the distance between the bounds.
        nudged: whether the model is nudged to the recording at first; without nudging this is plain gradient descent.
        ad_mode: "forward", "reverse", or None for the cheaper one.
        loss: set by `membrax.fit` for its ``loss``; None is the mean squared voltage error, which stores no voltages.

    Raises:
        ValueError: ``iterations`` is no whole number of at least 1, or ``learning_rate`` no number above 0.
    """

    iterations: int = ITERATIONS
    learning_rate: float = 0.03
    nudged: bool = True
    ad_mode: str | None = None
    loss: SweepMean | None = dataclasses.field(default=None, repr=False)

    name = "adam"
    default_starts = 64

    def __post_init__(self) -> None:
        whole_number(self.iterations, "iterations")
        finite_number(self.learning_rate, "learning_rate", above=0)
        choose(1, self.ad_mode)
        if not isinstance(self.nudged, bool):
            raise ValueError(f"nudged must be True or False, got {self.nudged!r}")

    @property
    def loss_name(self) -> str:
        """The loss in words, with its unit."""
        return "mean squared error [mV²]" if self.loss is None else self.loss.name

    def begin(self, problem: Problem, place: Array, seed: int = 0) -> AdamState:
        """The state before the first iteration; the seed has no effect."""
        moments = jax.vmap(self.transformation().init)(place)
        return AdamState(place, moments, place, jnp.full((len(place),), jnp.inf, dtype=float))

    def iterate(self, problem: Problem, state: AdamState, iteration: int) -> AdamState:
        """One step of every start."""
        highest = KAPPA[0] if self.nudged else 0.0
        kappa = schedule(iteration, self.iterations, highest, KAPPA[1], NUDGED)
        settings = dataclasses.replace(self, loss=None)
        return step_all(problem, self.loss, state, jnp.asarray(kappa, dtype=float), settings=settings)

    def pack(self, state: AdamState) -> dict[str, np.ndarray]:
        """The state as named arrays, for a checkpoint."""
        return pack(state)

    def unpack(self, fresh: AdamState, arrays: Mapping[str, np.ndarray]) -> AdamState:
        """The state of a checkpoint."""
        return unpack(fresh, arrays)

    def transformation(self) -> optax.GradientTransformation:
        """The update of one start, by optax."""
        import optax

        rate = optax.cosine_decay_schedule(self.learning_rate, self.iterations, alpha=0.03)
        # Free-running gradients reach 1e14; each start is clipped by its own norm.
        return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


@functools.partial(host_jit, static_argnames=("settings",))
def step_all(problem: Problem, loss: SweepMean | None, state: AdamState, kappa: Array, *, settings: Adam) -> AdamState:
    """One step of every start at a nudging conductance κ [mS/cm²]."""
    mode = choose(len(problem.free), settings.ad_mode)
    transformation: Any = settings.transformation()
    if loss is None:
        _, gradients = value_and_gradient(state.place, problem, kappa, mode)
    else:
        _, gradients = loss.value_and_gradient(state.place, problem, kappa, mode)

    def step(place: Array, gradient: Array, moments: Any) -> tuple[Array, Any]:
        # A start whose gradient is not finite stays where it is, and leaves its neighbours untouched.
        finite = jnp.all(jnp.isfinite(gradient))
        with jax.numpy_dtype_promotion("standard"):  # optax mixes its counters with floats
            change, after = transformation.update(jnp.where(finite, gradient, 0.0), moments, place)
        place = jnp.clip(place + jnp.where(finite, change, 0.0), 0.0, 1.0)
        return place, jax.tree.map(lambda new, old: jnp.where(finite, new, old), after, moments)

    place, moments = jax.vmap(step)(state.place, gradients, state.moments)
    free = jax.vmap(lambda p: voltage_loss(p, problem))(place) if loss is None else loss(place, problem)
    return keep_best(state, place=place, moments=moments, loss=free)
