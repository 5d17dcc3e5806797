"""A fit compared with its recording pulse by pulse: spikes, their number over the current, and their coincidence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ...units import UNIT_LABELS
from .. import style
from .sweeps import scatter_by_use

if TYPE_CHECKING:
    from ...fitting.evaluation import Evaluation
    from ...fitting.evaluation.rows import Row

FIELDS = ("rows", "unit", "piece", "outside")
MOST = 24  # rows of a raster
ACROSS = 3  # pulses of a sweep in the figure
ROW, PANEL = 0.17, 1.55  # inches, heights of a row of the raster and of a panel below it


@style.styled
def evaluation(evaluation: Evaluation, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw an evaluation: a column for each pulse of a sweep, with rasters, spike counts and Γ.

    Args:
        evaluation: from `membrax.fitting.Fit.evaluate`.
        path: where to save a PNG.

    Raises:
        ValueError: something other than an evaluation.
    """
    style.expect(evaluation, FIELDS, "an Evaluation, as from Fit.evaluate()")
    numbers = sorted({row.pulse.number for row in evaluation.rows})[:ACROSS]
    columns = [sorted(_column(evaluation, number), key=_order) for number in numbers]
    rasters = [_with_spikes(rows) for rows in columns]
    known = any(np.isfinite(row.ceiling) for row in evaluation.rows)
    panels = [_draw_counts] * (len(columns[0]) > 1) + [_draw_gamma] * known
    tall = max(0.9, 0.55 + ROW * max(map(len, rasters)))
    heights = [tall, *[PANEL] * len(panels)]
    wide = style.WIDTH if len(columns) > 1 else 0.72 * style.WIDTH
    figure = style.figure(0.6 + sum(heights), wide)
    axes = figure.subplots(len(heights), len(columns), squeeze=False, height_ratios=heights)
    for across, (rows, shown) in enumerate(zip(columns, rasters, strict=True)):
        _draw_raster(axes[0, across], shown, rows, evaluation.unit)
        for ax, draw in zip(axes[1:, across], panels, strict=True):
            draw(ax, rows, evaluation.unit)
            ax.xaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 2.5, 5, 10), integer=ax.get_xlabel() == "sweep"))
    for ax in axes[:, 1:].ravel():
        ax.set_ylabel("")
    for row in axes[1:]:
        _share_y(row)
    _legends(axes)
    style.title(figure, _title(evaluation))
    return style.finish(figure, path)


def _column(evaluation: Evaluation, number: int) -> list[Row]:
    """The rows of all pulses with this number in their sweep."""
    return [row for row in evaluation.rows if row.pulse.number == number]


def _with_spikes(rows: list[Row]) -> list[Row]:
    """The pulses with recorded or model spikes, an even selection of many."""
    return style.select_evenly([row for row in rows if row.recorded.spike_count or row.model.spike_count], MOST)


def _order(row: Row) -> float:
    """The key by which rows are sorted: the level of the pulse, or the number of the sweep."""
    return row.pulse.level if np.isfinite(row.pulse.level) else row.pulse.sweep


def _title(evaluation: Evaluation) -> str:
    """The number of training and of held-out pulses or sweeps."""
    training = sum(row.training for row in evaluation.rows)
    held_out = len(evaluation.rows) - training
    more = f" and {style.counted(held_out, f'held-out {evaluation.piece}')}" if held_out else ""
    return f"Spikes in {style.counted(training, f'training {evaluation.piece}')}{more}"


