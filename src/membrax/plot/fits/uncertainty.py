"""How far a fit can be believed: intervals, correlations, stiff and sloppy directions, profile likelihoods."""

from __future__ import annotations

import os
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .. import style

FIELDS = ("values", "intervals", "correlation", "directions", "units", "bounds", "estimator", "level", "flags")
PROFILE = ("values", "root", "interval", "wald", "best", "critical_root", "level", "at_bounds")
ROW = 0.27  # inches, of one parameter
ACROSS = 4  # profiles in a row
WRITTEN = 9  # parameters up to which numbers stand in the squares
NARROWEST = 1e-3  # per cent


@style.styled
def uncertainty(told: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw how well a fit's parameters are known: intervals, their correlations, and the directions they leave open.

    Args:
        told: from `membrax.fitting.uncertainty`.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no uncertainty.
    """
    style.expect(told, FIELDS, "an Uncertainty, as from membrax.fitting.uncertainty")
    count = len(told.values)
    above = 0.75 + ROW * count
    if not told.directions:
        figure = style.figure(above + 0.6)
        _draw_intervals(figure.subplots(), told)
    else:
        below = 1.5 + max(ROW * count, 1.2)
        figure = style.figure(above + below + 0.4)
        top, bottom = figure.subfigures(2, 1, height_ratios=(above, below))
        _draw_intervals(top.subplots(), told)
        left, right = bottom.subplots(1, 2)
        _draw_correlation(left, told)
        _draw_directions(right, told)
    style.title(figure, _title(told))
    if told.warnings:
        style.caption(figure, "Warnings: " + "; ".join(told.warnings) + ".")
    return style.finish(figure, path)


@style.styled
def profiles(drawn: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw profile likelihoods: how much worse the best fit gets with one parameter held beside its best value.

    Args:
        drawn: {path: profile}, from `membrax.fitting.uncertainty.profiles`.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no dictionary of profiles.
    """
    if not isinstance(drawn, dict) or not drawn:
        raise ValueError("this figure draws profiles, as from membrax.fitting.uncertainty.profiles, and got none")
    for one in drawn.values():
        style.expect(one, PROFILE, "profiles, as from membrax.fitting.uncertainty.profiles")
    rows = -(-len(drawn) // ACROSS)
    figure = style.figure(0.7 + 1.8 * rows)
    axes = figure.subplots(rows, min(ACROSS, len(drawn)), squeeze=False, sharey=True)
    for ax, one in zip(axes.flat, drawn.values(), strict=False):
        _draw_profile(ax, one)
    for ax in axes.flat[len(drawn) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("rise (standard errors²)")
    level = next(iter(drawn.values())).level
    style.title(figure, f"Profile likelihoods and {100 * level:g} % intervals")
    style.caption(figure, "Points: the others fitted anew at each; dashed: what the standard error would have.")
    return style.finish(figure, path)


def _title(told: Any) -> str:
    """What the intervals rest on."""
    share = f"{100 * told.level:g} % intervals" if np.isfinite(told.level) else "Spread"
    rests = {"white": "white residuals", "blocks": "a block jackknife", "ensemble": "the starts that fit equally well"}
    return f"{share} of {style.counted(len(told.values), 'parameter')}, from {rests[told.estimator]}"


def _draw_intervals(ax: Axes, told: Any) -> None:
    """How wide every interval is beside its bounds, on a logarithmic scale, and its ends in words."""
    names = list(told.values)
    widths = np.array([_width(told, name) for name in names])
    known = widths[np.isfinite(widths) & (widths > 0)]
    low = max(NARROWEST, 0.5 * known.min()) if known.size else 0.1
    high = max(100.0, 2.0 * known.max()) if known.size else 100.0
    for row, (name, width) in enumerate(zip(names, widths, strict=True)):
        shown = high if np.isposinf(width) else max(width, low) if np.isfinite(width) else np.nan
        paint, ink = (style.MODEL, style.MODEL) if name in told.flags else (style.PALETTE[0], style.INK)
        ax.hlines(row, low, shown, color=style.BAR, lw=4.5, zorder=1)
        ax.plot(shown, row, marker=">" if np.isposinf(width) else "o", ms=5, color=paint, zorder=2, clip_on=False)
        ax.text(1.02, row, _words(told, name), transform=ax.get_yaxis_transform(), va="center", color=ink)
    ax.set_yticks(range(len(names)), names)
    ax.set(xscale="log", xlim=(low, high), ylim=(len(names) - 0.4, -0.6))
    ax.axvline(100.0, color=style.FAINT, lw=0.7, ls=":")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("width of the interval (% of the distance between the bounds)")
    style.heading(ax, "Intervals")


def _width(told: Any, name: str) -> float:
    """An interval's width in per cent of the distance between the bounds, on the scale of the search."""
    low, high = told.intervals[name]
    ends = told.bounds[name]
    if style.spans_a_decade(ends):
        return float(100.0 * np.log(high / low) / np.log(ends[1] / ends[0])) if low > 0 else np.inf
    return float(100.0 * (high - low) / (ends[1] - ends[0]))


def _words(told: Any, name: str) -> str:
    """The estimate and its interval, or what is wrong with it."""
    low, high = told.intervals[name]
    flag = f", {told.flags[name]}" if name in told.flags else ""
    unit = f" {told.units[name]}" if told.units[name] else ""
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        return f"{style.number(told.values[name])}{unit}{flag}"
    # Two digits of the interval's width.
    places = int(np.clip(1 - np.floor(np.log10(high - low)), 0, 9))
    best, below, above = (f"{x:.{places}f}".replace("-", "−") for x in (told.values[name], low, high))
    return f"{best} ({below} to {above}){unit}{flag}"


def _draw_correlation(ax: Axes, told: Any) -> None:
    """The correlations of the estimates, one square each."""
    _draw_squares(ax, told.correlation, list(told.values), list(told.values))
    style.heading(ax, "Correlations of the estimates")


def _draw_directions(ax: Axes, told: Any) -> None:
    """Every direction's weights, from the stiffest at the top to the sloppiest."""
    names = list(told.values)
    weights = np.array([[one.weights.get(name, np.nan) for name in names] for one in told.directions])
    _draw_squares(ax, weights, [_percent(one.spread) for one in told.directions], names)
    ax.set_ylabel("error (% of bounds)")
    style.heading(ax, "Directions, stiff to sloppy")


def _draw_squares(ax: Axes, values: np.ndarray, rows: list[str], columns: list[str]) -> None:
    """Numbers from −1 to 1 as squares from blue over white to orange; what is not known is grey."""
    ax.set_facecolor(style.BAR)
    ax.imshow(values, cmap=matplotlib.colormaps["PuOr_r"], vmin=-1, vmax=1, aspect="auto")
    ax.set_xticks(range(len(columns)), columns, rotation=90)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if max(values.shape) > WRITTEN:
        return
    for (row, column), x in np.ndenumerate(values):
        if np.isfinite(x) and abs(x) >= 0.05:
            paint = "white" if abs(x) > 0.6 else style.INK
            text = f"{x:.1f}".replace("-", "−")
            ax.text(column, row, text, ha="center", va="center", fontsize=style.SMALL - 0.5, color=paint)


def _percent(spread: float) -> str:
    return "∞" if np.isinf(spread) else f"{100.0 * spread:.2g}"


def _draw_profile(ax: Axes, one: Any) -> None:
    """One profile over the parameter, its threshold and its interval."""
    top = 1.9 * one.critical_root**2
    inside = np.abs(one.root) <= np.sqrt(top)
    span = one.values[inside] if inside.sum() > 2 else one.values
    x = np.linspace(span.min(), span.max(), 200)
    if all(np.isfinite(end) for end in one.wald):
        scale = np.log if one.logarithmic else np.asarray
        half = 0.5 * (scale(one.wald[1]) - scale(one.wald[0])) / one.critical_root
        ax.plot(x, ((scale(x) - scale(one.best)) / half) ** 2, ls="--", lw=0.8, color=style.FAINT)
    ax.plot(one.values, one.root**2, ".-", color=style.PALETTE[0], ms=4)
    ax.axhline(one.critical_root**2, color=style.FAINT, lw=0.7, ls=":")
    ends = [end for end in one.interval if span.min() <= end <= span.max()]
    ax.vlines(ends, 0.0, one.critical_root**2, color=style.MODEL, lw=1.0)
    ax.plot(one.best, 0.0, marker="D", ms=4, color=style.MODEL, clip_on=False, zorder=3)
    margin = 0.04 * np.ptp(span)
    ax.set(ylim=(0.0, top), xlim=(span.min() - margin, span.max() + margin))
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.set_xlabel("\n".join([one.unit, *(f"{name} comes to its bound" for name in one.at_bounds)]))
    style.heading(ax, one.path)
