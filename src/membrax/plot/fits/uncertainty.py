"""Uncertainty of a fit: intervals, correlations, stiff and sloppy directions, profile likelihoods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .. import style

if TYPE_CHECKING:
    from ...fitting.uncertainty import Profile, Uncertainty

FIELDS = ("values", "intervals", "correlation", "directions", "units", "bounds", "estimator", "level", "flags")
PROFILE = ("values", "root", "interval", "wald", "best", "critical_root", "level", "at_bounds")
ROW = 0.27  # inches, height of the row of one parameter
ACROSS = 4  # profiles in a row
WRITTEN = 9  # largest number of parameters with numbers in the squares
NARROWEST = 1e-3  # per cent, lower end of the axis of widths


@style.styled
def uncertainty(result: Uncertainty, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the intervals of a fit's parameters, their correlations, and the stiff and sloppy directions.

    Args:
        result: from `membrax.fitting.uncertainty.assess`.
        path: where to save a PNG.

    Raises:
        ValueError: something other than an uncertainty.
    """
    style.expect(result, FIELDS, "an Uncertainty, as from membrax.fitting.uncertainty.assess")
    count = len(result.values)
    above = 0.75 + ROW * count
    if not result.directions:
        figure = style.figure(above + 0.6)
        _draw_intervals(figure.subplots(), result)
    else:
        below = 1.5 + max(ROW * count, 1.2)
        figure = style.figure(above + below + 0.4)
        top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=(above, below))[:, 0]
        _draw_intervals(top.subplots(), result)
        left, right = bottom.subplots(1, 2)
        _draw_correlation(left, result)
        _draw_directions(right, result)
    style.title(figure, _title(result))
    if result.warnings:
        style.caption(figure, "Warnings: " + "; ".join(result.warnings) + ".")
    return style.finish(figure, path)


