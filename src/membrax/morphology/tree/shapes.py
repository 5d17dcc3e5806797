"""Trees made by rule: a ball, a cable, a ball and stick, and binary trees."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ...checks import finite_number, whole_number
from .joining import join
from .labels import BASAL, SOMA, number_of
from .tree import Tree, from_points

RALL = 2.0 ** (-2.0 / 3.0)  # ratio of the radius of each of two equal children to that of their parent, by the 3/2 law
FAN = math.radians(150)  # angle in which a tree is drawn


def ball(radius: float, *, name: str = "ball") -> Tree:
    """A soma alone: a sphere of ``radius`` [µm].

    Raises:
        ValueError: a radius that is not above 0.
    """
    return from_points([[0.0, 0.0, 0.0]], radius, SOMA, -1, name=name)


def cable(
    length: float, radius: ArrayLike, *, type: int | str = BASAL, direction: ArrayLike = (1.0, 0.0, 0.0),
    name: str = "cable",
) -> Tree:  # fmt: skip
    """A straight, unbranched neurite from the origin.

    Args:
        length: µm.
        radius: µm; or the radii at equal steps from the beginning to the end, linear in between: ``(2.0, 0.5)`` tapers.
        type: a word such as "axon", or an SWC type.
        direction: a vector of any length along the neurite.
        name: of the tree.

    Raises:
        ValueError: a length, a radius or a direction that is no number or not above 0.
    """
    length = _positive(length, "length")
    radii = np.atleast_1d(np.array(radius, dtype=float))
    radii = np.repeat(radii, 2) if len(radii) == 1 else radii
    direction = np.array(direction, dtype=float)
    size = np.linalg.norm(direction)
    if direction.shape != (3,) or not 0 < size < math.inf:
        raise ValueError(f"direction must be three finite numbers that are not all 0, got {direction}")
    along = np.linspace(0.0, length, len(radii))
    xyz = along[:, None] * (direction / size)
    return from_points(xyz, radii, number_of(type), np.arange(len(radii)) - 1, name=name)


def ball_and_stick(
    soma_radius: float, length: float, radius: ArrayLike, *, type: int | str = BASAL, name: str = "ball and stick"
) -> Tree:  # fmt: skip
    """A soma with one straight neurite, Rall's model neuron (Rall 1959); arguments as those of `ball` and `cable`."""
    return join(ball(soma_radius, name=name), cable(length, radius, type=type))


def binary_tree(
    branches: int | None = None, *, depth: int | None = None, length: float, radius: float, ratio: float = RALL,
    length_ratio: float = 1.0, soma_radius: float | None = None, type: int | str = BASAL, name: str = "binary tree",
) -> Tree:  # fmt: skip
    """A tree of cylinders that each end in two others, filled level by level; of an even number one ends in three.

    With the default ``ratio`` it obeys Rall's 3/2 power law. If the levels are full and ``length_ratio`` is
    √``ratio``, all levels have the same length in length constants, and the tree is equivalent to one cylinder
    (Rall 1962).

    Args:
        branches: number of branches, 1 or at least 3; or
        depth: number of levels, with 2^depth − 1 branches in all.
        length, radius: of the first branch, µm.
        ratio: radius of a child over that of its parent.
        length_ratio: length of a child over that of its parent.
        soma_radius: of a soma at the root, µm; None for no soma.
        type: a word such as "apical", or an SWC type.
        name: of the tree.

    Raises:
        ValueError: neither or both of ``branches`` and ``depth``, two branches, or a value that is not above 0.
    """
    if (branches is None) == (depth is None):
        raise ValueError(f"give branches or depth, got branches={branches} and depth={depth}")
    count = 2 ** whole_number(depth, "depth") - 1 if branches is None else whole_number(branches, "branches")
    if count == 2:
        raise ValueError("branches must be 1 or at least 3, got 2: two cylinders in a row are one branch")
    parent = _parents(count)
    level = np.zeros(count, dtype=int)
    for k in range(1, count):
        level[k] = level[parent[k]] + 1
    radii = _positive(radius, "radius") * _positive(ratio, "ratio", "") ** level
    lengths = _positive(length, "length") * _positive(length_ratio, "length_ratio", "") ** level
    tree = _branched(parent, lengths, radii, number_of(type), name)
    return tree if soma_radius is None else join(ball(soma_radius, name=name), tree)


def _parents(count: int) -> np.ndarray:
    """Parents of the branches: k ends in 2k + 1 and 2k + 2; a single last branch joins the two before it."""
    parent = (np.arange(count) - 1) // 2
    if count % 2 == 0:
        parent[-1] = parent[-2]
    return parent


def _branched(parent: np.ndarray, lengths: np.ndarray, radii: np.ndarray, type: int, name: str) -> Tree:
    """The tree, with two points for each branch, so that cylinders stay cylinders where the radius steps."""
    count, angles = len(parent), _angles(parent)
    along = lengths[:, None] * np.stack([np.sin(angles), np.cos(angles), np.zeros(count)], axis=1)
    begins = np.zeros((count, 3))
    for k in range(1, count):
        begins[k] = begins[parent[k]] + along[parent[k]]
    before = np.empty(2 * count, dtype=int)
    before[::2], before[1::2] = np.where(parent >= 0, 2 * parent + 1, -1), 2 * np.arange(count)
    xyz = np.stack([begins, begins + along], axis=1).reshape(-1, 3)
    return from_points(xyz, np.repeat(radii, 2), type, before, name=name)


def _angles(parent: np.ndarray) -> np.ndarray:
    """The angle of every branch from straight up: siblings share the angle of their parent."""
    low, high = np.full(len(parent), -FAN / 2), np.full(len(parent), FAN / 2)
    for k in range(1, len(parent)):
        siblings = np.flatnonzero(parent == parent[k])
        share = (high[parent[k]] - low[parent[k]]) / len(siblings)
        low[k] = low[parent[k]] + share * int(np.searchsorted(siblings, k))
        high[k] = low[k] + share
    return 0.5 * (low + high)


def _positive(value: float, name: str, unit: str = "µm") -> float:
    return finite_number(value, name, unit, above=0.0)
