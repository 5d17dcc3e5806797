"""A fit: data and model sweep by sweep, the spike counts, every start's loss, and the parameters in their bounds."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ...ephys.amplitudes import amplitudes
from ...units import UNIT_LABELS
from .. import style
from .parameters import draw_parameters, paint_starts
from .sweeps import against, some

FIELDS = ("values", "bounds", "loss", "loss_name", "starts", "data", "sweeps", "v", "evaluate", "at_bounds")
ACROSS = 4  # sweeps in a row
ROW, SINGLE = 1.9, 2.8  # inches: a row of sweeps, and one that is alone


@style.styled
def fit(found: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw a fit: up to 4 of the sweeps it saw and 4 of those it predicts, its parameters, spike counts and starts.

    Args:
        found: from `membrax.fit`.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no fit.
    """
    style.expect(found, FIELDS, "a Fit, as from membrax.fit")
    seen = sorted(found.sweeps)
    unseen = [k for k in range(found.data.sweeps) if k not in seen]
    groups = [(name, sweeps) for name, sweeps in (("Training", seen), ("Held-out", unseen)) if sweeps]
    heights = [SINGLE if len(sweeps) == 1 and len(groups) == 1 else ROW for _, sweeps in groups]
    sides = _sides(found)
    heights.append(max(0.75 + 0.3 * len(found.values), 1.7 * len(sides), 1.6))
    figure = style.figure(0.35 + sum(heights))
    rows = figure.subfigures(len(heights), 1, height_ratios=heights)
    limits = _limits(found)
    compared = found.evaluate(by="sweep").rows
    for row, (name, sweeps) in zip(rows, groups, strict=False):
        _draw_sweeps(row, found, compared, name, sweeps, limits)
    _legend(rows[0])
    if not sides:
        draw_parameters(rows[-1].subplots(), found)
    else:
        left, right = rows[-1].subfigures(1, 2, width_ratios=(1.75, 1))
        draw_parameters(left.subplots(), found)
        for ax, draw in zip(right.subplots(len(sides), 1, squeeze=False)[:, 0], sides, strict=True):
            draw(ax, found)
    style.title(figure, _title(found))
    return style.finish(figure, path)


def _sides(found: Any) -> list[Any]:
    """What stands beside the parameters: spike counts if there are sweeps to compare, losses if there are starts."""
    return [_draw_counts] * (found.data.sweeps > 1) + [_draw_losses] * (len(found.starts.loss) > 1)


def _title(found: Any) -> str:
    """What was fitted to what, and how well."""
    data = found.data
    name = f" of {data.name}" if data.name else ""
    seen = f"{len(found.sweeps)} of {style.counted(data.sweeps, 'sweep')}" if data.sweeps > 1 else "one sweep"
    loss, _, unit = found.loss_name.partition(" [")
    told = f"{style.counted(len(found.values), 'parameter')} fitted to {seen}{name}"
    return f"{told}: {loss} {found.loss:.3g} {unit.rstrip(']')}".rstrip()


def _limits(found: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """One range of voltage and one of current for all sweeps, so that they compare by eye."""
    v = np.concatenate([found.data.v.ravel(), found.v[np.isfinite(found.v)]])
    return _padded(v), _padded(found.data.i)


def _padded(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def _draw_sweeps(row: Any, found: Any, compared: Any, name: str, sweeps: list[int], limits: tuple) -> None:
    """A row of sweeps: recorded and model voltage above the current."""
    shown = some(sweeps, ACROSS)
    axes = row.subplots(2, len(shown), sharex=True, sharey="row", height_ratios=(3, 1), squeeze=False)
    for column, k in zip(axes.T, shown, strict=True):
        _draw_sweep(*column, found, compared[k], k)
    axes[0, 0].set(ylabel="v (mV)", ylim=limits[0])
    axes[1, 0].set(ylabel=f"i ({UNIT_LABELS[found.data.unit]})", ylim=limits[1])
    row.align_ylabels(axes[:, 0])
    more = "" if len(shown) == len(sweeps) else f", {len(shown)} of {len(sweeps)} shown"
    row.suptitle(f"{name}{more}", x=0.01, ha="left", fontsize=style.HEADING)


def _draw_sweep(above: Axes, below: Axes, found: Any, row: Any, sweep: int) -> None:
    """One sweep; its title counts the spikes."""
    data = found.data
    above.plot(data.t, data.v[sweep], color=style.DATA, lw=1.3)
    above.plot(data.t, found.v[sweep], color=style.MODEL, lw=0.7)
    below.plot(data.t, data.i[sweep], color=style.INK, lw=0.8, drawstyle="steps-post")
    below.set_xlabel("time (ms)")
    level = amplitudes(data.i)
    at = "" if level is None else f", {style.number(level[sweep])} {UNIT_LABELS[data.unit]}"
    spikes = f"{style.counted(row.recorded.spike_count, 'spike')}, model {row.model.spike_count}"
    above.set_title(f"sweep {sweep}{at}\n{spikes}", fontsize=style.SMALL)


def _legend(row: Any) -> None:
    """Names for the two lines, above the sweeps."""
    lines = row.axes[0].get_lines()
    legend = row.legend(lines, ["recorded", "model"], loc="upper right", ncols=2, borderaxespad=0.0)
    legend.set_in_layout(False)  # it stands in the line of the row's title, which has its room already


def _draw_counts(ax: Axes, found: Any) -> None:
    """Spikes of data and model over the current; training sweeps filled, held-out ones open."""
    x, label = against(found.data)
    rows = found.evaluate(by="sweep").rows
    seen = np.array([row.training for row in rows])
    recorded, model = (np.array([getattr(row, who).spike_count for row in rows]) for who in ("recorded", "model"))
    order = np.argsort(x)
    # The recorded ring is the larger one: it shows around a model that agrees.
    for counts, paint, mark, size, who in (
        (recorded, style.DATA, "o", 6.5, "recorded"),
        (model, style.MODEL, "D", 3.5, "model"),
    ):
        ax.plot(x[order], counts[order], color=paint, lw=0.6, alpha=0.6)
        for which, fill, kind in ((seen, paint, "training"), (~seen, "white", "held-out")):
            if which.any():
                ax.plot(
                    x[which], counts[which], ls="", marker=mark, ms=size, mew=0.9, color=paint, mfc=fill,
                    label=f"{who}, {kind}",
                )  # fmt: skip
    ax.set(xlabel=f"{label}\nfilled: training, open: held-out" if not seen.all() else label, ylabel="spikes per sweep")
    style.heading(ax, "Spike counts")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=label == "sweep"))


def _draw_losses(ax: Axes, found: Any) -> None:
    """The starts from the best on; a plateau at the left is what many of them agree on."""
    loss = np.sort(found.starts.loss[np.isfinite(found.starts.loss)])
    lost = len(found.starts.loss) - len(loss)
    ax.scatter(np.arange(1, len(loss) + 1), loss, c=paint_starts(loss), s=12, lw=0)
    if style.spans_a_decade(loss):
        style.logarithmic(ax, loss[0], loss[-1])
    else:
        # From 0 on: starts that agree make a plateau, and their rounding errors no slope.
        ax.set_ylim(0, 1.15 * loss[-1] or 1.0)
    name = found.loss_name.replace("[", "(").replace("]", ")")
    near = f"{int(np.sum(loss <= 1.1 * loss[0]))} of {len(loss) + lost} within 10 % of the best"
    ax.set(xlabel=f"start, best first{f' ({lost} without a score)' if lost else ''}\n{near}", ylabel=name)
    style.heading(ax, "Starts")
    ax.set_xlim(0, len(loss) + 1)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
