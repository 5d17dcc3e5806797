"""The connections between compartments: the tree of nodes in which the axial current flows.

The nodes are the centres of the compartments and, where two or more sections begin at the end of another, the branch
point itself. A branch point has no membrane: it holds no charge, so that the currents into it add up to zero. With it
every half of a compartment keeps its own resistance and branchings are second-order accurate; NEURON has such a node at
the end of every section (Hines & Carnevale 1997, Neural Comput 9:1179-1209). Sections that grow from the soma are
connected to its compartment. A section that alone continues another (where the type changes) is connected to the last
compartment of that one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Nodes(NamedTuple):
    """The tree of nodes: compartments 0 … C − 1, then the branch points; all arrays are [node].

    Attributes:
        parent: the node towards the root, −1 of the root itself. A compartment's number is above those of the
            compartments between it and the root; that of a branch point is above all of them, so order by ``depth``.
        depth: number of nodes between it and the root; nodes of one depth are independent.
        far: the compartment whose outer half lies between the node and its parent, −1 if there is none.
        near: the compartment whose inner half lies there, which is the node itself, or −1 for a branch point and the
            root.
    """

    parent: np.ndarray
    depth: np.ndarray
    far: np.ndarray
    near: np.ndarray


def connect(parents: np.ndarray, counts: np.ndarray, has_soma: bool) -> Nodes:
    """The nodes of sections with ``parents`` [section] that are cut into ``counts`` compartments [section].

    A section without length has no compartment: its children begin where it begins.
    """
    joint = joints(parents, counts)
    last = np.cumsum(counts) - 1
    branch = _branch_points(joint, counts, has_soma)
    parent, far, near = (np.full(counts.sum() + len(branch), -1) for _ in range(3))
    for section in np.flatnonzero(counts):
        own = np.arange(last[section] - counts[section] + 1, last[section] + 1)
        parent[own[1:]], far[own[1:]], near[own[1:]] = own[:-1], own[:-1], own[1:]
        at = joint[section]
        if at >= 0 and (at in branch or counts[at]):
            parent[own[0]] = branch.get(at, last[at])
            near[own[0]] = own[0]
            far[own[0]] = -1 if at in branch or (has_soma and at == 0) else last[at]
    for at, node in branch.items():
        if counts[at]:
            parent[node] = far[node] = last[at]
    return Nodes(parent, _depths(parent, counts.sum()), far, near)


def joints(parents: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The section with a length at whose end each one begins; −1 for the root."""
    joint = parents.copy()
    for section, parent in enumerate(parents):
        if parent >= 0 and not counts[parent] and joint[parent] >= 0:
            joint[section] = joint[parent]
    return joint


def _branch_points(joint: np.ndarray, counts: np.ndarray, has_soma: bool) -> dict[int, int]:
    """{section: node} of the sections at whose end several begin; the soma is a node already."""
    begins = joint[(counts > 0) & (joint >= 0)]
    ends, children = np.unique(begins, return_counts=True)
    several = [int(end) for end in ends[children > 1] if not (has_soma and end == 0)]
    return {end: int(counts.sum()) + k for k, end in enumerate(several)}


def _depths(parent: np.ndarray, count: int) -> np.ndarray:
    """The number of nodes between each node and the root."""
    depth = np.full(len(parent), -1)
    for node in range(len(parent)):
        path = []
        while node >= 0 and depth[node] < 0:
            path.append(node)
            node = parent[node]
        above = depth[node] if node >= 0 else -1
        for step, below in enumerate(reversed(path), start=1):
            depth[below] = above + step
    return depth
