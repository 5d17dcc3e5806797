"""What the soma's points mean: a sphere, three points for a sphere, an outline, or a stack of frusta.

NeuroMorpho.Org writes a soma as three points, of a cylinder with the lateral area of a sphere of the radius r of the
first: the other two lie r from it. An outline traced around the soma is there a sphere too, around the mean of its
points with their mean distance as radius (http://neuromorpho.org/SomaFormat.html). Any other soma of several points is
a stack of frusta.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..tree.labels import SOMA
from .draft import Draft, without

OUTLINE = 5  # points that an outline has at least
CLOSED = 2.0  # mean steps between its last point and its first at most
THIN = 0.5  # of the mean distance from the middle: the greatest radius an outline's points may have
SLACK = 0.05  # of r: how far the outer two of three points may lie off
LONG = 100.0  # µm


def with_soma(draft: Draft) -> Draft:
    """The draft with a soma of one point, a sphere, or of a stack of frusta; untouched if there is none.

    Raises:
        ValueError: two somas, a soma that hangs on a neurite, one whose radius is not above 0 µm.
    """
    _check_place(draft)
    soma = draft.soma
    if not len(soma):
        return draft
    if _is_three_points(draft, soma):
        draft = _from_three_points(draft, soma)
    elif _is_outline(draft, soma):
        draft = _from_outline(draft, soma)
    elif len(soma) > 1 and not np.any(_steps(draft, soma)):
        words = f"{draft.lines(soma)}: the soma's points lie at one place, and are the sphere of the first"
        draft = draft.mended(words, **without(draft, soma[1:], int(soma[0])))
    _check_radius(draft)
    return _noted(draft)


def _is_three_points(draft: Draft, soma: np.ndarray) -> bool:
    return len(soma) == 3 and bool(np.all(draft.parent[soma[1:]] == soma[0]))


def _from_three_points(draft: Draft, soma: np.ndarray) -> Draft:
    r, away = draft.radius[soma[0]], np.linalg.norm(draft.xyz[soma[1:]] - draft.xyz[soma[0]], axis=1)
    words = f"{draft.lines(soma)}: three soma points are the sphere of the first (NeuroMorpho), radius {r:g} µm"
    if np.any(np.abs(away - r) > SLACK * r):
        words += f", though the others lie {away[0]:.4g} and {away[1]:.4g} µm from it"
    return draft.mended(words, **without(draft, soma[1:], int(soma[0])))


def _is_outline(draft: Draft, soma: np.ndarray) -> bool:
    """A chain of thin points that comes back to where it began."""
    if len(soma) < OUTLINE or not np.array_equal(draft.parent[soma[1:]], soma[:-1]):
        return False
    gap = np.linalg.norm(draft.xyz[soma[-1]] - draft.xyz[soma[0]])
    _, mean = _middle(draft, soma)
    return bool(gap <= CLOSED * np.mean(_steps(draft, soma)) and np.all(draft.radius[soma] <= THIN * mean))


def _from_outline(draft: Draft, soma: np.ndarray) -> Draft:
    middle, mean = _middle(draft, soma)
    xyz, radius = draft.xyz.copy(), draft.radius.copy()
    xyz[soma[0]], radius[soma[0]] = middle, mean
    words = f"{draft.lines(soma)}: {len(soma)} soma points are an outline, and became a sphere of radius {mean:.4g} µm"
    moved = dataclasses.replace(draft, xyz=xyz, radius=radius)
    return moved.mended(words, **without(moved, soma[1:], int(soma[0])))


def _middle(draft: Draft, soma: np.ndarray) -> tuple[np.ndarray, float]:
    middle = draft.xyz[soma].mean(axis=0)
    return middle, float(np.linalg.norm(draft.xyz[soma] - middle, axis=1).mean())


def _steps(draft: Draft, soma: np.ndarray) -> np.ndarray:
    """Distances of the soma's points from their parents."""
    return np.linalg.norm(draft.xyz[soma[1:]] - draft.xyz[draft.parent[soma[1:]]], axis=1)


def _check_radius(draft: Draft) -> None:
    bad = draft.soma[draft.radius[draft.soma] <= 0]
    if len(bad):
        draft.refuse(f"{draft.lines(bad)}: the soma's radius must be above 0 µm, got {draft.radius[bad[0]]:g} µm")


def _noted(draft: Draft) -> Draft:
    soma = draft.soma
    span = float(np.linalg.norm(np.ptp(draft.xyz[soma], axis=0)))
    if span <= LONG:
        return draft
    return draft.mended(f"{draft.lines(soma)}: the soma spans {span:.4g} µm, and yet is taken as isopotential")


def _check_place(draft: Draft) -> None:
    """One soma, from which everything else grows."""
    soma = draft.soma
    roots = soma[draft.parent[soma] < 0]
    beyond = soma[(draft.parent[soma] >= 0) & (draft.type[draft.parent[soma]] != SOMA)]
    if len(beyond):
        draft.refuse(f"{draft.lines(beyond)}: a soma (type 1) must be the root, but its parent here is a neurite")
    if len(roots) > 1:
        draft.refuse(f"{draft.lines(roots)}: {len(roots)} somas; a file is one neuron")
