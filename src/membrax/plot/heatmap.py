"""A number over a plane of two parameters."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from . import style


@style.styled
def heatmap(
    x: Any, y: Any, values: Any, *, labels: tuple[str, str, str], path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw a number, such as a spike count, over two parameters: a coloured rectangle for each neuron.

    Args:
        x: values of the first parameter [column], evenly spaced.
        y: values of the second [row], evenly spaced.
        values: the number [row, column]; NaN stays white.
        labels: of x, y and the number, with their units.
        path: where to save a PNG.

    Raises:
        ValueError: numbers that are not one per row and column, or other than three labels.
    """
    x, y, values = (np.asarray(given, dtype=float) for given in (x, y, values))
    if values.shape != (y.size, x.size) or min(x.size, y.size) < 2:
        raise ValueError(f"values must be [row, column], here {(y.size, x.size)}, 2 or more each, got {values.shape}")
    if len(labels) != 3:
        raise ValueError(f"labels must be those of x, y and the number, got {labels!r}")
    figure = style.figure(3.4, 4.6)
    ax = figure.subplots()
    edges = [x[0], x[-1], y[0], y[-1]]
    halves = [np.diff(axis[:2])[0] / 2 for axis in (x, y)]
    extent = [edges[0] - halves[0], edges[1] + halves[0], edges[2] - halves[1], edges[3] + halves[1]]
    picture = ax.imshow(values, origin="lower", extent=extent, aspect="auto", cmap="cividis", interpolation="nearest")
    ax.set(xlabel=labels[0], ylabel=labels[1])
    whole = bool(np.all(values[np.isfinite(values)] % 1 == 0))  # counts have no halves
    bar = figure.colorbar(picture, ax=ax, label=labels[2], ticks=MaxNLocator(integer=True) if whole else None)
    bar.outline.set_visible(False)
    style.title(figure, f"{style.counted(values.size, 'neuron')}, one at each point")
    return style.finish(figure, path)
