"""A simulated trace: spikes, voltage, stimulus, and the gates and currents it recorded."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from matplotlib.axes import Axes

from ..simulate import Trace
from . import style
from .clock import Clock, clock
from .course.ions import paints as of_ions
from .injected import injected

MOST = 20  # neurons over each other

Panel = tuple[float, Callable[[Axes], None]]  # height in inches, and what draws it


@style.styled
def trace(
    trace: Trace, stimulus: Any = None, *, cell: Any = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw a trace, or a few neurons over each other: voltage with spike marks, stimulus, recorded gates and currents.

    Of a tree its soma is drawn; `membrax.plot.travelling` has the others. The stimulus is drawn as the steps received
    it, by its mean over each. Without one, and for a random one, the stimulus that `membrax.probes.currents` recorded
    is drawn.

    Args:
        trace: from `membrax.simulate`, or from it under ``jax.vmap``.
        stimulus: what drove it.
        cell: whose area turns a stimulus in nA into a density; without it nA are drawn as nA.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no trace, more than 20 neurons, a random stimulus that was not recorded, a
            stimulus for another number of neurons, or in nA and µA/cm² without a cell.
    """
    style.expect(trace, Trace, "a Trace, as from membrax.simulate")
    trace = of_soma(trace)
    _check_few(trace)
    time = clock(trace)
    panels = [_spikes(trace, time), _voltage(trace, time), *_stimulus(trace, time, stimulus, cell)]
    panels += _gates(trace, time) + _currents(trace, time)
    heights = [height for height, _ in panels]
    figure = style.figure(0.7 + sum(heights))
    axes = figure.subplots(len(panels), 1, sharex=True, height_ratios=heights)
    for ax, (_, draw) in zip(axes, panels, strict=True):
        draw(ax)
    axes[0].xaxis.set_visible(False)
    axes[-1].set(xlabel="time (ms)", xlim=(time.start.min(), time.end.max()))
    figure.align_ylabels(axes)
    style.title(figure, _title(trace, time))
    return style.finish(figure, path)


def of_soma(trace: Trace) -> Trace:
    """A tree's trace as that of its first compartment, which is the soma if there is one; another as it is."""
    if np.ndim(trace.v) == np.ndim(trace.spike_count) + 1:
        return trace
    first = {
        name: jax.tree.map(lambda x: x[..., 0], kept)
        for name, kept in trace.recorded.items()
        if name in ("gates", "currents")
    }
    return dataclasses.replace(trace, v=trace.v[..., 0], recorded=first)


def _check_few(trace: Trace) -> None:
    """Refuse more neurons than a figure can hold apart.

    Raises:
        ValueError: says what to do instead.
    """
    shape = np.shape(trace.v)
    if len(shape) > 2:
        raise ValueError(f"trace draws one neuron or a batch [neuron, time], got voltages of the shape {shape}")
    if len(shape) == 2 and shape[0] > MOST:
        raise ValueError(
            f"trace draws up to {MOST} neurons over each other, got {shape[0]}: pick some, as in "
            "jax.tree.map(lambda x: x[:5], trace), or draw the result of membrax.run with membrax.plot.population"
        )


def _paints(time: Clock) -> list[Any]:
    return [style.INK] if time.neurons == 1 else style.colours(time.neurons)


def _spikes(trace: Trace, time: Clock) -> Panel:
    """A row of marks for each neuron, in its colour, which names the lines below."""
    times = np.atleast_2d(np.asarray(trace.spikes))

    def draw(ax: Axes) -> None:
        for k, paint in enumerate(_paints(time)):
            at = times[k][np.isfinite(times[k])]
            ax.plot(at, np.full(len(at), k), ls="", marker="|", ms=6, mew=1.3, color=paint)
        ax.set(ylim=(time.neurons - 0.5, -0.5), yticks=range(time.neurons))
        ax.set_ylabel("neuron" if time.neurons > 1 else "")
        ax.tick_params(axis="y", length=0, labelsize=style.SMALL if time.neurons > 1 else None)
        if time.neurons == 1:
            ax.set_yticks([0], ["spikes"])
        for label, paint in zip(ax.get_yticklabels(), _paints(time), strict=True):
            label.set_color(paint)
        ax.spines[:].set_visible(False)

    return (0.2 if time.neurons == 1 else 0.12 * time.neurons + 0.1), draw


