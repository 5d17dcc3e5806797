"""How far a cell is from a recording, and which way to go: the loss and its slope, for one place or thousands."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import pytrees
from ..cell import Cell, check_cell, check_parameters
from ..compiling import host_jit
from ..integrators import Integrator, check_integrator, staggered
from ..pytrees import pytree, strong
from ..recordings import Recording
from ..simulate import check_single
from ..stimuli import Stimulus
from .losses import Problem
from .parameters import Free, check_number, paths
from .sensitivities import choose, value_and_gradient
from .target import choose_sweeps, target

Array = jax.Array


@pytree
class Misfit:
    """The voltage's mean squared error at some values of the parameters.

    Attributes:
        loss: mV², a number or [neuron].
        gradient: {path: its derivative by the parameter}, mV² per the parameter's unit, each like ``loss``.
    """

    loss: Array
    gradient: dict[str, Array]


def misfit(
    cell: Cell,
    values: Mapping[str, Any],
    data: Recording,
    sweeps: Any = None,
    *,
    dt: float | None = None,
    integrator: Integrator = staggered,
    derivative: str | None = None,
) -> Misfit:
    """The mean squared error of a cell's voltage against a recording, and its gradient.

    Each sweep begins at rest under its own holding current, as in `fit`.

    Args:
        cell: the model.
        values: {path: value, or values [neuron]} to ask at; "na.v_t, kd.v_t" moves two as one.
        data: the recording.
        sweeps: which to compare, by default all.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
        integrator: see `membrax.integrators`.
        derivative: "forward" (sensitivities that ride along: no memory, about four simulations and one per
            parameter), "reverse" (the state before every block of steps is kept: eight or nine simulations for
            any number of parameters), or None, which is forward up to 5 parameters.

    Returns:
        A `Misfit`.

    Raises:
        ValueError: unknown paths, values of different lengths or of more than one axis, unknown sweeps, a ``dt``
            that is no whole fraction of the sampling interval, an unknown ``derivative``.
    """
    place, problem = problem_of(cell, values, data, sweeps, dt=dt, integrator=integrator)
    return _at(place, problem, mode=choose(len(problem.free), derivative))


def problem_of(
    cell: Cell, values: Mapping[str, Any], data: Recording, sweeps: Any = None, *, dt: float | None = None,
    integrator: Integrator = staggered,
) -> tuple[Array, Problem]:  # fmt: skip
    """The values as an array [parameter] or [neuron, parameter], and the problem they are places of; see `misfit`."""
    check_cell(cell)
    check_integrator(integrator)
    check_single(cell, Stimulus())
    check_parameters(cell)
    if not isinstance(data, Recording):
        raise ValueError(f"data must be a Recording, such as membrax.recordings.load gives, got {data!r}")
    arrays = _together(cell, values)
    count = len(arrays)
    # Between the bounds 0 and 1 a place is the value itself.
    free = Free(tuple(arrays), (0.0,) * count, (1.0,) * count, (False,) * count)
    # NumPy is quicker at this, but knows no traced values.
    xp = np if pytrees.is_concrete(arrays) else jnp
    place = jnp.asarray(xp.stack(xp.broadcast_arrays(*arrays.values()), axis=-1))
    return place, Problem(strong(cell), target(data, choose_sweeps(data, sweeps), dt), free, integrator)


@functools.partial(host_jit, static_argnames=("mode",))
def _at(place: Array, problem: Problem, *, mode: str) -> Misfit:
    loss, gradient = value_and_gradient(jnp.atleast_2d(place), problem, mode=mode)
    loss, gradient = (loss, gradient) if place.ndim > 1 else (loss[0], gradient[0])
    return Misfit(loss, {name: gradient[..., k] for k, name in enumerate(problem.free.names)})


def _together(cell: Cell, values: Any) -> dict[str, Array]:
    """The values as arrays, of equal length where they are many.

    Raises:
        ValueError: see `misfit`.
    """
    arrays = {name: pytrees.numbers(value, name) for name, value in pytrees.changes_of(values).items()}
    if not arrays:
        raise ValueError('misfit needs at least one parameter, such as {"na.g": 110.0}')
    known = pytrees.leaves(cell)
    for path in (path for name in arrays for path in paths(name)):
        pytrees.find(cell, path)
        if path.removeprefix("channels.") not in known:
            raise ValueError(f"{path} is no number: {pytrees.unknown(path, known, 'path')}")
        check_number(path)
    shapes = {name: array.shape for name, array in arrays.items() if array.ndim}
    if any(len(shape) > 1 for shape in shapes.values()) or len(set(shapes.values())) > 1:
        told = ", ".join(f"{name}: {shape}" for name, shape in shapes.items())
        raise ValueError(f"values must be numbers or arrays [neuron] of equal length, got {told}")
    return arrays
