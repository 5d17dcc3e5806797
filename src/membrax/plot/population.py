"""A population: a raster of its spikes, and its firing rates."""

from __future__ import annotations

import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from ..checks import whole_number
from ..population import PopulationResult
from ..timegrid import milliseconds
from . import style

HEIGHT = 3.6  # inches


@style.styled
def population(
    result: PopulationResult, *, against: ArrayLike | None = None, label: str = "", max_neurons: int = 2000,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw a raster of the spikes, and the firing rates over ``against``, or their histogram without it.

    Diverged and quarantined neurons (``finite`` false) are left out, counted in the caption, and marked on the axis of
    ``against``.

    Args:
        result: from `membrax.run`.
        against: a number for each neuron [neuron], such as a current or a conductance; the raster is sorted by it.
        label: of that number, with its unit, as in "current (µA/cm²)".
        max_neurons: largest number of rows of the raster; of more neurons it shows an even selection.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a result, not one number for each neuron, or max_neurons below 1.
    """
    style.expect(result, PopulationResult, "a PopulationResult, as from membrax.run")
    max_neurons = whole_number(max_neurons, "max_neurons")
    key = _numbers(against, len(result.spike_counts))
    good = np.asarray(result.finite) if key is None else np.asarray(result.finite) & np.isfinite(key)
    order = np.flatnonzero(good) if key is None else np.flatnonzero(good)[np.argsort(key[good], kind="stable")]
    rows = order[style.even_indices(len(order), max_neurons)]
    figure = style.figure(HEIGHT)
    raster, curve = figure.subplots(1, 2, width_ratios=(1.5, 1))
    _raster(raster, result, rows)
    if key is None:
        _value_ticks(raster, rows, "neuron")
        _spread(curve, result, order)
    else:
        label = label or "value"
        _value_ticks(raster, key[rows], f"neurons, sorted by {label}")
        _curve(curve, result, key, label)
    style.heading(raster, "Spikes")
    style.heading(curve, "Mean firing rate")
    style.title(figure, f"{style.counted(len(result.finite), 'neuron')}, {result.duration:g} ms")
    style.caption(figure, _caption(result, key, len(rows)))
    return style.finish(figure, path)


def _numbers(against: ArrayLike | None, count: int) -> np.ndarray | None:
    """Convert ``against`` to an array [neuron].

    Raises:
        ValueError: it has another shape.
    """
    if against is None:
        return None
    key = np.asarray(against, dtype=float)
    if key.shape != (count,):
        raise ValueError(f"against must hold a number for each of the {count} neurons, got the shape {key.shape}")
    return key


def _raster(ax: Axes, result: PopulationResult, rows: np.ndarray) -> None:
    """Draw one tick per spike, one row per neuron, as one rasterized artist: 200 000 spikes draw at once."""
    times = result.spike_times[rows]
    row, spike = np.nonzero(np.isfinite(times))
    tall = float(np.clip(0.7 * 72 * HEIGHT / max(1, len(rows)), 0.9, 9.0))
    thick = 0.35 if len(rows) > 200 else 0.7
    ax.plot(times[row, spike], row, ls="", marker="|", ms=tall, mew=thick, color=style.INK, rasterized=True)
    end = float(np.max(milliseconds(result.final.time)))
    ax.set(xlabel="time (ms)", xlim=(end - result.duration, end), ylim=(-0.5, max(1, len(rows)) - 0.5))


def _value_ticks(ax: Axes, values: np.ndarray, label: str) -> None:
    """Label rows, sorted by a value, with round values at their places; labels that would crowd are left out."""
    ax.set(ylabel=label, yticks=[])
    if not len(values) or values[0] == values[-1]:
        return
    nice = MaxNLocator(5, integer=values.dtype.kind == "i").tick_values(values[0], values[-1])
    nice = nice[(nice >= values[0]) & (nice <= values[-1])]
    at, kept = np.interp(nice, values, np.arange(len(values))), []
    for k in range(len(at)):
        if not kept or at[k] - at[kept[-1]] > 0.06 * len(values):
            kept.append(k)
    ax.set_yticks(at[kept], [style.number(nice[k]) for k in kept])


def _curve(ax: Axes, result: PopulationResult, key: np.ndarray, label: str) -> None:
    """Draw the rate of each neuron over its value, and crosses on the axis for neurons that are not finite."""
    good = np.asarray(result.finite) & np.isfinite(key)
    lost = ~np.asarray(result.finite) & np.isfinite(key)
    size = 3.5 if good.sum() <= 100 else 1.5
    ax.plot(key[good], result.rates[good], ls="", marker="o", ms=size, mew=0, color=style.PALETTE[0], rasterized=True)
    if lost.any():
        zeros = np.zeros(lost.sum())
        ax.plot(key[lost], zeros, ls="", marker="x", ms=4, mew=1, color=style.MODEL, clip_on=False, zorder=3)
    ax.set(xlabel=label, ylabel="firing rate (Hz)")
    ax.set_ylim(bottom=0, top=None if good.any() and result.rates[good].max() > 0 else 1)


def _spread(ax: Axes, result: PopulationResult, order: np.ndarray) -> None:
    """Draw a histogram of the rates, in bins of whole spikes."""
    counts = result.spike_counts[order]
    low, high = (int(counts.min()), int(counts.max())) if len(counts) else (0, 0)
    wide = 1 + (high - low) // 30
    edges = np.arange(low, high + wide + 1, wide) - 0.5
    ax.hist(
        result.rates[order], bins=(1e3 * edges / result.duration).tolist(), color=style.PALETTE[0], ec="white", lw=0.4
    )
    ax.set(xlabel="firing rate (Hz)", ylabel="neurons")
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def _caption(result: PopulationResult, key: np.ndarray | None, shown: int) -> str:
    """The number of neurons in the raster, of those left out, and of those with spikes beyond the buffer."""
    total, gone = len(result.finite), ~np.asarray(result.finite)
    known = np.zeros(total, bool) if key is None else np.isfinite(key)
    lost, crosses = int(gone.sum()), int(np.sum(gone & known))
    unknown = 0 if key is None else int(np.sum(~gone & ~known))
    parts = [f"The raster shows {'all' if shown == total else shown} of {style.counted(total, 'neuron')}"]
    marked = f", {crosses} shown as {'a cross' if crosses == 1 else 'crosses'}" if crosses else ""
    parts += [f"{style.counted(lost, 'neuron')} lost (not finite){marked}"] if lost else []
    parts += [f"{style.counted(unknown, 'neuron')} without a finite value are left out"] if unknown else []
    kept = result.spike_times.shape[1]
    over = int(np.sum(result.spike_counts > kept))
    parts += [f"only the first {kept} spikes of {style.counted(over, 'neuron')} were kept"] if over else []
    return "; ".join(parts) + "."
