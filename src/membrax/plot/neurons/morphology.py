"""Neurons to look at: trees and compartments, flat or in space, in the colours of their types or of any quantity."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.transforms import ScaledTranslation

from ...morphology import Compartments, Tree
from ...morphology.tree.labels import APICAL, AXON, BASAL, SOMA
from ...morphology.tree.labels import label as word
from .. import style
from .strokes import Strokes, ends_of_bar, extent, scale_bar, strokes_of, turned

PAINTS = {SOMA: style.INK, AXON: "#0072B2", BASAL: "#D55E00", APICAL: "#9B3FE0"}
OTHERS = ("#1F4E2C", "#A67C52", "#001E73")
UNKNOWN = (0.8, 0.8, 0.8)
THINNEST = 0.6  # points; thinner neurites would not be seen
HAZE = 0.65  # of white, over what is farthest away in space
TALLEST, NARROWEST = 6.0, 2.6  # inches, of the neuron
COMPASS = {"color": style.FAINT, "lw": 0.7, "clip_on": False}
BESIDE, AROUND = 1.5, 0.7  # inches, of a legend or a colour bar, and of title and caption


@style.styled
def morphology(
    shape: Tree | Compartments, values: Any = None, *, label: str = "", view: str = "xy", limits: Any = None,
    angles: tuple[float, float] = (35.0, 20.0), path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw a neuron to scale, in the colours of its types or of a quantity.

    The thinnest neurites are thickened so that they can be seen. A thin grey line leads from the soma to where a
    neurite begins. In space types are paler the farther away they are.

    Args:
        shape: a `Tree`, or its `Compartments`.
        values: [point] of a tree or [compartment]; where they are not finite it is grey. None: the types.
        label: what the values are, with their unit, for the colour bar.
        view: the plane onto which it is projected, "xy", "xz" …, the horizontal axis first; or "3d".
        limits: the values at both ends of the colour bar; None is the least and the greatest.
        angles: by how many degrees it is turned around its y axis, and tipped towards the eye, for "3d".
        path: where to save a PNG.

    Raises:
        ValueError: no neuron, values that are not one per point or compartment, a view that is none, limits that
            don't grow.
    """
    if not isinstance(shape, Tree | Compartments):
        raise ValueError(f"this figure draws a Tree or Compartments of membrax.morphology, got {type(shape).__name__}")
    turn = turned(view, angles)
    strokes, links = strokes_of(shape)
    paints, key = _painted(shape, strokes, values, limits)
    strokes = strokes._replace(begin=strokes.begin @ turn.T, end=strokes.end @ turn.T)
    figure = _figure(strokes)
    ax = figure.add_subplot()
    _draw(ax, strokes, _hazy(paints, strokes) if view == "3d" and values is None else paints)
    ax.add_collection(LineCollection((links @ turn.T)[..., :2], colors=style.DATA, lw=THINNEST, zorder=1))
    if view == "3d":
        _compass(figure, ax, turn)
    if isinstance(key, ScalarMappable):
        figure.colorbar(key, ax=ax, label=label, shrink=0.7, aspect=25, pad=0.02)
    else:
        ax.legend(handles=key, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.3)
    _tell(figure, shape)
    _thicken(figure, ax)
    return style.finish(figure, path)


# --- what is drawn


def _painted(shape: Tree | Compartments, strokes: Strokes, values: Any, limits: Any) -> tuple[np.ndarray, Any]:
    """Each stroke's colour [stroke, 3], and what a legend or a colour bar is made from."""
    if values is None:
        kinds = shape.type[strokes.owner]
        others = iter(OTHERS * len(kinds))
        paint = {kind: to_rgb(PAINTS.get(kind) or next(others)) for kind in np.unique(kinds).tolist()}
        first = sorted(paint, key=lambda kind: (kind != SOMA, kind))
        lines = [Line2D([], [], color=paint[kind], lw=2.5, label=word(kind)) for kind in first]
        return np.array([paint[kind] for kind in kinds.tolist()]), lines
    values = np.asarray(values, dtype=float)
    count, each = (len(shape.parent), "point") if isinstance(shape, Tree) else (shape.count, "compartment")
    if values.shape != (count,):
        raise ValueError(f"values must have one number per {each}, {count}, got the shape {values.shape}")
    shade = ScalarMappable(Normalize(*ends_of_bar(values[strokes.owner], limits)), style.graded())
    paints = shade.to_rgba(values[strokes.owner])[:, :3]
    return np.where(np.isfinite(values[strokes.owner])[:, None], paints, UNKNOWN), shade


