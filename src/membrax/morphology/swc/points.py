"""The points of an SWC file before they are a tree: argument and result of each repair."""

from __future__ import annotations

import dataclasses
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike

from ..tree.labels import SOMA


@dataclasses.dataclass(frozen=True, eq=False)
class SwcPoints:
    """Points as of `Tree`, parents before children, each with its line in the file."""

    file: str
    line: np.ndarray
    type: np.ndarray
    xyz: np.ndarray
    radius: np.ndarray
    parent: np.ndarray
    repairs: tuple[str, ...] = ()

    @property
    def soma(self) -> np.ndarray:
        """Indices of the soma's points."""
        return np.flatnonzero(self.type == SOMA)

    def repaired(self, words: str, **changes: np.ndarray) -> SwcPoints:
        """The points with some arrays replaced, and a sentence on the repair."""
        return dataclasses.replace(self, repairs=(*self.repairs, words), **changes)

    def refuse(self, words: str) -> NoReturn:
        """Raise a ValueError that begins with the file's name."""
        raise ValueError(f"{self.file}, {words}")

    def lines(self, points: ArrayLike) -> str:
        """The lines of some points as text: "line 4", "lines 4 and 7" or "lines 4, 7, 9 and 12 more"."""
        lines = sorted(int(line) for line in self.line[np.asarray(points, dtype=int)])
        if len(lines) == 1:
            return f"line {lines[0]}"
        shown = [str(line) for line in (lines if len(lines) <= 4 else lines[:3])]
        last = f"{len(lines) - 3} more" if len(lines) > 4 else shown.pop()
        return f"lines {', '.join(shown)} and {last}"


def without(swc: SwcPoints, dropped: np.ndarray, heir: int) -> dict[str, np.ndarray]:
    """The arrays without some points, whose children become those of the point ``heir``."""
    kept = np.setdiff1d(np.arange(len(swc.parent)), dropped)
    parent = np.where(np.isin(swc.parent, dropped), heir, swc.parent)
    place = np.full(len(swc.parent) + 1, -1)
    place[kept] = np.arange(len(kept))
    arrays = {name: getattr(swc, name)[kept] for name in ("line", "type", "xyz", "radius")}
    return {**arrays, "parent": place[parent[kept]]}
