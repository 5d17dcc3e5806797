"""The gates of a channel: how far they open and how fast, over the voltage."""

from __future__ import annotations

import os
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..channels import Channel, Env
from ..laws.gating import steady_state, time_constant
from ..pytrees import leaves, strong
from . import style

LOWEST, HIGHEST, POINTS = -100.0, 50.0, 601  # mV


@style.styled
def gates(
    channel: Channel, *, celsius: float | None = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw x∞ and τ of each gate of a channel from −100 to 50 mV.

    Gates without kinetics (an m∞ inside the current) are not among its rates and are not drawn.

    Args:
        channel: one with ``rates(v, env)``, such as ``cell.channels["na"]``.
        celsius: the temperature [°C]; None is the one its rates were measured at.
        path: where to save a PNG.

    Raises:
        ValueError: something without gates, a batched channel, or rates that need a temperature that nobody gave.
    """
    style.expect(channel, ("rates", "current"), 'a channel with gates, such as cell.channels["na"]')
    batched = [path for path, leaf in leaves(channel).items() if np.ndim(leaf.value)]
    if batched:
        raise ValueError(f"this figure draws one channel, but {batched[0]} is an array: take one neuron's")
    v = np.linspace(LOWEST, HIGHEST, POINTS)
    if celsius is None and hasattr(channel, "measured_at"):
        celsius = float(np.asarray(channel.measured_at))
    curves = _curves(channel, v, celsius)
    figure = style.figure(2.5)
    left, right = figure.subplots(1, 2)
    for (name, (open_fraction, tau)), paint, dash in zip(
        curves.items(), style.colours(len(curves)), style.DASHES * len(curves), strict=False
    ):
        left.plot(v, open_fraction, color=paint, ls=dash, lw=1.4, label=name)
        right.plot(v, tau, color=paint, ls=dash, lw=1.4, label=name)
    left.set(ylabel="steady state $x_\\infty$ (fraction open)", ylim=(-0.03, 1.03))
    right.set(ylabel="time constant τ (ms)")
    slow = [tau.max() for _, tau in curves.values()]
    if style.is_wide(slow):
        style.logarithmic(right, min(tau.min() for _, tau in curves.values()), max(slow))
    else:
        right.set_ylim(bottom=0)
    for ax in (left, right):
        ax.set(xlabel="membrane potential (mV)", xlim=(LOWEST, HIGHEST))
    style.beside(right, title="gate")
    style.title(figure, _title(channel, celsius))
    return style.finish(figure, path)


def _curves(channel: Any, v: np.ndarray, celsius: float | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{gate: (x∞ [v], τ [v] in ms)}.

    Raises:
        ValueError: as `gates` does.
    """
    # Without a temperature it is NaN, and spreads into whatever depends on it.
    env = Env(celsius=jnp.asarray(np.nan if celsius is None else celsius, dtype=float))
    ready = strong(channel)
    rates = jax.vmap(lambda x: ready.rates(x, env))(jnp.asarray(v, dtype=float))
    if not rates:
        raise ValueError(f"{type(channel).__name__} has no gates to draw")
    found = {name: tuple(np.asarray(f(*ab)) for f in (steady_state, time_constant)) for name, ab in rates.items()}
    if celsius is None and any(np.isnan(curve).any() for pair in found.values() for curve in pair):
        raise ValueError(f"the rates of {type(channel).__name__} depend on the temperature: pass celsius=, in °C")
    return found


def _title(channel: Any, celsius: float | None) -> str:
    """The first line of the channel's docstring, which says what it is, without the paper; or the channel's name."""
    kind = type(channel)
    told = re.sub(r" \([^()]*\d{4}\)$", "", (kind.__doc__ or "").strip().split("\n")[0].rstrip("."))
    # A dataclass without a docstring is given its signature as one.
    told = kind.__name__ if not told or told.startswith(f"{kind.__name__}(") else told
    return told if celsius is None else f"{told}, at {celsius:g} °C"
