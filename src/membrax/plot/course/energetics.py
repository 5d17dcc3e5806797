"""The energy of a spike: sodium and potassium currents that cancel each other."""

from __future__ import annotations

import os

import numpy as np

from ...pytrees import unknown
from ...simulate import Trace
from .. import style
from .ions import channel_colours


@style.styled
def overlap(
    trace: Trace, *, sodium: str = "na", potassium: str = "k", window: tuple[float, float] | None = None,
    path: str | os.PathLike[str] | None = None,
) -> style.Figure:  # fmt: skip
    """Draw inward sodium and outward potassium current during a spike, and their overlap, which charges nothing.

    Args:
        trace: of one neuron, with ``record=membrax.probes.currents()``.
        sodium, potassium: names of the two channels.
        window: (from, to) in ms; by default the whole trace.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a trace, a batch, a trace without currents, or an unknown channel.
    """
    style.expect(trace, Trace, "a Trace, as from membrax.simulate")
    kept = trace.recorded.get("currents")
    if np.ndim(trace.v) != 1 or kept is None:
        raise ValueError("overlap draws one neuron's trace with its currents: record=membrax.probes.currents()")
    for name in (sodium, potassium):
        if name not in kept:
            raise ValueError(unknown(str(name), kept, "channel"))
    inward = np.maximum(-np.asarray(kept[sodium], dtype=float), 0.0)
    outward = np.maximum(np.asarray(kept[potassium], dtype=float), 0.0)
    t, both = trace.times["currents"], np.minimum(inward, outward)
    first, second = channel_colours([sodium, potassium])
    figure = style.figure(3.2)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.6])
    upper.plot(trace.t, np.asarray(trace.v), color=style.INK)
    upper.set_ylabel(style.POTENTIAL_WRAPPED)
    lower.fill_between(t, both, color=style.FAINT, alpha=0.35, lw=0, label="overlap: cancelled")
    lower.plot(t, inward, color=first, lw=1.4, label=f"{sodium}, inward")
    lower.plot(t, outward, color=second, lw=1.4, ls="--", label=f"{potassium}, outward")
    lower.set(xlabel="time (ms)", ylabel="current\n(µA/cm²)", xlim=window or (trace.t[0], trace.t[-1]))
    lower.set_ylim(bottom=0.0)
    style.legend_outside(lower)
    figure.align_ylabels([upper, lower])
    share = both.sum() / max(inward.sum(), 1e-30)
    style.title(figure, f"{100 * share:.0f} % of the sodium entry is cancelled by simultaneous potassium exit")
    return style.finish(figure, path)
