"""A fit: data and model sweep by sweep, spike counts, the losses of all starts, and the parameters in their bounds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator

from ...ephys.amplitudes import amplitudes
from ...units import UNIT_LABELS
from .. import style
from .parameters import draw_parameters, start_colours
from .sweeps import scatter_by_use, sweep_axis

if TYPE_CHECKING:
    from ...fitting import Fit
    from ...fitting.evaluation.rows import Row

FIELDS = ("values", "bounds", "loss", "loss_name", "starts", "data", "sweeps", "held_out", "v", "evaluate", "at_bounds")
ACROSS = 4  # sweeps in a row
ROW, SINGLE = 1.9, 2.8  # inches, heights of a row of sweeps and of a single sweep


@style.styled
def fit(result: Fit, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw a fit: up to 4 training and 4 held-out sweeps, the parameters, the spike counts and the starts.

    Args:
        result: from `membrax.fit` or `membrax.fit_recording`.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a fit.
    """
    style.expect(result, FIELDS, "a Fit, as from membrax.fit")
    training = sorted(result.sweeps)
    groups = [(name, sweeps) for name, sweeps in (("Training", training), ("Held-out", result.held_out)) if sweeps]
    heights = [SINGLE if len(sweeps) == 1 and len(groups) == 1 else ROW for _, sweeps in groups]
    sides = _sides(result)
    heights.append(max(0.75 + 0.3 * len(result.values), 1.7 * len(sides), 1.6))
    figure = style.figure(0.35 + sum(heights))
    rows = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    limits, compared = _limits(result), result.evaluate(by="sweep").rows
    for row, (name, sweeps) in zip(rows, groups, strict=False):
        _draw_sweeps(row, result, compared, name, sweeps, limits)
    _legend(rows[0])
    if not sides:
        draw_parameters(rows[-1].subplots(), result)
    else:
        left, right = rows[-1].subfigures(1, 2, squeeze=False, width_ratios=(1.75, 1))[0]
        draw_parameters(left.subplots(), result)
        for ax, draw in zip(right.subplots(len(sides), 1, squeeze=False)[:, 0], sides, strict=True):
            draw(ax, result, compared)
    style.title(figure, _title(result))
    return style.finish(figure, path)


def _sides(fit: Fit) -> list[Callable[[Axes, Fit, Sequence[Row]], None]]:
    """The panels next to the parameters: spike counts of several sweeps, losses of several starts."""
    return [_draw_counts] * (fit.data.sweeps > 1) + [_draw_losses] * (len(fit.starts.loss) > 1)


def _title(fit: Fit) -> str:
    """The number of parameters and of training sweeps, the name of the recording, and the loss."""
    data = fit.data
    name = f" of {data.name}" if data.name else ""
    sweeps = f"{len(fit.sweeps)} of {style.counted(data.sweeps, 'sweep')}" if data.sweeps > 1 else "one sweep"
    loss, _, unit = fit.loss_name.partition(" [")
    fitted = f"{style.counted(len(fit.values), 'parameter')} fitted to {sweeps}{name}"
    return f"{fitted}: {loss} {fit.loss:.3g} {unit.rstrip(']')}".rstrip()


