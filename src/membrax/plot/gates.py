"""The gates of a channel: steady state and time constant over the voltage."""

from __future__ import annotations

import os
import re
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np

from ..channels import Channel, Env, Gated
from ..laws.gating import steady_state, time_constant
from ..pytrees import strong
from . import style

LOWEST, HIGHEST, POINTS = -100.0, 50.0, 601  # mV


@style.styled
def gates(
    channel: Channel, *, celsius: float | None = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw x∞ and τ of each gate of a channel from −100 to 50 mV.

    Instantaneous gates (an m∞ inside the current) have no rates and are not drawn.

    Args:
        channel: a channel with ``rates(v, env)``, such as ``cell.channels["na"]``.
        celsius: the temperature [°C]; by default the temperature at which its rates were measured.
        path: where to save a PNG.

    Raises:
        ValueError: a channel without gates, a batched channel, or rates that depend on a temperature that is missing.
    """
    style.expect(channel, ("rates", "current"), 'a channel with gates, such as cell.channels["na"]')
    style.expect_single(channel)
    v = np.linspace(LOWEST, HIGHEST, POINTS)
    if celsius is None and (measured_at := getattr(channel, "measured_at", None)) is not None:
        celsius = float(np.asarray(measured_at))
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
    if style.spans_a_decade(slow):
        style.logarithmic(right, min(tau.min() for _, tau in curves.values()), max(slow))
    else:
        right.set_ylim(bottom=0)
    for ax in (left, right):
        ax.set(xlabel=style.POTENTIAL, xlim=(LOWEST, HIGHEST))
    style.legend_outside(right, title="gate")
    style.title(figure, _title(channel, celsius))
    return style.finish(figure, path)


def _curves(channel: Channel, v: np.ndarray, celsius: float | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{gate: (x∞ [v], τ [v] in ms)}.

    Raises:
        ValueError: as `gates` does.
    """
    # A missing temperature is NaN, which spreads into all that depends on it.
    env = Env(celsius=jnp.asarray(np.nan if celsius is None else celsius, dtype=float))
    gated = cast(Gated, strong(channel))
    rates = jax.vmap(lambda x: gated.rates(x, env))(jnp.asarray(v, dtype=float))
    if not rates:
        raise ValueError(f"{type(channel).__name__} has no gates to draw")
    curves = {name: (np.asarray(steady_state(*ab)), np.asarray(time_constant(*ab))) for name, ab in rates.items()}
    if celsius is None and any(np.isnan(curve).any() for pair in curves.values() for curve in pair):
        raise ValueError(f"the rates of {type(channel).__name__} depend on the temperature: pass celsius=, in °C")
    return curves


def _title(channel: Channel, celsius: float | None) -> str:
    """The summary line of the channel's docstring, without the citation, or the class's name."""
    kind = type(channel)
    text = re.sub(r" \([^()]*\d{4}\)$", "", (kind.__doc__ or "").strip().split("\n")[0].rstrip("."))
    # The docstring of a dataclass without one is its signature.
    text = kind.__name__ if not text or text.startswith(f"{kind.__name__}(") else text
    return text if celsius is None else f"{text}, at {celsius:g} °C"
