"""Repairs of neurites: marks in place of types, missing radii, further roots, single points."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..tree.labels import SOMA, label
from .points import SwcPoints

FORK, TIP = 5, 6  # marks of branchings and tips in place of a type (Cannon et al. 1998)


def without_marks(swc: SwcPoints) -> SwcPoints:
    """Replace types 5 and 6 by the type of the neurite, in files that mark each fork and tip with them."""
    children = np.bincount(swc.parent[swc.parent >= 0], minlength=len(swc.parent))
    forks, tips = swc.type == FORK, swc.type == TIP
    if not (np.all(children[forks] > 1) and np.all(children[tips] == 0)):
        return swc
    marked = np.flatnonzero((forks | tips) & (swc.parent >= 0))
    type = swc.type.copy()
    for point in marked:
        before = type[swc.parent[point]]
        if before != SOMA:  # a fork at the soma has no neurite before it
            type[point] = before
    changed = np.flatnonzero(type != swc.type)
    if not len(changed):
        return swc
    words = f"{swc.lines(changed)}: types 5 and 6 mark forks and tips, and were replaced by the type of their neurite"
    return swc.repaired(words, type=type)


def with_radii(swc: SwcPoints, missing: float | None) -> SwcPoints:
    """Replace radii of 0, which were not measured, by the nearest one inward, or outward, along the neurite.

    Raises:
        ValueError: a negative radius; a neurite with no radius at all, unless ``missing`` µm is given.
    """
    if np.any(swc.radius < 0):
        point = int(np.argmax(swc.radius < 0))
        swc.refuse(f"{swc.lines([point])}: radius must be at least 0 µm, got {swc.radius[point]:g} µm")
    lacking = np.flatnonzero(swc.radius == 0)
    if not len(lacking):
        return swc
    radius = _spread(swc, missing)
    new = radius[lacking]
    span = f"{new.min():.3g}" if new.min() == new.max() else f"{new.min():.3g} … {new.max():.3g}"
    source = "the nearest along the neurite" if missing is None else f"missing_radius={missing:g}"
    words = f"{swc.lines(lacking)}: radius 0 was replaced by {span} µm, {source}"
    return swc.repaired(words, radius=radius)


def _spread(swc: SwcPoints, missing: float | None) -> np.ndarray:
    """Radii without zeros: each known radius is carried outward, then inward."""
    radius = swc.radius.copy()
    if missing is not None:
        return np.where(radius == 0, missing, radius)
    grows = (swc.parent >= 0) & (swc.type[swc.parent] != SOMA) & (swc.type != SOMA)
    for point in np.flatnonzero(grows):
        if radius[point] == 0:
            radius[point] = radius[swc.parent[point]]
    for point in np.flatnonzero(grows)[::-1]:
        if radius[swc.parent[point]] == 0:
            radius[swc.parent[point]] = radius[point]
    for point in np.flatnonzero(grows):  # side branches of a neurite filled from one tip
        if radius[point] == 0:
            radius[point] = radius[swc.parent[point]]
    if np.any(radius == 0):
        none = np.flatnonzero(radius == 0)
        swc.refuse(
            f"{swc.lines(none)}: radius must be above 0 µm, got 0 µm, and none was measured on this neurite: "
            "pass missing_radius= in µm"
        )
    return radius


def with_one_root(swc: SwcPoints) -> SwcPoints:
    """Connect neurites without a parent to the soma, or to the root if they begin at its place.

    Raises:
        ValueError: several roots at different places, and no soma.
    """
    roots = np.flatnonzero(swc.parent < 0)
    if len(roots) == 1:
        return swc
    soma = swc.soma
    host = int(soma[0]) if len(soma) else int(roots[0])
    others = roots[roots != host]
    away = np.linalg.norm(swc.xyz[others] - swc.xyz[host], axis=1)
    if not len(soma) and np.any(away > 0):
        swc.refuse(f"{swc.lines(roots)}: {len(roots)} roots (parent −1) and no soma to connect them to")
    # The soma may come after the neurite in the file.
    order = np.array([host, *np.setdiff1d(np.arange(len(swc.parent)), [host])])
    place = np.argsort(order)
    parent = swc.parent.copy()
    parent[others] = host
    parent = np.where(parent >= 0, place[parent], -1)[order]
    arrays = {name: getattr(swc, name)[order] for name in ("line", "type", "xyz", "radius")}
    on = "soma" if len(soma) else "root"
    words = f"{swc.lines(others)}: no parent; connected to the {on}, {away.max():.4g} µm away"
    return swc.repaired(words, parent=parent, **arrays)


def with_lengths(swc: SwcPoints) -> SwcPoints:
    """Begin neurites of a single point at the surface of the soma, so that they have a length."""
    children = np.bincount(swc.parent[swc.parent >= 0], minlength=len(swc.parent))
    hangs = (swc.parent >= 0) & (swc.type[swc.parent] == SOMA) & (swc.type != SOMA)
    host = np.where(swc.parent >= 0, swc.parent, 0)
    away = np.linalg.norm(swc.xyz - swc.xyz[host], axis=1)
    lone = np.flatnonzero(hangs & (children == 0) & (away > 0))
    if not len(lone):
        return _with_note(swc)
    inward = np.where(away[lone] > swc.radius[host[lone]], swc.radius[host[lone]] / away[lone], 0.0)
    start = swc.xyz[host[lone]] + inward[:, None] * (swc.xyz[lone] - swc.xyz[host[lone]])
    words = f"{swc.lines(lone)}: a {label(int(swc.type[lone[0]]))} of one point; it begins at the soma's surface"
    return _with_note(swc.repaired(words, **_inserted(swc, lone, start)))


def _inserted(swc: SwcPoints, points: np.ndarray, xyz: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays with a new point, of the same radius, between each of ``points`` and its parent."""
    shift = np.cumsum(np.isin(np.arange(len(swc.parent)), points))  # of each old point
    parent = np.where(swc.parent >= 0, swc.parent + shift[swc.parent], -1)
    arrays = {name: np.insert(getattr(swc, name), points, getattr(swc, name)[points]) for name in _SINGLE}
    new = points + np.arange(len(points))  # indices of the new ones
    parent = np.insert(parent, points, parent[points])
    parent[new + 1] = new
    return {**arrays, "xyz": np.insert(swc.xyz, points, xyz, axis=0), "parent": parent}


_SINGLE = ("line", "type", "radius")


def _with_note(swc: SwcPoints) -> SwcPoints:
    """Report segments without length, which stay: they have no membrane and no resistance."""
    grows = (swc.parent >= 0) & (swc.type[swc.parent] != SOMA)
    same = np.flatnonzero(grows & np.all(swc.xyz == swc.xyz[swc.parent], axis=1))
    if not len(same):
        return swc
    words = f"{swc.lines(same)}: at the place of its parent; the segment has neither area nor resistance"
    return dataclasses.replace(swc, repairs=(*swc.repairs, words))
