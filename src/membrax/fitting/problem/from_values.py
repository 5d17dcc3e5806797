"""A problem from parameter values instead of bounds."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ... import pytrees
from ...cell import Cell
from ...integrators import Integrator, staggered
from ...pytrees import strong
from ...recordings import Recording, choose_sweeps
from ...typing import Sweeps
from .initial_state import InitialState, start_of
from .inputs import check_inputs
from .parameters import Free, check_number, paths
from .problem import Problem
from .target import target


def problem_of(
    cell: Cell, values: Mapping[str, ArrayLike], data: Recording, sweeps: Sweeps = None, *, dt: float | None = None,
    integrator: Integrator = staggered, initial_state: InitialState = "rest",
) -> tuple[Array, Problem]:  # fmt: skip
    """The values as places [parameter] or [neuron, parameter], and their problem; see `value_and_grad`."""
    check_inputs(cell, data, integrator)
    arrays = _arrays(cell, values)
    count = len(arrays)
    # Between the bounds 0 and 1 a place is the value itself.
    free = Free(tuple(arrays), (0.0,) * count, (1.0,) * count, (False,) * count)
    # NumPy is quicker, but can't stack traced values.
    xp = np if pytrees.is_concrete(arrays) else jnp
    place = jnp.asarray(xp.stack(xp.broadcast_arrays(*arrays.values()), axis=-1))
    recorded = target(data, choose_sweeps(data, sweeps), dt, start_of(initial_state, cell, data))
    return place, Problem(strong(cell), recorded, free, integrator)


def _arrays(cell: Cell, values: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """The values as arrays, of equal length where they are many.

    Raises:
        ValueError: see `value_and_grad`.
    """
    arrays = {name: pytrees.numbers(value, name) for name, value in pytrees.changes_of(values).items()}
    if not arrays:
        raise ValueError('value_and_grad needs at least one parameter, such as {"na.g": 110.0}')
    known = pytrees.leaves(cell)
    for path in (path for name in arrays for path in paths(name)):
        pytrees.find(cell, path)
        if path.removeprefix("channels.") not in known:
            raise ValueError(f"{path} is no number: {pytrees.unknown(path, known, 'path')}")
        check_number(path)
    shapes = {name: array.shape for name, array in arrays.items() if array.ndim}
    if any(len(shape) > 1 for shape in shapes.values()) or len(set(shapes.values())) > 1:
        each = ", ".join(f"{name}: {shape}" for name, shape in shapes.items())
        raise ValueError(f"values must be numbers or arrays [neuron] of equal length, got {each}")
    return arrays
