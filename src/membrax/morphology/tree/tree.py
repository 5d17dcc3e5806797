"""The shape of a neuron: a tree of points with radii, its lengths and its areas."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from . import table
from .checks import Points, checked_points
from .labels import SOMA, TypeLike, matches
from .order import downward, is_downward, renumbered
from .sections import Section, divide

T = TypeVar("T", np.ndarray, Array)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Tree:
    """The shape of one neuron, made by `load_swc`, by `from_points` or by `cable`, `ball_and_stick`, `binary_tree`.

    Between a point and its parent lies a frustum. There is none between the soma and the first point of a neurite: the
    neurite begins at its own first point and is connected to the soma without resistance, as in NEURON and MorphIO. A
    soma of one point is a sphere; its length and radius are those of the cylinder of the same lateral area.

    Attributes:
        xyz: places [point, 3], µm.
        radius: [point], µm.
        type: SWC type [point]; `membrax.morphology.LABELS` has the words.
        parent: [point], −1 at the root; parents come before their children.
        name: such as the name of the file.
        repairs: repairs and decisions of the reader, each a sentence.
    """

    xyz: np.ndarray
    radius: np.ndarray
    type: np.ndarray
    parent: np.ndarray
    name: str = ""
    repairs: tuple[str, ...] = ()

    @functools.cached_property
    def before(self) -> np.ndarray:
        """The point where each point's frustum begins [point]: its parent, or itself where there is none."""
        own = np.arange(len(self.parent))
        hangs = (self.parent >= 0) & ((self.type == SOMA) | (self.type[self.parent] != SOMA))
        return _fixed(np.where(hangs, self.parent, own))

    @functools.cached_property
    def segment_length(self) -> np.ndarray:
        """Length of the frustum that ends at each point [point], µm; 0 where there is none."""
        length = np.linalg.norm(self.xyz - self.xyz[self.before], axis=1)
        if np.sum(self.type == SOMA) == 1:
            length[self.type == SOMA] = 2 * self.radius[self.type == SOMA]
        return _fixed(length)

    @functools.cached_property
    def segment_area(self) -> np.ndarray:
        """Lateral area of the frustum that ends at each point [point], µm²; 0 where there is none.

        Two points at one place are a step of the radius; its ring is no membrane.
        """
        area = lateral_area(self.segment_length, self.radius[self.before], self.radius)
        return _fixed(np.where(self.segment_length > 0, area, 0.0))

    @functools.cached_property
    def path_distance(self) -> np.ndarray:
        """Distance of each point from the soma, or from the root if there is none, along the path [point], µm."""
        distance = np.zeros(len(self.parent))
        for point in np.flatnonzero(self.type != SOMA):
            distance[point] = self.segment_length[point] + distance[self.before[point]]
        return _fixed(distance)

    @functools.cached_property
    def sections(self) -> tuple[Section, ...]:
        """The soma, if there is one, and every unbranched stretch of neurite; parents come before their children."""
        return tuple(_section(self, index, *stretch) for index, stretch in enumerate(divide(self.type, self.parent)))

    @property
    def soma(self) -> Section | None:
        """The section of the soma; None if there is none."""
        return self.sections[0] if self.sections[0].type == SOMA else None

    @property
    def length(self) -> float:
        """Length of all neurites along their paths, without the soma [µm]."""
        return float(np.sum(self.segment_length[self.type != SOMA]))

    @property
    def area(self) -> float:
        """Lateral area of all sections, the soma included [µm²]."""
        return float(np.sum(self.segment_area))

    def select(self, type: TypeLike = None, *, beyond: float = 0.0, within: float = math.inf) -> tuple[Section, ...]:
        """The sections of a type whose middle lies between two distances from the soma along the path [µm].

        Args:
            type: a word such as "axon", "apical" or "dendrite", a number, or several of them; None is all.
            beyond: the least distance.
            within: the greatest distance.

        Raises:
            ValueError: an unknown word.
        """
        middle = np.array([s.distance + (0.5 * s.length if s.type != SOMA else 0.0) for s in self.sections])
        kinds = np.array([section.type for section in self.sections])
        good = (middle >= beyond) & (middle <= within) & matches(kinds, type)
        return tuple(section for section, chosen in zip(self.sections, good, strict=True) if chosen)

    def __repr__(self) -> str:
        return table.line(self)

    def __str__(self) -> str:
        return table.text(self)

    def _repr_html_(self) -> str:
        return table.html(self)


def from_points(
    xyz: ArrayLike,
    radius: ArrayLike,
    type: ArrayLike,
    parent: ArrayLike,
    *,
    name: str = "",
    repairs: Iterable[str] = (),
) -> Tree:
    """A tree from its points, in any order.

    Args:
        xyz: places [point, 3], µm.
        radius: [point] or one for all, µm, above 0.
        type: [point] or one for all, SWC types.
        parent: index of the point before each [point], −1 for the one root.
        name: of the tree.
        repairs: sentences on repairs of the points.

    Raises:
        ValueError: arrays of different lengths, a value that is not finite or out of its bounds, no root or several, a
            cycle, a soma that is not the root, or no frustum with a length.
    """
    points = checked_points(xyz, radius, type, parent)
    if not is_downward(points.parent):
        order = downward(points.parent)
        points = Points(points.xyz[order], points.radius[order], points.type[order], renumbered(points.parent, order))
    xyz, radius, type, parent = map(_fixed, points)
    tree = Tree(xyz, radius, type, parent, name, tuple(repairs))
    if not tree.area > 0:
        count = len(points.parent)
        raise ValueError(f"a tree must have a soma or a length above 0 µm; all {count} points lie at one place")
    return tree


def lateral_area(length: T, begin: T, end: T) -> T:
    """The area π (r₀ + r₁) √(l² + (r₁ − r₀)²) [µm²] of a frustum without its caps; l, r₀ and r₁ in µm."""
    return math.pi * (begin + end) * (length**2 + (end - begin) ** 2) ** 0.5


def _section(tree: Tree, index: int, kind: int, parent: int, start: int, own: list[int]) -> Section:
    points = _fixed(np.array([start, *own] if start >= 0 else own))
    length, area = (float(np.sum(values[own])) for values in (tree.segment_length, tree.segment_area))
    return Section(index, kind, parent, points, length, area, float(tree.path_distance[points[0]]))


def _fixed(array: np.ndarray) -> np.ndarray:
    """The array, made read-only."""
    array.flags.writeable = False
    return array
