"""New values for the parameters of a cell, by path."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from . import pytrees
from .cell_checks import check_parameters
from .morphology import Compartments
from .morphology.compartments.densities import is_spread

T = TypeVar("T")


def replace(tree: T, changes: Mapping[str, object]) -> T:
    """A copy of a cell, or of another tree of dataclasses, with new values by path.

    ``replace(cell, {"na.g": 100.0, "capacitance": 0.9})``. Numbers become strong arrays of the default precision, so
    that the result can be vmapped and does not retrace.

    Raises:
        ValueError: an unknown path (the message lists near matches), or a value outside the bounds of its field.
    """
    for path, value in pytrees.changes_of(changes).items():
        tree = pytrees.put(tree, path, _of_kind(value, pytrees.find(tree, path), path))
    tree = pytrees.strong(tree)
    check_parameters(tree)
    return tree


def _of_kind(value: object, old: object, path: str) -> object:
    """The new value, if it is of the kind of the old one: a number, or a part such as a channel.

    Raises:
        ValueError: a number for a part, or no number for a number.
    """
    if is_spread(value):
        if dataclasses.is_dataclass(old) and not is_spread(old):
            raise ValueError(f"{path} is a {type(old).__name__}, not a number that could be spread over a tree")
        return value
    numeric = isinstance(value, pytrees.NUMBER | list)
    if is_spread(old) and numeric:
        return pytrees.numbers(value, path)
    if old is None or isinstance(old, Compartments):
        return value
    if dataclasses.is_dataclass(old) or isinstance(old, Mapping):
        if numeric and not isinstance(old, Mapping):
            raise ValueError(f"{path} is a {type(old).__name__}, not a number; its numbers are {path}.g and the like")
        return value
    if not numeric:
        raise ValueError(f"{path} must be a number, got {value!r}")
    return pytrees.numbers(value, path)
