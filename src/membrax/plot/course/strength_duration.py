"""Steps of current: what threshold they need over their duration, and what an experimenter reads off the response."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import style
from ..lines import checked, paint_levels, paint_lines


@style.styled
def strength_duration(
    duration: Any, threshold: Any, *, rheobase: float, chronaxie: float,
    points: Mapping[str, tuple] | None = None, path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw strength over duration with its rheobase and chronaxie, and the charge that each pulse needs.

    Args:
        duration: of the pulses [point], ms, above 0.
        threshold: the current that just reaches the threshold [point], µA/cm².
        rheobase: the threshold of a pulse without end, µA/cm².
        chronaxie: the duration at which the threshold is twice the rheobase, ms.
        points: {name: (duration, threshold)} drawn as dots.
        path: where to save a PNG.

    Raises:
        ValueError: values of another length than the durations, or any that is not above 0.
    """
    duration, lines = checked(duration, {"passive membrane": threshold})
    for name, value, unit in (("duration", duration.min(), "ms"), ("rheobase", rheobase, "µA/cm²"),
                              ("chronaxie", chronaxie, "ms")):  # fmt: skip
        if not value > 0:
            raise ValueError(f"{name} must be above 0 {unit}, got {style.number(float(value))} {unit}")
    figure = style.figure(2.7)
    left, right = figure.subplots(1, 2)
    paint_lines(left, duration, lines, points or {})
    charges = {name: (np.asarray(d), np.asarray(d) * np.asarray(i)) for name, (d, i) in (points or {}).items()}
    paint_lines(right, duration, {name: duration * i for name, i in lines.items()}, charges)
    style.logarithmic(left, float(np.min(threshold)), float(np.max(threshold)))
    left.set(xscale="log", ylabel="threshold current (µA/cm²)")
    left.xaxis.set_major_formatter("{x:g}")
    right.set(ylabel="threshold charge (nC/cm²)", xlim=(0, duration[-1]), ylim=(0, None))
    paint_levels(left, {"rheobase": rheobase})
    left.plot([chronaxie, chronaxie], [left.get_ylim()[0], 2 * rheobase], color=style.FAINT, ls=":", lw=0.9)
    left.plot([chronaxie], [2 * rheobase], marker="s", ms=4, color=style.FAINT)
    left.annotate("chronaxie", (chronaxie, 2 * rheobase), xytext=(6, 5), textcoords="offset points", color=style.FAINT)
    for ax in (left, right):
        ax.set_xlabel("duration of the pulse (ms)")
    if points:
        style.legend_outside(right)
    style.title(figure, "Strength and duration: short pulses need a charge, long ones a current")
    return style.finish(figure, path)


@style.styled
def reading(
    t: Any, v: Any, *, start: float, rest: float, plateau: float, tau: float,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw how the resistance and the time constant are read off a recorded step.

    On the left the response with its rest, its plateau and the 63 % of the way that it has gone after τ; on the
    right the distance to the plateau on a logarithmic axis, where an exponential is a straight line.

    Args:
        t: times [time] in ms.
        v: recorded potential [time] in mV.
        start: of the step, ms.
        rest, plateau: before the step and at its end, mV.
        tau: time constant, ms.
        path: where to save a PNG.

    Raises:
        ValueError: v of another length than t, a tau not above 0, or a plateau at the rest.
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
    style.title(figure, f"Read off: {style.number(plateau - rest)} mV at the plateau, τ = {style.number(tau)} ms")
    return style.finish(figure, path)


def _response(ax: Axes, t: np.ndarray, v: np.ndarray, start: float, rest: float, plateau: float, tau: float) -> None:
    reached = rest + (1 - np.exp(-1)) * (plateau - rest)
    ax.plot(t, v, color=style.DATA, lw=0.8)
    ax.plot([start, start + tau], [rest, plateau], color=style.PALETTE[0], lw=1.2)
    ax.plot([start + tau], [reached], marker="o", ms=4.5, ls="", color=style.MODEL)
    ax.plot([start + tau] * 2, [rest, plateau], color=style.MODEL, ls=":", lw=0.9)
    ax.annotate("63 %", (start + tau, reached), xytext=(7, -3), textcoords="offset points", color=style.MODEL)
    ax.annotate(
        "start + τ",
        (start + tau, rest),
        xytext=(4, 5 if plateau > rest else -10),
        textcoords="offset points",
        color=style.MODEL,
    )
    paint_levels(ax, {"rest": rest, "plateau": plateau})
    ax.set(xlabel="time (ms)", ylabel="membrane potential (mV)", xlim=(t[0], t[-1]))


def _distance(ax: Axes, t: np.ndarray, v: np.ndarray, start: float, rest: float, plateau: float, tau: float) -> None:
    """As a fraction of the whole step; what is below 2 % of it is noise more than signal."""
    far = (plateau - v) / (plateau - rest)
    seen = (t >= start) & (far > 0.02) & (t <= start + 6 * tau)
    after = np.linspace(0.0, 4 * tau, 50)
    ax.plot(t[seen] - start, far[seen], color=style.DATA, ls="", marker=".", ms=2.5, label="recorded")
    ax.plot(after, np.exp(-after / tau), color=style.MODEL, lw=1.4, label="exp(−t/τ)")
    ax.set(
        xlabel="time since the start (ms)", ylabel="fraction of the way still to go", yscale="log", ylim=(0.015, 1.3)
    )
    ax.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5, 1.0], ["0.02", "0.05", "0.1", "0.2", "0.5", "1"])
    ax.minorticks_off()
    style.legend_outside(ax)
