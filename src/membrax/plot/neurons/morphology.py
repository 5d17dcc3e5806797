"""The shape of a neuron: trees and compartments, projected or in space, coloured by type or by any quantity."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike

from ...morphology import Compartments, Tree
from ...morphology.tree.labels import APICAL, AXON, BASAL, SOMA
from ...morphology.tree.labels import label as type_name
from .. import style
from .strokes import Strokes, ends_of_bar, extent, scale_bar, strokes_of, turned

TYPE_COLOURS = {SOMA: style.INK, AXON: "#0072B2", BASAL: "#D55E00", APICAL: "#9B3FE0"}
OTHERS = ("#1F4E2C", "#A67C52", "#001E73")
UNKNOWN = (0.8, 0.8, 0.8)
THINNEST = 0.6  # points; thinner lines are not visible
HAZE = 0.65  # of white, in the colour of the farthest strokes
TALLEST, NARROWEST = 6.0, 2.6  # inches, of the neuron
COMPASS = {"color": style.FAINT, "lw": 0.7, "clip_on": False}
BESIDE, AROUND = 1.5, 0.7  # inches, width of legend or colour bar, and height of title and caption


@style.styled
def morphology(
    shape: Tree | Compartments, values: ArrayLike | None = None, *, label: str = "", view: str = "xy",
    limits: tuple[float, float] | None = None, angles: tuple[float, float] = (35.0, 20.0),
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw a neuron to scale, coloured by the types of its parts or by a quantity.

    The thinnest neurites are thickened to be visible. A thin grey line leads from the soma to the start of each
    neurite. In three dimensions distant parts are paler, except where colours are values.

    Args:
        shape: a `Tree`, or its `Compartments`.
        values: values of a tree [point] or of compartments [compartment]; those that are not finite are grey.
            By default the colours show the types.
        label: label of the colour bar, with the unit.
        view: the plane of the projection, "xy", "xz" …, the horizontal axis first; or "3d".
        limits: values at both ends of the colour bar; by default the lowest and the highest.
        angles: rotation around the y axis, and tilt towards the viewer, in degrees, for "3d".
        path: where to save a PNG.

    Raises:
        ValueError: something other than a neuron, values that are not one per point or compartment, an unknown view, or
            limits that do not increase.
    """
    if not isinstance(shape, Tree | Compartments):
        raise ValueError(f"this figure draws a Tree or Compartments of membrax.morphology, got {type(shape).__name__}")
    turn = turned(view, angles)
    strokes, links = strokes_of(shape)
    colours, key = _coloured(shape, strokes, values, limits)
    strokes = strokes._replace(begin=strokes.begin @ turn.T, end=strokes.end @ turn.T)
    figure = _figure(strokes)
    ax = figure.add_subplot()
    _draw(ax, strokes, _hazy(colours, strokes) if view == "3d" and values is None else colours)
    ax.add_collection(LineCollection(list((links @ turn.T)[..., :2]), colors=style.DATA, lw=THINNEST, zorder=1))
    if view == "3d":
        _compass(figure, ax, turn)
    if isinstance(key, ScalarMappable):
        figure.colorbar(key, ax=ax, label=label, shrink=0.7, aspect=25, pad=0.02)
    else:
        ax.legend(handles=key, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.3)
    _describe(figure, shape)
    _thicken(figure, ax)
    return style.finish(figure, path)


# --- colours


def _coloured(
    shape: Tree | Compartments, strokes: Strokes, values: ArrayLike | None, limits: tuple[float, float] | None
) -> tuple[np.ndarray, ScalarMappable | list[Line2D]]:
    """The colours [stroke, 3], and the handles of the legend or the mapping of the colour bar."""
    if values is None:
        kinds = shape.type[strokes.owner]
        others = iter(OTHERS * len(kinds))
        colour = {kind: to_rgb(TYPE_COLOURS.get(kind) or next(others)) for kind in np.unique(kinds).tolist()}
        first = sorted(colour, key=lambda kind: (kind != SOMA, kind))
        lines = [Line2D([], [], color=colour[kind], lw=2.5, label=type_name(kind)) for kind in first]
        return np.array([colour[kind] for kind in kinds.tolist()]), lines
    numbers = np.asarray(values, dtype=float)
    count, each = (len(shape.parent), "point") if isinstance(shape, Tree) else (shape.count, "compartment")
    if numbers.shape != (count,):
        raise ValueError(f"values must have one number per {each}, {count}, got the shape {numbers.shape}")
    owned = numbers[strokes.owner]
    shade = ScalarMappable(Normalize(*ends_of_bar(owned, limits)), style.graded())
    return np.where(np.isfinite(owned)[:, None], np.asarray(shade.to_rgba(owned))[:, :3], UNKNOWN), shade


