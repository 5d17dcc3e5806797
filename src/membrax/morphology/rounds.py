"""A tree taken apart in few rounds: in each, leaves and links of chains that don't touch (Miller & Reif 1985)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Round(NamedTuple):
    """Nodes that are eliminated at once; all arrays are [node of the round].

    Attributes:
        node: which.
        parent: the neighbour towards the root that is left when it is their turn.
        child: the other neighbour; of a leaf the node itself, which is harmless where ``has_child`` is looked at.
        has_child: whether there is one.
    """

    node: np.ndarray
    parent: np.ndarray
    child: np.ndarray
    has_child: np.ndarray


def rounds(parent: np.ndarray) -> tuple[Round, ...]:
    """All nodes but the root, in rounds: of ``n`` nodes some log₂ n, however deep the tree is.

    A node may go when it has at most one child left and no neighbour of it goes in the same round.
    """
    parent = parent.copy()
    children: list[set[int]] = [set() for _ in parent]
    for node in np.flatnonzero(parent >= 0):
        children[parent[node]].add(int(node))
    alive = _tips_first(parent, children)
    found = []
    while len(alive) > 1:
        chosen = _apart(alive, parent, children)
        child = [next(iter(children[k]), k) for k in chosen]
        found.append(_round(chosen, parent, child))
        for node, other in zip(chosen, child, strict=True):
            children[parent[node]].discard(node)
            if other != node:
                parent[other] = parent[node]
                children[parent[node]].add(other)
        gone = set(chosen)
        alive = [node for node in alive if node not in gone]
    return tuple(found)


def _round(chosen: list[int], parent: np.ndarray, child: list[int]) -> Round:
    node, child = np.array(chosen, dtype=np.int32), np.array(child, dtype=np.int32)
    return Round(node, parent[node].astype(np.int32), child, child != node)


def _apart(alive: list[int], parent: np.ndarray, children: list[set[int]]) -> list[int]:
    """From the tips on, every node that may go and doesn't touch one that does."""
    blocked: set[int] = set()
    chosen = []
    for node in alive:
        if parent[node] >= 0 and len(children[node]) < 2 and node not in blocked:
            chosen.append(node)
            blocked.add(int(parent[node]))
            blocked.update(children[node])
    return chosen


def _tips_first(parent: np.ndarray, children: list[set[int]]) -> list[int]:
    """All nodes, children before their parents."""
    waiting, order = np.flatnonzero(parent < 0).tolist(), []
    while waiting:
        order.append(waiting.pop())
        waiting.extend(children[order[-1]])
    return order[::-1]
