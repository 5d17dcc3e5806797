"""The parameters of a fit between their bounds, each on its own scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize

from ...pytrees import leaves
from .. import style

THICK = 0.56  # of a bar, where rows are 1 apart


def draw_parameters(ax: Axes, found: Any) -> None:
    """A bar for each parameter from its low to its high bound, every start as a dot, the best as a diamond."""
    names = list(found.values)
    for row, name in enumerate(names):
        _draw_one(ax, row, found, name)
    ax.set_yticks(range(len(names)), [name.replace(", ", ",\n") for name in names])
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(-0.28, 1.3), xticks=[])
    style.heading(ax, "Parameters between their bounds")
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    starts = "dots: starts, coloured by loss; " if len(found.starts.loss) > 1 else ""
    decades = "; ticks: decades of a log scale" if any(len(_decades(*pair)) for pair in found.bounds.values()) else ""
    ax.set_xlabel(f"{starts}diamond: best{decades}", fontsize=style.SMALL, color=style.FAINT)


def _draw_one(ax: Axes, row: int, found: Any, name: str) -> None:
    """One parameter: bar, bounds, starts, best, and its value in words."""
    low, high = found.bounds[name]
    ax.barh(row, 1.0, height=THICK, color=style.BAR, zorder=0)
    for x, text, side in ((-0.03, low, "right"), (1.03, high, "left")):
        ax.text(x, row, style.number(text), ha=side, va="center", fontsize=style.SMALL, color=style.FAINT)
    ticks = _place(_decades(low, high), low, high)
    ax.vlines(ticks, row - THICK / 2, row + THICK / 2, color="white", lw=1.2, zorder=1)
    loss = np.asarray(found.starts.loss)
    order = np.argsort(loss)[: int(np.isfinite(loss).sum())]
    if len(order) > 1:
        place = _place(np.asarray(found.starts.values[name])[order], low, high)
        # From the best at the top of the bar to the worst at its bottom.
        depth = np.linspace(-0.4, 0.4, len(order)) * THICK
        ax.scatter(place, row + depth, c=paint_starts(loss[order]), s=5, lw=0, alpha=0.8, zorder=2)
    best = _place(found.values[name], low, high)
    ax.plot(best, row, marker="D", ms=5.5, mew=0.8, color=style.MODEL, mec="white", zorder=3, clip_on=False)
    told, paint = f"{style.number(found.values[name])} {unit(found.cell, name)}".strip(), style.INK
    if name in found.at_bounds:
        told, paint = f"{told}, at bound", style.MODEL
    ax.text(1.32, row, told, ha="left", va="center", color=paint)


def unit(cell: Any, name: str) -> str:
    """The unit of a free parameter, that of the first path where several are tied."""
    first = name.split(",")[0].strip().removeprefix("channels.")
    leaf = leaves(cell).get(first)
    return "" if leaf is None else leaf.metadata.get("unit", "")


def paint_starts(loss: np.ndarray) -> np.ndarray:
    """A colour for each start's finite loss, on a logarithmic scale if they span a decade; the same in every panel."""
    low, high = loss.min(), loss.max()
    # Losses that agree to a tenth are the same colour by eye.
    scale = LogNorm(low, high) if style.spans_a_decade(loss) else Normalize(low, max(high, 1.1 * low) or 1.0)
    return style.graded()(scale(loss))


def _place(values: Any, low: float, high: float) -> np.ndarray:
    """Where values stand between their bounds: 0 at the low one, 1 at the high one, on the scale a fit searches."""
    values = np.clip(np.asarray(values, dtype=float), low, high)
    if style.spans_a_decade([low, high]):
        return np.log(values / low) / np.log(high / low)
    return (values - low) / (high - low)


def _decades(low: float, high: float) -> np.ndarray:
    """Powers of ten inside the bounds of a logarithmic scale; none inside those of a linear one."""
    if not style.spans_a_decade([low, high]):
        return np.array([])
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    return powers[(powers > low * 1.001) & (powers < high * 0.999)]
