"""Figures of cables: a ball and stick coloured by its potential, and a branch point with the sums of Rall's law."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Circle, Polygon
from numpy.typing import ArrayLike

from .. import style
from ..lines import checked, paint_lines

SLICES = 200  # of a cylinder, each of one colour


@style.styled
def ball_and_stick(
    x: ArrayLike, voltages: Mapping[str, ArrayLike], *, ylabel: str = "deviation from rest (mV)", title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw neurons of a soma and a dendrite coloured by their potential, and below them the potential over distance.

    The length is to scale, the thickness is not.

    Args:
        x: distance along the dendrite [point], µm, from the soma outward.
        voltages: {name: deviation from rest [point]}, mV; the first value is the soma's.
        ylabel: label of the colour bar and of the lower axis.
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: no voltages, values of another length than x, or distances that do not increase.
    """
    x, curves = checked(x, voltages)
    if len(x) < 2 or np.any(np.diff(x) <= 0):
        raise ValueError("x must hold two or more increasing distances from the soma (µm)")
    values = np.concatenate(list(curves.values()))
    norm = Normalize(min(0.0, values.min()), max(0.0, values.max()))
    figure = style.figure(2.4 + 0.4 * len(curves))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[0.4 * len(curves), 1.8])
    colours = style.colours(len(curves))
    for k, v in enumerate(curves.values()):
        _neuron(top, x, v, -float(k), norm)
    top.set(ylim=(0.5 - len(curves), 0.5), yticks=-np.arange(len(curves)), yticklabels=list(curves))
    for label, colour in zip(top.get_yticklabels(), colours, strict=True):
        label.set_color(colour)
    top.tick_params(axis="both", length=0, labelbottom=False)
    top.spines[:].set_visible(False)
    paint_lines(bottom, x, curves, {})
    bottom.set(xlabel="distance from the soma (µm)", ylabel=ylabel, xlim=(-0.04 * x[-1], 1.01 * x[-1]))
    shade = ScalarMappable(norm, style.graded())
    figure.colorbar(shade, ax=[top, bottom], label=ylabel, fraction=0.04, pad=0.01)
    style.title(figure, title)
    return style.finish(figure, path)


def _neuron(ax: Axes, x: np.ndarray, v: np.ndarray, height: float, norm: Normalize) -> None:
    """Draw a band for the dendrite and a dot for the soma."""
    edges = np.linspace(x[0], x[-1], SLICES + 1)
    middles = np.interp(0.5 * (edges[1:] + edges[:-1]), x, v)
    ax.pcolormesh(edges, [height - 0.12, height + 0.12], middles[None], cmap=style.graded(), norm=norm)
    ax.plot(x[:1], [height], marker="o", ms=17, ls="", color=style.graded()(norm(v[0])), clip_on=False)


@style.styled
def ralls_law(parent: float, children: ArrayLike, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw a branch with its children, and on the right the sums of d^(3/2) that Rall's law compares.

    Args:
        parent: diameter of the parent branch, µm.
        children: diameters of the children [child], µm.
        path: where to save a PNG.

    Raises:
        ValueError: no children, or a diameter not above 0.
    """
    parent, d = float(parent), np.atleast_1d(np.asarray(children, dtype=float))
    if not d.size or not parent > 0 or not np.all(d > 0):
        raise ValueError(f"diameters must be above 0 µm, got a parent of {parent:g} and children of {d} µm")
    figure = style.figure(2.0)
    left, right = figure.subplots(1, 2)
    colours = style.colours(len(d))
    _branches(left, parent, d, colours)
    right.barh(1.0, parent**1.5, color=style.DATA, height=0.5)
    ends = np.cumsum(d**1.5)
    for end, size, colour in zip(ends, d**1.5, colours, strict=True):
        right.barh(0.0, size, left=end - size, color=colour, height=0.5, edgecolor="white")
    right.set(yticks=[1.0, 0.0], yticklabels=["parent", "children"], ylim=(-0.5, 1.5))
    right.set_xlabel("sum of $d^{3/2}$ (µm$^{3/2}$)")
    style.title(figure, f"The children's sum is {style.number(ends[-1] / parent**1.5)} times the parent's")
    return style.finish(figure, path)


def _branches(ax: Axes, parent: float, children: np.ndarray, colours: list[style.Colour]) -> None:
    """Draw the parent to the left and its children fanned out to the right, thicknesses to scale, lengths not."""
    unit = 0.25 * max(parent, float(children.max()))  # the branches are shorter than true to scale
    long = 10 * unit
    ax.add_patch(_branch((-long, 0.0), (0.0, 0.0), parent, style.DATA)).set_zorder(3)
    ax.add_patch(Circle((0.0, 0.0), 0.5 * parent, color=style.DATA, lw=0, zorder=3))
    fan = np.linspace(0.5, -0.5, len(children)) if len(children) > 1 else np.zeros(1)
    for angle, thick, colour in zip(fan, children, colours, strict=True):
        end = (long * np.cos(angle), long * np.sin(angle))
        ax.add_patch(_branch((0.0, 0.0), end, thick, colour))
        ax.annotate(f"{thick:.3g} µm", end, xytext=(5, 0), textcoords="offset points", va="center", color=colour)
    ax.annotate(f"{parent:.3g} µm", (-long, 0.0), xytext=(-5, 0), textcoords="offset points", ha="right", va="center")
    ax.set(xlim=(-1.7 * long, 1.7 * long), ylim=(-0.7 * long, 0.7 * long), aspect="equal")
    ax.set_axis_off()


def _branch(begin: tuple[float, float], end: tuple[float, float], thick: float, colour: style.Colour) -> Polygon:
    """A rectangle along the line between two points, of a thickness."""
    a, b = np.asarray(begin), np.asarray(end)
    along = (b - a) / np.hypot(*(b - a))
    aside = 0.5 * thick * np.array([-along[1], along[0]])
    return Polygon([a + aside, b + aside, b - aside, a - aside], color=colour, lw=0)
