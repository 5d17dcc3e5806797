"""The diagram of a kinetic scheme: its states, their steady occupancies, and the rates between them."""

from __future__ import annotations

import itertools
import os

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from ...channels import Env
from ...channels.markov import Kinetic
from ...pytrees import strong
from .. import style

RADIUS = 0.3  # inches
ACROSS, DOWN = 1.52, 1.25  # inches between neighbouring states
APART = 0.055  # inches, half the distance between the two arrows of a pair


@style.styled
def scheme(
    channel: Kinetic, v: float, *, celsius: float | None = None, path: str | os.PathLike[str] | None = None
) -> style.Figure:
    """Draw the states of a channel as circles, filled by their steady occupancies, and the rates in 1/ms.

    The states of independent particles (as in `membrax.channels.markov.Sodium`) are arranged by the number of open
    particles, those of other schemes in a row. Conducting states have a thick ring.

    Args:
        channel: a channel with ``states``, ``conducting`` and ``transitions(v, env)``.
        v: membrane potential, mV.
        celsius: the temperature [°C]; by default the temperature at which its rates were measured.
        path: where to save a PNG.

    Raises:
        ValueError: something other than a scheme, a batched channel, or rates that depend on a temperature that is
            missing.
    """
    style.expect(channel, ("states", "conducting", "transitions"), "a kinetic scheme, as of membrax.channels.markov")
    style.expect_single(channel)
    if celsius is None:
        celsius = float(np.asarray(getattr(channel, "measured_at", np.nan)))
    env = Env(celsius=jnp.asarray(celsius, dtype=float))
    ready, at = strong(channel), jnp.asarray(float(v), dtype=float)
    rates = {pair: float(rate) for pair, rate in ready.transitions(at, env).items()}
    if not all(np.isfinite(rate) for rate in rates.values()):
        raise ValueError(f"the rates of {type(channel).__name__} depend on the temperature: pass celsius=, in °C")
    occupied = {state: float(p) for state, p in ready.init(at, env).items()}
    places = _places(channel)
    xs, ys = zip(*places.values(), strict=True)
    aside = RADIUS + (0.35 if min(ys) < 0 else 0.1)  # labels of vertical arrows need room at both sides
    width, height = max(xs) + 2 * aside, max(ys) - min(ys) + 2 * RADIUS + 0.2
    figure = style.figure(height + 0.35, max(width, 4.0))
    ax = figure.subplots()
    for (start, end), rate in rates.items():
        _arrow(ax, places[start], places[end], _symbol(channel, start, end), rate)
    for state, place in places.items():
        _state(ax, place, state, occupied[state], float(channel.conducting.get(state, 0.0)))
    ax.set(xlim=(-aside, width - aside), ylim=(min(ys) - RADIUS - 0.1, max(ys) + RADIUS + 0.1))
    ax.set_aspect("equal")
    ax.set_axis_off()
    style.title(figure, f"At {style.number(v)} mV: steady occupancies, and rates in 1/ms")
    return style.finish(figure, path)


def _places(channel: Kinetic) -> dict[str, tuple[float, float]]:
    """{state: (x, y) in inches}: the first kind of particle counts across, the second down; others are in a row."""
    particles = getattr(channel, "particles", {})
    if not 1 <= len(particles) <= 2:
        return {state: (k * ACROSS, 0.0) for k, state in enumerate(channel.states)}
    counts = itertools.product(*(range(n + 1) for n in particles.values()))
    return {
        state: (count[0] * ACROSS, -(count[1] if len(count) > 1 else 0) * DOWN)
        for state, count in zip(channel.states, counts, strict=True)
    }


def _symbol(channel: Kinetic, start: str, end: str) -> str:
    """The symbol of a rate where particles open one by one, such as 3α of m; otherwise empty."""
    particles = getattr(channel, "particles", {})
    counts = list(itertools.product(*(range(n + 1) for n in particles.values())))
    if len(counts) != len(channel.states):
        return ""
    a, b = (counts[channel.states.index(state)] for state in (start, end))
    which = next(k for k, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
    gate, n = list(particles.items())[which]
    opens = b[which] > a[which]
    factor = n - a[which] if opens else a[which]
    letter = r"\alpha" if opens else r"\beta"
    return f"${factor if factor > 1 else ''}{letter}_{gate}$ = "


def _state(ax: Axes, place: tuple[float, float], name: str, occupied: float, conducting: float) -> None:
    """Draw a state: its ring, its occupancy and its name."""
    ring = dict(edgecolor=style.INK, linewidth=2.4 if conducting else 0.8)
    ax.add_patch(Circle(place, RADIUS, facecolor="white", zorder=2, **ring))
    # The area of the disc is the occupancy, as a fraction of the ring's area.
    disc = Circle(place, RADIUS * np.sqrt(occupied), facecolor=style.PALETTE[0], alpha=0.35, edgecolor="none", zorder=3)
    disc.set_gid(name)
    ax.add_patch(disc)
    percent = f"{100 * occupied:.1f} %" if occupied >= 5e-4 else "< 0.1 %"
    ax.annotate(name, place, (0, 3.5), textcoords="offset points", ha="center", va="center", zorder=4)
    ax.annotate(percent, place, (0, -5), textcoords="offset points", ha="center", va="center", zorder=4,
                fontsize=style.SMALL)  # fmt: skip


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], symbol: str, rate: float) -> None:
    """Draw an arrow on its side of the line between two states, labelled with its rate."""
    first, last = np.asarray(start), np.asarray(end)
    along = (last - first) / np.linalg.norm(last - first)
    side = np.array([-along[1], along[0]])
    a, b = first + (RADIUS + 0.04) * along + APART * side, last - (RADIUS + 0.04) * along + APART * side
    ax.annotate(
        "", _pair(b), _pair(a), arrowprops=dict(arrowstyle="-|>", lw=0.8, color=style.FAINT, shrinkA=0, shrinkB=0)
    )
    level = abs(along[0]) > 0.5
    ax.annotate(
        f"{symbol}{style.number(float(f'{rate:.3g}'))}", _pair(0.5 * (a + b)), _pair(5 * side),
        textcoords="offset points",
        ha="center" if level else ("left" if side[0] > 0 else "right"),
        va="center" if not level else ("bottom" if side[1] > 0 else "top"), fontsize=style.SMALL,
    )  # fmt: skip


def _pair(point: np.ndarray) -> tuple[float, float]:
    """A point [2] as a tuple, as matplotlib's annotations take it."""
    return float(point[0]), float(point[1])
