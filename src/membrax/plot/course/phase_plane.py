"""The phase plane of a fast and a slow variable, and the fixed points over the injected current."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ...protocols import Bifurcation
from .. import style
from ..lines import checked

GRID = (19, 13)  # arrows across and up


@style.styled
def phase_plane(
    field: Callable, v: ArrayLike, nullclines: Mapping[str, ArrayLike], *, w: tuple[float, float],
    paths: Mapping[str, tuple] | None = None, points: Sequence[tuple[float, float, bool]] = (),
    labels: tuple[str, str] = ("membrane potential v (mV)", "fraction open w"), title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the flow of two variables, their nullclines, and trajectories.

    Args:
        field: a function (v, w) -> (dv/dt, dw/dt) of arrays of one shape; the arrows have its direction in the figure.
        v: increasing values of v at which the nullclines are given [point].
        nullclines: {name: w [point]}.
        w: (lowest, highest), the limits of the axis of w.
        paths: {name: (v [time], w [time])}, trajectories, each with a square at its start.
        points: fixed points (v, w, whether it is stable): a dot if stable, a ring if not.
        labels: labels of the two axes.
        title: of the figure.
        path: where to save a PNG.

    Raises:
        ValueError: a nullcline of another length than v, or limits of w that are not in order.
    """
    v, lines = checked(v, nullclines)
    if not w[0] < w[1]:
        raise ValueError(f"w must be (lowest, highest), got {w}")
    figure = style.figure(3.2, 5.6)
    ax = figure.subplots()
    _flow(ax, field, (float(v[0]), float(v[-1])), w)
    colours = style.colours(len(lines) + len(paths or {}))
    for k, (name, values) in enumerate(lines.items()):
        inside = np.where((values >= w[0]) & (values <= w[1]), values, np.nan)
        ax.plot(v, inside, color=colours[k], ls=style.DASHES[k % len(style.DASHES)], lw=1.6, label=name)
    for k, (name, (x, y)) in enumerate((paths or {}).items(), start=len(lines)):
        ax.plot(np.asarray(x), np.asarray(y), color=colours[k], lw=1.0, label=name)
        ax.plot([float(x[0])], [float(y[0])], color=colours[k], marker="s", ms=3.5)
    for x, y, stable in points:
        ax.plot([x], [y], color=style.INK, marker="o", ms=6, mfc=style.INK if stable else "white", ls="", zorder=5)
    ax.set(xlabel=labels[0], ylabel=labels[1], xlim=(v[0], v[-1]), ylim=w)
    style.legend_outside(ax)
    style.title(figure, title)
    return style.finish(figure, path)


def _flow(ax: Axes, field: Callable, v: tuple[float, float], w: tuple[float, float]) -> None:
    """Draw arrows of equal length in the direction of the flow, each axis scaled by its span."""
    x, y = np.meshgrid(*(np.linspace(*ends, n + 2)[1:-1] for ends, n in zip((v, w), GRID, strict=True)))
    slopes = field(jnp.asarray(x, dtype=float), jnp.asarray(y, dtype=float))
    dx, dy = (np.asarray(s, dtype=float) / (ends[1] - ends[0]) for s, ends in zip(slopes, (v, w), strict=True))
    size = np.hypot(dx, dy)
    size = np.where(size > 0, size, 1.0)
    ax.quiver(x, y, dx / size, dy / size, color=style.DATA, alpha=0.6, scale=38, width=0.0022, pivot="mid", zorder=0)


@style.styled
def branches(bifurcations: Mapping[str, Bifurcation], *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the fixed points of cells over the injected current, dashed where they are unstable.

    The dot marks the loss of stability.

    Args:
        bifurcations: {name: result of `membrax.protocols.bifurcation`}, up to four.
        path: where to save a PNG.

    Raises:
        ValueError: no results, more than four, or something else.
    """
    if not isinstance(bifurcations, Mapping) or not 1 <= len(bifurcations) <= 4:
        raise ValueError(f"branches draws a dictionary {{name: bifurcation}} of one to four, got {bifurcations!r}")
    for bifurcation in bifurcations.values():
        style.expect(bifurcation, Bifurcation, "results of membrax.protocols.bifurcation")
    figure = style.figure(2.6)
    axes = figure.subplots(1, len(bifurcations), squeeze=False)[0]
    for ax, (name, bifurcation), colour in zip(axes, bifurcations.items(), style.PALETTE, strict=False):
        stable = bifurcation.growth < 0
        near = _near_loss(bifurcation)
        for shown, dash in ((stable, "-"), (~stable, "--")):
            current = np.where(shown & near, bifurcation.branch_current, np.nan)
            ax.plot(current, bifurcation.branch_v, color=colour, ls=dash, lw=1.4)
        ax.plot([bifurcation.current], [bifurcation.v], color=style.INK, marker="o", ms=5, ls="")
        lost = f"{bifurcation.kind}, {style.number(float(f'{bifurcation.current:.3g}'))} µA/cm²"
        style.heading(ax, f"{name}\n{lost if bifurcation.type else 'stable throughout'}")
        ax.set(xlabel="current (µA/cm²)", ylabel="fixed point (mV)")
    return style.finish(figure, path)


def _near_loss(bifurcation: Bifurcation) -> np.ndarray:
    """Whether points of the branch are shown [point]: currents up to four times that of the loss of stability."""
    if not bifurcation.type:
        return np.ones_like(bifurcation.branch_v, dtype=bool)
    size = max(abs(bifurcation.current), 1e-6)
    return (bifurcation.branch_current > -3 * size) & (bifurcation.branch_current < 4 * size)
