"""Validation of cells and states: channels, names, shapes, numbers and their bounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from . import pytrees, units
from .cell import Cell, State, state_at
from .compartmentwise import spread
from .morphology import Compartments
from .morphology.compartments.densities import is_spread


def check_cell(cell: object) -> None:
    """Refuse an object that is no `Cell`, and a cell of unusable parts.

    Raises:
        ValueError: names the object or the part.
    """
    if not isinstance(cell, Cell):
        raise ValueError(f"cell must be a membrax.Cell such as membrax.models.hodgkin_huxley(), got {cell!r}")
    check_parts(cell)


def check_single(cell: Cell, caller: str, instead: str) -> None:
    """Refuse a batch of cells where one is expected.

    Args:
        cell: the cell.
        caller: the function that takes one cell, for the message.
        instead: the function for many cells, for the message.

    Raises:
        ValueError: names the leaf with an axis too many, and the alternative.
    """
    if is_single_tree(cell):
        check_shapes(cell)
        return
    for path, (value, _) in pytrees.leaves(cell).items():
        if isinstance(value, pytrees.NUMBER) and np.ndim(value):
            raise ValueError(f"{caller} takes one neuron, but {path} has the shape {np.shape(value)}: use {instead}")


def check_patch(cell: Cell, caller: str) -> None:
    """Refuse a cell with a morphology where one patch of membrane is expected.

    Raises:
        ValueError: names the caller.
    """
    if cell.morphology is not None:
        raise ValueError(f"{caller} takes one patch of membrane, and this cell has a morphology: leave it out")


# --- parts


def check_parts(cell: Cell) -> None:
    """Refuse a morphology, a channel or a channel's name that a cell can't have.

    Raises:
        ValueError: names the part.
    """
    if cell.morphology is not None and not isinstance(cell.morphology, Compartments):
        expected = "a Tree or its Compartments, as from membrax.morphology"
        raise ValueError(f"morphology must be {expected}, got {type(cell.morphology).__name__}")
    if not isinstance(cell.channels, Mapping):
        raise ValueError(f"channels must be a dictionary {{name: channel}}, got {type(cell.channels).__name__}")
    taken = {field.name for field in dataclasses.fields(cell)} & set(cell.channels)
    if taken:
        raise ValueError(f"a channel may not be called {sorted(taken)[0]!r}: it is a field of Cell")
    unusable = [name for name in cell.channels if not isinstance(name, str) or "." in name or not name]
    if unusable:
        raise ValueError(f"a channel's name must be a word without a dot, got {unusable[0]!r}")
    for name, channel in cell.channels.items():
        _check_channel(name, channel)
    _check_numbers(cell)
    _check_streams(cell)


def _check_channel(name: str, channel: object) -> None:
    """Refuse an object without the methods of a channel.

    Raises:
        ValueError: names the channel and its fault.
    """
    if isinstance(channel, type) or not all(hasattr(channel, method) for method in ("init", "advance", "current")):
        raise ValueError(f"channel {name!r} must be one such as membrax.channels.Leak(g=0.3), got {channel!r}")
    fields = {field.name for field in dataclasses.fields(channel)} if dataclasses.is_dataclass(channel) else set()
    if "ohmic" in fields or not isinstance(getattr(channel, "ohmic", False), bool):
        raise ValueError(f"ohmic of channel {name!r} must be True or False in its class, without an annotation")
    for leaf in jax.tree.leaves(channel):
        if leaf is channel or dataclasses.is_dataclass(leaf):
            raise ValueError(
                f"channel {name!r} is of the class {type(leaf).__name__}, whose numbers JAX can't see: decorate the"
                " class with @membrax.pytree"
            )


def _check_numbers(cell: Cell) -> None:
    """Refuse strings as parameters, and parameters by region in a cell without a morphology.

    Raises:
        ValueError: names the parameter.
    """
    for path, (value, _) in pytrees.leaves(cell).items():
        if isinstance(value, str):
            raise ValueError(f"{path} must be a number, got {value!r}")
    if cell.morphology is not None:
        return
    for name, channel in cell.channels.items():
        for field in dataclasses.fields(channel) if dataclasses.is_dataclass(channel) else ():
            if is_spread(getattr(channel, field.name)):
                raise ValueError(f"{name}.{field.name} is spread over a tree, but the cell has no morphology")


def _check_streams(cell: Cell) -> None:
    """Refuse two random channels with one stream of random numbers.

    Raises:
        ValueError: names both, and their stream.
    """
    taken: dict[int, str] = {}
    for name, channel in cell.channels.items():
        stream = getattr(channel, "stream", None)
        if stream is None or not getattr(channel, "random", False):
            continue
        other = taken.setdefault(stream, name)
        if other != name:
            raise ValueError(
                f"channels {other!r} and {name!r} would open with the same noise: give each a stream of its own, "
                f"both have stream={stream}"
            )


# --- parameters


def check_parameters(tree: object) -> None:
    """Refuse a number outside the bounds of its field, in a cell or another tree of dataclasses.

    Entries of a varied leaf are not refused: a run quarantines those neurons. Traced values can't be checked.

    Raises:
        ValueError: names the path, the value, its unit and its bound, e.g.
            "na.g must be at least 0 mS/cm², got -3 mS/cm²".
    """
    one_tree, parameters = False, list(pytrees.leaves(tree).items())
    if isinstance(tree, Cell):
        check_parts(tree)
        if one_tree := is_single_tree(tree):
            check_shapes(tree)
            # The parameters of densities by distance have bounds of their own, and so have the densities.
            parameters += pytrees.leaves(spread(tree)).items()
    for path, (value, metadata) in parameters:
        if "unit" not in metadata or isinstance(value, Tracer) or (np.ndim(value) and not one_tree):
            continue
        if not isinstance(value, pytrees.NUMBER):
            raise ValueError(f"{path} must be a number, got {value!r}")
        good = units.in_bounds(value, metadata)
        if not np.all(good):
            raise ValueError(units.bound_message(path, np.asarray(value)[~good].flat[0], metadata))


def is_single_tree(cell: Cell) -> bool:
    """Whether it is one cell with a morphology: a batch has several radii at each point."""
    return isinstance(cell.morphology, Compartments) and np.ndim(cell.morphology.radius) < 2


def check_shapes(cell: Cell) -> None:
    """Refuse parameters of one tree that are neither a number nor an array [compartment].

    Raises:
        ValueError: names the parameter and its shape.
    """
    shape = cell.morphology
    assert shape is not None
    count, points = shape.count, len(shape.tree.parent)
    for name, value in {"radius": shape.radius, "length": shape.length}.items():
        if np.shape(value) != (points,):
            expected = f"one number for each of its {points} points"
            raise ValueError(f"morphology.{name} must be {expected}, got the shape {np.shape(value)}")
    resistivity = {"morphology.axial_resistivity": pytrees.Leaf(shape.axial_resistivity, {})}
    for path, (value, _) in (pytrees.leaves(dataclasses.replace(cell, morphology=None)) | resistivity).items():
        if isinstance(value, pytrees.NUMBER) and np.shape(value) not in ((), (count,)):
            expected = f"a number or an array of its {count} compartments"
            raise ValueError(f"{path} of a tree must be {expected}, got the shape {np.shape(value)}")


# --- state


def check_state(state: object, cell: Cell) -> None:
    """Refuse an object that is no `State`, and a state of another cell.

    Raises:
        ValueError: names both sets of gates, or the shape of the voltages.
    """
    if not isinstance(state, State):
        raise ValueError(f"state must be a membrax.State, from rest or a run's final, got {state!r}")
    template = jax.tree.map(jnp.zeros_like, pytrees.strong(cell))
    if cell.morphology is not None and not is_single_tree(cell):
        template = jax.tree.map(lambda x: x[0], template)
    expected = jax.eval_shape(lambda c: state_at(c, 0.0).gates, template)
    if jax.tree.structure(expected) != jax.tree.structure(state.gates):
        own, other = ({name: sorted(gates) for name, gates in each.items()} for each in (expected, state.gates))
        raise ValueError(f"state must have the gates of this cell, {own}, got {other}")
    shape, got = () if cell.morphology is None else (cell.morphology.count,), np.shape(state.v)
    if (got[-1:] != shape) if shape else len(got) > 1:
        of = f"of {shape[0]} compartments" if shape else "of a cell without a morphology"
        raise ValueError(f"state must be {of}, got voltages of the shape {got}")
