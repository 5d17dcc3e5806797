"""A fit beside its recording, pulse by pulse: spikes, their number over the current, and how well they coincide."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ...units import UNIT_LABELS
from .. import style
from .sweeps import some

FIELDS = ("rows", "unit", "piece", "outside")
MOST = 24  # rows of a raster
ACROSS = 3  # pulses of a sweep that are drawn
ROW, PANEL = 0.17, 1.55  # inches: a row of the raster, a panel below it


@style.styled
def evaluation(evaluation: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw an evaluation: a column for each pulse of a sweep, with rasters, spike counts and Γ.

    Args:
        evaluation: from ``found.evaluate()``.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no evaluation.
    """
    style.expect(evaluation, FIELDS, "an Evaluation, as from Fit.evaluate()")
    numbers = sorted({row.pulse.number for row in evaluation.rows})[:ACROSS]
    columns = [sorted(_column(evaluation, number), key=_order) for number in numbers]
    rasters = [_firing(rows) for rows in columns]
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
    for line in axes[1:]:
        _level(line)
    _legends(axes)
    style.title(figure, _title(evaluation))
    return style.finish(figure, path)


def _column(evaluation: Any, number: int) -> list[Any]:
    return [row for row in evaluation.rows if row.pulse.number == number]


def _firing(rows: list[Any]) -> list[Any]:
    """The pulses in which the cell or the model fires, some of many."""
    return [
        rows[k]
        for k in some([k for k, row in enumerate(rows) if row.recorded.spike_count or row.model.spike_count], MOST)
    ]


def _order(row: Any) -> float:
    """Weak pulses first; sweeps that have no level in their own order."""
    return row.pulse.level if np.isfinite(row.pulse.level) else row.pulse.sweep


def _title(evaluation: Any) -> str:
    training = sum(row.training for row in evaluation.rows)
    held_out = len(evaluation.rows) - training
    more = f" and {style.counted(held_out, f'held-out {evaluation.piece}')}" if held_out else ""
    return f"Spikes in {style.counted(training, f'training {evaluation.piece}')}{more}"


def _draw_raster(ax: Axes, shown: list[Any], rows: list[Any], unit: str) -> None:
    """Recorded spikes above the model's, a row for each pulse in which either fires, the strongest on top."""
    for place, row in enumerate(shown):
        if row.training and not all(one.training for one in rows):
            ax.axhspan(place - 0.5, place + 0.5, color=style.BAR, lw=0, zorder=0)
        for answer, low, paint in ((row.recorded, 0.04, style.INK), (row.model, -0.42, style.MODEL)):
            times = answer.times - row.pulse.start
            ax.vlines(times, place + low, place + low + 0.38, color=paint, lw=1.0)
    duration = max(row.pulse.duration for row in rows)
    ax.set(xlim=(0, duration), ylim=(-0.6, max(len(shown), 1) - 0.4), xlabel="time in the pulse (ms)")
    constant = np.isfinite(rows[0].pulse.level)
    names = [style.number(row.pulse.level) if constant else str(row.pulse.sweep) for row in shown]
    ax.set_yticks(range(len(shown)), names, fontsize=style.SMALL)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel(f"current ({UNIT_LABELS[unit]})" if constant else "sweep")
    start = style.number(round(rows[0].pulse.start, 1))
    silent = "" if len(shown) == len(rows) else ", where either fires"
    style.heading(ax, f"{'Pulse' if constant else 'Sweep'} from {start} ms{silent}")


def _x(rows: list[Any], unit: str) -> tuple[np.ndarray, str]:
    """What panels are drawn against: the level of the pulses, or the sweep's number."""
    levels = np.array([row.pulse.level for row in rows])
    if np.all(np.isfinite(levels)):
        return levels, f"current ({UNIT_LABELS[unit]})"
    return np.array([float(row.pulse.sweep) for row in rows]), "sweep"


def _draw_counts(ax: Axes, rows: list[Any], unit: str) -> None:
    """Spikes of cell, model and interpolated f–I curve; training pulses filled, held-out ones open."""
    x, label = _x(rows, unit)
    training = np.array([row.training for row in rows])
    interpolated = np.array(
        [row.recorded.spike_count if row.training else row.interpolated for row in rows], dtype=float
    )
    if not training.all() and np.isfinite(interpolated).all():
        ax.plot(x, interpolated, color=style.PALETTE[0], ls="--", lw=0.9, label="f–I of the training sweeps")
    for name, paint, mark, size in (("recorded", style.INK, "o", 6.0), ("model", style.MODEL, "D", 3.4)):
        counts = np.array([getattr(row, name).spike_count for row in rows])
        _scatter(ax, x, counts, training, paint, mark, size, name)
    ax.set(xlabel=label, ylabel="spikes")
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _draw_gamma(ax: Axes, rows: list[Any], unit: str) -> None:
    """Γ of the model under the cell's own, which is faint where it is too low to hold a model against."""
    x, label = _x(rows, unit)
    told = np.array([np.isfinite(row.gamma) for row in rows])
    ceiling, gamma = (np.array([getattr(row, name) for row in rows]) for name in ("ceiling", "gamma"))
    training = np.array([row.training for row in rows])
    ax.axhline(0.0, color=style.FAINT, lw=0.6)
    ax.vlines(x[told], np.minimum(gamma, ceiling)[told], np.maximum(gamma, ceiling)[told], color=style.BAR, lw=1.6)
    ax.plot(x[told], ceiling[told], ls="", marker="_", ms=9, mew=1.8, color=style.INK, label="the cell itself")
    ax.plot(x[~told], ceiling[~told], ls="", marker="_", ms=9, mew=1.0, color=style.DATA, label="too low to ask for")
    _scatter(ax, x[told], gamma[told], training[told], style.MODEL, "D", 3.4, "model")
    ax.set(xlabel=label, ylabel="coincidence Γ")
    room = 0.04 * np.ptp(_x(rows, unit)[0]) or 0.5
    ax.set_xlim(x.min() - room, x.max() + room)


def _scatter(ax: Axes, x: Any, y: Any, training: Any, paint: str, mark: str, size: float, name: str) -> None:
    """Filled marks for training pulses, open ones for held-out pulses."""
    for which, fill, label in ((training, paint, f"{name}, training"), (~training, "white", f"{name}, held-out")):
        if which.any():
            ax.plot(x[which], y[which], ls="", marker=mark, ms=size, mew=0.9, color=paint, mfc=fill, label=label)


def _level(line: Any) -> None:
    """One range of the ordinate for the panels beside one another."""
    low, high = (f(x) for f, x in ((min, [ax.get_ylim()[0] for ax in line]), (max, [ax.get_ylim()[1] for ax in line])))
    for ax in line:
        ax.set_ylim(low, high)


def _legends(axes: Any) -> None:
    """Each panel's marks, to the right of its last column."""
    raster = axes[0, -1]
    raster.plot([], [], color=style.INK, label="recorded")
    raster.plot([], [], color=style.MODEL, label="model")
    if any(ax.patches for ax in axes[0]):
        raster.fill_between([], [], color=style.BAR, label="training")
    for line in axes:
        style.legend_outside(line[-1])
