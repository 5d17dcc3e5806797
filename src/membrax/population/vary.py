"""A population from one cell: every leaf gets a leading neuron axis."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .. import pytrees, units
from ..cell import Cell
from ..cell_checks import check_cell, check_parameters, is_single_tree
from ..compartmentwise import spread
from ..pytrees import strong


def vary(cell: Cell, values: Mapping[str, ArrayLike]) -> Cell:
    """A population from one cell: every leaf gets a leading neuron axis, the given ones their own values.

    Args:
        cell: one cell.
        values: {path: array [neuron]}; several paths go together, entry by entry (for a grid, use `numpy.meshgrid`).
            For a tree, [neuron] gives all compartments of a neuron one value, and [neuron, compartment] each its own.

    Returns:
        A `Cell` with leaves [neuron], for `membrax.run` or ``jax.vmap``.

    Raises:
        ValueError: no values, an unknown path, arrays that are not one-dimensional or of different lengths. Entries
            out of bounds are no error: `membrax.run` quarantines those neurons and names them.
    """
    if not values:
        raise ValueError('vary needs at least one path, such as {"na.g": jnp.linspace(60, 180, 10)}')
    check_cell(cell)
    if (already := count_neurons(cell)) is not None:
        raise ValueError(f"cell is a population of {already} already: vary takes one cell and all paths at once")
    arrays = {path: pytrees.numbers(value, path) for path, value in pytrees.changes_of(values).items()}
    for path, array in arrays.items():
        _check_array(cell, path, array)
    count = _common_length(arrays)
    check_parameters(cell)
    cells = jax.tree.map(lambda x: jnp.broadcast_to(x, (count, *jnp.shape(x))), strong(cell))
    for path, array in arrays.items():
        cells = pytrees.put(cells, path, array)
    return cells


def _common_length(arrays: Mapping[str, Array]) -> int:
    """The length of all arrays.

    Raises:
        ValueError: their lengths differ.
    """
    lengths = {path: len(array) for path, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "paths are varied together, entry by entry, and need equal lengths, got "
            + ", ".join(f"{path}: {length}" for path, length in lengths.items())
        )
    return next(iter(lengths.values()))


def _check_array(cell: Cell, path: str, array: Array) -> None:
    """Refuse an array whose axes are neither [neuron] nor, for a tree, [neuron, compartment].

    Raises:
        ValueError: names the path, the shape and the shapes that are allowed.
    """
    old = pytrees.find(cell, path)
    if dataclasses.is_dataclass(old) or isinstance(old, Mapping):
        raise ValueError(f"{path} is no number: {pytrees.unknown(path, pytrees.leaves(cell), 'path')}")
    allowed: dict[tuple[int, ...], str] = {(): "[neuron]"}
    if path in ("morphology.radius", "morphology.length"):
        allowed = {np.shape(old): f"[neuron, {len(old)}], one for each point"}
    elif cell.morphology is not None:
        count = cell.morphology.layout.count
        allowed[(count,)] = f"[neuron, {count}]"
    if not array.ndim or array.shape[1:] not in allowed:
        shapes = " or ".join(allowed.values())
        raise ValueError(f"the values of {path} must be an array {shapes}, got the shape {array.shape}")


def count_neurons(cells: Cell) -> int | None:
    """The length of the neuron axis, or None for one cell.

    Raises:
        ValueError: leaves of different lengths, or of more than one axis.
    """
    if is_single_tree(cells):
        return None
    if cells.morphology is not None:
        return _count_trees(cells, len(cells.morphology.radius))
    shapes = {path: np.shape(leaf.value) for path, leaf in pytrees.leaves(cells).items()}
    deep = {path: shape for path, shape in shapes.items() if len(shape) > 1}
    if deep:
        path, shape = next(iter(deep.items()))
        raise ValueError(f"a population has one neuron axis, but {path} has the shape {shape}")
    lengths = {path: shape[0] for path, shape in shapes.items() if shape}
    if len(set(lengths.values())) > 1:
        named = ", ".join(f"{path}: {length}" for path, length in lengths.items())
        raise ValueError(f"leaves disagree on the number of neurons: {named}")
    return next(iter(lengths.values()), None)


def _count_trees(cells: Cell, count: int) -> int:
    """The number of trees, which is the first length of every leaf.

    Raises:
        ValueError: leaves of different lengths, or without a neuron axis.
    """
    for path, (value, _) in pytrees.leaves(cells).items():
        if not np.ndim(value) or len(value) != count:
            radii = f"the radii of {count} neurons"
            raise ValueError(f"leaves disagree on the number of neurons: {radii}, {path} {np.shape(value)}")
    return count


def share_equal_leaves(cells: Cell) -> tuple[Cell, Cell]:
    """The cells with each leaf that is equal in all neurons as one number, and the vmap axes of the leaves.

    A number instead of an array saves most of the memory traffic of a step.
    """
    many = count_neurons(cells) is not None

    def is_equal(leaf: Array) -> bool:
        values = np.asarray(leaf)
        return not many or not values.ndim or bool(np.all(values == values[:1]))

    def first(leaf: Array, equal: bool) -> Array:
        # Through NumPy: to index a JAX array takes as long as many steps of a small population.
        return jnp.asarray(np.asarray(leaf)[0]) if equal and many and jnp.ndim(leaf) else leaf

    equal = jax.tree.map(is_equal, cells)
    shared = jax.tree.map(first, cells, equal)
    return shared, jax.tree.map(lambda one: None if one else 0, equal)


def invalid(cells: Cell) -> dict[int, str]:
    """{neuron: message} for every neuron with a parameter that is not finite or out of its bounds.

    Raises:
        ValueError: a value that all neurons share is out of bounds.
    """
    messages: dict[int, str] = {}
    check_parameters(cells)
    if is_single_tree(cells):
        return messages
    if cells.morphology is not None:
        cells = jax.jit(jax.vmap(spread))(strong(cells))
    for path, (value, metadata) in pytrees.leaves(cells).items():
        if "unit" not in metadata or not np.ndim(value):
            continue
        values = np.asarray(value)
        bad = ~units.in_bounds(values, metadata).reshape(len(values), -1)
        for neuron in np.flatnonzero(bad.any(axis=1)):
            number = values[neuron].reshape(-1)[bad[neuron]][0]
            messages.setdefault(int(neuron), units.bound_message(path, number, metadata))
    return messages
