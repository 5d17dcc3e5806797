"""Parents before children: the order of the points of a tree."""

from __future__ import annotations

import numpy as np


def is_downward(parent: np.ndarray) -> bool:
    """Whether every parent comes before its children."""
    return bool(np.all(parent < np.arange(len(parent))))


def downward(parent: np.ndarray) -> np.ndarray:
    """The points below the roots, each branch to its tips before the next; points in a cycle are left out."""
    children: list[list[int]] = [[] for _ in parent]
    waiting = []
    for point in reversed(range(len(parent))):
        (children[parent[point]] if parent[point] >= 0 else waiting).append(point)
    order = []
    while waiting:
        order.append(waiting.pop())
        waiting.extend(children[order[-1]])
    return np.array(order, dtype=int)


def renumbered(parent: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The parents of the points after their permutation by ``order``."""
    place = np.empty(len(parent) + 1, dtype=int)
    place[order], place[-1] = np.arange(len(parent)), -1
    return place[parent[order]]


def cycle(parent: np.ndarray) -> list[int]:
    """The points of a cycle, from child to parent; none if every point leads to a root."""
    lost = np.setdiff1d(np.arange(len(parent)), downward(parent))
    if not lost.size:
        return []
    point, place = int(lost[0]), {}
    while point not in place:
        place[point] = len(place)
        point = int(parent[point])
    return list(place)[place[point] :]
