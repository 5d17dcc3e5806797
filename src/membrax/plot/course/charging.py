"""Charging of a membrane: the tangent, the 63 % mark, the mirror image, and the straight line of the logarithm."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ...typing import Number
from .. import style

BEHIND = {"fc": "white", "ec": "none", "pad": 0.8}  # a label interrupts a guide line that crosses it
LASTS, POINTS = 5.0, 401  # duration in time constants, and points on a curve
REACHED = 1.0 - np.exp(-1.0)  # the fraction of the change after one time constant
# Fraction of the change, the time constants after which it is reached, and that time as text.
MARKS = {"50 %": (0.5, np.log(2.0), r"$\tau\,\ln 2$"), "63 %": (REACHED, 1.0, r"$\tau$")}


@style.styled
def charging(
    start: float, target: float, tau: float, *, tangent_at: float = 0.0, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw v∞ + (v₀ − v∞) e^(−t/τ) over five time constants, with a tangent that reaches v∞ one τ after its contact.

    Marks show half of the change, at τ ln 2, and 63 % of it, at τ.

    Args:
        start, target: v₀ and v∞ [mV].
        tau: τ [ms].
        tangent_at: time at which the tangent touches the curve [ms].
        path: where to save a PNG.

    Raises:
        ValueError: a time constant that is not above 0, equal potentials, or a tangent outside the time axis.
    """
    start, target, tau = _checked(start, target, tau)
    at = float(tangent_at)
    if not 0.0 <= at <= (LASTS - 1.0) * tau:
        raise ValueError(f"tangent_at must lie in 0…{LASTS - 1:g} τ = {(LASTS - 1) * tau:g} ms, got {at:g} ms")
    t, v = _curve(start, target, tau)
    figure = style.figure(2.9, 5.6)
    ax = figure.subplots()
    ax.axhline(target, color=style.FAINT, ls="--", lw=0.9)
    ax.plot(t, v, color=style.PALETTE[0], lw=1.6, label="membrane potential")
    _tangent(ax, at, float(_exact(at, start, target, tau)), target, tau)
    _marks(ax, start, target, tau)
    ax.set(xlabel="time (ms)", ylabel=style.POTENTIAL, xlim=(0.0, LASTS * tau))
    style.label_right(ax, target, "$v_\\infty$")
    ax.margins(y=0.08)
    style.title(figure, "The tangent reaches the final value one τ after its contact")
    return style.finish(figure, path)


