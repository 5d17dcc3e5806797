"""The membrane as a resistor and a capacitor: its response to an injected current, and the charge of each part."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import style
from ..lines import checked, paint_levels, paint_lines

CURRENT, CHANNELS, CAPACITOR = style.INK, style.PALETTE[0], style.PALETTE[1]


@style.styled
def responses(
    t: ArrayLike, voltages: Mapping[str, ArrayLike], currents: Mapping[str, ArrayLike] | None = None, *,
    points: Mapping[str, tuple] | None = None, levels: Mapping[str, float] | None = None, unit: str = "µA/cm²",
    title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw voltages over time, and below them the injected currents.

    Args:
        t: times [time] in ms.
        voltages: {name: potential [time]}, mV.
        currents: {name: injected current [time]}, inward positive; a current with the name of a voltage has its colour.
        points: {name: (times in ms, potentials in mV)}, drawn as dots, such as every tenth sample of a simulation.
        levels: {name: mV}, drawn as dashed lines, such as the rest or a threshold.
        unit: unit of the currents.
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: no voltages, or values of another length than t.
    """
    t, potentials = checked(t, voltages)
    figure = style.figure(3.1 if currents else 2.3)
    heights = [2.2, 0.9] if currents else [1.0]
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    paint_lines(axes[0], t, potentials, points or {})
    paint_levels(axes[0], levels or {})
    axes[0].set_ylabel(style.POTENTIAL_WRAPPED)
    if len(potentials) + len(points or {}) > 1:
        style.legend_outside(axes[0])
    if currents:
        _currents(axes[1], t, checked(t, currents)[1], list(potentials))
        axes[1].set_ylabel(f"injected\n({unit})")
        figure.align_ylabels(axes)
    axes[-1].set(xlabel="time (ms)", xlim=(t[0], t[-1]))
    style.title(figure, title)
    return style.finish(figure, path)


def _currents(ax: Axes, t: np.ndarray, currents: Mapping[str, np.ndarray], names: list[str]) -> None:
    """Draw one current in black, or each of several in the colour of its voltage."""
    colours = dict(zip(names, style.colours(len(names)), strict=True)) if len(currents) > 1 else {}
    for name, values in currents.items():
        ls = style.DASHES[names.index(name) % len(style.DASHES)] if name in colours else "-"
        ax.plot(t, values, color=colours.get(name, CURRENT), ls=ls, lw=1.2)
    ax.margins(y=0.12)


@style.styled
def shares(
    t: ArrayLike, injected: ArrayLike, ionic: ArrayLike, *, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw the parts of the injected current through the channels and onto the capacitor, and the charge of each.

    Args:
        t: midpoints of equal steps [step] in ms.
        injected: mean of the injected current over each step [step], µA/cm², inward positive.
        ionic: mean of the current through the channels [step], µA/cm², outward positive; the rest is capacitive.
        path: where to save a PNG.

    Raises:
        ValueError: arrays of different lengths, or fewer than two steps.
    """
    t, currents = checked(t, {"injected": injected, "through the channels": ionic})
    if len(t) < 2:
        raise ValueError(f"t must have at least two steps, got {len(t)}")
    currents["onto the capacitor"] = currents["injected"] - currents["through the channels"]
    dt = t[1] - t[0]
    figure = style.figure(2.5)
    left, right = figure.subplots(1, 2)
    for (name, values), colour, ls in zip(
        currents.items(), (CURRENT, CHANNELS, CAPACITOR), ("-", "-", "--"), strict=True
    ):
        left.plot(t, values, color=colour, ls=ls, lw=1.4, label=name)
        right.plot(t + 0.5 * dt, np.cumsum(values) * dt, color=colour, ls=ls, lw=1.4, label=name)
    left.set(ylabel="current (µA/cm²)")
    right.set(ylabel="charge so far (nC/cm²)")
    for ax in (left, right):
        ax.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
        ax.set(xlabel="time (ms)", xlim=(t[0] - 0.5 * dt, t[-1] + 0.5 * dt))
    style.legend_outside(right)
    style.title(figure, "Injected current = current through the channels + current onto the capacitor")
    return style.finish(figure, path)
