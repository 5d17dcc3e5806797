"""A tree taken apart in few rounds: in each, leaves and links of chains that don't touch (Miller & Reif 1985).

Nodes stand in rows, those that stay longest first, so that each round takes the last rows and leaves the others as they
are. What a row is given in a round is looked up and never thrown at it: a processor then adds whole rows at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# What it costs to start an operation on one row, and on all that stay, in rows of a hundred trees; by measurement.
ONE_ROW, ALL_ROWS = 40, 20


class Round(NamedTuple):
    """Rows [first, end) are eliminated, at once; rows [0, first) stay. Static.

    Attributes:
        first, end: the rows.
        parent: of each row that goes the neighbour towards the root [going].
        child: the other neighbour, 0 where there is none [going].
        has_child: whether there is one [going].
        from_children: for each staying row which of the going ones is its first child, its second, … [staying];
            −1: none.
        from_more: (row, going ones) of a few rows that have still more children.
        from_parent: for each staying row which of the going ones is its parent [staying], −1: none.
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
    def links(self) -> bool:
        """Whether any that goes is a link of a chain, between its parent and a child."""
        return bool(self.has_child.any())


class Rounds(NamedTuple):
    """All rounds, and which node stands in which row. Static.

    Attributes:
        node: in each row [row], the root in the first.
        row: of each node [node].
        rounds: the first one first.
    """

    node: np.ndarray
    row: np.ndarray
    rounds: tuple[Round, ...]


def rounds(parent: np.ndarray) -> Rounds:
    """All nodes but the root, in rounds: of ``n`` nodes some log₂ n, however deep the tree is.

    A node may go when it has at most one child left and no neighbour of it goes in the same round.
    """
    taken = _taken(parent)
    node = np.array([int(np.argmin(parent)), *(k for some in reversed(taken) for k, _, _ in some)], dtype=np.int32)
    row = np.empty_like(node)
    row[node] = np.arange(len(node), dtype=np.int32)
    found, end = [], len(node)
    for some in taken:
        found.append(_round(end - len(some), end, *row[np.array(some)].T, np.array([c != k for k, _, c in some])))
        end -= len(some)
    return Rounds(node, row, tuple(found))


def _taken(parent: np.ndarray) -> list[list[tuple[int, int, int]]]:
    """What goes in each round: a node, its parent then, and its child then, or itself."""
    parent = parent.copy()
    children: list[set[int]] = [set() for _ in parent]
    for node in np.flatnonzero(parent >= 0):
        children[parent[node]].add(int(node))
    alive = _tips_first(parent, children)
    found = []
    while len(alive) > 1:
        chosen = _apart(alive, parent, children)
        found.append([(k, int(parent[k]), next(iter(children[k]), k)) for k in chosen])
        for node, above, below in found[-1]:
            children[above].discard(node)
            if below != node:
                parent[below] = above
                children[above].add(below)
        gone = set(chosen)
        alive = [node for node in alive if node not in gone]
    return found


def _round(first: int, end: int, node: np.ndarray, parent: np.ndarray, child: np.ndarray, has: np.ndarray) -> Round:
    """A round, from the rows of what goes in it and of its neighbours."""
    order = np.argsort(node)
    parent, child, has = parent[order], np.where(has, child, 0)[order], has[order]
    of_row: dict[int, list[int]] = {}
    for going, above in enumerate(parent.tolist()):
        of_row.setdefault(above, []).append(going)
    ranks = _ranks(of_row)
    whole = _whole([len(rank) for rank in ranks], first)
    more = tuple((row, np.array(going[whole:], dtype=np.int32)) for row, going in of_row.items() if going[whole:])
    below = {int(child[k]): int(k) for k in np.flatnonzero(has)}
    look = lambda of: np.array([of.get(row, -1) for row in range(first)], dtype=np.int32)  # noqa: E731
    return Round(first, end, parent, child, has, tuple(map(look, ranks[:whole])), more, look(below))


def _ranks(of_row: dict[int, list[int]]) -> list[dict[int, int]]:
    """The first of each row's going children, then the second of those that have one, …"""
    most = max(map(len, of_row.values()))
    return [{row: going[k] for row, going in of_row.items() if len(going) > k} for k in range(most)]


def _whole(have: list[int], rows: int) -> int:
    """How many ranks are looked up by all ``rows`` at once: where only a few ``have`` more children, these go alone."""
    cost = lambda whole: whole * (ALL_ROWS + rows) + sum(have[whole : whole + 1]) * ONE_ROW  # noqa: E731
    return min(range(1, len(have) + 1), key=cost)


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
