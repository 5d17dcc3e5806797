"""A membrane on its way: the tangent, the 63 %, the mirror image, and the straight line of the logarithm."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .. import style

BEHIND = {"fc": "white", "ec": "none", "pad": 0.8}  # a name interrupts a guide that crosses it
LASTS, POINTS = 5.0, 401  # time constants, and points on a curve
REACHED = 1.0 - np.exp(-1.0)  # after one time constant
# Part of the way, and after how many time constants it is gone.
MARKS = {"50 %": (0.5, np.log(2.0), r"$\tau\,\ln 2$"), "63 %": (REACHED, 1.0, r"$\tau$")}


@style.styled
def charging(
    start: Any, target: Any, tau: Any, *, tangent_at: Any = 0.0, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw v∞ + (v₀ − v∞) e^(−t/τ) over five time constants, with a tangent that meets v∞ one τ after it touches.

    The marks are half of the way, at τ ln 2, and 63 % of it, at τ.

    Args:
        start, target: v₀ and v∞ [mV].
        tau: τ [ms].
        tangent_at: when the tangent touches the curve [ms].
        path: where to save a PNG.

    Raises:
        ValueError: a time constant that is not above 0, equal potentials, or a tangent off the page.
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
    _tangent(ax, at, _exact(at, start, target, tau), target, tau)
    _marks(ax, start, target, tau)
    ax.set(xlabel="time (ms)", ylabel="membrane potential (mV)", xlim=(0.0, LASTS * tau))
    ax.annotate("$v_\\infty$", (1.0, target), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                va="center")  # fmt: skip
    ax.margins(y=0.08)
    style.title(figure, "The tangent meets the end value one τ after it touches")
    return style.finish(figure, path)


@style.styled
def mirror(low: Any, high: Any, tau: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw charging from ``low`` to ``high`` [mV] and discharging back, and how much of the way is left of each.

    Left, the two are mirror images about the potential midway, where they cross at τ ln 2, and their tangents
    (dashed) arrive after one τ. Right, on a logarithmic axis, both are the same straight line, which falls by a factor
    of e in each τ.

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
    for values, paint, name, at in ((up, 0, "charging", -9), (down, 1, "discharging", 9)):
        left.annotate(name, (3.2 * tau, np.interp(3.2 * tau, t, values)), (0, at), textcoords="offset points",
                      color=style.PALETTE[paint], ha="center", va="center")  # fmt: skip
    left.set(ylabel="membrane potential (mV)")
    left.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    _semilog(right, t, np.array([high - up, down - low]), ("charging", "discharging"))
    for ax in (left, right):
        ax.set(xlabel="time (ms)", xlim=(0.0, LASTS * tau))
    style.heading(left, f"Mirror images about {style.number(middle)} mV")
    style.heading(right, f"One straight line: a factor of e in {style.number(tau)} ms")
    return style.finish(figure, path)


def _tangents(ax: Axes, low: float, high: float, tau: float) -> None:
    """Of charging and of discharging at their start; both arrive after one τ."""
    for start, target, paint, name in ((low, high, 0, "charging"), (high, low, 1, "discharging")):
        ax.axhline(target, color=style.FAINT, ls=":", lw=0.6)
        ax.plot([0.0, tau], [start, target], color=style.PALETTE[paint], ls="--", lw=1.0, label=f"tangent of {name}")
    ax.plot([tau, tau], [low, high], color=style.FAINT, ls=":", lw=0.9)
    ax.annotate("τ", (tau, high), (0, 3), textcoords="offset points", ha="center", va="bottom")
    ax.margins(y=0.1)


def _semilog(ax: Axes, t: np.ndarray, left: np.ndarray, names: tuple[str, ...]) -> None:
    """What is left of the way [curve, time] in mV, on a logarithmic axis; later curves are dashed, over the first."""
    for k, (name, row) in enumerate(zip(names, left, strict=True)):
        ax.plot(t, row, color=style.PALETTE[k], ls=("-", (0, (3, 3)))[min(k, 1)], lw=(2.2, 1.6)[min(k, 1)], label=name)
    style.logarithmic(ax, left.min(), left.max())
    ax.set(ylabel="distance to the end value (mV)")
    ax.legend(loc="upper right")


def _checked(start: Any, target: Any, tau: Any) -> tuple[float, float, float]:
    """Plain numbers.

    Raises:
        ValueError: as `charging` does.
    """
    start, target, tau = float(start), float(target), float(tau)
    if not (np.isfinite(tau) and tau > 0):
        raise ValueError(f"tau must be above 0 ms, got {tau:g} ms")
    if not np.isfinite([start, target]).all() or start == target:
        raise ValueError(f"the two potentials must be finite and differ, got {start:g} mV and {target:g} mV")
    return start, target, tau


def _exact(t: Any, start: float, target: float, tau: float) -> Any:
    return target + (start - target) * np.exp(-t / tau)


def _curve(start: float, target: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(0.0, LASTS * tau, POINTS)
    return t, _exact(t, start, target, tau)


def _tangent(ax: Axes, at: float, v: float, target: float, tau: float) -> None:
    """From where it touches to where it meets the end value, one τ later."""
    ax.plot([at, at + tau], [v, target], color=style.PALETTE[1], lw=1.2, label="tangent")
    ax.plot([at, at + tau], [v, target], "o", ms=3.5, color=style.PALETTE[1])
    away = 7 if target > v else -7
    ends = {"arrowstyle": "<->", "lw": 0.8, "color": style.PALETTE[1], "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (at, target), (at + tau, target), arrowprops=ends)
    ax.annotate("τ", (at + 0.5 * tau, target), (0, away), textcoords="offset points", ha="center", va="center",
                color=style.PALETTE[1], fontsize=style.HEADING)  # fmt: skip


def _marks(ax: Axes, start: float, target: float, tau: float) -> None:
    """Half of the way and 63 % of it."""
    for name, (part, after, told) in MARKS.items():
        t, v = after * tau, start + part * (target - start)
        ax.plot([t, t], [start, v], color=style.FAINT, ls=":", lw=0.8)
        ax.plot(t, v, "o", ms=4, color=style.INK, label=name)
        rising = target > start
        ax.annotate(f"{name} at {told}", (t, v), (7, -2 if rising else 2), textcoords="offset points",
                    va="top" if rising else "bottom", bbox=BEHIND)  # fmt: skip
