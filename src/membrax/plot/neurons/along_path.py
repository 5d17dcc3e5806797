"""The voltage along the path from the soma to a tip, over distance and time."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from ...cell import Cell
from ...morphology import Compartments
from ...simulate import Trace
from .. import style
from .paths import Site, compartment_of, half_rise_times, path_to, voltages
from .strokes import ends_of_bar


@style.styled
def along_path(
    trace: Trace, neuron: Cell | Compartments, tip: Site | None = None, *,
    limits: tuple[float, float] | None = None, title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the voltage from the soma to a tip as an image: time to the right, distance along the path upwards.

    A dashed line marks the time at which each place first reaches the mean of its first and its highest voltage; the
    steeper the line, the faster the spike. Ticks at the right are branch points.

    Args:
        trace: of one tree, from `membrax.simulate`, with the voltages of all compartments.
        neuron: the cell, or its compartments.
        tip: the section at whose end the path ends, or (section, fraction); by default the farthest tip.
        limits: voltages at both ends of the colour bar, mV; by default the lowest and the highest on the path.
        title: of the figure; by default the name of the tree.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a trace and a tree, a trace without the voltages of all compartments, a tip
            that is no site, or limits that do not increase.
    """
    v, tree = voltages(trace, neuron)
    nodes = path_to(tree, int(np.argmax(tree.path_distance)) if tip is None else compartment_of(tree, tip))
    on = nodes[nodes < tree.count]
    if len(on) < 2:
        raise ValueError("the path must have two or more compartments, but it ends at the soma or the root")
    norm, cmap = Normalize(*ends_of_bar(v[:, on], limits)), style.graded()
    distance = tree.path_distance[on]
    figure = style.figure(2.9)
    ax = figure.subplots()
    ax.pcolormesh(trace.t, distance, v[:, on].T, cmap=cmap, norm=norm, shading="nearest", rasterized=True)
    ax.plot(half_rise_times(trace.t, v[:, on]), distance, color="white", ls="--", lw=0.9)
    _branchings(ax, tree, nodes)
    origin = "soma" if tree.tree.soma else "root"
    ax.set(xlabel="time (ms)", ylabel=f"distance from the {origin} (µm)")
    ax.set(xlim=(trace.t[0], trace.t[-1]), ylim=(distance[0], distance[-1]))
    bar = figure.colorbar(ScalarMappable(norm, cmap), ax=ax, label=style.POTENTIAL, aspect=25, pad=0.03)
    bar.outline.set_visible(False)
    style.title(figure, title or f"{tree.tree.name or 'A neuron'}, from the {origin} to a tip")
    style.caption(figure, "Dashed: half of the rise from the first voltage to the highest. Ticks: branch points.")
    return style.finish(figure, path)


def _branchings(ax: Axes, tree: Compartments, nodes: np.ndarray) -> None:
    """Draw a tick at the right for each branch point on the path [node], at the start of the next section."""
    after = nodes[1:][nodes[:-1] >= tree.count]
    for child in after[after < tree.count]:
        begins = tree.tree.sections[tree.section[child]].distance
        ax.plot([1.0, 1.012], [begins] * 2, transform=ax.get_yaxis_transform(), clip_on=False, color=style.INK, lw=0.7)
