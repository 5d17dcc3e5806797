"""A simulated trace: spikes, voltage, stimulus, and recorded gates and currents."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import jax
import numpy as np
from matplotlib.axes import Axes

from ..cell import Cell
from ..simulate import Trace
from ..stimuli import StimulusLike
from . import style
from .clock import Clock, clock
from .course.ions import channel_colours as of_ions
from .injected import injected

MOST = 20  # neurons in one figure

Panel = tuple[float, Callable[[Axes], None]]  # height in inches, and a function that draws the panel


@style.styled
def trace(
    trace: Trace, stimulus: StimulusLike = None, *, cell: Cell | None = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw the trace of one neuron or of a few: voltage with spike marks, stimulus, recorded gates and currents.

    The trace of a tree is drawn at the soma; `membrax.plot.travelling` draws the whole tree. The stimulus is drawn as
    its mean over each step. Without ``stimulus``, and for a random one, the figure shows the stimulus that
    `membrax.probes.currents` recorded.

    Args:
        trace: from `membrax.simulate`, or from it under ``jax.vmap``.
        stimulus: the injected current.
        cell: its area turns a stimulus in nA into a density; without a cell nA are drawn as nA.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a trace, more than 20 neurons, a random stimulus that was not recorded, a
            stimulus for another number of neurons, or a stimulus in nA and µA/cm² without a cell.
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
    """The trace of a tree at its first compartment, the soma if there is one; a patch's trace as it is."""
    if np.ndim(trace.v) == np.ndim(trace.spike_count) + 1:
        return trace
    first = {
        name: jax.tree.map(lambda x: x[..., 0], kept)
        for name, kept in trace.recorded.items()
        if name in ("gates", "currents")
    }
    return dataclasses.replace(trace, v=trace.v[..., 0], recorded=first)


def _check_few(trace: Trace) -> None:
    """Check that the figure can hold all neurons.

    Raises:
        ValueError: there are more than `MOST`; the message says what to draw instead.
    """
    shape = np.shape(trace.v)
    if len(shape) > 2:
        raise ValueError(f"trace draws one neuron or a batch [neuron, time], got voltages of the shape {shape}")
    if len(shape) == 2 and shape[0] > MOST:
        raise ValueError(
            f"trace draws up to {MOST} neurons, got {shape[0]}: select some, as in "
            "jax.tree.map(lambda x: x[:5], trace), or draw the result of membrax.run with membrax.plot.population"
        )


def _colours(time: Clock) -> list[style.Colour]:
    """One colour for each neuron."""
    return [style.INK] if time.neurons == 1 else style.colours(time.neurons)


def _spikes(trace: Trace, time: Clock) -> Panel:
    """One row of spike marks for each neuron, in the colour of its lines below."""
    times = np.atleast_2d(np.asarray(trace.spikes))

    def draw(ax: Axes) -> None:
        for k, paint in enumerate(_colours(time)):
            at = times[k][np.isfinite(times[k])]
            ax.plot(at, np.full(len(at), k), ls="", marker="|", ms=6, mew=1.3, color=paint)
        ax.set(ylim=(time.neurons - 0.5, -0.5), yticks=range(time.neurons))
        ax.set_ylabel("neuron" if time.neurons > 1 else "")
        ax.tick_params(axis="y", length=0, labelsize=style.SMALL if time.neurons > 1 else None)
        if time.neurons == 1:
            ax.set_yticks([0], ["spikes"])
        for label, paint in zip(ax.get_yticklabels(), _colours(time), strict=True):
            label.set_color(paint)
        ax.spines[:].set_visible(False)

    return (0.2 if time.neurons == 1 else 0.12 * time.neurons + 0.1), draw


def _voltage(trace: Trace, time: Clock) -> Panel:
    v, t = np.atleast_2d(np.asarray(trace.v)), time.of(trace.t)

    def draw(ax: Axes) -> None:
        for k, paint in enumerate(_colours(time)):
            ax.plot(t[k], v[k], color=paint)
        ax.set_ylabel(style.POTENTIAL_WRAPPED)

    return 1.7, draw


def _stimulus(trace: Trace, time: Clock, stimulus: StimulusLike, cell: Cell | None) -> list[Panel]:
    """The injected current, if it is known."""
    current = injected(trace, time, stimulus, cell)
    if current is None:
        return []
    edges, values, unit, label = current
    colours = _colours(time) if len(values) > 1 else [style.INK]

    def draw(ax: Axes) -> None:
        for k, paint in enumerate(colours):
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
    # The colours are those of the panel of gates.
    if not lines:
        return []
    t = time.of(trace.times["currents"])
    return [(1.2, _lines(lines, t, [name for name, _ in lines], "outward\ncurrent (µA/cm²)"))]


def _lines(lines: dict, t: np.ndarray, channels: list[str], label: str, limits: tuple | None = None) -> Callable:
    """A panel of lines {(channel, gate): [neuron, sample]}: one colour for each channel, one dash for each gate."""
    few = len(channels) <= len(style.PALETTE)
    colours = dict(zip(channels, of_ions(channels) if few else style.colours(len(channels)), strict=True))

    def draw(ax: Axes) -> None:
        seen = dict.fromkeys(channels, 0)
        for (channel, gate), values in lines.items():
            name = f"{channel}.{gate}" if gate else channel
            for k, row in enumerate(values):
                dash = style.DASHES[seen[channel] % len(style.DASHES)]
                ax.plot(t[k], row, color=colours[channel], ls=dash, label=name if k == 0 else None)
            seen[channel] += 1
        ax.set_ylabel(label)
        if limits:
            ax.set(ylim=limits, yticks=[0, 0.5, 1])
        style.legend_outside(ax)

    return draw


def _title(trace: Trace, time: Clock) -> str:
    """The number of spikes, the duration, and the number of neurons that are not finite."""
    counts = np.atleast_1d(np.asarray(trace.spike_count))
    low, high, duration = counts.min(), counts.max(), time.end[0] - time.start[0]
    text = style.counted(int(low), "spike") if low == high else f"{low} to {high} spikes"
    text = f"{text} in {duration:.6g} ms"
    if time.neurons > 1:
        text = f"{time.neurons} neurons, {text}{' each' if low == high else ''}"
    lost = int(np.sum(~np.atleast_1d(np.asarray(trace.finite))))
    text += f"; {style.counted(lost, 'neuron')} not finite" if lost else ""
    marked = np.sum(np.isfinite(np.atleast_2d(np.asarray(trace.spikes))), axis=1)
    return text if np.all(marked >= counts) else f"{text}, the first {marked.max()} marked"
