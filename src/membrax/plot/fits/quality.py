"""The quality of a recording: rest over sweeps, quiet stretches, responses to steps, and sampled spikes."""

from __future__ import annotations

import os
import textwrap

import numpy as np
from matplotlib.axes import Axes

from ...ephys import QualityControl, quality_control
from ...ephys.threshold import SPIKE_THRESHOLD, millivolts
from ...recordings import RecordingLike
from ...units import UNIT_LABELS
from .. import style

STRETCHES, RESPONSES, SPIKES = 6, 20, 24  # largest numbers in the figure
STRETCH = 500.0  # ms of a quiet stretch
RISE = 120.0  # ms of a response
SPIKE = (-1.5, 4.0)  # ms around a spike
COLUMNS = 118  # characters in a line of warnings


@style.styled
def quality(result: QualityControl | RecordingLike, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw the measured quality of a recording, and its warnings below.

    Args:
        result: from `membrax.ephys.quality_control`, or a recording or its file, which are measured.
        path: where to save a PNG.

    Raises:
        ValueError: neither the result of quality_control nor a recording nor a path.
    """
    result = result if isinstance(result, QualityControl) else quality_control(result)
    lines = [line for warning in result.warnings for line in _wrapped(warning)] or ["no warnings"]
    below = 0.25 + 0.135 * len(lines)
    figure = style.figure(4.3 + below)
    above, text = figure.subfigures(2, 1, squeeze=False, height_ratios=(4.3, below))[:, 0]
    (rests, quiet), (rise, spikes) = above.subplots(2, 2)
    _draw_rests(rests, result)
    _draw_quiet(quiet, result)
    _draw_responses(rise, result)
    _draw_spikes(spikes, result)
    text.text(0.01, 0.98, "\n".join(lines), va="top", fontsize=style.SMALL, linespacing=1.35)
    data = result.data
    style.title(figure, f"{data.name or 'recording'}: {style.counted(len(result.warnings), 'warning')}")
    return style.finish(figure, path)


def _wrapped(warning: str) -> list[str]:
    """The lines of a warning."""
    return textwrap.wrap(warning.replace(" -", " −"), COLUMNS, initial_indent="! ", subsequent_indent="   ")


def _draw_rests(ax: Axes, result: QualityControl) -> None:
    """Draw the resting potential of each sweep, and their median with its error."""
    rest, known = result.passive.rest, np.isfinite(result.resting_potentials)
    sweeps = np.arange(result.data.sweeps)
    if rest.known:
        error = np.nan_to_num(rest.error)
        ax.axhspan(rest.value - error, rest.value + error, color=style.BAR, lw=0)
        ax.axhline(rest.value, color=style.FAINT, lw=0.7)
        ax.plot(sweeps[known], result.resting_potentials[known], "o", ms=3.5, color=style.PALETTE[0])
        low, high = result.resting_potentials[known].min(), result.resting_potentials[known].max()
        half = max(1.0, 0.6 * (high - low), 1.2 * error)
        ax.set_ylim(0.5 * (low + high) - half, 0.5 * (low + high) + half)
    _heading(ax, f"Rest: {rest}")
    ax.set(xlabel="sweep", ylabel="potential before\nthe first step (mV)", xlim=(-0.6, result.data.sweeps - 0.4))
    ax.set_xticks(range(0, result.data.sweeps, -(-result.data.sweeps // 9)))


def _draw_quiet(ax: Axes, result: QualityControl) -> None:
    """Draw some quiet stretches, one above the other, and the events in them."""
    data, noise = result.data, result.noise
    shown = style.select_evenly(noise.stretches, STRETCHES)
    pieces = [data.v[k, a : min(b, a + round(STRETCH / data.dt))] for k, a, b in shown]
    apart = max([0.5, *(float(np.ptp(v)) for v in pieces)]) * 0.8
    for row, ((k, a, _), v) in enumerate(zip(shown, pieces, strict=True)):
        t = np.arange(len(v)) * data.dt
        lift = row * apart - float(np.median(v))
        ax.plot(t, v + lift, color=style.INK, lw=0.5)
        inside = [at - data.t[a] for sweep, at in noise.events if sweep == k and 0 <= at - data.t[a] < len(v) * data.dt]
        heights = [float(v[round(at / data.dt)]) + lift for at in inside]
        ax.plot(inside, heights, "v", ms=4, color=style.MODEL, mec="white", mew=0.4)
        end = (t[-1], v[-1] + lift)
        ax.annotate(f"{k}", end, (3, 0), textcoords="offset points", va="center", fontsize=style.SMALL)
    _heading(ax, f"Quiet stretches: {noise.event_rate:.3g} synaptic events/s" if shown else "No quiet stretch")
    ax.set(xlabel="time (ms), sweep by sweep", ylabel="potential with offsets (mV)")
    ax.axis("on" if shown else "off")


def _draw_responses(ax: Axes, result: QualityControl) -> None:
    """Draw responses divided by their steps, which should agree, and the response of the fitted RC circuit."""
    data, cell, series = result.data, result.passive, result.electrode
    responses = style.select_evenly(result.responses, RESPONSES)
    shown = [response.v[: round(RISE / data.dt)] / response.step.size for response in responses]
    for v in shown:
        ax.plot(np.arange(len(v)) * data.dt, v, color=style.DATA, lw=0.5)
    if cell.input_resistance.known:
        t = np.arange(max(map(len, shown))) * data.dt
        model = cell.input_resistance.value * (1 - np.exp(-t / cell.time_constant.value))
        jump = float(np.median([np.mean(v - model[: len(v)]) for v in shown]))
        ax.plot(t, jump + model, color=style.MODEL, lw=1.2)
        ax.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
    text = f"Step {cell.direction}: R {cell.input_resistance}" if cell.input_resistance.known else "R not measured"
    _heading(ax, f"{text}; R$_s$ {series}" if series.known else text)
    unit = cell.input_resistance.unit
    ax.set(xlabel="time after the step (ms)", ylabel=f"deflection over current\n(mV/{UNIT_LABELS[data.unit]} = {unit})")
    ax.axis("on" if shown else "off")


def _draw_spikes(ax: Axes, result: QualityControl) -> None:
    """Draw spikes, superposed at their crossings of the threshold, with a dot for each sample."""
    data = result.data
    every = [(k, j) for k, spikes in enumerate(result.spikes) for j in range(len(spikes.times))]
    shown = style.select_evenly(every, SPIKES)
    for (k, j), colour in zip(shown, style.gradient(len(shown)), strict=True):
        at = result.spikes[k].times[j]
        near = (data.t >= at + SPIKE[0]) & (data.t <= at + SPIKE[1])
        ax.plot(data.t[near] - at, data.v[k, near], ".-", color=colour, lw=0.5, ms=2.2)
    text = f"Spikes: {len(every)}, {result.firing.ap_duration_half_width:.3g} ms wide, at {style.number(data.rate)} kHz"
    _heading(ax, text if shown else "No spike")
    ax.set(xlabel=f"time from {millivolts(SPIKE_THRESHOLD)} (ms)", ylabel="potential (mV)", xlim=SPIKE)
    ax.axis("on" if shown else "off")


def _heading(ax: Axes, text: str) -> None:
    """A title of a panel, with true minus signs."""
    style.heading(ax, text.replace(" -", " −"))