# --- drawing


def _hazy(colours: np.ndarray, strokes: Strokes) -> np.ndarray:
    """The colours, paler with the distance from the viewer."""
    depth = 0.5 * (strokes.begin + strokes.end)[:, 2]
    far = (depth.max() - depth) / max(np.ptp(depth), 1e-9)
    return colours + HAZE * far[:, None] * (1.0 - colours)


def _figure(strokes: Strokes) -> style.Figure:
    """A figure with the proportions of the neuron, within a page."""
    low, high = extent(strokes)
    across, up = high - low
    room = style.WIDTH - BESIDE
    height = float(np.clip(room * up / across, 1.2, TALLEST))
    return style.figure(height + AROUND, float(np.clip(height * across / up, NARROWEST, room)) + BESIDE)


def _draw(ax: Axes, strokes: Strokes, colours: np.ndarray) -> None:
    """Draw lines and spheres, near ones above far ones, and a scale bar."""
    near = np.argsort(0.5 * (strokes.begin + strokes.end)[:, 2], kind="stable")
    ends, radius = np.stack([strokes.begin, strokes.end], axis=1)[near][..., :2], strokes.radius[near]
    sphere = np.all(strokes.begin == strokes.end, axis=1)[near]
    lines = LineCollection(list(ends[~sphere]), colors=colours[near][~sphere], capstyle="round", zorder=2)
    lines.set_linewidth(list(2 * radius[~sphere]))  # µm; `_thicken` converts to points
    ax.add_collection(lines)
    for k in np.flatnonzero(sphere):
        ax.add_patch(Circle(ends[k, 0], radius[k], facecolor=colours[near][k], lw=0, zorder=2))
    low, high = extent(strokes)
    size = float(max(high - low))
    scale_bar(ax, low - (0.0, 0.05 * size), size)
    ax.set(xlim=(low[0] - 0.01 * size, high[0] + 0.01 * size), ylim=(low[1] - 0.07 * size, high[1] + 0.01 * size))
    ax.set_aspect("equal")
    ax.set_axis_off()


def _compass(figure: style.Figure, ax: Axes, turn: np.ndarray) -> None:
    """Draw the directions of x, y and z to the lower right of the neuron, in inches from its corner."""
    corner = ScaledTranslation(1.0, 0.0, ax.transAxes)  # pyright: ignore[reportArgumentType] any transform will do
    inches = figure.dpi_scale_trans + corner
    for name, (across, up) in zip("xyz", turn[:2].T, strict=True):
        ax.plot([0.5, 0.5 + 0.3 * across], [0.4, 0.4 + 0.3 * up], transform=inches, **COMPASS)
        ax.text(0.5 + 0.4 * across, 0.4 + 0.4 * up, name, transform=inches, color=style.FAINT, ha="center", va="center")


def _thicken(figure: style.Figure, ax: Axes) -> None:
    """Convert widths from µm to points, now that the layout is known; no line is thinner than `THINNEST`."""
    figure.draw_without_rendering()
    begin, end = ax.transData.transform([(0.0, 0.0), (1.0, 0.0)])
    points = (end[0] - begin[0]) * 72.0 / figure.dpi
    lines = ax.collections[0]
    lines.set_linewidth(list(np.maximum(points * np.asarray(lines.get_linewidth()), THINNEST)))


def _describe(figure: style.Figure, shape: Tree | Compartments) -> None:
    """Write the name above the neuron, and its size below."""
    tree = shape if isinstance(shape, Tree) else shape.tree
    neurites = sum(section.type != SOMA for section in tree.sections)
    parts = [f"soma of {style.number(tree.soma.area)} µm²"] if tree.soma else []
    parts += [f"{style.number(tree.length)} µm of neurite in {style.counted(neurites, 'section')}"] if neurites else []
    text = ", ".join(parts)
    if isinstance(shape, Compartments):
        text += f", {style.counted(shape.count, 'compartment')}"
    style.title(figure, tree.name or "A neuron")
    style.caption(figure, text[0].upper() + text[1:])
