"""Repairs of neurites: marks in place of types, radii that were not measured, roots beside the soma, lone points."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..tree.labels import SOMA, label
from .draft import Draft

FORK, TIP = 5, 6  # marks of branchings and tips in place of a type (Cannon et al. 1998)


def without_marks(draft: Draft) -> Draft:
    """Types 5 and 6 replaced by the type of the neurite, in files that mark each fork and tip with them."""
    children = np.bincount(draft.parent[draft.parent >= 0], minlength=len(draft.parent))
    forks, tips = draft.type == FORK, draft.type == TIP
    if not (np.all(children[forks] > 1) and np.all(children[tips] == 0)):
        return draft
    marked = np.flatnonzero((forks | tips) & (draft.parent >= 0))
    type = draft.type.copy()
    for point in marked:
        before = type[draft.parent[point]]
        if before != SOMA:  # a fork at the soma has no neurite before it
            type[point] = before
    changed = np.flatnonzero(type != draft.type)
    if not len(changed):
        return draft
    words = f"{draft.lines(changed)}: types 5 and 6 mark forks and tips here, and became the type of their neurite"
    return draft.mended(words, type=type)


def with_radii(draft: Draft, missing: float | None) -> Draft:
    """Radii of 0, which were not measured, replaced by the nearest one inward, or outward, along the neurite.

    Raises:
        ValueError: a negative radius; a neurite with no radius at all, unless ``missing`` µm is given.
    """
    if np.any(draft.radius < 0):
        point = int(np.argmax(draft.radius < 0))
        draft.refuse(f"{draft.lines([point])}: radius must be at least 0 µm, got {draft.radius[point]:g} µm")
    lacking = np.flatnonzero(draft.radius == 0)
    if not len(lacking):
        return draft
    radius = _spread(draft, missing)
    told = radius[lacking]
    span = f"{told.min():.3g}" if told.min() == told.max() else f"{told.min():.3g} … {told.max():.3g}"
    whence = "the nearest along the neurite" if missing is None else f"missing_radius={missing:g}"
    words = f"{draft.lines(lacking)}: radius 0 became {span} µm, {whence}"
    return draft.mended(words, radius=radius)


def _spread(draft: Draft, missing: float | None) -> np.ndarray:
    """Radii without zeros: outward from where there is one, then inward."""
    radius = draft.radius.copy()
    if missing is not None:
        return np.where(radius == 0, missing, radius)
    grows = (draft.parent >= 0) & (draft.type[draft.parent] != SOMA) & (draft.type != SOMA)
    for point in np.flatnonzero(grows):
        if radius[point] == 0:
            radius[point] = radius[draft.parent[point]]
    for point in np.flatnonzero(grows)[::-1]:
        if radius[draft.parent[point]] == 0:
            radius[draft.parent[point]] = radius[point]
    for point in np.flatnonzero(grows):  # side branches of what was filled from one tip
        if radius[point] == 0:
            radius[point] = radius[draft.parent[point]]
    if np.any(radius == 0):
        none = np.flatnonzero(radius == 0)
        draft.refuse(
            f"{draft.lines(none)}: radius must be above 0 µm, got 0 µm, and none was measured on this neurite: "
            "pass missing_radius= in µm"
        )
    return radius


def with_one_root(draft: Draft) -> Draft:
    """Neurites without a parent hung on the soma, or on the root if they begin where it lies.

    Raises:
        ValueError: several roots, no soma, and places that differ.
    """
    roots = np.flatnonzero(draft.parent < 0)
    if len(roots) == 1:
        return draft
    soma = draft.soma
    host = int(soma[0]) if len(soma) else int(roots[0])
    others = roots[roots != host]
    away = np.linalg.norm(draft.xyz[others] - draft.xyz[host], axis=1)
    if not len(soma) and np.any(away > 0):
        draft.refuse(f"{draft.lines(roots)}: {len(roots)} roots (parent −1) and no soma on which they could hang")
    # The soma may stand behind the neurite in the file.
    order = np.array([host, *np.setdiff1d(np.arange(len(draft.parent)), [host])])
    place = np.argsort(order)
    parent = draft.parent.copy()
    parent[others] = host
    parent = np.where(parent >= 0, place[parent], -1)[order]
    arrays = {name: getattr(draft, name)[order] for name in ("line", "type", "xyz", "radius")}
    on = "soma" if len(soma) else "root"
    words = f"{draft.lines(others)}: had no parent, and was hung on the {on}, {away.max():.4g} µm away"
    return draft.mended(words, parent=parent, **arrays)


def with_lengths(draft: Draft) -> Draft:
    """Neurites of a single point begin at the soma's surface, so that they have a length."""
    children = np.bincount(draft.parent[draft.parent >= 0], minlength=len(draft.parent))
    hangs = (draft.parent >= 0) & (draft.type[draft.parent] == SOMA) & (draft.type != SOMA)
    host = np.where(draft.parent >= 0, draft.parent, 0)
    away = np.linalg.norm(draft.xyz - draft.xyz[host], axis=1)
    lone = np.flatnonzero(hangs & (children == 0) & (away > 0))
    if not len(lone):
        return _with_note(draft)
    inward = np.where(away[lone] > draft.radius[host[lone]], draft.radius[host[lone]] / away[lone], 0.0)
    start = draft.xyz[host[lone]] + inward[:, None] * (draft.xyz[lone] - draft.xyz[host[lone]])
    words = f"{draft.lines(lone)}: a {label(draft.type[lone[0]])} of one point; it begins at the soma's surface"
    return _with_note(draft.mended(words, **_inserted(draft, lone, start)))


def _inserted(draft: Draft, points: np.ndarray, xyz: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays with a point put between each of ``points`` and its parent, thick as the point."""
    shift = np.cumsum(np.isin(np.arange(len(draft.parent)), points))  # of each old point
    parent = np.where(draft.parent >= 0, draft.parent + shift[draft.parent], -1)
    arrays = {name: np.insert(getattr(draft, name), points, getattr(draft, name)[points]) for name in _SINGLE}
    new = points + np.arange(len(points))  # where the new ones are
    parent = np.insert(parent, points, parent[points])
    parent[new + 1] = new
    return {**arrays, "xyz": np.insert(draft.xyz, points, xyz, axis=0), "parent": parent}


_SINGLE = ("line", "type", "radius")


def _with_note(draft: Draft) -> Draft:
    """Segments without length are told, and kept: they carry no membrane and no resistance."""
    grows = (draft.parent >= 0) & (draft.type[draft.parent] != SOMA)
    same = np.flatnonzero(grows & np.all(draft.xyz == draft.xyz[draft.parent], axis=1))
    if not len(same):
        return draft
    words = f"{draft.lines(same)}: lies where its parent does; that segment has neither area nor resistance"
    return dataclasses.replace(draft, repairs=(*draft.repairs, words))
