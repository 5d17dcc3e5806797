"""Trees joined to one."""

from __future__ import annotations

import numpy as np

from .labels import SOMA
from .sections import Section
from .tree import Tree, from_points

SAME = 1e-9  # of the length of a section: places nearer to a point than this are the point


def join(tree: Tree, *branches: Tree, section: int | Section = 0, fraction: float = 1.0) -> Tree:
    """Join branches to a tree, moved so that they begin at the joint.

    Branches on the soma are connected as all neurites are, and drawn from the surface of a sphere; elsewhere they begin
    at a point of the tree, which is added if there is none. Different radii make a step. A single branch of the same
    type at an end lengthens the section; for a fork there, join its branches in one call.

    Args:
        tree: the tree.
        branches: trees without somas.
        section: the section of ``tree``, or its index, to which they are joined.
        fraction: the place along it, 0 … 1; of no effect on a soma.

    Raises:
        ValueError: an unknown section, a fraction out of its bounds, or a branch with a soma.
    """
    where = _section(tree, section)
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in 0 … 1, got {fraction}")
    if where is tree.soma:
        host = int(where.points[0])
    else:
        tree, host = _with_point(tree, where, fraction)
    clearance = tree.radius[host] if where.type == SOMA and len(where.points) == 1 else 0.0
    for branch in branches:
        tree = _grown(tree, branch, host, clearance)
    return tree


def _grown(tree: Tree, branch: Tree, host: int, clearance: float) -> Tree:
    """The tree with one more branch; its points keep their numbers."""
    if branch.soma:
        raise ValueError(f"a tree has one soma, and the branch {branch.name!r} has another")
    place = tree.xyz[host] + (clearance * _heading(branch) if clearance else 0.0)
    return from_points(
        np.concatenate([tree.xyz, branch.xyz - branch.xyz[0] + place]),
        np.concatenate([tree.radius, branch.radius]),
        np.concatenate([tree.type, branch.type]),
        np.concatenate([tree.parent, np.where(branch.parent < 0, host, branch.parent + len(tree.parent))]),
        name=tree.name,
        repairs=(*tree.repairs, *branch.repairs),
    )


def _section(tree: Tree, section: int | Section) -> Section:
    index = section.index if isinstance(section, Section) else section
    if not isinstance(index, int | np.integer) or not 0 <= index < len(tree.sections):
        raise ValueError(f"section must be a whole number of 0 … {len(tree.sections) - 1}, got {section!r}")
    return tree.sections[index]


def _heading(branch: Tree) -> np.ndarray:
    """The unit vector along the first segment with a length."""
    away = branch.xyz - branch.xyz[branch.before]
    first = int(np.argmax(branch.segment_length > 0))
    return away[first] / branch.segment_length[first]


def _with_point(tree: Tree, section: Section, fraction: float) -> tuple[Tree, int]:
    """The tree with a point at a place along a section, and the index of the point."""
    points = section.points
    along = np.concatenate([[0.0], np.cumsum(tree.segment_length[points[1:]])])
    place = fraction * along[-1]
    near = np.flatnonzero(np.abs(along - place) <= SAME * along[-1])
    if near.size:
        return tree, int(points[near[-1]])
    k = int(np.searchsorted(along, place))
    outer, inner = int(points[k]), int(points[k - 1])
    part = (place - along[k - 1]) / (along[k] - along[k - 1])
    parent = np.where(tree.parent >= outer, tree.parent + 1, tree.parent)
    parent[outer] = outer  # the index of the new point, before the outer one
    values = {name: getattr(tree, name) for name in ("xyz", "radius")}
    between = {name: value[inner] + part * (value[outer] - value[inner]) for name, value in values.items()}
    put = {name: np.insert(value, outer, between[name], axis=0) for name, value in values.items()}
    grown = from_points(
        **put, type=np.insert(tree.type, outer, tree.type[outer]), parent=np.insert(parent, outer, inner),
        name=tree.name, repairs=tree.repairs,
    )  # fmt: skip
    return grown, outer
