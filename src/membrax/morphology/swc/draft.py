"""A file's points on their way to a tree: what each repair takes and gives back."""

from __future__ import annotations

import dataclasses
from typing import Any, NoReturn

import numpy as np

from ..tree.labels import SOMA


@dataclasses.dataclass(frozen=True, eq=False)
class Draft:
    """Points as of `Tree`, parents before children, with the line of the file that each came from."""

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

    def mended(self, words: str, **changes: Any) -> Draft:
        """The draft with some arrays replaced, and what was done in words."""
        return dataclasses.replace(self, repairs=(*self.repairs, words), **changes)

    def refuse(self, words: str) -> NoReturn:
        """Raise a ValueError that begins with the file's name."""
        raise ValueError(f"{self.file}, {words}")

    def lines(self, points: Any) -> str:
        """The points' lines in words: "line 4", "lines 4 and 7" or "lines 4, 7, 9 and 12 more"."""
        lines = sorted(int(line) for line in self.line[np.asarray(points, dtype=int)])
        if len(lines) == 1:
            return f"line {lines[0]}"
        shown = [str(line) for line in (lines if len(lines) <= 4 else lines[:3])]
        last = f"{len(lines) - 3} more" if len(lines) > 4 else shown.pop()
        return f"lines {', '.join(shown)} and {last}"


def without(draft: Draft, dropped: np.ndarray, heir: int) -> dict[str, np.ndarray]:
    """The arrays without some points, whose children hang on the point ``heir`` instead."""
    kept = np.setdiff1d(np.arange(len(draft.parent)), dropped)
    parent = np.where(np.isin(draft.parent, dropped), heir, draft.parent)
    place = np.full(len(draft.parent) + 1, -1)
    place[kept] = np.arange(len(kept))
    arrays = {name: getattr(draft, name)[kept] for name in ("line", "type", "xyz", "radius")}
    return {**arrays, "parent": place[parent[kept]]}
