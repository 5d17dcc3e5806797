"""Sections of a tree: the soma, and the stretches of neurite between branchings, tips and changes of type."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from .labels import SOMA, label


@dataclasses.dataclass(frozen=True, eq=False)
class Section:
    """The soma, or an unbranched stretch of neurite of one type.

    Attributes:
        index: in `Tree.sections`.
        type: SWC type; `label` is its name.
        parent: index of the section from which it grows, −1 at the root.
        points: indices of its points from beginning to end; the first is the branch point that it shares with its
            parent, unless it grows from the soma or is the root: then it begins at its own first point.
        length: along the path [µm]; for a soma of one point its diameter.
        area: lateral area [µm²]; for a soma of one point that of the sphere.
        distance: from the soma (from the root if there is none) to its beginning along the path [µm].
    """

    index: int
    type: int
    parent: int
    points: np.ndarray
    length: float
    area: float
    distance: float

    @property
    def label(self) -> str:
        """The name of its type."""
        return label(self.type)

    def __repr__(self) -> str:
        grows = f"from section {self.parent}" if self.parent >= 0 else "the root"
        return (
            f"<Section {self.index}: {self.label}, {grows}, {self.length:.4g} µm long, {self.area:.4g} µm², "
            f"{len(self.points)} points>"
        )


class Stretch(NamedTuple):
    """A section without its sizes; ``start`` is the shared branch point, −1 if it begins at its first own point."""

    type: int
    parent: int
    start: int
    own: list[int]


def divide(types: np.ndarray, parent: np.ndarray) -> list[Stretch]:
    """All sections, parents before children, in the order of the points.

    A section ends where the neurite branches or changes its type.
    """
    branching = np.bincount(parent[parent >= 0], minlength=len(parent)) > 1
    owner = np.empty(len(parent), dtype=int)
    sections: list[Stretch] = []
    for point, (kind, before) in enumerate(zip(types.tolist(), parent.tolist(), strict=True)):
        if before < 0:
            sections.append(Stretch(kind, -1, -1, [point]))
        elif kind != SOMA and types[before] == SOMA:
            sections.append(Stretch(kind, int(owner[before]), -1, [point]))
        elif kind != SOMA and (branching[before] or kind != types[before]):
            sections.append(Stretch(kind, int(owner[before]), before, [point]))
        else:
            owner[point] = owner[before]
            sections[owner[point]].own.append(point)
            continue
        owner[point] = len(sections) - 1
    return sections