# --- how it is seen


def _hazy(paints: np.ndarray, strokes: Strokes) -> np.ndarray:
    """The colours, paler the farther from the eye."""
    depth = 0.5 * (strokes.begin + strokes.end)[:, 2]
    far = (depth.max() - depth) / max(np.ptp(depth), 1e-9)
    return paints + HAZE * far[:, None] * (1.0 - paints)


def _figure(strokes: Strokes) -> style.Figure:
    """As wide and tall as the neuron asks, within a page."""
    low, high = extent(strokes)
    across, up = high - low
    room = style.WIDTH - BESIDE
    height = float(np.clip(room * up / across, 1.2, TALLEST))
    return style.figure(height + AROUND, float(np.clip(height * across / up, NARROWEST, room)) + BESIDE)


def _draw(ax: Axes, strokes: Strokes, paints: np.ndarray) -> None:
    """Lines and spheres, what is nearer to the eye above what is farther, and a scale bar."""
    near = np.argsort(0.5 * (strokes.begin + strokes.end)[:, 2], kind="stable")
    ends, radius = np.stack([strokes.begin, strokes.end], axis=1)[near][..., :2], strokes.radius[near]
    sphere = np.all(strokes.begin == strokes.end, axis=1)[near]
    lines = LineCollection(ends[~sphere], colors=paints[near][~sphere], capstyle="round", zorder=2)
    lines.set_linewidth(2 * radius[~sphere])  # µm for now; points, once the scale is known
    ax.add_collection(lines)
    for k in np.flatnonzero(sphere):
        ax.add_patch(Circle(ends[k, 0], radius[k], facecolor=paints[near][k], lw=0, zorder=2))
    low, high = extent(strokes)
    size = float(max(high - low))
    scale_bar(ax, low - (0.0, 0.05 * size), size)
    ax.set(xlim=(low[0] - 0.01 * size, high[0] + 0.01 * size), ylim=(low[1] - 0.07 * size, high[1] + 0.01 * size))
    ax.set_aspect("equal")
    ax.set_axis_off()


def _compass(figure: style.Figure, ax: Axes, turn: np.ndarray) -> None:
    """Where x, y and z point, to the lower right of the neuron; in inches from its corner."""
    inches = figure.dpi_scale_trans + ScaledTranslation(1.0, 0.0, ax.transAxes)
    for name, (across, up) in zip("xyz", turn[:2].T, strict=True):
        ax.plot([0.5, 0.5 + 0.3 * across], [0.4, 0.4 + 0.3 * up], transform=inches, **COMPASS)
        ax.text(0.5 + 0.4 * across, 0.4 + 0.4 * up, name, transform=inches, color=style.FAINT, ha="center", va="center")


def _thicken(figure: style.Figure, ax: Axes) -> None:
    """Widths from µm to points, now that the layout is known; no line thinner than can be seen."""
    figure.draw_without_rendering()
    begin, end = ax.transData.transform([(0.0, 0.0), (1.0, 0.0)])
    points = (end[0] - begin[0]) * 72.0 / figure.dpi
    lines = ax.collections[0]
    lines.set_linewidth(np.maximum(points * np.asarray(lines.get_linewidth()), THINNEST))


def _tell(figure: style.Figure, shape: Tree | Compartments) -> None:
    """Its name above, and below how much of it there is."""
    tree = shape if isinstance(shape, Tree) else shape.tree
    neurites = sum(section.type != SOMA for section in tree.sections)
    parts = [f"soma of {style.number(tree.soma.area)} µm²"] if tree.soma else []
    parts += [f"{style.number(tree.length)} µm of neurite in {style.counted(neurites, 'section')}"] if neurites else []
    told = ", ".join(parts)
    if isinstance(shape, Compartments):
        told += f", {style.counted(shape.count, 'compartment')}"
    style.title(figure, tree.name or "A neuron")
    style.caption(figure, told[0].upper() + told[1:])
