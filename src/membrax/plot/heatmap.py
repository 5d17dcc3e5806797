"""A number over two parameters, as a heat map."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from . import style


@style.styled
def heatmap(
    x: ArrayLike,
    y: ArrayLike,
    values: ArrayLike,
    *,
    labels: tuple[str, str, str],
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:
    """Draw a number, such as a spike count, over two parameters: one coloured rectangle for each neuron.

    Args:
        x: values of the first parameter [column], evenly spaced.
        y: values of the second [row], evenly spaced.
        values: the number [row, column]; NaN is white.
        labels: of x, y and the number, with their units.
        path: where to save a PNG.

    Raises:
        ValueError: ``values`` is not [row, column] of two or more each, or there are not three labels.
    """
    x, y, values = np.asarray(x, dtype=float), np.asarray(y, dtype=float), np.asarray(values, dtype=float)
    if values.shape != (y.size, x.size) or min(x.size, y.size) < 2:
        raise ValueError(
            f"values must be [row, column] = {(y.size, x.size)}, 2 or more each, got the shape {values.shape}"
        )
    if len(labels) != 3:
        raise ValueError(f"labels must name x, y and the number, got {labels!r}")
    figure = style.figure(3.4, 4.6)
    ax = figure.subplots()
    across, up = 0.5 * (x[1] - x[0]), 0.5 * (y[1] - y[0])
    extent = x[0] - across, x[-1] + across, y[0] - up, y[-1] + up
    image = ax.imshow(values, origin="lower", extent=extent, aspect="auto", cmap="cividis", interpolation="nearest")
    ax.set(xlabel=labels[0], ylabel=labels[1])
    whole = bool(np.all(values[np.isfinite(values)] % 1 == 0))  # spike counts
    bar = figure.colorbar(image, ax=ax, label=labels[2], ticks=MaxNLocator(integer=True) if whole else None)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue] a Spine, typed as a method
    style.title(figure, f"{style.counted(values.size, 'neuron')}, one at each point")
    return style.finish(figure, path)
