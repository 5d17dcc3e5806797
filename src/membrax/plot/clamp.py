"""Voltage clamp: families of steps, conductance curves and tail currents."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..clamp import Clamped
from ..protocols import GVCurve, Inactivation, Tails
from ..pytrees import unknown
from . import style

LABELLED = 5  # levels


@style.styled
def clamped(
    family: Clamped, *, channels: Sequence[str] = (), window: tuple[float, float] | None = None,
    amplifier: bool = False, title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw a family of voltage steps: the command, the membrane current, and the currents of single channels.

    Args:
        family: from `membrax.clamp.voltage_clamp` or a protocol, one neuron or a batch [level].
        channels: names of channels; the current of each has a panel.
        window: (from, to) in ms; by default the whole duration.
        amplifier: whether to draw the amplifier's current, which includes the capacitive one, in place of the ionic.
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a `Clamped`, more than one leading axis, or an unknown channel.
    """
    style.expect(family, Clamped, "clamped currents, as from membrax.clamp.voltage_clamp")
    if np.ndim(family.v) > 2:
        raise ValueError(f"clamped draws one neuron or a batch [level], got the shape {np.shape(family.v)}")
    for name in channels:
        if name not in family.currents:
            raise ValueError(unknown(str(name), family.currents, "channel"))
    rows = {"command\n(mV)": family.command, "current\n(µA/cm²)": family.i_clamp if amplifier else family.i}
    rows |= {f"{name}\n(µA/cm²)": family.currents[name] for name in channels}
    rows = {label: np.atleast_2d(np.asarray(x, dtype=float)) for label, x in rows.items()}
    seen = np.ones(len(family.t), bool) if window is None else (family.t >= window[0]) & (family.t <= window[1])
    heights = [0.8] + [1.3] * (len(rows) - 1)
    figure = style.figure(0.6 + sum(heights))
    axes = figure.subplots(len(rows), 1, sharex=True, height_ratios=heights)
    for ax, (label, values) in zip(axes, rows.items(), strict=True):
        for row, paint in zip(values, style.colours(len(values)), strict=True):
            ax.plot(family.t[seen], row[seen], color=paint, lw=1.0)
        ax.set_ylabel(label)
        ax.margins(y=0.08)
    for ax in axes[1:]:
        ax.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
    _name_levels(axes[0], rows["command\n(mV)"][:, seen])
    axes[-1].set(xlabel="time (ms)", xlim=(family.t[seen][0], family.t[seen][-1]))
    figure.align_ylabels(axes)
    style.title(figure, title)
    return style.finish(figure, path)


def _name_levels(ax: Axes, command: np.ndarray) -> None:
    """Label a few levels in their colours, at the right; levels are read where they differ most."""
    levels = command[:, int(np.argmax(command.std(axis=0)))]
    colours = style.colours(len(levels))
    for k in style.select_evenly([int(k) for k in np.argsort(levels)], LABELLED):
        style.label_right(ax, levels[k], f"{style.number(float(levels[k]))} mV", colours[k], style.SMALL)


@style.styled
def boltzmann(
    curves: Mapping[str, GVCurve | Inactivation], *, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw activation and inactivation, each divided by its maximum, with the fitted Boltzmann curve.

    Args:
        curves: {name: from `membrax.protocols.g_v_curve` or `inactivation`}.
        path: where to save a PNG.

    Raises:
        ValueError: no curves, or something other than these.
    """
    if not isinstance(curves, Mapping) or not curves:
        raise ValueError(f"boltzmann draws a dictionary {{name: curve}} with at least one entry, got {curves!r}")
    for curve in curves.values():
        style.expect(curve, ("levels", "boltzmann"), "results of membrax.protocols.g_v_curve or inactivation")
    figure = style.figure(2.7)
    ax = figure.subplots()
    for (name, curve), paint in zip(curves.items(), style.colours(len(curves)), strict=True):
        values = curve.conductance if isinstance(curve, GVCurve) else curve.available
        fit, v = curve.boltzmann, np.linspace(curve.levels.min(), curve.levels.max(), 301)
        label = f"{name}\nhalf {style.number(round(fit.half, 1))} mV\nscale {style.number(round(fit.scale, 1))} mV"
        ax.plot(v, fit(v) / fit.maximum, color=paint, lw=1.3)
        ax.plot([], [], color=paint, marker="o", ms=3.5, label=label)
        ax.plot(curve.levels, values / fit.maximum, color=paint, ls="", marker="o", ms=3.5)
    ax.axhline(0.5, color=style.BAR, lw=0.8, zorder=0)
    ax.set(xlabel=style.POTENTIAL, ylabel="fraction of the maximum", ylim=(-0.05, 1.12))
    style.legend_outside(ax, labelspacing=0.9)
    style.title(figure, "Measured in voltage clamp (dots), and fitted Boltzmann curves")
    return style.finish(figure, path)


@style.styled
def tails(result: Tails, *, stop: float | None = None, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw tail currents, and on the right their initial values over the level, which cross zero at E.

    Args:
        result: from `membrax.protocols.tail_currents`.
        stop: end of the time axis, ms after the step; by default that of the result.
        path: where to save a PNG.

    Raises:
        ValueError: something other than tail currents.
    """
    style.expect(result, ("levels", "initial", "reversal", "t", "i"), "results of membrax.protocols.tail_currents")
    figure = style.figure(2.6)
    left, right = figure.subplots(1, 2)
    seen = result.t <= (np.inf if stop is None else stop)
    colours = style.colours(len(result.levels))
    for row, level, first, paint in zip(result.i, result.levels, result.initial, colours, strict=True):
        left.plot(result.t[seen], row[seen], color=paint)
        right.plot([level], [first], color=paint, marker="o", ms=4, ls="")
    slope, offset = np.polyfit(result.levels, result.initial, 1)
    v = np.array([result.levels.min(), result.levels.max()])
    right.plot(v, slope * v + offset, color=style.FAINT, lw=0.8, zorder=1)
    right.axvline(result.reversal, color=style.FAINT, ls="--", lw=0.8, zorder=1)
    right.annotate(f"{style.number(round(result.reversal, 1))} mV", (result.reversal, 0.98),
                   xycoords=right.get_xaxis_transform(), xytext=(-4, 0), textcoords="offset points", va="top",
                   ha="right", color=style.FAINT)  # fmt: skip
    for ax in (left, right):
        ax.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
    left.set(xlabel="time after the step back (ms)", ylabel="current (µA/cm²)", xlim=(0.0, result.t[seen][-1]))
    right.set(xlabel="level of the step back (mV)", ylabel="initial current (µA/cm²)")
    style.title(figure, "Tail currents reverse at the reversal potential")
    return style.finish(figure, path)
