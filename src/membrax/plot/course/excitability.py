"""An action potential between the reversal potentials: v and its target, the conductances and the currents."""

from __future__ import annotations

import os

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes

from ...cell import Cell, environment
from ...cell_checks import check_cell
from ...pytrees import strong
from ...simulate import Trace
from .. import style
from .ions import channel_colours, subscripted
from .reversal_potentials import beyond

LOWEST = 1e-3  # mS/cm²; a conductance below it is practically closed


@style.styled
def action_potential(cell: Cell, trace: Trace, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw v between the outermost reversal potentials, its target Σ g E/Σ g, the conductances and the currents.

    At every time v moves towards Σ g E/Σ g, a weighted mean of the reversal potentials, which lies between the lowest
    and the highest; so without an electrode v cannot pass them. All channels must be ohmic and have an ``e``.

    Args:
        cell: the cell of the trace.
        trace: of one neuron, with ``record=(membrax.probes.gates(), membrax.probes.currents())``.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a cell and a trace, a batch, a trace without gates and currents, or a channel
            that is not ohmic.
    """
    check_cell(cell)
    style.expect(trace, Trace, "a Trace, as from membrax.simulate")
    if np.ndim(trace.v) != 1 or not {"gates", "currents"} <= set(trace.recorded):
        raise ValueError(
            "action_potential draws one neuron's trace with its gates and currents: "
            "record=(membrax.probes.gates(), membrax.probes.currents())"
        )
    g, e = conductances(cell, trace)
    colour = dict(zip(g, channel_colours(list(g)), strict=True))
    figure = style.figure(5.0)
    upper, middle, lower = figure.subplots(3, 1, sharex=True, height_ratios=[2.0, 1.1, 1.1])
    _potential(upper, trace, g, e, colour)
    for name, values in g.items():
        middle.plot(trace.times["gates"], values, color=colour[name], label=name)
        lower.plot(trace.times["currents"], np.asarray(trace.recorded["currents"][name]), color=colour[name])
    lowest = max(LOWEST, min(x[x > 0].min(initial=np.inf) for x in g.values()))
    style.logarithmic(middle, lowest, max(x.max() for x in g.values()))
    middle.set_ylabel("conductance\n(mS/cm²)")
    lower.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
    lower.set(ylabel="outward\ncurrent (µA/cm²)", xlabel="time (ms)", xlim=(trace.t[0], trace.t[-1]))
    style.legend_outside(middle)
    figure.align_ylabels([upper, middle, lower])
    style.title(figure, "v follows Σ g E/Σ g, the mean of the reversal potentials weighted by the conductances")
    return style.finish(figure, path)


def conductances(cell: Cell, trace: Trace) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Each channel's conductance [time] in mS/cm², from its recorded gates, and its reversal potential in mV.

    Raises:
        ValueError: a channel is not ohmic or has no reversal potential ``e``.
    """
    cell, env, g, e = strong(cell), environment(strong(cell)), {}, {}
    for name, channel in cell.channels.items():
        level = getattr(channel, "e", None)
        if not getattr(channel, "ohmic", False) or level is None:
            raise ValueError(f"channel {name!r} must be ohmic and have a reversal potential e")
        gates = trace.recorded["gates"][name]
        # At fixed gates the current is a straight line: its value 1 mV above the reversal potential is the conductance.
        one = lambda x, channel=channel, e=level: channel.current(x, e + 1.0, env)  # noqa: E731
        values = jax.vmap(one)(gates) if gates else jnp.broadcast_to(one({}), np.shape(trace.times["gates"]))
        g[name], e[name] = np.asarray(values, dtype=float), float(level)
    return g, e


def _potential(
    ax: Axes, trace: Trace, g: dict[str, np.ndarray], e: dict[str, float], colour: dict[str, style.Colour]
) -> None:
    """Draw v, its target and the reversal potentials; the range beyond the outermost is shaded."""
    low, high = min(e.values()), max(e.values())
    target = sum(g[name] * e[name] for name in g) / sum(g.values())
    beyond(ax.axhspan, low, high)
    for name, level in e.items():
        ax.axhline(level, color=colour[name], ls=":", lw=1.0)
        style.label_right(ax, level, f"{subscripted('E', name)} = {style.number(round(level, 1))} mV", colour[name])
    ax.plot(trace.times["gates"], target, color=style.FAINT, ls="--", lw=1.0, label="Σ g E/Σ g")
    ax.plot(trace.t, np.asarray(trace.v), color=style.INK, lw=1.8, label="v")
    ax.set(ylabel=style.POTENTIAL_WRAPPED, ylim=(low - 12.0, high + 12.0))
    ax.legend(loc="center right")
