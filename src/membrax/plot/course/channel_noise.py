"""Channel noise: the current of a patch with few channels in single trials, and its variance over its mean."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from .. import style
from ..lines import checked

SHOWN = 4  # trials in the figure


@style.styled
def channel_noise(
    t: ArrayLike, current: ArrayLike, *, single: float, count: float, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw a few trials and their mean, and the variance at each time over the mean, with the parabola of theory.

    N independent channels with the open probability p and the single-channel current i have the mean I = N p i and
    the variance N p (1 − p) i² = i I − I²/N (Sigworth 1980).

    Args:
        t: times [time] in ms.
        current: of each trial [trial, time], pA.
        single: the current i of one open channel, pA, not 0.
        count: the number N of channels.
        path: where to save a PNG.

    Raises:
        ValueError: fewer than two trials, another number of times than t, a single current of 0, or a count not
            above 0.
    """
    trials = np.asarray(current, dtype=float)
    if trials.ndim != 2 or len(trials) < 2:
        raise ValueError(f"current must be [trial, time], two trials or more, got the shape {trials.shape}")
    if not single or not count > 0:
        raise ValueError(f"single must not be 0 pA, and count must be above 0, got {single} pA and {count}")
    mean, variance = trials.mean(axis=0), trials.var(axis=0, ddof=1)
    t, _ = checked(t, {"current": mean})
    figure = style.figure(2.7)
    left, right = figure.subplots(1, 2)
    for row, colour in zip(trials, style.colours(min(SHOWN, len(trials))), strict=False):
        left.plot(t, row, color=colour, lw=0.6, alpha=0.8)
    left.plot(t, mean, color=style.INK, lw=1.6, label=f"mean of {style.counted(len(trials), 'trial')}")
    left.set(xlabel="time (ms)", ylabel="current (pA)", xlim=(t[0], t[-1]))
    left.legend(loc="lower right")
    every = np.linspace(0.0, single * count, 201)
    right.plot(mean, variance, color=style.PALETTE[0], ls="", marker=".", ms=3, label="at each time")
    right.plot(every, single * every - every**2 / count, color=style.MODEL, lw=1.4, label="$iI - I^2/N$")
    right.plot(every, single * every, color=style.FAINT, ls="--", lw=0.9, label="$iI$")
    most = single**2 * count / 4
    right.set(xlabel="mean current (pA)", ylabel="variance (pA²)", ylim=(-0.04 * most, 1.45 * most))
    right.legend(loc="upper right")
    channels = f"{style.counted(int(count), 'channel')} of {style.number(single)} pA"
    style.title(figure, f"{channels}: mean and variance give their number and their current")
    return style.finish(figure, path)
