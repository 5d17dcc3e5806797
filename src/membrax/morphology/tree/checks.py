"""Checks of the points of a tree; every message names the point, the value and its bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .labels import SOMA
from .order import cycle


class Points(NamedTuple):
    """Places [point, 3], radii, types and parents [point]."""

    xyz: np.ndarray
    radius: np.ndarray
    type: np.ndarray
    parent: np.ndarray


def checked_points(xyz: ArrayLike, radius: ArrayLike, type: ArrayLike, parent: ArrayLike) -> Points:
    """Checked copies of the arrays of a tree.

    Raises:
        ValueError: see `membrax.morphology.from_points`.
    """
    xyz = _numbers(xyz, "xyz", float)
    if xyz.ndim != 2 or xyz.shape[1] != 3 or not len(xyz):
        raise ValueError(f"xyz must have the shape [point, 3], got {xyz.shape}")
    radius = _each(_numbers(radius, "radius", float), len(xyz), "radius")
    type = _each(_numbers(type, "type", int), len(xyz), "type")
    parent = _each(_numbers(parent, "parent", int), len(xyz), "parent")
    _refuse(np.asarray(~np.isfinite(xyz).all(axis=1)), xyz, "xyz", "finite", " µm")
    _refuse(~(np.isfinite(radius) & (radius > 0)), radius, "radius", "finite and above 0 µm", " µm")
    _refuse(type < 0, type, "type", "at least 0")
    _refuse((parent < -1) | (parent >= len(xyz)), parent, "parent", f"−1 (the root) … {len(xyz) - 1}")
    _check_links(type, parent)
    return Points(xyz, radius, type, parent)


def _numbers(values: ArrayLike, name: str, kind: type) -> np.ndarray:
    try:
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, got {values!r}") from None
    if kind is int and not (np.isfinite(numbers).all() and np.array_equal(numbers, np.round(numbers))):
        raise ValueError(f"{name} must be whole numbers, got {values!r}")
    return numbers.astype(kind)


def _each(values: np.ndarray, count: int, name: str) -> np.ndarray:
    """The values, one per point; a single value is repeated."""
    if values.ndim == 0:
        return np.full(count, values)
    if values.shape != (count,):
        raise ValueError(f"{name} must have one value per point, {count}, got the shape {values.shape}")
    return values


def _refuse(bad: np.ndarray, values: np.ndarray, name: str, bound: str, unit: str = "") -> None:
    if np.any(bad):
        point = int(np.argmax(bad))
        raise ValueError(f"{name} must be {bound}, got {values[point]}{unit} at point {point}")


def _check_links(type: np.ndarray, parent: np.ndarray) -> None:
    """One root, no cycle, and no soma beyond a neurite."""
    if circle := cycle(parent):
        raise ValueError(f"parents must lead to the root, but those of the points {circle} form a cycle")
    roots = np.flatnonzero(parent < 0)
    if len(roots) != 1:
        raise ValueError(f"a tree has one root (parent −1), got {len(roots)}: points {roots.tolist()}")
    beyond = (type == SOMA) & (parent >= 0) & (type[parent] != SOMA)
    if np.any(beyond):
        point = int(np.argmax(beyond))
        raise ValueError(
            f"the soma must be the root, but the parent of its point {point}, {parent[point]}, is a neurite"
        )
