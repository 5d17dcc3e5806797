"""Any loss as a function of a cell's parameters, with its gradient, for one candidate or thousands.

The loss is any function of two voltages (see `losses`), as in `fit`; here the user chooses the optimiser: optax, scipy,
a sampler, a grid. A candidate is a *place* [parameter] in the unit cube, 0 at each parameter's lower bound and 1 at its
upper one, on the scale that `fit` searches (logarithmic over a decade).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .. import pytrees
from ..cell import Cell
from ..compilation import host_jit
from ..integrators import Integrator, staggered
from ..pytrees import pytree, strong
from ..recordings import Recording, choose_sweeps
from ..typing import Bounds, Sweeps
from .losses import mean_square
from .losses.context import Loss
from .losses.total import checked_loss, total, totals_and_gradients
from .problem.initial_state import InitialState, start_of
from .problem.inputs import check_inputs
from .problem.parameters import Free, free
from .problem.problem import Problem
from .problem.sensitivities import choose
from .problem.target import target


@pytree
class Objective:
    """A loss over some sweeps, as a function of places; made by `objective`.

    A tree of JAX: it passes through `jax.jit`, and ``dataclasses.replace(o, loss=…)`` with other numbers in the loss
    (weights, the width of a kernel) needs no new compilation.

    Attributes:
        problem: the cell, its free parameters, the sweeps.
        loss: of one sweep.
        weights: of the sweeps [sweep], of sum 1.
    """

    problem: Problem
    loss: Loss
    weights: Array

    def __call__(self, place: ArrayLike) -> Array:
        """The loss at a place [parameter], or at many [candidate, parameter]: a number, or [candidate].

        NaN where the model diverges or has no resting state. Differentiable as far as the loss is:
        ``jax.value_and_grad(o)`` for one place, `value_and_gradient` for many. All voltages of a batch are stored at
        once, 4 bytes for each candidate, sweep and sample.

        Raises:
            ValueError: another number of parameters or of axes.
        """
        return _values(self._places(place), self)

    def value_and_gradient(self, place: ArrayLike, ad_mode: str | None = None) -> tuple[Array, Array]:
        """The loss at one place or many, and its gradient by the place, of the place's shape.

        Args:
            place: [parameter] or [candidate, parameter].
            ad_mode: "forward" (time and memory grow with the parameters), "reverse" (they do not, but it costs
                several simulations), or None: forward up to 5 parameters.

        Raises:
            ValueError: a place of another shape, an unknown ``ad_mode``.
        """
        mode = choose(len(self.problem.free), ad_mode)
        return _values_and_gradients(self._places(place), self, mode=mode)

    def at(self, values: Mapping[str, ArrayLike]) -> Array:
        """The loss at values {path: number, or numbers [candidate]} of all free parameters, inside their bounds.

        Raises:
            ValueError: see `place`.
        """
        return self(self.place(values))

    def place(self, values: Mapping[str, ArrayLike]) -> np.ndarray:
        """The place [parameter], or places [candidate, parameter], of such values.

        Raises:
            ValueError: a free parameter that is missing, one that is not free, values of different lengths or outside
                the bounds.
        """
        return _place(self.problem.free, values)

    def values(self, place: ArrayLike) -> dict[str, Array]:
        """The parameters' values {path: value, or [candidate]} at places."""
        values = self.problem.free.value(self._places(place))
        return {name: values[..., k] for k, name in enumerate(self.problem.free.names)}

    def cell(self, place: ArrayLike) -> Cell:
        """The cell at one place [parameter].

        Raises:
            ValueError: a place of another shape.
        """
        place = self._places(place)
        if place.ndim > 1:
            raise ValueError(f"cell takes one place [parameter], got the shape {place.shape}")
        return self.problem.candidate(place)

    def _places(self, place: ArrayLike) -> Array:
        place, count = pytrees.numbers(place, "place"), len(self.problem.free)
        if place.ndim not in (1, 2) or place.shape[-1] != count:
            shapes = f"[{count}] or [candidate, {count}]"
            raise ValueError(f"place must be {shapes}, one number for each free parameter, got the shape {place.shape}")
        return place


