"""Parents before children: the order in which everything about trees is computed."""

from __future__ import annotations

import numpy as np


def is_downward(parent: np.ndarray) -> bool:
    """Whether every parent comes before its children."""
    return bool(np.all(parent < np.arange(len(parent))))


def downward(parent: np.ndarray) -> np.ndarray:
    """The points below the roots, each branch to its tips before the next; what is in a cycle is left out."""
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
    """``parent`` after the points were put in ``order``, a permutation of them."""
    place = np.empty(len(parent) + 1, dtype=int)
    place[order], place[-1] = np.arange(len(parent)), -1
    return place[parent[order]]


def cycle(parent: np.ndarray) -> list[int]:
    """The points of a cycle, from child to parent; none if all points hang on a root."""
    lost = np.setdiff1d(np.arange(len(parent)), downward(parent))
    if not lost.size:
        return []
    path = [int(lost[0])]
    while parent[path[-1]] not in path:
        path.append(int(parent[path[-1]]))
    return path[path.index(int(parent[path[-1]])) :]
