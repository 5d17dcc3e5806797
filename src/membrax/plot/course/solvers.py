"""Numerical methods: one step of each, solutions compared with the exact one, and errors over the step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import style

COLUMNS = 3  # panels in a row

Function: TypeAlias = Callable[[np.ndarray], ArrayLike]
"""A function of an array that returns an array of the same shape."""


@style.styled
def one_step(
    rate: Function, exact: Function, ends: Mapping[str, float], *, dt: float,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw one step of each method in a panel: the exact solution, the field of slopes, and the step.

    Args:
        rate: function of v [mV] that returns dv/dt [mV/ms].
        exact: function of t [ms], from 0 on, that returns the exact v [mV].
        ends: {method: v after the step}, mV.
        dt: length of the step, ms.
        path: where to save a PNG.

    Raises:
        ValueError: no methods, or a step not above 0.
    """
    _check_methods(ends)
    if not dt > 0:
        raise ValueError(f"dt must be above 0 ms, got {style.number(float(dt))} ms")
    t = np.linspace(0.0, 1.35 * dt, 100)
    solution = np.asarray(exact(t))
    low, high = min(solution.min(), *ends.values()), max(solution.max(), *ends.values())
    limits = (float(low - 0.1 * (high - low)), float(high + 0.1 * (high - low)))
    figure, axes = _panels(len(ends), 2.1)
    for ax, (name, end), colour in zip(axes, ends.items(), style.colours(len(ends)), strict=True):
        _field(ax, rate, t[-1], limits)
        ax.plot(t, solution, color=style.INK, lw=1.2)
        ax.plot([0.0, dt], [solution[0], end], color=colour, lw=1.6, marker="o", ms=4)
        ax.plot([dt, dt], [float(np.asarray(exact(np.asarray(dt)))), end], color=style.FAINT, ls=":", lw=1.0)
        ax.set(xlim=(-0.05 * dt, t[-1]), ylim=limits)
        style.heading(ax, name)
    _label(figure, axes, "time (ms)", "potential (mV)")
    style.title(figure, "One step: coloured the method, black the exact solution")
    return style.finish(figure, path)


def _field(ax: Axes, rate: Function, width: float, limits: tuple[float, float]) -> None:
    """Draw the slopes of the equation as short grey lines of equal length in the figure."""
    t, v = np.meshgrid(np.linspace(0.0, width, 10), np.linspace(*limits, 9))
    slope = np.asarray(rate(v)) * width / (limits[1] - limits[0])
    along = 0.035 / np.hypot(1.0, slope)
    step, rise = along * width, along * slope * (limits[1] - limits[0])
    ax.plot([(t - step).ravel(), (t + step).ravel()], [(v - rise).ravel(), (v + rise).ravel()], color="#C4C4C4", lw=0.7)


@style.styled
def solutions(
    exact: tuple[ArrayLike, ArrayLike],
    methods: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:
    """Draw the solutions of an equation by several methods, each in a panel with the exact solution.

    The panels end a little outside the exact solution; a solution that leaves its panel is wrong.

    Args:
        exact: (t, v) of the exact solution, ms and mV.
        methods: {method: (t, v)}, ms and mV.
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: no methods.
    """
    _check_methods(methods)
    t, v = (np.asarray(x) for x in exact)
    room = 0.6 * (v.max() - v.min())
    figure, axes = _panels(len(methods), 1.7)
    for ax, (name, (at, values)), colour in zip(axes, methods.items(), style.colours(len(methods)), strict=True):
        ax.plot(t, v, color=style.DATA, lw=2.2)
        ax.plot(np.asarray(at), np.asarray(values), color=colour, lw=1.0, marker="o", ms=3)
        ax.set(xlim=(t[0], t[-1]), ylim=(v.min() - room, v.max() + room))
        style.heading(ax, name)
    _label(figure, axes, "time (ms)", "potential (mV)")
    style.title(figure, title)
    return style.finish(figure, path)


@style.styled
def convergence(
    dt: ArrayLike, errors: Mapping[str, ArrayLike], *, xlabel: str = "step dt (ms)", ylabel: str = "largest error (mV)",
    title: str = "", path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw errors over the step on logarithmic axes, where the slope is the order, and name the order in the legend.

    The order in the legend is the median of the slopes between neighbouring steps, which the irregular errors of large
    steps do not change. Errors that increase again towards small steps have no order in the legend.

    Args:
        dt: steps [step], ms, above 0.
        errors: {method: error [step]}; errors that are not finite or not above 0 are left out.
        xlabel, ylabel: labels of the axes, with units.
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: no methods, errors of another length than the steps, or a step not above 0.
    """
    _check_methods(errors)
    steps = np.asarray(dt, dtype=float)
    if steps.ndim != 1 or not np.all(steps > 0):
        raise ValueError(f"dt must be steps [step] above 0 ms, got {steps}")
    figure = style.figure(2.9, 5.6)
    ax = figure.subplots()
    for (name, values), colour, marker in zip(errors.items(), style.colours(len(errors)), "osD^vP" * 4, strict=False):
        error = np.asarray(values, dtype=float)
        if error.shape != steps.shape:
            raise ValueError(f"{name} must have one error for each step, got {error.shape} for {steps.shape}")
        good = np.isfinite(error) & (error > 0)
        label = f"{name}{_order(steps[good], error[good])}"
        ax.plot(steps[good], error[good], color=colour, marker=marker, ms=4, label=label)
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(steps, [style.number(step) for step in steps], minor=False)
    ax.minorticks_off()
    style.legend_outside(ax)
    style.title(figure, title)
    return style.finish(figure, path)


def _order(dt: np.ndarray, error: np.ndarray) -> str:
    """The order of a method for the legend, or nothing."""
    slopes = np.diff(np.log(error)) / np.diff(np.log(dt))
    return f": order {np.median(slopes):.1f}" if len(slopes) and np.all(slopes >= 0) else ""


def _panels(count: int, height: float) -> tuple[style.Figure, list[Axes]]:
    """A figure with ``count`` panels, up to three in a row, with common axes."""
    rows = -(-count // COLUMNS)
    figure = style.figure(0.5 + height * rows)
    axes = figure.subplots(rows, min(count, COLUMNS), sharex=True, sharey=True, squeeze=False).ravel()
    for ax in axes[count:]:
        ax.set_visible(False)
    return figure, list(axes[:count])


def _label(figure: style.Figure, axes: list[Axes], x: str, y: str) -> None:
    """Label the outer axes of panels with common axes; the lowest panel of each column has an x label."""
    for k, ax in enumerate(axes):
        if k % COLUMNS == 0:
            ax.set_ylabel(y)
        if k + COLUMNS >= len(axes):
            ax.set_xlabel(x)
            ax.tick_params(labelbottom=True)


def _check_methods(methods: object) -> None:
    """Check that the methods are a dictionary with at least one entry.

    Raises:
        ValueError: they are not; the message shows the argument.
    """
    if not isinstance(methods, Mapping) or not methods:
        raise ValueError(f"this figure draws a dictionary {{method: …}} with at least one entry, got {methods!r}")