def objective(
    cell: Cell,
    bounds: Bounds,
    data: Recording,
    sweeps: Sweeps = None,
    loss: Loss = mean_square,
    *,
    weights: ArrayLike | None = None,
    dt: float | None = None,
    integrator: Integrator = staggered,
    initial_state: InitialState = "rest",
) -> Objective:
    """A loss between a cell and a recording, as a function of the cell's free parameters.

    Each sweep begins at rest under its own holding current, or in the ``initial_state``, as in `membrax.fit`, and the
    model runs freely.

        o = mx.fitting.objective(cell, {"na.g": (20, 250)}, data, [3, 8], mx.fitting.losses.spike_times)
        o(jnp.full((1,), 0.5)), o.at({"na.g": 100.0}), o.value_and_gradient(places)

    Args:
        cell: the model; other parameters keep their values.
        bounds: {path: (low, high)} in the parameters' units; "na.v_t, kd.v_t" ties two to one value.
        data: the recording.
        sweeps: the compared sweeps, by default all.
        loss: ``loss(v, recorded, interval)`` of the model's and the recorded potential [time] in mV and the sampling
            interval in ms, a number: one of `membrax.fitting.losses`, a function of your own, a `losses.weighted` sum.
            Constant settings are given by ``functools.partial``, those that change from call to call by
            ``jax.tree_util.Partial``.
        weights: of the sweeps [sweep], by default equal; only their ratios matter.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
        integrator: see `membrax.integrators`.
        initial_state: in which the sweeps begin, as in `membrax.fit`.

    Raises:
        ValueError: unknown paths, wrong bounds, unknown sweeps, a loss that gives no single number, weights that are
            no number for each sweep, negative or all 0, a ``dt`` that is no whole fraction of the interval, another
            initial state.
    """
    check_inputs(cell, data, integrator)
    parameters, chosen = free(cell, bounds), choose_sweeps(data, sweeps)
    recorded = target(data, chosen, dt, start_of(initial_state, cell, data))
    problem = Problem(strong(cell), recorded, parameters, integrator)
    return Objective(problem, checked_loss(loss, problem), _weights(weights, len(chosen)))


@host_jit
def _values(places: Array, objective: Objective) -> Array:
    function = lambda place: total(place, objective.problem, objective.loss, objective.weights)  # noqa: E731
    return jax.vmap(function)(places) if places.ndim > 1 else function(places)


@functools.partial(host_jit, static_argnames=("mode",))
def _values_and_gradients(places: Array, objective: Objective, *, mode: str) -> tuple[Array, Array]:
    o, many = objective, jnp.atleast_2d(places)
    result = totals_and_gradients(many, o.problem, o.loss, o.weights, mode=mode)
    return result if places.ndim > 1 else jax.tree.map(lambda x: x[0], result)


def _place(free: Free, values: Mapping[str, ArrayLike]) -> np.ndarray:
    values = pytrees.changes_of(values)
    unmatched = set(free.names) ^ set(values)
    if unmatched:
        name = sorted(unmatched)[0]
        if name in free.names:
            raise ValueError(f"{name} is free and needs a value")
        raise ValueError(pytrees.unknown(name, free.names, "parameter"))
    with np.errstate(over="ignore"):  # a number too large for the default precision is outside the bounds
        arrays = [np.asarray(pytrees.numbers(values[name], name), dtype=float) for name in free.names]
    lengths = {array.shape for array in arrays if array.ndim}
    if len(lengths) > 1 or any(len(shape) > 1 for shape in lengths):
        raise ValueError(f"values must be numbers or arrays [candidate] of one length, got shapes {sorted(lengths)}")
    for name, array, low, high in zip(free.names, arrays, free.low, free.high, strict=True):
        # Values at a bound may be rounded to float32.
        least, most = np.asarray([low, high], dtype=float) + np.array([-1e-6, 1e-6]) * max(abs(low), abs(high))
        flat = np.ravel(array)
        outside = flat[~((flat >= least) & (flat <= most))]
        if outside.size:
            raise ValueError(f"{name} must be between its bounds {low:g} and {high:g}, got {outside[0]:g}")
    return free.place(np.stack(np.broadcast_arrays(*arrays), axis=-1))


def _weights(weights: ArrayLike | None, sweeps: int) -> Array:
    if weights is None:
        return jnp.full((sweeps,), 1.0 / sweeps)
    array = np.asarray(pytrees.numbers(weights, "weights"), dtype=float)
    if array.shape != (sweeps,):
        raise ValueError(f"weights must be one for each of {sweeps} sweeps, got the shape {array.shape}")
    if not np.all(np.isfinite(array) & (array >= 0)) or not array.sum() > 0:
        raise ValueError(f"weights must be finite, at least 0 and not all 0, got {array}")
    return jnp.asarray(array / array.sum(), dtype=float)
