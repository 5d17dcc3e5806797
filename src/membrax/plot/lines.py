"""Lines over one quantity, with levels and points: voltage over time or distance, attenuation over frequency."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from . import style


@style.styled
def lines(
    x: ArrayLike, lines: Mapping[str, ArrayLike], *, xlabel: str, ylabel: str,
    points: Mapping[str, tuple] | None = None, levels: Mapping[str, float] | None = None, log: str = "",
    title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw lines that share an axis, each with its name and colour.

    Args:
        x: values of the shared axis [point].
        lines: {name: values [point]}.
        xlabel, ylabel: labels of the axes, with units.
        points: {name: (x, y)}, drawn as dots; points with the name of a line have its colour.
        levels: {name: y}, drawn as dashed horizontal lines, each labelled at its right end.
        log: the logarithmic axes: "x", "y" or "xy".
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: no lines, values of another length than x, or a logarithmic axis that is neither x nor y.
    """
    x, arrays = checked(x, lines)
    if set(log) - set("xy"):
        raise ValueError(f'log names the logarithmic axes, "x", "y" or "xy", got {log!r}')
    figure = style.figure(2.6)
    ax = figure.subplots()
    paint_lines(ax, x, arrays, points or {})
    paint_levels(ax, levels or {})
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set(**{f"{axis}scale": "log" for axis in log})
    if len(arrays) + len(points or {}) > 1:
        style.legend_outside(ax)
    style.title(figure, title)
    return style.finish(figure, path)


def checked(x: ArrayLike, lines: Mapping[str, ArrayLike]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Convert x and the lines to NumPy arrays [point].

    Raises:
        ValueError: no lines, or a line whose shape differs from that of x.
    """
    if not isinstance(lines, Mapping) or not lines:
        raise ValueError(f"lines must be a dictionary {{name: values}} with at least one entry, got {lines!r}")
    x = np.asarray(x)
    arrays = {str(name): np.asarray(values) for name, values in lines.items()}
    for name, values in arrays.items():
        if x.ndim != 1 or values.shape != x.shape:
            raise ValueError(f"{name} must have one value for each of x, got the shapes {values.shape} and {x.shape}")
    return x, arrays


def paint_lines(ax: Axes, x: np.ndarray, lines: Mapping[str, np.ndarray], points: Mapping[str, tuple]) -> None:
    """Draw the lines, then the points; each name has one colour."""
    names = list(dict.fromkeys([*lines, *points]))
    paints = dict(zip(names, style.colours(len(names)), strict=True))
    for k, (name, values) in enumerate(lines.items()):
        label = None if name in points else name
        ax.plot(x, values, color=paints[name], ls=style.DASHES[k % len(style.DASHES)], lw=1.4, label=label)
    for name, (at, values) in points.items():
        joined = style.DASHES[0] if name in lines else ""
        ax.plot([], [], color=paints[name], ls=joined, marker="o", ms=3.5, label=name)
        ax.plot(np.asarray(at), np.asarray(values), color=paints[name], ls="", marker="o", ms=3.5)


def paint_levels(ax: Axes, levels: Mapping[str, float]) -> None:
    """Draw dashed horizontal lines, each labelled outside the axes at its right end."""
    for name, level in levels.items():
        ax.axhline(level, color=style.FAINT, ls="--", lw=0.8, zorder=1)
        style.label_right(ax, level, name, style.FAINT, style.SMALL)