def _draw_raster(ax: Axes, shown: list[Row], rows: list[Row], unit: str) -> None:
    """Draw recorded spikes above model spikes, one row for each pulse with spikes, the strongest pulse on top."""
    for place, row in enumerate(shown):
        if row.training and not all(other.training for other in rows):
            ax.axhspan(place - 0.5, place + 0.5, color=style.BAR, lw=0, zorder=0)
        for response, low, colour in ((row.recorded, 0.04, style.INK), (row.model, -0.42, style.MODEL)):
            times = response.times - row.pulse.start
            ax.vlines(times, place + low, place + low + 0.38, color=colour, lw=1.0)
    duration = max(row.pulse.duration for row in rows)
    ax.set(xlim=(0, duration), ylim=(-0.6, max(len(shown), 1) - 0.4), xlabel="time in the pulse (ms)")
    constant = np.isfinite(rows[0].pulse.level)
    names = [style.number(row.pulse.level) if constant else str(row.pulse.sweep) for row in shown]
    ax.set_yticks(range(len(shown)), names, fontsize=style.SMALL)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel(f"current ({UNIT_LABELS[unit]})" if constant else "sweep")
    start = style.number(round(rows[0].pulse.start, 1))
    suffix = "" if len(shown) == len(rows) else ", rows with spikes"
    style.heading(ax, f"{'Pulse' if constant else 'Sweep'} from {start} ms{suffix}")


def _x(rows: list[Row], unit: str) -> tuple[np.ndarray, str]:
    """The abscissa of the panels [row] and its label: the level of the pulses, or the number of the sweeps."""
    levels = np.array([row.pulse.level for row in rows])
    if np.all(np.isfinite(levels)):
        return levels, f"current ({UNIT_LABELS[unit]})"
    return np.array([float(row.pulse.sweep) for row in rows]), "sweep"


def _draw_counts(ax: Axes, rows: list[Row], unit: str) -> None:
    """Draw spike counts of cell, model and interpolated f–I curve; training pulses filled, held-out pulses open."""
    x, label = _x(rows, unit)
    training = np.array([row.training for row in rows])
    interpolated = np.array(
        [row.recorded.spike_count if row.training else row.interpolated for row in rows], dtype=float
    )
    if not training.all() and np.isfinite(interpolated).all():
        ax.plot(x, interpolated, color=style.PALETTE[0], ls="--", lw=0.9, label="f–I of the training sweeps")
    for name, colour, marker, size in (("recorded", style.INK, "o", 6.0), ("model", style.MODEL, "D", 3.4)):
        counts = np.array([getattr(row, name).spike_count for row in rows])
        scatter_by_use(ax, x, counts, training, name, marker, size, colour)
    ax.set(xlabel=label, ylabel="spikes")
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _draw_gamma(ax: Axes, rows: list[Row], unit: str) -> None:
    """Draw Γ of the model and of repeats of the cell, which are faint where they are too low for a comparison."""
    x, label = _x(rows, unit)
    known = np.array([np.isfinite(row.gamma) for row in rows])
    ceiling, gamma = (np.array([getattr(row, name) for row in rows]) for name in ("ceiling", "gamma"))
    training = np.array([row.training for row in rows])
    ax.axhline(0.0, color=style.FAINT, lw=0.6)
    ax.vlines(x[known], np.minimum(gamma, ceiling)[known], np.maximum(gamma, ceiling)[known], color=style.BAR, lw=1.6)
    ax.plot(x[known], ceiling[known], ls="", marker="_", ms=9, mew=1.8, color=style.INK, label="repeats of the cell")
    ax.plot(x[~known], ceiling[~known], ls="", marker="_", ms=9, mew=1.0, color=style.DATA, label="repeats, too low")
    scatter_by_use(ax, x[known], gamma[known], training[known], "model", "D", 3.4, style.MODEL)
    ax.set(xlabel=label, ylabel="coincidence Γ")
    room = 0.04 * np.ptp(x) or 0.5
    ax.set_xlim(x.min() - room, x.max() + room)


def _share_y(row: np.ndarray) -> None:
    """Give the panels of a row [column] the same range of the ordinate."""
    low, high = min(ax.get_ylim()[0] for ax in row), max(ax.get_ylim()[1] for ax in row)
    for ax in row:
        ax.set_ylim(low, high)


def _legends(axes: np.ndarray) -> None:
    """Draw the legends of the panels [row, column], to the right of the last column."""
    raster = axes[0, -1]
    raster.plot([], [], color=style.INK, label="recorded")
    raster.plot([], [], color=style.MODEL, label="model")
    if any(ax.patches for ax in axes[0]):
        raster.fill_between([], [], color=style.BAR, label="training")
    for row in axes:
        style.legend_outside(row[-1])
