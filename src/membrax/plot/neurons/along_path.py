"""The voltage on the way from the soma to a tip, over distance and time."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ...cell import Cell
from ...morphology import Compartments
from ...simulate import Trace
from .. import style
from .paths import LABEL, arrivals, end_of, path_to, voltages
from .strokes import ends_of_bar


@style.styled
def along_path(
    trace: Trace, neuron: Cell | Compartments, tip: Any = None, *, limits: Any = None, title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the voltage from the soma to a tip as an image: time to the right, distance along the path upwards.

    A dashed line says when each place is first half way up from its first voltage to its highest: the steeper it is,
    the faster a spike. Ticks at the right are branch points.

    Args:
        trace: of one tree, from `membrax.simulate`, with the voltages of all compartments.
        neuron: the cell, or its compartments.
        tip: the section to whose end the path leads, or (section, fraction); by default that of the farthest tip.
        limits: the voltages at both ends of the colour bar, mV; None is the least and the greatest on the path.
        title: what is to be seen; by default the tree's name.
        path: where to save a PNG.

    Raises:
        ValueError: no trace or no tree, a trace without the voltages of all its compartments, a tip that is no site,
            limits that don't grow.
    """
    v, tree = voltages(trace, neuron)
    nodes = path_to(tree, int(np.argmax(tree.path_distance)) if tip is None else end_of(tree, tip))
    on = nodes[nodes < tree.count]
    if len(on) < 2:
        raise ValueError("a path needs two compartments or more, and this one is the soma's or the root's alone")
    shade = ScalarMappable(Normalize(*ends_of_bar(v[:, on], limits)), style.graded())
    distance = tree.path_distance[on]
    figure = style.figure(2.9)
    ax = figure.subplots()
    ax.pcolormesh(trace.t, distance, v[:, on].T, cmap=shade.cmap, norm=shade.norm, shading="nearest", rasterized=True)
    ax.plot(arrivals(trace.t, v[:, on]), distance, color="white", ls="--", lw=0.9)
    _branchings(ax, tree, nodes)
    origin = "soma" if tree.tree.soma else "root"
    ax.set(xlabel="time (ms)", ylabel=f"distance from the {origin} (µm)")
    ax.set(xlim=(trace.t[0], trace.t[-1]), ylim=(distance[0], distance[-1]))
    figure.colorbar(shade, ax=ax, label=LABEL, aspect=25, pad=0.03).outline.set_visible(False)
    style.title(figure, title or f"{tree.tree.name or 'A neuron'}, from the {origin} to a tip")
    style.caption(figure, "Dashed: half way up from the first voltage to the highest. Right edge: branch points.")
    return style.finish(figure, path)


def _branchings(ax: Axes, tree: Compartments, nodes: np.ndarray) -> None:
    """A tick at the right for every branch point on the path [node]: where the section after it begins."""
    after = nodes[1:][nodes[:-1] >= tree.count]
    for child in after[after < tree.count]:
        begins = tree.tree.sections[tree.section[child]].distance
        ax.plot([1.0, 1.012], [begins] * 2, transform=ax.get_yaxis_transform(), clip_on=False, color=style.INK, lw=0.7)
