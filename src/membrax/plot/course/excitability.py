"""An action potential between its batteries: what the conductances do, and where the potential is drawn."""

from __future__ import annotations

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes

from ...cell import Cell, environment
from ...cell_checks import check_cell
from ...pytrees import strong
from ...simulate import Trace
from .. import style
from .ions import channel_colours
from .reversal_potentials import beyond

LOWEST = 1e-3  # mS/cm², below which a conductance is as good as shut


@style.styled
def action_potential(cell: Cell, trace: Trace, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw v between the outermost batteries, where the conductances draw it, and the conductances and currents.

    At every moment v moves towards Σ g E/Σ g, a mean of the batteries, which lies between the lowest and the highest;
    so without an electrode v can't pass them. Conductances are those of channels that are ohmic and have an ``e``.

    Args:
        cell: whose channels they are.
        trace: of one neuron, with ``record=(membrax.probes.gates(), membrax.probes.currents())``.
        path: where to save a PNG.

    Raises:
        ValueError: no cell or trace, a batch, a trace without gates and currents, or a channel that is not ohmic.
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
    style.title(figure, "Between two walls: v runs after Σ g E/Σ g, the weighted mean of the batteries")
    return style.finish(figure, path)


def conductances(cell: Cell, trace: Trace) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Each channel's conductance [time] in mS/cm², from its recorded gates, and its battery in mV.

    Raises:
        ValueError: a channel that is not ohmic or has no battery.
    """
    cell, env, found = strong(cell), environment(strong(cell)), {}
    for name, channel in cell.channels.items():
        if not (getattr(channel, "ohmic", False) and hasattr(channel, "e")):
            raise ValueError(f"channel {name!r} is no conductance with a battery: it is not ohmic or has no e")
        gates = trace.recorded["gates"][name]
        # At fixed gates the current is a straight line: its value 1 mV above the battery is the conductance.
        one = lambda x, channel=channel: channel.current(x, channel.e + 1.0, env)  # noqa: E731
        g = jax.vmap(one)(gates) if gates else jnp.broadcast_to(one({}), np.shape(trace.times["gates"]))
        found[name] = np.asarray(g, dtype=float)
    return found, {name: float(cell.channels[name].e) for name in found}


def _potential(ax: Axes, trace: Trace, g: dict[str, np.ndarray], e: dict[str, float], colour: dict[str, Any]) -> None:
    """v, its target, and the batteries as lines; what lies beyond the outermost is shaded."""
    low, high = min(e.values()), max(e.values())
    target = sum(g[name] * e[name] for name in g) / sum(g.values())
    beyond(ax.axhspan, low, high)
    for name, level in e.items():
        ax.axhline(level, color=colour[name], ls=":", lw=1.0)
        plain = name.replace("_", r"\_")
        ax.annotate(f"$E_{{\\mathrm{{{plain}}}}}$ = {style.number(round(level, 1))} mV", (1.0, level),
                    xycoords=ax.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points", va="center",
                    color=colour[name], annotation_clip=False)  # fmt: skip
    ax.plot(trace.times["gates"], target, color=style.FAINT, ls="--", lw=1.0, label="Σ g E/Σ g")
    ax.plot(trace.t, np.asarray(trace.v), color=style.INK, lw=1.8, label="v")
    ax.set(ylabel="membrane\npotential (mV)", ylim=(low - 12.0, high + 12.0))
    ax.legend(loc="center right")
