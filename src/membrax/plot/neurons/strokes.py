"""Shared parts of drawings of neurons: their lines, the projection, the scale bar, and the ends of a colour bar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from ...morphology import Compartments, Tree
from .. import style

PLANES = tuple(a + b for a in "xyz" for b in "xyz" if a != b)


class Strokes(NamedTuple):
    """The lines of a drawing.

    Attributes:
        begin, end: ends of the lines [stroke, 3], µm; the line of a sphere has no length.
        radius: radii [stroke], µm.
        owner: index of the point or compartment whose value colours the line [stroke].
    """

    begin: np.ndarray
    end: np.ndarray
    radius: np.ndarray
    owner: np.ndarray


def strokes_of(shape: Tree | Compartments) -> tuple[Strokes, np.ndarray]:
    """A stroke for each frustum, or for each part of one in a compartment, and the links to the soma [link, 2, 3]."""
    if isinstance(shape, Tree):
        tree, points = shape, np.flatnonzero(shape.segment_length > 0)
        begin, end, owner = np.zeros(len(points)), np.ones(len(points)), points
    else:
        tree, parts = shape.tree, shape.layout.parts
        points, begin, end, owner = parts.point, parts.begin, parts.end, parts.half // 2
    inner, middle = tree.before[points], 0.5 * (begin + end)
    first, last = (tree.xyz[inner] + part[:, None] * (tree.xyz[points] - tree.xyz[inner]) for part in (begin, end))
    radius = tree.radius[inner] + middle * (tree.radius[points] - tree.radius[inner])
    linked = np.flatnonzero((tree.parent >= 0) & (tree.before == np.arange(len(tree.parent))))
    return Strokes(first, last, radius, owner), np.stack([tree.xyz[tree.parent[linked]], tree.xyz[linked]], axis=1)


def turned(view: str, angles: tuple[float, float]) -> np.ndarray:
    """The directions to the right, up and towards the viewer, as rows [3, 3].

    Raises:
        ValueError: an unknown view.
    """
    if view == "3d":
        around, tipped = np.radians(angles)
        c, s = np.cos([around, tipped]), np.sin([around, tipped])
        around_y = np.array([[c[0], 0, s[0]], [0, 1, 0], [-s[0], 0, c[0]]])
        return np.array([[1, 0, 0], [0, c[1], -s[1]], [0, s[1], c[1]]]) @ around_y
    if view not in PLANES:
        raise ValueError(f"view must be one of {', '.join(PLANES)} and 3d, got {view!r}")
    right, up = (np.eye(3)["xyz".index(axis)] for axis in view)
    return np.stack([right, up, np.cross(right, up)])


def extent(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """The lower left and the upper right corner of the box around all strokes [2], µm."""
    ends, radius = np.stack([strokes.begin, strokes.end])[..., :2], strokes.radius[None, :, None]
    return (ends - radius).min(axis=(0, 1)), (ends + radius).max(axis=(0, 1))


def ends_of_bar(values: np.ndarray, limits: tuple[float, float] | None) -> tuple[float, float]:
    """The ends of the colour bar: the limits, or the lowest and highest value, 1 apart where all values are equal.

    Raises:
        ValueError: limits that do not increase.
    """
    if limits is not None:
        low, high = (float(limit) for limit in limits)
        if not low < high:
            raise ValueError(f"limits must be two increasing numbers, got {limits!r}")
        return low, high
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if good.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def scale_bar(ax: Axes, place: np.ndarray, across: float) -> None:
    """Draw a scale bar of 1, 2 or 5 times a power of ten µm, about a fifth of the width ``across`` [µm]."""
    power = 10.0 ** np.floor(np.log10(across / 5))
    length = float(power * max(step for step in (1, 2, 5) if step * power <= across / 5))
    ax.plot(place[0] + np.array([0.0, length]), [place[1]] * 2, color=style.INK, lw=1.5, solid_capstyle="butt")
    beyond = (place[0] + length, place[1])
    ax.annotate(f"{length:g} µm", beyond, xytext=(4, 0), textcoords="offset points", va="center")
