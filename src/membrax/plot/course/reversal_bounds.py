"""Voltages between the lowest and the highest battery of a membrane."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ...cell import Cell
from ...cell_checks import check_cell
from ...simulate import Trace
from .. import style
from .ions import channel_colours
from .reversal_potentials import OUTSIDE, beyond


@style.styled
def reversal_bounds(
    cell: Cell, traces: Mapping[str, Trace], *, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw voltages between the batteries of a cell, each trace in its own colour, with its name above.

    At the lowest battery no current is outward, at the highest none is inward, so that without an electrode the
    potential can't cross either, whatever the conductances do.

    Args:
        cell: the reversal potentials ``e`` of its channels are the batteries.
        traces: {name: one neuron's trace}, one after the other in time.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no cell or trace, a batch, or channels without reversal potentials.
    """
    check_cell(cell)
    found = {name: np.asarray(channel.e) for name, channel in cell.channels.items() if hasattr(channel, "e")}
    if not found or any(e.ndim for e in found.values()):
        raise ValueError("walls needs one neuron's channels with reversal potentials e [mV]")
    if not traces:
        raise ValueError("walls needs at least one trace")
    figure = style.figure(2.8)
    ax = figure.subplots()
    low, high = float(min(found.values())), float(max(found.values()))
    beyond(ax.axhspan, low, high)
    for (name, e), paint in zip(found.items(), channel_colours(list(found)), strict=True):
        ax.axhline(float(e), color=paint, ls="--", lw=0.9)
        plain = name.replace("_", r"\_")
        ax.annotate(f"$E_{{\\mathrm{{{plain}}}}}$", (1.0, float(e)), (4, 0), xycoords=("axes fraction", "data"),
                    textcoords="offset points", va="center", color=paint)  # fmt: skip
    v = _draw(ax, traces)
    ax.set(xlabel="time (ms)", ylabel="membrane potential (mV)", ylim=(min(low, *v) - OUTSIDE, max(high, *v) + OUTSIDE))
    return style.finish(figure, path)


def _draw(ax: Axes, traces: Mapping[str, Trace]) -> list[float]:
    """The voltages, each with a line where the next begins; returns all lowest and highest of them [mV]."""
    extremes = []
    for k, (name, trace) in enumerate(traces.items()):
        style.expect(trace, Trace, "traces, as from membrax.simulate")
        if np.ndim(trace.v) != 1:
            raise ValueError(f"walls draws one neuron, got voltages of the shape {np.shape(trace.v)}")
        extremes += [float(np.min(trace.v)), float(np.max(trace.v))]
        ax.plot(trace.t, trace.v, color=style.INK, lw=1.4, label=name)
        if k:
            ax.axvline(trace.t[0], color=style.FAINT, ls=":", lw=0.8)
        ax.annotate(name, (0.5 * (trace.t[0] + trace.t[-1]), 1.0), (0, 3), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha="center", va="bottom", fontsize=style.SMALL)  # fmt: skip
    ax.margins(x=0.0)
    return extremes
