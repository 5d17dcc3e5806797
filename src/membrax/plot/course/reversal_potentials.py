"""Reversal potentials as weights on a beam, each as heavy as its conductance."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ...laws.electrochemistry import chord_rest
from .. import style
from .ions import channel_colours, signed

MOST = 6  # branches in one figure
OUTSIDE = 15.0  # mV shown beyond the outermost reversal potentials


@style.styled
def reversal_potentials(
    conductance: ArrayLike, reversal: ArrayLike, names: Sequence[str], *, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw ohmic branches as weights on a beam, each at its reversal potential and as heavy as its conductance.

    The beam balances at the resting potential Σ g E/Σ g (Hodgkin & Horowicz 1959), which the triangle marks. The panel
    on the right shows the currents of the branches at rest, outward positive; their sum is 0.

    Args:
        conductance: conductances g [branch], mS/cm².
        reversal: reversal potentials E [branch], mV.
        names: names of the branches.
        path: where to save a PNG.

    Raises:
        ValueError: shapes that differ, more than 6 branches, a negative conductance, no conductance above 0, or a
            reversal potential that is not finite.
    """
    g, e = np.asarray(conductance, dtype=float), np.asarray(reversal, dtype=float)
    _check(g, e, names)
    rest = float(chord_rest(g, e))
    figure = style.figure(2.6)
    beam, flows = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
    _beam(beam, g, e, names, rest)
    i = g * (rest - e)
    flows.axvline(0.0, color=style.INK, lw=0.7)
    flows.barh(range(len(g)), i, color=channel_colours(names), height=0.6)
    flows.set_yticks(range(len(g)), names)
    reach = 1.1 * max(np.abs(i).max(), 1e-9)
    flows.set(ylim=(len(g) - 0.4, -0.6), xlim=(-reach, reach), xlabel="current at rest (µA/cm²)\n← inward   outward →")
    style.title(figure, f"The weights balance at {signed(rest)} mV")
    return style.finish(figure, path)


def _check(g: np.ndarray, e: np.ndarray, names: Sequence[str]) -> None:
    """Check the branches.

    Raises:
        ValueError: as `reversal_potentials` does.
    """
    if g.ndim != 1 or g.shape != e.shape or len(names) != len(g):
        raise ValueError(
            f"each branch must have a conductance, a reversal potential and a name, got the shapes {g.shape} "
            f"and {e.shape} and {len(names)} names"
        )
    if len(g) > MOST:
        raise ValueError(f"reversal_potentials draws up to {MOST} branches, got {len(g)}")
    bad = g[~(np.isfinite(g) & (g >= 0))]
    if len(bad) or not g.sum() > 0:
        wrong = f"got {bad[0]:g}" if len(bad) else "and at least one above it"
        raise ValueError(f"conductance must be at least 0 mS/cm², {wrong}")
    if not np.isfinite(e).all():
        raise ValueError("reversal must be finite, in mV")


def _beam(ax: Axes, g: np.ndarray, e: np.ndarray, names: Sequence[str], rest: float) -> None:
    """Draw weights, beam and triangle; the range beyond the outermost reversal potentials is shaded."""
    low, high = e.min(), e.max()
    width = 0.05 * max(high - low, 10.0)
    beyond(ax.axvspan, low, high)
    ax.bar(e, g, width, color=channel_colours(names))
    for x, height, name, colour in zip(e, g, names, channel_colours(names), strict=True):
        label = f"{name}\n{style.number(height)}"
        ax.annotate(label, (x, height), (0, 3), textcoords="offset points", ha="center", va="bottom", color=colour)
    ax.axhline(0.0, color=style.INK, lw=1.6)
    ax.plot(rest, -0.075 * g.max(), "^", ms=9, color=style.INK, clip_on=False, label="rest")
    ax.set(xlim=(low - OUTSIDE, high + OUTSIDE), ylim=(-0.16 * g.max(), 1.3 * g.max()))
    ax.set(xlabel="potential (mV)", ylabel="conductance (mS/cm²)")


def beyond(span: Callable, low: float, high: float) -> None:
    """Shade potentials below ``low`` and above ``high`` [mV] by ``span``, the axvspan or axhspan of the axes."""
    for start, stop in ((low - 1e3, low), (high, high + 1e3)):
        span(start, stop, color=style.BAR, lw=0, zorder=0)
