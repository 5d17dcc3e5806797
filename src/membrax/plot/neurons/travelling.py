"""A spike that travels through a tree: the tree coloured by its voltage at several times."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from ...cell import Cell
from ...morphology import Compartments
from ...simulate import Trace
from .. import style
from .paths import Site, compartment_of, far_tips, half_rise_times, voltages
from .strokes import Strokes, ends_of_bar, extent, scale_bar, strokes_of, turned

COUNT = 6  # trees, by default
MOST = 3  # tips, by default
TIP_COLOURS = ("#0072B2", "#1F4E2C", "#A67C52")  # distinct from the colours of voltages
THINNEST = 0.85  # points; the colour of thinner lines is not visible
HIGHEST, LOWEST, NAME = 3.3, 0.4, 0.25  # inches, heights of a tree and of the time above it
BESIDE, BELOW, AROUND = 1.05, 1.5, 0.65  # inches: width of colour bar and legend, heights of voltages and of titles


@style.styled
def travelling(
    trace: Trace, neuron: Cell | Compartments, times: ArrayLike | None = None, *, tips: Sequence[Site] | None = None,
    view: str = "xy", limits: tuple[float, float] | None = None, title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw a tree coloured by its voltage at several times, and below it the voltages at its soma and its tips.

    Args:
        trace: of one tree, from `membrax.simulate`, with the voltages of all compartments.
        neuron: the cell, or its compartments.
        times: times of the trees, ms; the nearest samples are shown. By default six times, evenly spaced from the first
            to the last half rise of the voltage in the tree.
        tips: sections at whose ends the voltage is shown, or (section, fraction). By default up to three tips: the
            farthest one, then those with the longest paths outside earlier paths.
        view: the plane of the projection, "xy", "xz" …, the horizontal axis first; or "3d".
        limits: voltages at both ends of the colour bar, mV; by default the lowest and the highest of the trace.
        title: of the figure; by default the name of the tree.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a trace and a tree, a trace without the voltages of all compartments, times
            outside the trace, tips that are no sites, an unknown view, or limits that do not increase.
    """
    v, tree = voltages(trace, neuron)
    shown = _shown(trace.t, times, half_rise_times(trace.t, v))
    ends = far_tips(tree, MOST) if tips is None else [compartment_of(tree, tip) for tip in tips]
    shade = ScalarMappable(Normalize(*ends_of_bar(v, limits)), style.graded())
    strokes, places = _projected(tree, view)
    figure, axes, beside, below = _panels(len(shown), strokes)
    for ax, k, name in zip(axes, shown, _names(trace.t[shown]), strict=True):
        _tree(ax, strokes, np.asarray(shade.to_rgba(v[k])))
        ax.set_title(name, fontsize=style.HEADING, loc="center")
    _mark(axes[0], places[ends], extent(strokes))
    _scale(figure, beside, shade)
    _lines(below, trace.t, v, tree, ends)
    below.vlines(trace.t[shown], 0, 1, transform=below.get_xaxis_transform(), color=style.FAINT, lw=0.7, ls=":")
    style.title(figure, title or tree.tree.name or "A neuron")
    style.caption(figure, "Rings: the tips whose voltages are shown below. Dotted: the times of the trees.")
    _thicken(figure, axes, strokes)
    return style.finish(figure, path)


def _shown(t: np.ndarray, times: ArrayLike | None, rises: np.ndarray) -> list[int]:
    """The indices of the samples in the figure.

    Raises:
        ValueError: no times, or times outside the trace.
    """
    chosen = _even(rises.min(), rises.max()).clip(t[0], t[-1]) if times is None else times
    at = np.atleast_1d(chosen).astype(float)
    if at.ndim != 1 or not at.size or not np.all((at >= t[0]) & (at <= t[-1])):
        raise ValueError(f"times must lie within the trace, {t[0]:g} … {t[-1]:g} ms, got {at}")
    return [int(np.argmin(np.abs(t - time))) for time in at]


def _even(first: float, last: float) -> np.ndarray:
    """Times from first to last, rounded to the digits of their spacing; one time if the two are equal."""
    step = max(last - first, 1e-3) / (COUNT - 1)
    return np.unique(np.linspace(first, last, COUNT).round(math.ceil(-math.log10(step))))


def _names(times: np.ndarray) -> list[str]:
    """Times as text, all with the digits that the longest of them needs, three at most."""
    digits = next((k for k in range(3) if np.allclose(times, times.round(k), rtol=0, atol=1e-6)), 3)
    return [f"{time:.{digits}f} ms" for time in times]


