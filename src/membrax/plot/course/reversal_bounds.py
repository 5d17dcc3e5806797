"""Voltages between the lowest and the highest reversal potential of a membrane."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ...cell import Cell
from ...cell_checks import check_cell
from ...simulate import Trace
from .. import style
from .ions import channel_colours, subscripted
from .reversal_potentials import OUTSIDE, beyond


@style.styled
def reversal_bounds(
    cell: Cell, traces: Mapping[str, Trace], *, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw voltages between the reversal potentials of a cell, the traces one after the other, each with its name.

    At the lowest reversal potential no current is outward, at the highest none is inward. So without an electrode the
    potential cannot cross either, whatever the conductances.

    Args:
        cell: the cell, whose channels have reversal potentials ``e``.
        traces: {name: trace of one neuron}, in the order of their times.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a cell and traces, no traces, a batch, or channels without reversal potentials.
    """
    check_cell(cell)
    levels = {name: getattr(channel, "e", None) for name, channel in cell.channels.items()}
    levels = {name: np.asarray(e) for name, e in levels.items() if e is not None}
    if not levels or any(e.ndim for e in levels.values()):
        raise ValueError("cell must be one neuron whose channels have reversal potentials e [mV]")
    if not traces:
        raise ValueError("traces must hold at least one trace")
    figure = style.figure(2.8)
    ax = figure.subplots()
    low, high = float(min(levels.values())), float(max(levels.values()))
    beyond(ax.axhspan, low, high)
    for (name, e), colour in zip(levels.items(), channel_colours(list(levels)), strict=True):
        ax.axhline(float(e), color=colour, ls="--", lw=0.9)
        style.label_right(ax, float(e), subscripted("E", name), colour)
    v = _draw(ax, traces)
    ax.set(xlabel="time (ms)", ylabel=style.POTENTIAL, ylim=(min(low, *v) - OUTSIDE, max(high, *v) + OUTSIDE))
    return style.finish(figure, path)


def _draw(ax: Axes, traces: Mapping[str, Trace]) -> list[float]:
    """Draw the voltages, with a line at the start of each, and return the lowest and the highest of each [mV]."""
    extremes = []
    for k, (name, trace) in enumerate(traces.items()):
        style.expect(trace, Trace, "traces, as from membrax.simulate")
        if np.ndim(trace.v) != 1:
            raise ValueError(f"reversal_bounds draws one neuron, got voltages of the shape {np.shape(trace.v)}")
        extremes += [float(np.min(trace.v)), float(np.max(trace.v))]
        ax.plot(trace.t, trace.v, color=style.INK, lw=1.4, label=name)
        if k:
            ax.axvline(trace.t[0], color=style.FAINT, ls=":", lw=0.8)
        ax.annotate(name, (0.5 * (trace.t[0] + trace.t[-1]), 1.0), (0, 3), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha="center", va="bottom", fontsize=style.SMALL)  # fmt: skip
    ax.margins(x=0.0)
    return extremes