@style.styled
def mirror(low: float, high: float, tau: float, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw charging from ``low`` to ``high`` [mV] and discharging back, and the distance of each from its final value.

    On the left the two curves are mirror images about the mean of both potentials, where they cross at τ ln 2, and
    their tangents (dashed) reach the final values after one τ. On the right, on a logarithmic axis, both are the same
    straight line, which falls by a factor of e in each τ.

    Args:
        low, high: the two potentials [mV].
        tau: τ [ms].
        path: where to save a PNG.

    Raises:
        ValueError: a time constant that is not above 0, or a ``high`` that is not above ``low``.
    """
    low, high, tau = _checked(low, high, tau)
    if high < low:
        raise ValueError(f"high must be above low, got {high:g} mV and {low:g} mV")
    t, up = _curve(low, high, tau)
    down = _curve(high, low, tau)[1]
    figure = style.figure(2.7)
    left, right = figure.subplots(1, 2)
    middle = 0.5 * (low + high)
    left.axhline(middle, color=style.FAINT, ls=":", lw=0.9)
    left.plot(t, up, color=style.PALETTE[0], lw=1.5, label="charging")
    left.plot(t, down, color=style.PALETTE[1], lw=1.5, label="discharging")
    _tangents(left, low, high, tau)
    left.plot(tau * np.log(2.0), middle, "o", ms=4, color=style.INK)
    for values, k, name, at in ((up, 0, "charging", -9), (down, 1, "discharging", 9)):
        left.annotate(name, (3.2 * tau, np.interp(3.2 * tau, t, values)), (0, at), textcoords="offset points",
                      color=style.PALETTE[k], ha="center", va="center")  # fmt: skip
    left.set(ylabel=style.POTENTIAL)
    left.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    _semilog(right, t, np.array([high - up, down - low]), ("charging", "discharging"))
    for ax in (left, right):
        ax.set(xlabel="time (ms)", xlim=(0.0, LASTS * tau))
    style.heading(left, f"Mirror images about {style.number(middle)} mV")
    style.heading(right, f"One straight line: a factor of e in {style.number(tau)} ms")
    return style.finish(figure, path)


def _tangents(ax: Axes, low: float, high: float, tau: float) -> None:
    """Draw the tangents of charging and of discharging at their start; both reach the final value after one τ."""
    for start, target, k, name in ((low, high, 0, "charging"), (high, low, 1, "discharging")):
        ax.axhline(target, color=style.FAINT, ls=":", lw=0.6)
        ax.plot([0.0, tau], [start, target], color=style.PALETTE[k], ls="--", lw=1.0, label=f"tangent of {name}")
    ax.plot([tau, tau], [low, high], color=style.FAINT, ls=":", lw=0.9)
    ax.annotate("τ", (tau, high), (0, 3), textcoords="offset points", ha="center", va="bottom")
    ax.margins(y=0.1)


def _semilog(ax: Axes, t: np.ndarray, distance: np.ndarray, names: tuple[str, ...]) -> None:
    """Draw distances from the final value [curve, time] in mV, on a logarithmic axis; later curves are dashed."""
    for k, (name, row) in enumerate(zip(names, distance, strict=True)):
        ax.plot(t, row, color=style.PALETTE[k], ls=("-", (0, (3, 3)))[min(k, 1)], lw=(2.2, 1.6)[min(k, 1)], label=name)
    style.logarithmic(ax, distance.min(), distance.max())
    ax.set(ylabel="distance from the final value (mV)")
    ax.legend(loc="upper right")


def _checked(start: float, target: float, tau: float) -> tuple[float, float, float]:
    """Return the arguments as Python floats.

    Raises:
        ValueError: as `charging` does.
    """
    start, target, tau = float(start), float(target), float(tau)
    if not (np.isfinite(tau) and tau > 0):
        raise ValueError(f"tau must be above 0 ms, got {tau:g} ms")
    if not np.isfinite([start, target]).all() or start == target:
        raise ValueError(f"the two potentials must be finite and differ, got {start:g} mV and {target:g} mV")
    return start, target, tau


def _exact(t: Number, start: float, target: float, tau: float) -> np.ndarray:
    """The potential [mV] at ``t`` [ms]."""
    return target + (start - target) * np.exp(-np.asarray(t) / tau)


def _curve(start: float, target: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """Times [time] in ms and potentials [time] in mV."""
    t = np.linspace(0.0, LASTS * tau, POINTS)
    return t, _exact(t, start, target, tau)


def _tangent(ax: Axes, at: float, v: float, target: float, tau: float) -> None:
    """Draw the tangent from its contact with the curve to the final value, one τ later."""
    ax.plot([at, at + tau], [v, target], color=style.PALETTE[1], lw=1.2, label="tangent")
    ax.plot([at, at + tau], [v, target], "o", ms=3.5, color=style.PALETTE[1])
    away = 7 if target > v else -7
    ends = {"arrowstyle": "<->", "lw": 0.8, "color": style.PALETTE[1], "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (at, target), (at + tau, target), arrowprops=ends)
    ax.annotate("τ", (at + 0.5 * tau, target), (0, away), textcoords="offset points", ha="center", va="center",
                color=style.PALETTE[1], fontsize=style.HEADING)  # fmt: skip


def _marks(ax: Axes, start: float, target: float, tau: float) -> None:
    """Mark half of the change and 63 % of it."""
    for name, (part, after, time) in MARKS.items():
        t, v = after * tau, start + part * (target - start)
        ax.plot([t, t], [start, v], color=style.FAINT, ls=":", lw=0.8)
        ax.plot(t, v, "o", ms=4, color=style.INK, label=name)
        rising = target > start
        ax.annotate(f"{name} at {time}", (t, v), (7, -2 if rising else 2), textcoords="offset points",
                    va="top" if rising else "bottom", bbox=BEHIND)  # fmt: skip