def _projected(tree: Compartments, view: str) -> tuple[Strokes, np.ndarray]:
    """Projected strokes, the nearest last, and the midpoints of the compartments [compartment, 3]."""
    turn, strokes = turned(view, (35.0, 20.0)), strokes_of(tree)[0]
    begin, end = strokes.begin @ turn.T, strokes.end @ turn.T
    near = np.argsort((begin + end)[:, 2], kind="stable")
    return Strokes(begin[near], end[near], strokes.radius[near], strokes.owner[near]), tree.layout.xyz @ turn.T


def _panels(count: int, strokes: Strokes) -> tuple[style.Figure, list[Axes], Axes, Axes]:
    """A figure, and the axes of the trees, as large as the page allows, of the colour bar, and of the voltages."""
    low, high = extent(strokes)
    room, slim = style.WIDTH - BESIDE, float((high - low)[1] / (high - low)[0])
    columns = next((c for c in range(1, count) if math.ceil(count / c) * room / c * slim <= HIGHEST), count)
    rows = math.ceil(count / columns)
    columns = math.ceil(count / rows)  # rows of nearly equal length
    tall = float(np.clip(room / columns * slim, LOWEST, HIGHEST)) + NAME
    figure = style.figure(rows * tall + BELOW + AROUND)
    widths = [room / columns] * columns + [BESIDE]
    grid = figure.add_gridspec(rows + 1, columns + 1, height_ratios=[tall] * rows + [BELOW], width_ratios=widths)
    axes = [figure.add_subplot(grid[divmod(k, columns)]) for k in range(count)]
    return figure, axes, figure.add_subplot(grid[:rows, -1]), figure.add_subplot(grid[rows, :-1])


def _tree(ax: Axes, strokes: Strokes, shades: np.ndarray) -> None:
    """Draw lines and spheres in the colours of the compartments [compartment, 4]."""
    ends, colours = np.stack([strokes.begin, strokes.end], axis=1)[..., :2], shades[strokes.owner]
    ax.add_collection(LineCollection(list(ends), colors=colours, capstyle="round"))
    for k in np.flatnonzero(np.all(strokes.begin == strokes.end, axis=1)):
        ax.add_patch(Circle(ends[k, 0], strokes.radius[k], facecolor=colours[k], lw=0, zorder=2))
    low, high = extent(strokes)
    edge = 0.02 * max(high - low)
    ax.set(xlim=(low[0] - edge, high[0] + edge), ylim=(low[1] - 4 * edge, high[1] + edge), aspect="equal")
    ax.set_axis_off()


def _mark(ax: Axes, places: np.ndarray, box: tuple[np.ndarray, np.ndarray]) -> None:
    """Draw a scale bar, and a ring around each tip in the colour of its voltage."""
    size = float(max(box[1] - box[0]))
    scale_bar(ax, box[0] - (0.0, 0.06 * size), size)
    for place, colour in zip(places, itertools.cycle(TIP_COLOURS), strict=False):
        ax.plot(*place[:2], ls="", marker="o", ms=5, mfc="none", mec=colour, mew=1.2, zorder=3, clip_on=False)


def _scale(figure: style.Figure, ax: Axes, shade: ScalarMappable) -> None:
    """Draw the colour bar next to the trees."""
    ax.set_axis_off()
    bar = figure.colorbar(shade, cax=ax.inset_axes((0.1, 0.08, 0.13, 0.84)), label=style.POTENTIAL)
    bar.outline.set_visible(False)
    bar.ax.set_in_layout(False)  # it has a column of its own, with the legend


def _lines(ax: Axes, t: np.ndarray, v: np.ndarray, tree: Compartments, ends: list[int]) -> None:
    """Draw the voltages of the soma, or the root, and of the tips."""
    ax.plot(t, v[:, 0], color=style.INK, lw=1.4, label="soma" if tree.tree.soma else "root")
    for end, colour, dash in zip(ends, itertools.cycle(TIP_COLOURS), itertools.cycle(style.DASHES), strict=False):
        ax.plot(t, v[:, end], color=colour, ls=dash, label=f"{tree.path_distance[end]:.0f} µm away")
    ax.set(xlabel="time (ms)", ylabel=style.POTENTIAL_WRAPPED, xlim=(t[0], t[-1]))
    ax.locator_params(axis="y", nbins=6)
    style.legend_outside(ax).set_in_layout(False)


def _thicken(figure: style.Figure, axes: list[Axes], strokes: Strokes) -> None:
    """Set the widths of the lines to scale, now that the layout is known; none is thinner than `THINNEST`."""
    figure.draw_without_rendering()
    begin, end = axes[0].transData.transform([(0.0, 0.0), (1.0, 0.0)])
    points = (end[0] - begin[0]) * 72.0 / figure.dpi
    for ax in axes:
        ax.collections[0].set_linewidth(list(np.maximum(points * 2 * strokes.radius, THINNEST)))
