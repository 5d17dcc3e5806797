"""The plane of a fast and a slow variable, and the branch of fixed points as the current rises."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes

from ...protocols import Bifurcation
from .. import style
from ..lines import checked

GRID = (19, 13)  # arrows across and up


@style.styled
def phase_plane(
    field: Callable, v: Any, nullclines: Mapping[str, Any], *, w: tuple[float, float],
    paths: Mapping[str, tuple] | None = None, points: Sequence[tuple[float, float, bool]] = (),
    labels: tuple[str, str] = ("membrane potential v (mV)", "fraction open w"), title: str = "",
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw the flow of two variables, the lines on which each stands still, and trajectories through it.

    Args:
        field: (v, w) -> (dv/dt, dw/dt), of arrays of one shape. Arrows have its direction, as it looks in the figure.
        v: of the nullclines [point], in order.
        nullclines: {name: w [point]}.
        w: (lowest, highest) drawn.
        paths: {name: (v [time], w [time])}, each with a dot where it starts.
        points: (v, w, whether it is stable) of fixed points: a full dot if stable, a ring if not.
        labels: of the two axes.
        title: a short one that says what is seen.
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
    paints = style.colours(len(lines) + len(paths or {}))
    for k, (name, values) in enumerate(lines.items()):
        inside = np.where((values >= w[0]) & (values <= w[1]), values, np.nan)
        ax.plot(v, inside, color=paints[k], ls=style.DASHES[k % len(style.DASHES)], lw=1.6, label=name)
    for k, (name, (x, y)) in enumerate((paths or {}).items(), start=len(lines)):
        ax.plot(np.asarray(x), np.asarray(y), color=paints[k], lw=1.0, label=name)
        ax.plot([float(x[0])], [float(y[0])], color=paints[k], marker="s", ms=3.5)
    for x, y, stable in points:
        ax.plot([x], [y], color=style.INK, marker="o", ms=6, mfc=style.INK if stable else "white", ls="", zorder=5)
    ax.set(xlabel=labels[0], ylabel=labels[1], xlim=(v[0], v[-1]), ylim=w)
    style.legend_outside(ax)
    style.title(figure, title)
    return style.finish(figure, path)


def _flow(ax: Axes, field: Callable, v: tuple[float, float], w: tuple[float, float]) -> None:
    """Arrows of equal length in the direction of the flow, each axis measured by its span."""
    x, y = np.meshgrid(*(np.linspace(*ends, n + 2)[1:-1] for ends, n in zip((v, w), GRID, strict=True)))
    slopes = field(jnp.asarray(x, dtype=float), jnp.asarray(y, dtype=float))
    dx, dy = (np.asarray(s, dtype=float) / (ends[1] - ends[0]) for s, ends in zip(slopes, (v, w), strict=True))
    size = np.hypot(dx, dy)
    size = np.where(size > 0, size, 1.0)
    ax.quiver(x, y, dx / size, dy / size, color=style.DATA, alpha=0.6, scale=38, width=0.0022, pivot="mid", zorder=0)


@style.styled
def branches(found: Mapping[str, Bifurcation], *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the fixed points of cells over the current that holds them there, dashed where they are unstable.

    The dot is where stability is lost.

    Args:
        found: {name: from `membrax.protocols.bifurcation`}, up to four.
        path: where to save a PNG.

    Raises:
        ValueError: nothing to draw, more than four, or something else.
    """
    if not isinstance(found, Mapping) or not 1 <= len(found) <= 4:
        raise ValueError(f"branches draws a dictionary {{name: bifurcation}} of one to four, got {found!r}")
    for one in found.values():
        style.expect(one, Bifurcation, "results of membrax.protocols.bifurcation")
    figure = style.figure(2.6)
    axes = figure.subplots(1, len(found), squeeze=False)[0]
    for ax, (name, one), paint in zip(axes, found.items(), style.PALETTE, strict=False):
        stable = one.growth < 0
        near = _about(one)
        for seen, dash in ((stable, "-"), (~stable, "--")):
            ax.plot(np.where(seen & near, one.branch_current, np.nan), one.branch_v, color=paint, ls=dash, lw=1.4)
        ax.plot([one.current], [one.v], color=style.INK, marker="o", ms=5, ls="")
        told = f"{one.kind}, {style.number(float(f'{one.current:.3g}'))} µA/cm²" if one.type else "stable throughout"
        style.heading(ax, f"{name}\n{told}")
        ax.set(xlabel="current (µA/cm²)", ylabel="fixed point (mV)")
    return style.finish(figure, path)


def _about(one: Bifurcation) -> np.ndarray:
    """The part of the branch worth seeing [point]: currents up to a few times the one where stability is lost."""
    if not one.type:
        return np.ones_like(one.branch_v, dtype=bool)
    size = max(abs(one.current), 1e-6)
    return (one.branch_current > -3 * size) & (one.branch_current < 4 * size)