def _limits(fit: Fit) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ranges of voltage and of current that all sweeps share."""
    v = np.concatenate([fit.data.v.ravel(), fit.v[np.isfinite(fit.v)]])
    return _padded(v), _padded(fit.data.i)


def _padded(values: np.ndarray) -> tuple[float, float]:
    """The range of values with a margin."""
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def _draw_sweeps(
    row: SubFigure, fit: Fit, compared: Sequence[Row], name: str, sweeps: list[int], limits: tuple
) -> None:
    """Draw a row of sweeps: recorded and model voltage above the current."""
    shown = style.select_evenly(sweeps, ACROSS)
    axes = row.subplots(2, len(shown), sharex=True, sharey="row", height_ratios=(3, 1), squeeze=False)
    for (above, below), k in zip(axes.T, shown, strict=True):
        _draw_sweep(above, below, fit, compared[k], k)
    axes[0, 0].set(ylabel="v (mV)", ylim=limits[0])
    axes[1, 0].set(ylabel=f"i ({UNIT_LABELS[fit.data.unit]})", ylim=limits[1])
    row.align_ylabels(axes[:, 0])
    more = "" if len(shown) == len(sweeps) else f", {len(shown)} of {len(sweeps)} shown"
    row.suptitle(f"{name}{more}", x=0.01, ha="left", fontsize=style.HEADING)


def _draw_sweep(above: Axes, below: Axes, fit: Fit, row: Row, sweep: int) -> None:
    """Draw one sweep, with the spike counts in its title."""
    data = fit.data
    above.plot(data.t, data.v[sweep], color=style.DATA, lw=1.3)
    above.plot(data.t, fit.v[sweep], color=style.MODEL, lw=0.7)
    below.plot(data.t, data.i[sweep], color=style.INK, lw=0.8, drawstyle="steps-post")
    below.set_xlabel("time (ms)")
    level = amplitudes(data.i)
    at = "" if level is None else f", {style.number(level[sweep])} {UNIT_LABELS[data.unit]}"
    spikes = f"{style.counted(row.recorded.spike_count, 'spike')}, model {row.model.spike_count}"
    above.set_title(f"sweep {sweep}{at}\n{spikes}", fontsize=style.SMALL)


def _legend(row: SubFigure) -> None:
    """Draw the legend of the two lines above the sweeps."""
    lines = row.axes[0].get_lines()
    legend = row.legend(lines, ["recorded", "model"], loc="upper right", ncols=2, borderaxespad=0.0)
    legend.set_in_layout(False)  # the title of the row has reserved its space


def _draw_counts(ax: Axes, fit: Fit, rows: Sequence[Row]) -> None:
    """Draw spike counts of data and model over the current; training sweeps filled, held-out sweeps open."""
    x, label = sweep_axis(fit.data)
    training = np.array([row.training for row in rows])
    recorded, model = (np.array([getattr(row, name).spike_count for row in rows]) for name in ("recorded", "model"))
    order = np.argsort(x)
    # The recorded marks are larger, so they are visible around equal counts of the model.
    for counts, colour, marker, size, name in (
        (recorded, style.DATA, "o", 6.5, "recorded"),
        (model, style.MODEL, "D", 3.5, "model"),
    ):
        ax.plot(x[order], counts[order], color=colour, lw=0.6, alpha=0.6)
        scatter_by_use(ax, x, counts, training, name, marker, size, colour)
    legend = "" if training.all() else "\nfilled: training, open: held-out"
    ax.set(xlabel=f"{label}{legend}", ylabel="spikes per sweep")
    style.heading(ax, "Spike counts")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=label == "sweep"))


def _draw_losses(ax: Axes, fit: Fit, _: Sequence[Row]) -> None:
    """Draw the losses of the starts, the best first; starts that agree form a plateau at the left."""
    loss = np.sort(fit.starts.loss[np.isfinite(fit.starts.loss)])
    lost = len(fit.starts.loss) - len(loss)
    ax.scatter(np.arange(1, len(loss) + 1), loss, c=start_colours(loss), s=12, lw=0)
    if style.spans_a_decade(loss):
        style.logarithmic(ax, loss[0], loss[-1])
    else:
        # The axis begins at 0, so that rounding errors of starts that agree are invisible.
        ax.set_ylim(0, 1.15 * loss[-1] or 1.0)
    name = fit.loss_name.replace("[", "(").replace("]", ")")
    near = f"{int(np.sum(loss <= 1.1 * loss[0]))} of {len(loss) + lost} within 10 % of the best"
    ax.set(xlabel=f"start, best first{f' ({lost} without a score)' if lost else ''}\n{near}", ylabel=name)
    style.heading(ax, "Starts")
    ax.set_xlim(0, len(loss) + 1)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