@style.styled
def profiles(results: Mapping[str, Profile], *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw profile likelihoods: the rise of the best loss as a function of one fixed parameter.

    Args:
        results: {path: profile}, from `membrax.fitting.uncertainty.profiles`.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a dictionary of profiles, or an empty one.
    """
    if not isinstance(results, Mapping) or not results:
        raise ValueError(f"this figure draws profiles, as from membrax.fitting.uncertainty.profiles, got {results!r}")
    for profile in results.values():
        style.expect(profile, PROFILE, "profiles, as from membrax.fitting.uncertainty.profiles")
    rows = -(-len(results) // ACROSS)
    figure = style.figure(0.7 + 1.8 * rows)
    axes = figure.subplots(rows, min(ACROSS, len(results)), squeeze=False, sharey=True)
    for ax, profile in zip(axes.flat, results.values(), strict=False):
        _draw_profile(ax, profile)
    for ax in axes.flat[len(results) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("rise (standard errors²)")
    level = next(iter(results.values())).level
    style.title(figure, f"Profile likelihoods and {100 * level:g} % intervals")
    style.caption(figure, "Points: loss after a fit of the other parameters. Dashed: parabola of the standard error.")
    return style.finish(figure, path)


def _title(result: Uncertainty) -> str:
    """The level of the intervals, the number of parameters, and the estimator."""
    share = f"{100 * result.level:g} % intervals" if np.isfinite(result.level) else "Spread"
    sources = {
        "white": "white residuals",
        "blocks": "a block jackknife",
        "ensemble": "the starts that fit equally well",
    }
    return f"{share} of {style.counted(len(result.values), 'parameter')}, from {sources[result.estimator]}"


def _draw_intervals(ax: Axes, result: Uncertainty) -> None:
    """Draw the widths of the intervals relative to their bounds, on a logarithmic scale, and the ends as text."""
    names = list(result.values)
    widths = np.array([_width(result, name) for name in names])
    known = widths[np.isfinite(widths) & (widths > 0)]
    low = max(NARROWEST, 0.5 * known.min()) if known.size else 0.1
    high = max(100.0, 2.0 * known.max()) if known.size else 100.0
    for row, (name, width) in enumerate(zip(names, widths, strict=True)):
        shown = high if np.isposinf(width) else max(width, low) if np.isfinite(width) else np.nan
        colour, ink = (style.MODEL, style.MODEL) if name in result.flags else (style.PALETTE[0], style.INK)
        ax.hlines(row, low, shown, color=style.BAR, lw=4.5, zorder=1)
        ax.plot(shown, row, marker=">" if np.isposinf(width) else "o", ms=5, color=colour, zorder=2, clip_on=False)
        ax.text(1.02, row, _text(result, name), transform=ax.get_yaxis_transform(), va="center", color=ink)
    ax.set_yticks(range(len(names)), names)
    ax.set(xscale="log", xlim=(low, high), ylim=(len(names) - 0.4, -0.6))
    ax.axvline(100.0, color=style.FAINT, lw=0.7, ls=":")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("width of the interval (% of the distance between the bounds)")
    style.heading(ax, "Intervals")


def _width(result: Uncertainty, name: str) -> float:
    """The width of an interval in per cent of the distance between the bounds, on the scale of the search."""
    low, high = result.intervals[name]
    ends = result.bounds[name]
    if style.spans_a_decade(ends):
        return float(100.0 * np.log(high / low) / np.log(ends[1] / ends[0])) if low > 0 else np.inf
    return float(100.0 * (high - low) / (ends[1] - ends[0]))


def _text(result: Uncertainty, name: str) -> str:
    """The estimate with its interval and its flag."""
    low, high = result.intervals[name]
    flag = f", {result.flags[name]}" if name in result.flags else ""
    unit = f" {result.units[name]}" if result.units[name] else ""
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        return f"{style.number(result.values[name])}{unit}{flag}"
    # Two digits of the interval's width.
    places = int(np.clip(1 - np.floor(np.log10(high - low)), 0, 9))
    best, below, above = (f"{x:.{places}f}".replace("-", "−") for x in (result.values[name], low, high))
    return f"{best} ({below} to {above}){unit}{flag}"


def _draw_correlation(ax: Axes, result: Uncertainty) -> None:
    """Draw the correlations of the estimates as squares."""
    _draw_squares(ax, result.correlation, list(result.values), list(result.values))
    style.heading(ax, "Correlations of the estimates")


def _draw_directions(ax: Axes, result: Uncertainty) -> None:
    """Draw the weights of the directions, from the stiffest at the top to the sloppiest."""
    names = list(result.values)
    weights = np.array([[direction.weights.get(name, np.nan) for name in names] for direction in result.directions])
    _draw_squares(ax, weights, [_percent(direction.spread) for direction in result.directions], names)
    ax.set_ylabel("error (% of bounds)")
    style.heading(ax, "Directions, stiff to sloppy")


def _draw_squares(ax: Axes, values: np.ndarray, rows: list[str], columns: list[str]) -> None:
    """Draw numbers from −1 to 1 as squares from purple over white to orange; unknown ones are grey."""
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
            colour = "white" if abs(x) > 0.6 else style.INK
            text = f"{x:.1f}".replace("-", "−")
            ax.text(column, row, text, ha="center", va="center", fontsize=style.SMALL - 0.5, color=colour)


def _percent(spread: float) -> str:
    """A fraction as a number of per cent."""
    return "∞" if np.isinf(spread) else f"{100.0 * spread:.2g}"


def _draw_profile(ax: Axes, profile: Profile) -> None:
    """Draw one profile over the parameter, its threshold and its interval."""
    top = 1.9 * profile.critical_root**2
    inside = np.abs(profile.root) <= np.sqrt(top)
    span = profile.values[inside] if inside.sum() > 2 else profile.values
    x = np.linspace(span.min(), span.max(), 200)
    if all(np.isfinite(end) for end in profile.wald):
        scale = np.log if profile.logarithmic else np.asarray
        half = 0.5 * (scale(profile.wald[1]) - scale(profile.wald[0])) / profile.critical_root
        ax.plot(x, ((scale(x) - scale(profile.best)) / half) ** 2, ls="--", lw=0.8, color=style.FAINT)
    ax.plot(profile.values, profile.root**2, ".-", color=style.PALETTE[0], ms=4)
    ax.axhline(profile.critical_root**2, color=style.FAINT, lw=0.7, ls=":")
    ends = [end for end in profile.interval if span.min() <= end <= span.max()]
    ax.vlines(ends, 0.0, profile.critical_root**2, color=style.MODEL, lw=1.0)
    ax.plot(profile.best, 0.0, marker="D", ms=4, color=style.MODEL, clip_on=False, zorder=3)
    margin = 0.04 * np.ptp(span)
    ax.set(ylim=(0.0, top), xlim=(span.min() - margin, span.max() + margin))
    ax.xaxis.set_major_locator(MaxNLocator(3))
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.set_xlabel("\n".join([profile.unit, *(f"{name} reaches its bound" for name in profile.at_bounds)]))
    style.heading(ax, profile.path)