def _voltage(trace: Trace, time: Clock) -> Panel:
    v, t = np.atleast_2d(np.asarray(trace.v)), time.of(trace.t)

    def draw(ax: Axes) -> None:
        for k, paint in enumerate(_paints(time)):
            ax.plot(t[k], v[k], color=paint)
        ax.set_ylabel("membrane\npotential (mV)")

    return 1.7, draw


def _stimulus(trace: Trace, time: Clock, stimulus: Any, cell: Any) -> list[Panel]:
    """What was injected, if it is known."""
    found = injected(trace, time, stimulus, cell)
    if found is None:
        return []
    edges, values, unit, label = found
    paints = _paints(time) if len(values) > 1 else [style.INK]

    def draw(ax: Axes) -> None:
        for k, paint in enumerate(paints):
            ax.stairs(values[k], edges[k], baseline=None, color=paint, lw=1.0)
        ax.margins(y=0.12)
        ax.set_ylabel(f"{label}\n({unit})")

    return [(0.75, draw)]


def _gates(trace: Trace, time: Clock) -> list[Panel]:
    kept = trace.recorded.get("gates") or {}
    lines = {(channel, gate): np.atleast_2d(np.asarray(x)) for channel in kept for gate, x in kept[channel].items()}
    return (
        [(1.2, _lines(lines, time.of(trace.times["gates"]), list(kept), "gates\n(fraction open)", (-0.04, 1.04)))]
        if lines
        else []
    )


def _currents(trace: Trace, time: Clock) -> list[Panel]:
    kept = trace.recorded.get("currents") or {}
    lines = {(name, ""): np.atleast_2d(np.asarray(x)) for name, x in kept.items() if name != "stimulus"}
    # Colours as in the gates' panel, where a channel without gates has its place too.
    if not lines:
        return []
    t = time.of(trace.times["currents"])
    return [(1.2, _lines(lines, t, [name for name, _ in lines], "outward\ncurrent (µA/cm²)"))]


def _lines(lines: dict, t: np.ndarray, channels: list[str], label: str, limits: Any = None) -> Callable:
    """A panel of lines {(channel, gate): [neuron, sample]}: a colour for a channel, a dash for its gate."""
    few = len(channels) <= len(style.PALETTE)
    paints = dict(zip(channels, of_ions(channels) if few else style.colours(len(channels)), strict=True))

    def draw(ax: Axes) -> None:
        seen = dict.fromkeys(channels, 0)
        for (channel, gate), values in lines.items():
            name = f"{channel}.{gate}" if gate else channel
            for k, row in enumerate(values):
                dash = style.DASHES[seen[channel] % len(style.DASHES)]
                ax.plot(t[k], row, color=paints[channel], ls=dash, label=name if k == 0 else None)
            seen[channel] += 1
        ax.set_ylabel(label)
        if limits:
            ax.set(ylim=limits, yticks=[0, 0.5, 1])
        style.beside(ax)

    return draw


def _title(trace: Trace, time: Clock) -> str:
    """How many spikes in how long, and who was lost."""
    counts = np.atleast_1d(np.asarray(trace.spike_count))
    low, high, lasted = counts.min(), counts.max(), time.end[0] - time.start[0]
    told = style.counted(int(low), "spike") if low == high else f"{low} to {high} spikes"
    told = f"{told} in {lasted:.6g} ms"
    if time.neurons > 1:
        told = f"{time.neurons} neurons, {told}{' each' if low == high else ''}"
    lost = int(np.sum(~np.atleast_1d(np.asarray(trace.finite))))
    told += f"; {style.counted(lost, 'neuron')} not finite" if lost else ""
    marked = np.sum(np.isfinite(np.atleast_2d(np.asarray(trace.spikes))), axis=1)
    return told if np.all(marked >= counts) else f"{told}, the first {marked.max()} marked"
