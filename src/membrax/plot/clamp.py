"""What a voltage clamp measures: families of steps, conductance curves and tail currents."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..clamp import Clamped
from ..protocols import GVCurve, Inactivation, Tails
from ..pytrees import unknown
from . import style
from .fits.sweeps import some

NAMED = 5  # levels that are labelled


@style.styled
def clamped(
    family: Clamped, *, channels: Sequence[str] = (), window: tuple[float, float] | None = None,
    amplifier: bool = False, title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw a family of voltage steps: the command, the current through the membrane, and that of single channels.

    Args:
        family: from `membrax.clamp.voltage_clamp` or a protocol, one neuron or a batch [level].
        channels: whose currents get a panel each.
        window: (from, to) in ms, for a part of it.
        amplifier: whether to draw what the amplifier measures, with the capacitor's current, in place of the ionic.
        title: a short one that says what is seen.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no `Clamped`, more than one leading axis, or an unknown channel.
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
    """A few levels in their colours, to the right of where they hold; levels are told apart where they differ most."""
    levels = command[:, int(np.argmax(command.std(axis=0)))]
    paints = style.colours(len(levels))
    for k in some([int(k) for k in np.argsort(levels)], NAMED):
        ax.annotate(
            f"{style.number(levels[k])} mV", (1.0, levels[k]), xycoords=ax.get_yaxis_transform(), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=style.SMALL, color=paints[k], annotation_clip=False,
        )  # fmt: skip


@style.styled
def boltzmann(
    found: Mapping[str, GVCurve | Inactivation], *, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw activation and inactivation, each over its largest value, with the Boltzmann curve through it.

    Args:
        found: {name: from `membrax.protocols.g_v_curve` or `inactivation`}.
        path: where to save a PNG.

    Raises:
        ValueError: nothing to draw, or something else.
    """
    if not isinstance(found, Mapping) or not found:
        raise ValueError(f"boltzmann draws a dictionary {{name: curve}} with something in it, got {found!r}")
    for curve in found.values():
        style.expect(curve, ("levels", "boltzmann"), "results of membrax.protocols.g_v_curve or inactivation")
    figure = style.figure(2.7)
    ax = figure.subplots()
    for (name, curve), paint in zip(found.items(), style.colours(len(found)), strict=True):
        values = curve.conductance if hasattr(curve, "conductance") else curve.available
        fit, v = curve.boltzmann, np.linspace(curve.levels.min(), curve.levels.max(), 301)
        told = f"{name}\nhalf {style.number(round(fit.half, 1))} mV\nscale {style.number(round(fit.scale, 1))} mV"
        ax.plot(v, fit(v) / fit.maximum, color=paint, lw=1.3)
        ax.plot([], [], color=paint, marker="o", ms=3.5, label=told)
        ax.plot(curve.levels, values / fit.maximum, color=paint, ls="", marker="o", ms=3.5)
    ax.axhline(0.5, color=style.BAR, lw=0.8, zorder=0)
    ax.set(xlabel="membrane potential (mV)", ylabel="fraction of the maximum", ylim=(-0.05, 1.12))
    style.beside(ax, labelspacing=0.9)
    style.title(figure, "Measured in the clamp (dots), and Boltzmann curves through it")
    return style.finish(figure, path)


@style.styled
def tails(found: Tails, *, stop: float | None = None, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw tail currents after a step back, and on the right their beginnings over the level, a line through E.

    Args:
        found: from `membrax.protocols.tail_currents`.
        stop: until when, ms after the step; by default all.
        path: where to save a PNG.

    Raises:
        ValueError: something else.
    """
    style.expect(found, ("levels", "initial", "reversal", "t", "i"), "results of membrax.protocols.tail_currents")
    figure = style.figure(2.6)
    left, right = figure.subplots(1, 2)
    seen = found.t <= (np.inf if stop is None else stop)
    paints = style.colours(len(found.levels))
    for row, level, first, paint in zip(found.i, found.levels, found.initial, paints, strict=True):
        left.plot(found.t[seen], row[seen], color=paint)
        right.plot([level], [first], color=paint, marker="o", ms=4, ls="")
    slope, offset = np.polyfit(found.levels, found.initial, 1)
    v = np.array([found.levels.min(), found.levels.max()])
    right.plot(v, slope * v + offset, color=style.FAINT, lw=0.8, zorder=1)
    right.axvline(found.reversal, color=style.FAINT, ls="--", lw=0.8, zorder=1)
    right.annotate(f"{style.number(round(found.reversal, 1))} mV", (found.reversal, 0.98),
                   xycoords=right.get_xaxis_transform(), xytext=(-4, 0), textcoords="offset points", va="top",
                   ha="right", color=style.FAINT)  # fmt: skip
    for ax in (left, right):
        ax.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
    left.set(xlabel="time after the step back (ms)", ylabel="current (µA/cm²)", xlim=(0.0, found.t[seen][-1]))
    right.set(xlabel="stepped back to (mV)", ylabel="current at once (µA/cm²)")
    style.title(figure, "Tail currents turn round at the battery")
    return style.finish(figure, path)
