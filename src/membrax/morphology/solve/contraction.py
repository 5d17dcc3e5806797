"""Tree contraction: all nodes but the root removed in few rounds, each of independent nodes (Miller & Reif 1985).

A round removes leaves ("rake") and links of chains ("compress") that have no common edge. Nodes stand in rows, those
that stay longest first, so that each round removes the last rows and leaves the others in place. A staying row gathers
the contributions of its removed neighbours, and nothing is scattered: a processor then adds whole rows at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# The cost of starting an operation on one row, and on all staying rows, in rows of a hundred trees; measured.
ONE_ROW, ALL_ROWS = 40, 20


class Round(NamedTuple):
    """One round: rows [first, end) are removed together, rows [0, first) stay. Static.

    Attributes:
        first, end: the rows.
        parent: the neighbour of each removed row towards the root [removed].
        child: its other neighbour, 0 where there is none [removed].
        has_child: whether there is one [removed].
        from_children: for each staying row the removed row that is its first child, its second, … [staying]; −1: none.
        from_more: (row, removed rows) of a few rows with still more children.
        from_parent: for each staying row the removed row that is its parent [staying]; −1: none.
    """

    first: int
    end: int
    parent: np.ndarray
    child: np.ndarray
    has_child: np.ndarray
    from_children: tuple[np.ndarray, ...]
    from_more: tuple[tuple[int, np.ndarray], ...]
    from_parent: np.ndarray

    @property
    def has_links(self) -> bool:
        """Whether the round removes a link of a chain, between a parent and a child."""
        return bool(self.has_child.any())


class Contraction(NamedTuple):
    """All rounds, and the nodes in their rows. Static.

    Attributes:
        node: the node in each row [row], the root in the first.
        row: the row of each node [node].
        rounds: the first one first.
    """

    node: np.ndarray
    row: np.ndarray
    rounds: tuple[Round, ...]


class Removal(NamedTuple):
    """A node at its removal, its parent and its child in what is left of the tree; without a child, the node itself."""

    node: int
    parent: int
    child: int


def contract(parent: np.ndarray) -> Contraction:
    """The contraction of a tree of n nodes with ``parent`` [node]: about log₂ n rounds, however deep it is.

    A node may be removed when it has at most one child left and no neighbour is removed in the same round.
    """
    removals = _removals(parent)
    root = int(np.argmin(parent))
    node = np.array([root, *(one.node for together in reversed(removals) for one in together)], dtype=np.int32)
    row = np.empty_like(node)
    row[node] = np.arange(len(node), dtype=np.int32)
    rounds, end = [], len(node)
    for together in removals:
        has_child = np.array([one.child != one.node for one in together])
        nodes, parents, children = row[np.array(together)].T
        rounds.append(_round(end - len(together), end, nodes, parents, children, has_child))
        end -= len(together)
    return Contraction(node, row, tuple(rounds))


def _removals(parent: np.ndarray) -> list[list[Removal]]:
    """The removals of each round."""
    parent = parent.copy()
    children: list[set[int]] = [set() for _ in parent]
    for node in np.flatnonzero(parent >= 0):
        children[parent[node]].add(int(node))
    left = _tips_first(parent, children)
    rounds = []
    while len(left) > 1:
        chosen = _independent(left, parent, children)
        rounds.append([Removal(k, int(parent[k]), next(iter(children[k]), k)) for k in chosen])
        for node, above, below in rounds[-1]:
            children[above].discard(node)
            if below != node:
                parent[below] = above
                children[above].add(below)
        removed = set(chosen)
        left = [node for node in left if node not in removed]
    return rounds


def _round(
    first: int, end: int, node: np.ndarray, parent: np.ndarray, child: np.ndarray, has_child: np.ndarray
) -> Round:  # fmt: skip
    """A round, from the rows of the removed nodes and of their neighbours."""
    order = np.argsort(node)
    parent, child, has_child = parent[order], np.where(has_child, child, 0)[order], has_child[order]
    by_parent: dict[int, list[int]] = {}
    for removed, above in enumerate(parent.tolist()):
        by_parent.setdefault(above, []).append(removed)
    ranks = _ranks(by_parent)
    whole = _whole_ranks([len(rank) for rank in ranks], first)
    more = tuple((row, np.array(rows[whole:], dtype=np.int32)) for row, rows in by_parent.items() if rows[whole:])
    below = {int(child[k]): int(k) for k in np.flatnonzero(has_child)}
    lookup = lambda of: np.array([of.get(row, -1) for row in range(first)], dtype=np.int32)  # noqa: E731
    return Round(first, end, parent, child, has_child, tuple(map(lookup, ranks[:whole])), more, lookup(below))


def _ranks(by_parent: dict[int, list[int]]) -> list[dict[int, int]]:
    """The first removed child of each row, then the second of those that have one, …"""
    most = max(map(len, by_parent.values()))
    return [{row: removed[k] for row, removed in by_parent.items() if len(removed) > k} for k in range(most)]


def _whole_ranks(sizes: list[int], rows: int) -> int:
    """The number of ranks that all ``rows`` gather at once; the children in smaller ranks are added one by one."""
    cost = lambda whole: whole * (ALL_ROWS + rows) + sum(sizes[whole : whole + 1]) * ONE_ROW  # noqa: E731
    return min(range(1, len(sizes) + 1), key=cost)


def _independent(left: list[int], parent: np.ndarray, children: list[set[int]]) -> list[int]:
    """From the tips on, every removable node without a neighbour that is removed too."""
    blocked: set[int] = set()
    chosen = []
    for node in left:
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
