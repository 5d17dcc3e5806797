"""A recording's quality: rest over sweeps, quiet stretches, the membrane's answer to a step, spikes as sampled."""

from __future__ import annotations

import os
import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...ephys.threshold import SPIKE_THRESHOLD, millivolts
from ...units import UNIT_LABELS
from .. import style
from .sweeps import some

FIELDS = ("data", "resting_potentials", "passive", "electrode", "noise", "spikes", "responses", "checks", "warnings")
STRETCHES, ANSWERS, SPIKES = 6, 20, 24  # of each at most are drawn
STRETCH = 500.0  # ms of a quiet stretch
RISE = 120.0  # ms of an answer
SPIKE = (-1.5, 4.0)  # ms around a spike
COLUMNS = 118  # characters in a line of warnings


@style.styled
def quality(found: Any, *, path: str | os.PathLike[str] | None = None) -> style.Figure:
    """Draw what a recording is worth, and write its warnings below.

    Args:
        found: from `membrax.fitting.quality`.
        path: where to save a PNG.

    Raises:
        ValueError: something that is no quality report.
    """
    style.expect(found, FIELDS, "a Quality, as from membrax.fitting.quality(recording)")
    lines = [line for one in found.warnings for line in _wrapped(one)] or ["nothing to complain of"]
    below = 0.25 + 0.135 * len(lines)
    figure = style.figure(4.3 + below)
    above, text = figure.subfigures(2, 1, height_ratios=(4.3, below))
    (rests, calm), (rise, spikes) = above.subplots(2, 2)
    _draw_rests(rests, found)
    _draw_quiet(calm, found)
    _draw_answers(rise, found)
    _draw_spikes(spikes, found)
    text.text(0.01, 0.98, "\n".join(lines), va="top", fontsize=style.SMALL, linespacing=1.35)
    data = found.data
    style.title(figure, f"{data.name or 'recording'}: {style.counted(len(found.warnings), 'warning')}")
    return style.finish(figure, path)


def _wrapped(warning: str) -> list[str]:
    return textwrap.wrap(warning.replace(" -", " −"), COLUMNS, initial_indent="! ", subsequent_indent="   ")


def _draw_rests(ax: Axes, found: Any) -> None:
    """Each sweep's rest, and their median with its error."""
    rest, known = found.passive.rest, np.isfinite(found.resting_potentials)
    sweeps = np.arange(found.data.sweeps)
    if rest.known:
        error = np.nan_to_num(rest.error)
        ax.axhspan(rest.value - error, rest.value + error, color=style.BAR, lw=0)
        ax.axhline(rest.value, color=style.FAINT, lw=0.7)
        ax.plot(sweeps[known], found.resting_potentials[known], "o", ms=3.5, color=style.PALETTE[0])
        low, high = found.resting_potentials[known].min(), found.resting_potentials[known].max()
        half = max(1.0, 0.6 * (high - low), 1.2 * error)
        ax.set_ylim(0.5 * (low + high) - half, 0.5 * (low + high) + half)
    _head(ax, f"Rest: {rest}")
    ax.set(xlabel="sweep", ylabel="potential before\nthe first step (mV)", xlim=(-0.6, found.data.sweeps - 0.4))
    ax.set_xticks(range(0, found.data.sweeps, -(-found.data.sweeps // 9)))


def _draw_quiet(ax: Axes, found: Any) -> None:
    """Some quiet stretches, one above the other, and the events in them."""
    data, calm = found.data, found.noise
    shown = some(calm.stretches, STRETCHES)
    pieces = [data.v[k, a : min(b, a + round(STRETCH / data.dt))] for k, a, b in shown]
    apart = max([0.5, *(float(np.ptp(v)) for v in pieces)]) * 0.8
    for row, ((k, a, _), v) in enumerate(zip(shown, pieces, strict=True)):
        t = np.arange(len(v)) * data.dt
        lift = row * apart - float(np.median(v))
        ax.plot(t, v + lift, color=style.INK, lw=0.5)
        inside = [at - data.t[a] for sweep, at in calm.events if sweep == k and 0 <= at - data.t[a] < len(v) * data.dt]
        heights = [float(v[round(at / data.dt)]) + lift for at in inside]
        ax.plot(inside, heights, "v", ms=4, color=style.MODEL, mec="white", mew=0.4)
        end = (t[-1], v[-1] + lift)
        ax.annotate(f"{k}", end, (3, 0), textcoords="offset points", va="center", fontsize=style.SMALL)
    _head(ax, f"Quiet stretches: {calm.event_rate:.3g} synaptic events/s" if shown else "No quiet stretch")
    ax.set(xlabel="time (ms), sweep by sweep", ylabel="potential, set apart (mV)")
    ax.axis("on" if shown else "off")


def _draw_answers(ax: Axes, found: Any) -> None:
    """Answers over their steps, which should lie on one curve, and the resistor and capacitor they were found to be."""
    data, cell, series = found.data, found.passive, found.electrode
    shown = [one.v[: round(RISE / data.dt)] / one.step.size for one in some(found.responses, ANSWERS)]
    for v in shown:
        ax.plot(np.arange(len(v)) * data.dt, v, color=style.DATA, lw=0.5)
    if cell.input_resistance.known:
        t = np.arange(max(map(len, shown))) * data.dt
        model = cell.input_resistance.value * (1 - np.exp(-t / cell.time_constant.value))
        jump = float(np.median([np.mean(v - model[: len(v)]) for v in shown]))
        ax.plot(t, jump + model, color=style.MODEL, lw=1.2)
        ax.axhline(0.0, color=style.BAR, lw=0.8, zorder=0)
    told = f"Step {cell.direction}: R {cell.input_resistance}" if cell.input_resistance.known else "R not measured"
    _head(ax, f"{told}; R$_s$ {series}" if series.known else told)
    unit = "MΩ" if data.unit == "nA" else "kΩ·cm²"
    ax.set(xlabel="time after the step (ms)", ylabel=f"deflection over current\n(mV/{UNIT_LABELS[data.unit]} = {unit})")
    ax.axis("on" if shown else "off")


def _draw_spikes(ax: Axes, found: Any) -> None:
    """Spikes one upon the other, each sample a dot."""
    data = found.data
    every = [(k, j) for k, spikes in enumerate(found.spikes) for j in range(len(spikes.times))]
    shown = some(every, SPIKES)
    paints = style.graded()(np.linspace(0, 1, len(shown)))
    for (k, j), paint in zip(shown, paints, strict=True):
        at = found.spikes[k].times[j]
        near = (data.t >= at + SPIKE[0]) & (data.t <= at + SPIKE[1])
        ax.plot(data.t[near] - at, data.v[k, near], ".-", color=paint, lw=0.5, ms=2.2)
    told = f"Spikes: {len(every)}, {found.firing.ap_duration_half_width:.3g} ms wide, at {style.number(data.rate)} kHz"
    _head(ax, told if shown else "No spike")
    ax.set(xlabel=f"time from {millivolts(SPIKE_THRESHOLD)} (ms)", ylabel="potential (mV)", xlim=SPIKE)
    ax.axis("on" if shown else "off")


def _head(ax: Axes, text: str) -> None:
    style.heading(ax, text.replace(" -", " −"))
