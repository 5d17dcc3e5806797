"""Conventions for the points of a soma: a sphere, three points for a sphere, an outline, or a stack of frusta.

NeuroMorpho.Org writes a soma as three points, of a cylinder with the lateral area of a sphere of the radius r of the
first: the other two lie r from it. There an outline traced around the soma is a sphere too, around the mean of its
points with their mean distance as radius (http://neuromorpho.org/SomaFormat.html). Any other soma of several points is
a stack of frusta.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..tree.labels import SOMA
from .points import SwcPoints, without

OUTLINE = 5  # points of an outline, at least
CLOSED = 2.0  # mean steps between its last point and its first, at most
THIN = 0.5  # of the mean distance from the middle: the greatest radius of the points of an outline
SLACK = 0.05  # of r: the tolerance for the distance of the outer two of three points
LONG = 100.0  # µm


def with_soma(swc: SwcPoints) -> SwcPoints:
    """The points with a soma of one point, a sphere, or of a stack of frusta; unchanged without a soma.

    Raises:
        ValueError: two somas, a soma on a neurite, or a radius that is not above 0 µm.
    """
    _check_place(swc)
    soma = swc.soma
    if not len(soma):
        return swc
    if _is_three_points(swc, soma):
        swc = _from_three_points(swc, soma)
    elif _is_outline(swc, soma):
        swc = _from_outline(swc, soma)
    elif len(soma) > 1 and not np.any(_steps(swc, soma)):
        words = f"{swc.lines(soma)}: the soma points lie at one place, and are read as the sphere of the first"
        swc = swc.repaired(words, **without(swc, soma[1:], int(soma[0])))
    _check_radius(swc)
    return _noted(swc)


def _is_three_points(swc: SwcPoints, soma: np.ndarray) -> bool:
    return len(soma) == 3 and bool(np.all(swc.parent[soma[1:]] == soma[0]))


def _from_three_points(swc: SwcPoints, soma: np.ndarray) -> SwcPoints:
    r, away = swc.radius[soma[0]], np.linalg.norm(swc.xyz[soma[1:]] - swc.xyz[soma[0]], axis=1)
    words = f"{swc.lines(soma)}: three soma points are read as the sphere of the first (NeuroMorpho), radius {r:g} µm"
    if np.any(np.abs(away - r) > SLACK * r):
        words += f", though the others lie {away[0]:.4g} and {away[1]:.4g} µm from it"
    return swc.repaired(words, **without(swc, soma[1:], int(soma[0])))


def _is_outline(swc: SwcPoints, soma: np.ndarray) -> bool:
    """Whether the soma is a chain of thin points that returns to its beginning."""
    if len(soma) < OUTLINE or not np.array_equal(swc.parent[soma[1:]], soma[:-1]):
        return False
    gap = np.linalg.norm(swc.xyz[soma[-1]] - swc.xyz[soma[0]])
    _, mean = _middle(swc, soma)
    return bool(gap <= CLOSED * np.mean(_steps(swc, soma)) and np.all(swc.radius[soma] <= THIN * mean))


def _from_outline(swc: SwcPoints, soma: np.ndarray) -> SwcPoints:
    middle, mean = _middle(swc, soma)
    xyz, radius = swc.xyz.copy(), swc.radius.copy()
    xyz[soma[0]], radius[soma[0]] = middle, mean
    words = f"{swc.lines(soma)}: {len(soma)} soma points are an outline, replaced by a sphere of radius {mean:.4g} µm"
    moved = dataclasses.replace(swc, xyz=xyz, radius=radius)
    return moved.repaired(words, **without(moved, soma[1:], int(soma[0])))


def _middle(swc: SwcPoints, soma: np.ndarray) -> tuple[np.ndarray, float]:
    middle = swc.xyz[soma].mean(axis=0)
    return middle, float(np.linalg.norm(swc.xyz[soma] - middle, axis=1).mean())


def _steps(swc: SwcPoints, soma: np.ndarray) -> np.ndarray:
    """Distances of the soma points from their parents."""
    return np.linalg.norm(swc.xyz[soma[1:]] - swc.xyz[swc.parent[soma[1:]]], axis=1)


def _check_radius(swc: SwcPoints) -> None:
    bad = swc.soma[swc.radius[swc.soma] <= 0]
    if len(bad):
        swc.refuse(f"{swc.lines(bad)}: the soma's radius must be above 0 µm, got {swc.radius[bad[0]]:g} µm")


def _noted(swc: SwcPoints) -> SwcPoints:
    soma = swc.soma
    span = float(np.linalg.norm(np.ptp(swc.xyz[soma], axis=0)))
    if span <= LONG:
        return swc
    return swc.repaired(f"{swc.lines(soma)}: the soma spans {span:.4g} µm; it is taken as isopotential all the same")


def _check_place(swc: SwcPoints) -> None:
    """Refuse several somas, and a soma that is not the root."""
    soma = swc.soma
    roots = soma[swc.parent[soma] < 0]
    beyond = soma[(swc.parent[soma] >= 0) & (swc.type[swc.parent[soma]] != SOMA)]
    if len(beyond):
        swc.refuse(f"{swc.lines(beyond)}: a soma (type 1) must be the root, but its parent here is a neurite")
    if len(roots) > 1:
        swc.refuse(f"{swc.lines(roots)}: {len(roots)} somas; a file is one neuron")
