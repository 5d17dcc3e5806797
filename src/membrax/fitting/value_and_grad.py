"""The mean squared voltage error of a cell and its gradient, for one set of parameter values or thousands."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell
from ..compilation import host_jit
from ..integrators import Integrator, staggered
from ..pytrees import pytree
from ..recordings import Recording
from ..typing import Sweeps
from .problem.from_values import problem_of
from .problem.initial_state import InitialState
from .problem.problem import Problem
from .problem.sensitivities import choose, value_and_gradient


@pytree
class ValueAndGrad:
    """The voltage's mean squared error at some values of the parameters.

    Attributes:
        loss: mV², a number or [neuron].
        gradient: {path: its derivative by the parameter}, mV² per the parameter's unit, each like ``loss``.
    """

    loss: Array
    gradient: dict[str, Array]


def value_and_grad(
    cell: Cell,
    values: Mapping[str, ArrayLike],
    data: Recording,
    sweeps: Sweeps = None,
    *,
    dt: float | None = None,
    integrator: Integrator = staggered,
    initial_state: InitialState = "rest",
    ad_mode: str | None = None,
) -> ValueAndGrad:
    """The mean squared error of a cell's voltage compared with a recording, and its gradient.

    Each sweep begins at rest under its own holding current, or in the ``initial_state``, as in `fit`.

    Args:
        cell: the model.
        values: {path: value, or values [neuron]}; "na.v_t, kd.v_t" ties two parameters to one value.
        data: the recording.
        sweeps: the compared sweeps, by default all.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
        integrator: see `membrax.integrators`.
        initial_state: in which the sweeps begin, as in `fit`.
        ad_mode: "forward" (forward sensitivities: memory that does not grow with time, about four simulations and one
            per parameter), "reverse" (stores the state before every block of steps: eight or nine simulations for any
            number of parameters), or None, which is forward up to 5 parameters.

    Returns:
        A `ValueAndGrad`.

    Raises:
        ValueError: unknown paths, values of different lengths or of more than one axis, unknown sweeps, a ``dt``
            that is no whole fraction of the sampling interval, an unknown ``ad_mode``, another initial state.
    """
    place, problem = problem_of(cell, values, data, sweeps, dt=dt, integrator=integrator, initial_state=initial_state)
    return _at(place, problem, mode=choose(len(problem.free), ad_mode))


@functools.partial(host_jit, static_argnames=("mode",))
def _at(place: Array, problem: Problem, *, mode: str) -> ValueAndGrad:
    loss, gradient = value_and_gradient(jnp.atleast_2d(place), problem, mode=mode)
    loss, gradient = (loss, gradient) if place.ndim > 1 else (loss[0], gradient[0])
    return ValueAndGrad(loss, {name: gradient[..., k] for k, name in enumerate(problem.free.names)})
