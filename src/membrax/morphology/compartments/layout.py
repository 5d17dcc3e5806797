"""The fixed part of compartments: NumPy arrays that are structure to `jax.jit`."""

from __future__ import annotations

import dataclasses
import functools
import hashlib

import numpy as np

from ..solve.elimination import Elimination, elimination_of
from ..tree.tree import Tree
from .nodes import Nodes, connect
from .parts import FrustumParts, cut


@dataclasses.dataclass(frozen=True, eq=False)
class Layout:
    """A tree and its division into compartments. Two layouts are equal if all their arrays are.

    Attributes:
        tree: the tree.
        counts: compartments of each section [section].
        parts: the parts of frusta in each half of a compartment.
        nodes: the connections between compartments.
        section: section of each compartment [compartment].
        fraction: place of the middle of each along its section, 0 … 1 [compartment].
        path_distance: of the middle of each from the soma (or from the root) along the path [compartment], µm.
        xyz: place of the middle of each [compartment, 3], µm.
        digest: a fingerprint of all of these.
    """

    tree: Tree
    counts: np.ndarray
    parts: FrustumParts
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
        """The orders in which an implicit step eliminates the nodes."""
        return elimination_of(self.nodes.parent, self.nodes.depth)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<Layout of {len(self.section)} compartments, {self.digest.hex()[:8]}>"


def lay_out(tree: Tree, counts: np.ndarray) -> Layout:
    """The layout of a tree whose sections are cut into ``counts`` compartments [section]."""
    parts = cut(tree, counts)
    nodes = connect(np.array([section.parent for section in tree.sections]), counts, tree.soma is not None)
    section = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    fraction = (within + 0.5) / counts[section]
    distance = np.array([s.distance for s in tree.sections])
    length = np.array([0.0 if s is tree.soma else s.length for s in tree.sections])
    path_distance = distance[section] + fraction * length[section]
    arrays = (counts, *parts, *nodes, section, fraction, path_distance)
    xyz = _middles(tree, parts, int(counts.sum()))
    for array in (*arrays, xyz):
        array.flags.writeable = False
    digest = _fingerprint(tree.name, (tree.xyz, tree.radius, tree.type, tree.parent, *arrays))
    return Layout(tree, counts, parts, nodes, section, fraction, path_distance, xyz, digest)


def _middles(tree: Tree, parts: FrustumParts, count: int) -> np.ndarray:
    """The place where the inner half of each compartment ends; for the soma the mean of its points."""
    xyz = np.zeros((count, 3))
    inner = parts.half % 2 == 0
    begin, end = tree.xyz[tree.before[parts.point[inner]]], tree.xyz[parts.point[inner]]
    # The parts of a half are in order from its beginning to its end: the last one written stays.
    xyz[parts.half[inner] // 2] = begin + parts.end[inner, None] * (end - begin)
    if tree.soma:
        xyz[0] = tree.xyz[tree.soma.points].mean(axis=0)
    return xyz


def _fingerprint(name: str, arrays: tuple[np.ndarray, ...]) -> bytes:
    digest = hashlib.sha256(name.encode())
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
