"""What is fixed about compartments once a tree is cut: numpy arrays that `jax.jit` may take for structure."""

from __future__ import annotations

import dataclasses
import functools
import hashlib

import numpy as np

from ..solve.elimination import Elimination, elimination_of
from ..tree.tree import Tree
from .nodes import Nodes, connect
from .pieces import Pieces, cut


@dataclasses.dataclass(frozen=True, eq=False)
class Layout:
    """A tree and how it is cut. Two layouts are equal if all their arrays are.

    Attributes:
        tree: what was cut.
        counts: compartments of each section [section].
        pieces: which part of which frustum lies in which half of a compartment.
        nodes: how the compartments hang together.
        section: section of each compartment [compartment].
        fraction: place of its middle along its section, 0 … 1 [compartment].
        path_distance: of its middle from the soma (or from the root) along the path [compartment], µm.
        xyz: place of its middle [compartment, 3], µm.
        digest: a fingerprint of all this.
    """

    tree: Tree
    counts: np.ndarray
    pieces: Pieces
    nodes: Nodes
    section: np.ndarray
    fraction: np.ndarray
    path_distance: np.ndarray
    xyz: np.ndarray
    digest: bytes

    @property
    def count(self) -> int:
        """The number of compartments."""
        return len(self.section)

    @functools.cached_property
    def type(self) -> np.ndarray:
        """SWC type of each compartment [compartment]."""
        return np.array([section.type for section in self.tree.sections])[self.section]

    @functools.cached_property
    def elimination(self) -> Elimination:
        """In which order an implicit step eliminates the nodes."""
        return elimination_of(self.nodes.parent, self.nodes.depth)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<Layout of {len(self.section)} compartments, {self.digest.hex()[:8]}>"


def lay_out(tree: Tree, counts: np.ndarray) -> Layout:
    """The layout of a tree whose sections are cut into ``counts`` compartments [section]."""
    pieces = cut(tree, counts)
    nodes = connect(np.array([section.parent for section in tree.sections]), counts, tree.soma is not None)
    section = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    fraction = (within + 0.5) / counts[section]
    distance = np.array([s.distance for s in tree.sections])
    length = np.array([0.0 if s is tree.soma else s.length for s in tree.sections])
    parts = (counts, *pieces, *nodes, section, fraction, distance[section] + fraction * length[section])
    xyz = _middles(tree, pieces, int(counts.sum()))
    for array in (*parts, xyz):
        array.flags.writeable = False
    digest = _fingerprint(tree.name, (tree.xyz, tree.radius, tree.type, tree.parent, *parts))
    return Layout(tree, counts, pieces, nodes, *parts[-3:], xyz, digest)


def _middles(tree: Tree, pieces: Pieces, count: int) -> np.ndarray:
    """Where the inner half of each compartment ends; the soma's is the middle of its points."""
    xyz = np.zeros((count, 3))
    inner = pieces.half % 2 == 0
    begin, end = tree.xyz[tree.before[pieces.point[inner]]], tree.xyz[pieces.point[inner]]
    # Pieces of a half stand from its beginning to its end: the last that is written stays.
    xyz[pieces.half[inner] // 2] = begin + pieces.end[inner, None] * (end - begin)
    if tree.soma:
        xyz[0] = tree.xyz[tree.soma.points].mean(axis=0)
    return xyz


def _fingerprint(name: str, arrays: tuple[np.ndarray, ...]) -> bytes:
    found = hashlib.sha256(name.encode())
    for array in arrays:
        found.update(f"{array.dtype}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.digest()
