"""Steps of current: the threshold over their duration, and resistance and time constant from the response."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import style
from ..lines import checked, paint_levels, paint_lines


@style.styled
def strength_duration(
    duration: ArrayLike, threshold: ArrayLike, *, rheobase: float, chronaxie: float,
    points: Mapping[str, tuple] | None = None, path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the threshold current over the duration of a pulse, with rheobase and chronaxie, and the threshold charge.

    Args:
        duration: durations of the pulses [point], ms, above 0.
        threshold: threshold currents [point], µA/cm².
        rheobase: threshold current of an infinitely long pulse, µA/cm².
        chronaxie: duration at which the threshold is twice the rheobase, ms.
        points: {name: (durations, thresholds)}, drawn as dots.
        path: where to save a PNG.

    Raises:
        ValueError: values of another length than the durations, or any that is not above 0.
    """
    d, lines = checked(duration, {"passive membrane": threshold})
    for name, value, unit in (("duration", d.min(), "ms"), ("rheobase", rheobase, "µA/cm²"),
                              ("chronaxie", chronaxie, "ms")):  # fmt: skip
        if not value > 0:
            raise ValueError(f"{name} must be above 0 {unit}, got {style.number(float(value))} {unit}")
    figure = style.figure(2.7)
    left, right = figure.subplots(1, 2)
    paint_lines(left, d, lines, points or {})
    charges = {name: (np.asarray(x), np.asarray(x) * np.asarray(i)) for name, (x, i) in (points or {}).items()}
    paint_lines(right, d, {name: d * i for name, i in lines.items()}, charges)
    style.logarithmic(left, float(np.min(threshold)), float(np.max(threshold)))
    left.set(xscale="log", ylabel="threshold current (µA/cm²)")
    left.xaxis.set_major_formatter("{x:g}")
    right.set(ylabel="threshold charge (nC/cm²)", xlim=(0, d[-1]), ylim=(0, None))
    paint_levels(left, {"rheobase": rheobase})
    left.plot([chronaxie, chronaxie], [left.get_ylim()[0], 2 * rheobase], color=style.FAINT, ls=":", lw=0.9)
    left.plot([chronaxie], [2 * rheobase], marker="s", ms=4, color=style.FAINT)
    left.annotate("chronaxie", (chronaxie, 2 * rheobase), xytext=(6, 5), textcoords="offset points", color=style.FAINT)
    for ax in (left, right):
        ax.set_xlabel("duration of the pulse (ms)")
    if points:
        style.legend_outside(right)
    style.title(figure, "Strength and duration: short pulses need a fixed charge, long pulses a fixed current")
    return style.finish(figure, path)


@style.styled
def reading(
    t: ArrayLike, v: ArrayLike, *, start: float, rest: float, plateau: float, tau: float,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the estimates of the plateau and the time constant from the recorded response to a step.

    The left panel shows the response with its rest, its plateau and the 63 % of the change that are reached after τ,
    the right panel the distance to the plateau on a logarithmic axis, where an exponential is a straight line.

    Args:
        t: times [time] in ms.
        v: recorded potential [time] in mV.
        start: onset of the step, ms.
        rest, plateau: potentials before the step and at its end, mV.
        tau: time constant, ms.
        path: where to save a PNG.

    Raises:
        ValueError: v of another length than t, a tau not above 0, or a plateau equal to the rest.
    """
    t, lines = checked(t, {"recorded": v})
    if not tau > 0:
        raise ValueError(f"tau must be above 0 ms, got {style.number(float(tau))} ms")
    if plateau == rest:
        raise ValueError(f"plateau and rest must differ, got {style.number(float(plateau))} mV for both")
    figure = style.figure(2.7)
    left, right = figure.subplots(1, 2)
    _response(left, t, lines["recorded"], start, rest, plateau, tau)
    _distance(right, t, lines["recorded"], start, rest, plateau, tau)
    style.title(figure, f"Step response: {style.number(plateau - rest)} mV at the plateau, τ = {style.number(tau)} ms")
    return style.finish(figure, path)


def _response(ax: Axes, t: np.ndarray, v: np.ndarray, start: float, rest: float, plateau: float, tau: float) -> None:
    """Draw the response, its levels, the initial tangent and the point after one τ."""
    reached = rest + (1 - np.exp(-1)) * (plateau - rest)
    ax.plot(t, v, color=style.DATA, lw=0.8)
    ax.plot([start, start + tau], [rest, plateau], color=style.PALETTE[0], lw=1.2)
    ax.plot([start + tau], [reached], marker="o", ms=4.5, ls="", color=style.MODEL)
    ax.plot([start + tau] * 2, [rest, plateau], color=style.MODEL, ls=":", lw=0.9)
    ax.annotate("63 %", (start + tau, reached), xytext=(7, -3), textcoords="offset points", color=style.MODEL)
    ax.annotate("start + τ", (start + tau, rest), xytext=(4, 5 if plateau > rest else -10), textcoords="offset points",
                color=style.MODEL)  # fmt: skip
    paint_levels(ax, {"rest": rest, "plateau": plateau})
    ax.set(xlabel="time (ms)", ylabel=style.POTENTIAL, xlim=(t[0], t[-1]))


def _distance(ax: Axes, t: np.ndarray, v: np.ndarray, start: float, rest: float, plateau: float, tau: float) -> None:
    """Draw the distance to the plateau as a fraction of the whole change; values below 2 % are mostly noise."""
    distance = (plateau - v) / (plateau - rest)
    shown = (t >= start) & (distance > 0.02) & (t <= start + 6 * tau)
    after = np.linspace(0.0, 4 * tau, 50)
    ax.plot(t[shown] - start, distance[shown], color=style.DATA, ls="", marker=".", ms=2.5, label="recorded")
    ax.plot(after, np.exp(-after / tau), color=style.MODEL, lw=1.4, label="exp(−t/τ)")
    ax.set(
        xlabel="time since the start (ms)", ylabel="distance to the plateau (fraction)", yscale="log", ylim=(0.015, 1.3)
    )
    ax.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5, 1.0], ["0.02", "0.05", "0.1", "0.2", "0.5", "1"])
    ax.minorticks_off()
    style.legend_outside(ax)
