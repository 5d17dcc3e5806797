"""Channel noise: the current of a patch of few channels, trial by trial, and its variance against its mean."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .. import style
from ..lines import checked

SHOWN = 4  # trials drawn over each other


@style.styled
def channel_noise(
    t: Any, current: Any, *, single: float, count: float, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw a few trials and their mean, and the variance at each time against the mean, on its parabola.

    N channels that open independently with p and carry i each have the mean I = N p i and the variance
    N p (1 − p) i² = i I − I²/N (Sigworth 1980).

    Args:
        t: times [time] in ms.
        current: of each trial [trial, time], pA.
        single: the current i of one open channel, pA, not 0.
        count: how many channels N there are.
        path: where to save a PNG.

    Raises:
        ValueError: fewer than two trials, another number of times, or a single current of 0.
    """
    current = np.asarray(current, dtype=float)
    if current.ndim != 2 or len(current) < 2:
        raise ValueError(f"current must be [trial, time] of two trials or more, got the shape {current.shape}")
    if not single or not count > 0:
        raise ValueError(f"single must not be 0 pA and count be above 0, got {single} pA and {count}")
    mean, variance = current.mean(axis=0), current.var(axis=0, ddof=1)
    t, _ = checked(t, {"current": mean})
    figure = style.figure(2.7)
    left, right = figure.subplots(1, 2)
    for row, paint in zip(current[:SHOWN], style.colours(len(current[:SHOWN])), strict=True):
        left.plot(t, row, color=paint, lw=0.6, alpha=0.8)
    left.plot(t, mean, color=style.INK, lw=1.6, label=f"mean of {style.counted(len(current), 'trial')}")
    left.set(xlabel="time (ms)", ylabel="current (pA)", xlim=(t[0], t[-1]))
    left.legend(loc="lower right")
    every = np.linspace(0.0, single * count, 201)
    right.plot(mean, variance, color=style.PALETTE[0], ls="", marker=".", ms=3, label="at each time")
    right.plot(every, single * every - every**2 / count, color=style.MODEL, lw=1.4, label="$iI - I^2/N$")
    right.plot(every, single * every, color=style.FAINT, ls="--", lw=0.9, label="$iI$")
    most = single**2 * count / 4
    right.set(xlabel="mean current (pA)", ylabel="variance (pA²)", ylim=(-0.04 * most, 1.45 * most))
    right.legend(loc="upper right")
    told = f"{style.counted(int(count), 'channel')} of {style.number(single)} pA"
    style.title(figure, f"{told}: noise tells how many and how large")
    return style.finish(figure, path)
