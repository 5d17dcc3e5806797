"""Numerical methods at work: one step of each, solutions beside the true one, and errors over the step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import style

COLUMNS = 3  # panels in a row


@style.styled
def one_step(
    rate: Callable, exact: Callable, ends: Mapping[str, float], *, dt: float,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw one step of some methods, each in a panel: the true curve, the field of slopes, and the straight step.

    Args:
        rate: dv/dt [mV/ms] at v [mV].
        exact: the true v [mV] at t [ms]; it begins at t = 0.
        ends: {method: v after the step}, mV.
        dt: the step, ms.
        path: where to save a PNG.

    Raises:
        ValueError: no methods, or a step not above 0.
    """
    _check_methods(ends)
    if not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {style.number(float(dt))} ms")
    t = np.linspace(0.0, 1.35 * dt, 100)
    true = np.asarray(exact(t))
    low, high = min(true.min(), *ends.values()), max(true.max(), *ends.values())
    limits = (float(low - 0.1 * (high - low)), float(high + 0.1 * (high - low)))
    figure, axes = _panels(len(ends), 2.1)
    for ax, (name, end), paint in zip(axes, ends.items(), style.colours(len(ends)), strict=True):
        _field(ax, rate, t[-1], limits)
        ax.plot(t, true, color=style.INK, lw=1.2)
        ax.plot([0.0, dt], [true[0], end], color=paint, lw=1.6, marker="o", ms=4)
        ax.plot([dt, dt], [float(np.asarray(exact(np.asarray(dt)))), end], color=style.FAINT, ls=":", lw=1.0)
        ax.set(xlim=(-0.05 * dt, t[-1]), ylim=limits)
        style.heading(ax, name)
    _label(figure, axes, "time (ms)", "potential (mV)")
    style.title(figure, "One step: coloured the method, black the truth")
    return style.finish(figure, path)


def _field(ax: Axes, rate: Callable, width: float, limits: tuple[float, float]) -> None:
    """Short grey lines with the slope that the equation has there, of equal length on the page."""
    t, v = np.meshgrid(np.linspace(0.0, width, 10), np.linspace(*limits, 9))
    slope = np.asarray(rate(v)) * width / (limits[1] - limits[0])
    along = 0.035 / np.hypot(1.0, slope)
    step, rise = along * width, along * slope * (limits[1] - limits[0])
    ax.plot([(t - step).ravel(), (t + step).ravel()], [(v - rise).ravel(), (v + rise).ravel()], color="#C4C4C4", lw=0.7)


@style.styled
def solutions(
    exact: tuple, methods: Mapping[str, tuple], *, title: str = "", path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw what some methods make of an equation, each in a panel over the true solution.

    The panels end a little outside the true solution: what leaves them has gone wrong.

    Args:
        exact: the true (t, v), ms and mV.
        methods: {method: (t, v)}.
        title: a short one that says what is seen.
        path: where to save a PNG.

    Raises:
        ValueError: no methods.
    """
    _check_methods(methods)
    t, v = (np.asarray(x) for x in exact)
    room = 0.6 * (v.max() - v.min())
    figure, axes = _panels(len(methods), 1.7)
    for ax, (name, (at, values)), paint in zip(axes, methods.items(), style.colours(len(methods)), strict=True):
        ax.plot(t, v, color=style.DATA, lw=2.2)
        ax.plot(np.asarray(at), np.asarray(values), color=paint, lw=1.0, marker="o", ms=3)
        ax.set(xlim=(t[0], t[-1]), ylim=(v.min() - room, v.max() + room))
        style.heading(ax, name)
    _label(figure, axes, "time (ms)", "potential (mV)")
    style.title(figure, title)
    return style.finish(figure, path)


@style.styled
def convergence(
    dt: Any, errors: Mapping[str, Any], *, xlabel: str = "step dt (ms)", ylabel: str = "largest error (mV)",
    title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw errors over the step, both logarithmic, where the slope is the order; the legend tells it.

    The order told is the median of the slopes between neighbouring steps, so that the wildness at the large end doesn't
    count; an error that grows again towards small steps has no order, and none is told.

    Args:
        dt: steps [step], ms, above 0.
        errors: {method: error [step]}; what is not finite or not above 0 is left out.
        xlabel, ylabel: what is made smaller, and what the error is, with their units.
        title: a short one that says what is seen.
        path: where to save a PNG.

    Raises:
        ValueError: no methods, errors of another length than the steps, or a step not above 0.
    """
    _check_methods(errors)
    dt = np.asarray(dt, dtype=float)
    if dt.ndim != 1 or not np.all(dt > 0):
        raise ValueError(f"dt must be steps [step] above 0 ms, got {dt}")
    figure = style.figure(2.9, 5.6)
    ax = figure.subplots()
    for (name, values), paint, marker in zip(errors.items(), style.colours(len(errors)), "osD^vP" * 4, strict=False):
        error = np.asarray(values, dtype=float)
        if error.shape != dt.shape:
            raise ValueError(f"{name} must have one error for each step, got {error.shape} for {dt.shape}")
        good = np.isfinite(error) & (error > 0)
        ax.plot(dt[good], error[good], color=paint, marker=marker, ms=4, label=f"{name}{_order(dt[good], error[good])}")
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(dt, [style.number(step) for step in dt], minor=False)
    ax.minorticks_off()
    style.legend_outside(ax)
    style.title(figure, title)
    return style.finish(figure, path)


def _order(dt: np.ndarray, error: np.ndarray) -> str:
    """What the legend adds to a name."""
    slopes = np.diff(np.log(error)) / np.diff(np.log(dt))
    return f": order {np.median(slopes):.1f}" if len(slopes) and np.all(slopes >= 0) else ""


def _panels(count: int, height: float) -> tuple[style.Figure, list[Axes]]:
    """As many panels as asked for, up to three in a row, with common axes."""
    rows = -(-count // COLUMNS)
    figure = style.figure(0.5 + height * rows)
    axes = figure.subplots(rows, min(count, COLUMNS), sharex=True, sharey=True, squeeze=False).ravel()
    for ax in axes[count:]:
        ax.set_visible(False)
    return figure, list(axes[:count])


def _label(figure: style.Figure, axes: list[Axes], x: str, y: str) -> None:
    """The outer labels of panels with common axes; a panel with none below it has its own."""
    for k, ax in enumerate(axes):
        if k % COLUMNS == 0:
            ax.set_ylabel(y)
        if k + COLUMNS >= len(axes):
            ax.set_xlabel(x)
            ax.tick_params(labelbottom=True)


def _check_methods(methods: Any) -> None:
    """Refuse what names no method.

    Raises:
        ValueError: says what came instead.
    """
    if not isinstance(methods, Mapping) or not methods:
        raise ValueError(f"this figure draws a dictionary {{method: …}} with something in it, got {methods!r}")
