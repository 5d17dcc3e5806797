"""What drawings of neurons share: their lines, how they are turned to the eye, scale bar and ends of a colour bar."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from ...morphology import Compartments, Tree
from .. import style

PLANES = tuple(a + b for a in "xyz" for b in "xyz" if a != b)


class Strokes(NamedTuple):
    """What is drawn: lines from and to places [stroke, 3], their radii [stroke] and whose values they have [stroke].

    A sphere's line has no length.
    """

    begin: np.ndarray
    end: np.ndarray
    radius: np.ndarray
    owner: np.ndarray


def strokes_of(shape: Tree | Compartments) -> tuple[Strokes, np.ndarray]:
    """A stroke for every frustum, or for every part of one in a compartment; the links to the soma [link, 2, 3]."""
    if isinstance(shape, Tree):
        tree, points = shape, np.flatnonzero(shape.segment_length > 0)
        begin, end, owner = np.zeros(len(points)), np.ones(len(points)), points
    else:
        tree, parts = shape.tree, shape.layout.parts
        points, begin, end, owner = parts.point, parts.begin, parts.end, parts.half // 2
    inner, middle = tree.before[points], 0.5 * (begin + end)
    places = [tree.xyz[inner] + part[:, None] * (tree.xyz[points] - tree.xyz[inner]) for part in (begin, end)]
    radius = tree.radius[inner] + middle * (tree.radius[points] - tree.radius[inner])
    hung = np.flatnonzero((tree.parent >= 0) & (tree.before == np.arange(len(tree.parent))))
    return Strokes(*places, radius, owner), np.stack([tree.xyz[tree.parent[hung]], tree.xyz[hung]], axis=1)


def turned(view: str, angles: tuple[float, float]) -> np.ndarray:
    """The directions of right, up and towards the eye, as rows [3, 3]."""
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
    """The corners of the box that holds it [2], µm."""
    ends, radius = np.stack([strokes.begin, strokes.end])[..., :2], strokes.radius[None, :, None]
    return (ends - radius).min(axis=(0, 1)), (ends + radius).max(axis=(0, 1))


def ends_of_bar(values: np.ndarray, limits: Any) -> tuple[float, float]:
    """The ends of the colour bar; a little apart if all values are one."""
    if limits is not None:
        low, high = (float(limit) for limit in limits)
        if not low < high:
            raise ValueError(f"limits must be two numbers that grow, got {limits!r}")
        return low, high
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if good.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def scale_bar(ax: Axes, place: np.ndarray, across: float) -> None:
    """1, 2 or 5 times a power of ten, about a fifth of what is drawn [µm] across."""
    power = 10.0 ** np.floor(np.log10(across / 5))
    length = float(power * max(step for step in (1, 2, 5) if step * power <= across / 5))
    ax.plot(place[0] + np.array([0.0, length]), [place[1]] * 2, color=style.INK, lw=1.5, solid_capstyle="butt")
    beyond = (place[0] + length, place[1])
    ax.annotate(f"{length:g} µm", beyond, xytext=(4, 0), textcoords="offset points", va="center")
