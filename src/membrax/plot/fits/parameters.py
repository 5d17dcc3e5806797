"""The parameters of a fit between their bounds, each on its own scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from numpy.typing import ArrayLike

from ...cell import Cell
from ...pytrees import leaves
from .. import style

if TYPE_CHECKING:
    from ...fitting import Fit

THICK = 0.56  # of a bar, as a fraction of the distance between rows


def draw_parameters(ax: Axes, fit: Fit) -> None:
    """Draw a bar for each parameter from its low to its high bound, the starts as dots, the best as a diamond."""
    names = list(fit.values)
    for row, name in enumerate(names):
        _draw_one(ax, row, fit, name)
    ax.set_yticks(range(len(names)), [name.replace(", ", ",\n") for name in names])
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(-0.28, 1.3), xticks=[])
    style.heading(ax, "Parameters between their bounds")
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    starts = "dots: starts, coloured by loss; " if len(fit.starts.loss) > 1 else ""
    legend = "; ticks: decades of a log scale" if any(len(decades(*pair)) for pair in fit.bounds.values()) else ""
    ax.set_xlabel(f"{starts}diamond: best{legend}", fontsize=style.SMALL, color=style.FAINT)


def _draw_one(ax: Axes, row: int, fit: Fit, name: str) -> None:
    """Draw one parameter: its bar and bounds, the starts, the best, and the value as text."""
    low, high = fit.bounds[name]
    ax.barh(row, 1.0, height=THICK, color=style.BAR, zorder=0)
    for x, bound, side in ((-0.03, low, "right"), (1.03, high, "left")):
        ax.text(x, row, style.number(bound), ha=side, va="center", fontsize=style.SMALL, color=style.FAINT)
    ticks = place(decades(low, high), low, high)
    ax.vlines(ticks, row - THICK / 2, row + THICK / 2, color="white", lw=1.2, zorder=1)
    loss = np.asarray(fit.starts.loss)
    order = np.argsort(loss)[: int(np.isfinite(loss).sum())]
    if len(order) > 1:
        places = place(np.asarray(fit.starts.values[name])[order], low, high)
        # From the best at the top of the bar to the worst at its bottom.
        depth = np.linspace(-0.4, 0.4, len(order)) * THICK
        ax.scatter(places, row + depth, c=start_colours(loss[order]), s=5, lw=0, alpha=0.8, zorder=2)
    best = place(fit.values[name], low, high)
    ax.plot(best, row, marker="D", ms=5.5, mew=0.8, color=style.MODEL, mec="white", zorder=3, clip_on=False)
    text, colour = f"{style.number(fit.values[name])} {unit(fit.cell, name)}".strip(), style.INK
    if name in fit.at_bounds:
        text, colour = f"{text}, at bound", style.MODEL
    ax.text(1.32, row, text, ha="left", va="center", color=colour)


def unit(cell: Cell, name: str) -> str:
    """The unit of a free parameter; of tied parameters, that of the first path."""
    first = name.split(",")[0].strip().removeprefix("channels.")
    leaf = leaves(cell).get(first)
    return "" if leaf is None else leaf.metadata.get("unit", "")


def start_colours(loss: np.ndarray) -> np.ndarray:
    """Colours of finite losses [start, 4], on a logarithmic scale if they span a decade; the same in all panels."""
    low, high = loss.min(), loss.max()
    # Losses that differ by less than a tenth have nearly the same colour.
    scale = LogNorm(low, high) if style.spans_a_decade(loss) else Normalize(low, max(high, 1.1 * low) or 1.0)
    return style.graded()(scale(loss))


def place(values: ArrayLike, low: float, high: float) -> np.ndarray:
    """Places of values between their bounds, 0 at the low and 1 at the high one, on the scale that a fit searches."""
    inside = np.clip(np.asarray(values, dtype=float), low, high)
    if style.spans_a_decade([low, high]):
        return np.log(inside / low) / np.log(high / low)
    return (inside - low) / (high - low)


def decades(low: float, high: float) -> np.ndarray:
    """Powers of ten inside the bounds of a logarithmic scale; none inside those of a linear one."""
    if not style.spans_a_decade([low, high]):
        return np.array([])
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    return powers[(powers > low * 1.001) & (powers < high * 0.999)]
