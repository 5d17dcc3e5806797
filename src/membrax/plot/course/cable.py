"""Cables to look at: a ball and stick in the colours of its potential, and branches beside Rall's sums."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Circle, Polygon

from .. import style
from ..lines import checked, paint_lines

SLICES = 200  # of a cylinder


@style.styled
def ball_and_stick(
    x: Any, voltages: Mapping[str, Any], *, ylabel: str = "deviation from rest (mV)", title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw neurons of a soma and a dendrite in the colours of their potential, and under them the potential itself.

    The length is to scale, the thickness is not.

    Args:
        x: distance along the dendrite [point], µm, from the soma outward.
        voltages: {name: deviation from rest [point]}, mV; the soma's is the first.
        ylabel: what the colour and the lower axis show.
        title: a short one that says what is seen.
        path: where to save a PNG.

    Raises:
        ValueError: nothing to draw, values of another length than x, or distances that don't grow.
    """
    x, drawn = checked(x, voltages)
    if len(x) < 2 or np.any(np.diff(x) <= 0):
        raise ValueError("x must hold at least two distances that grow from the soma outward")
    values = np.concatenate(list(drawn.values()))
    shade = ScalarMappable(Normalize(min(0.0, values.min()), max(0.0, values.max())), style.graded())
    figure = style.figure(2.4 + 0.4 * len(drawn))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[0.4 * len(drawn), 1.8])
    paints = style.colours(len(drawn))
    for k, v in enumerate(drawn.values()):
        _neuron(top, x, v, -float(k), shade)
    top.set(ylim=(0.5 - len(drawn), 0.5), yticks=-np.arange(len(drawn)), yticklabels=list(drawn))
    for label, paint in zip(top.get_yticklabels(), paints, strict=True):
        label.set_color(paint)
    top.tick_params(axis="both", length=0, labelbottom=False)
    top.spines[:].set_visible(False)
    paint_lines(bottom, x, drawn, {})
    bottom.set(xlabel="distance from the soma (µm)", ylabel=ylabel, xlim=(-0.04 * x[-1], 1.01 * x[-1]))
    figure.colorbar(shade, ax=[top, bottom], label=ylabel, fraction=0.04, pad=0.01)
    style.title(figure, title)
    return style.finish(figure, path)


def _neuron(ax: Axes, x: np.ndarray, v: np.ndarray, height: float, shade: ScalarMappable) -> None:
    """A band for the dendrite and a dot for the soma."""
    edges = np.linspace(x[0], x[-1], SLICES + 1)
    middles = np.interp(0.5 * (edges[1:] + edges[:-1]), x, v)
    ax.pcolormesh(edges, [height - 0.12, height + 0.12], middles[None], cmap=shade.cmap, norm=shade.norm)
    ax.plot(x[:1], [height], marker="o", ms=17, ls="", color=shade.to_rgba(v[0]), clip_on=False)


@style.styled
def ralls_law(parent: float, children: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw a branch with its children, and beside it what matters where they meet: the sums of d^(3/2).

    Args:
        parent: its diameter, µm.
        children: their diameters [child], µm.
        path: where to save a PNG.

    Raises:
        ValueError: no children, or a diameter not above 0.
    """
    parent, children = float(parent), np.atleast_1d(np.asarray(children, dtype=float))
    if not children.size or not parent > 0 or not np.all(children > 0):
        raise ValueError(f"diameters must be above 0 µm, got a parent of {parent:g} and children of {children} µm")
    figure = style.figure(2.0)
    left, right = figure.subplots(1, 2)
    paints = style.colours(len(children))
    _branches(left, parent, children, paints)
    right.barh(1.0, parent**1.5, color=style.DATA, height=0.5)
    ends = np.cumsum(children**1.5)
    for end, size, paint in zip(ends, children**1.5, paints, strict=True):
        right.barh(0.0, size, left=end - size, color=paint, height=0.5, edgecolor="white")
    right.set(yticks=[1.0, 0.0], yticklabels=["parent", "children"], ylim=(-0.5, 1.5))
    right.set_xlabel("sum of $d^{3/2}$ (µm$^{3/2}$)")
    style.title(figure, f"The children's sum is {style.number(ends[-1] / parent**1.5)} times the parent's")
    return style.finish(figure, path)


def _branches(ax: Axes, parent: float, children: np.ndarray, paints: list) -> None:
    """The parent from the left, its children fanned out to the right, thick as they are."""
    unit = 0.25 * max(parent, float(children.max()))  # the branches are drawn much shorter than they are
    long = 10 * unit
    ax.add_patch(_branch((-long, 0.0), (0.0, 0.0), parent, style.DATA)).set_zorder(3)
    ax.add_patch(Circle((0.0, 0.0), 0.5 * parent, color=style.DATA, lw=0, zorder=3))
    fan = np.linspace(0.5, -0.5, len(children)) if len(children) > 1 else np.zeros(1)
    for angle, thick, paint in zip(fan, children, paints, strict=True):
        end = (long * np.cos(angle), long * np.sin(angle))
        ax.add_patch(_branch((0.0, 0.0), end, thick, paint))
        ax.annotate(f"{thick:.3g} µm", end, xytext=(5, 0), textcoords="offset points", va="center", color=paint)
    ax.annotate(f"{parent:.3g} µm", (-long, 0.0), xytext=(-5, 0), textcoords="offset points", ha="right", va="center")
    ax.set(xlim=(-1.7 * long, 1.7 * long), ylim=(-0.7 * long, 0.7 * long), aspect="equal")
    ax.set_axis_off()


def _branch(begin: tuple, end: tuple, thick: float, paint: Any) -> Polygon:
    """A rectangle along a line."""
    begin, end = np.asarray(begin), np.asarray(end)
    along = (end - begin) / np.hypot(*(end - begin))
    aside = 0.5 * thick * np.array([-along[1], along[0]])
    return Polygon([begin + aside, end + aside, end - aside, begin - aside], color=paint, lw=0)
