"""Families of voltage steps, and the curves measured with them (Hodgkin & Huxley 1952a, b)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell
from ..checks import finite_number, finite_numbers
from ..clamp import Clamped, voltage_clamp
from ..pytrees import unknown
from ..rest.resting import rest
from ..stimuli import Stimulus, constant, step
from .boltzmann import Boltzmann, fit_boltzmann
from .search import best_scale, require_one_cell

CLOSE = 5.0  # mV around the reversal potential, where a current over its driving force is unreliable


class IVCurve(NamedTuple):
    """Currents at each level of the step: of largest magnitude, and at its end, µA/cm² [level]."""

    levels: np.ndarray
    peak: np.ndarray
    steady: np.ndarray


class GVCurve(NamedTuple):
    """Peak conductances [level] in mS/cm² at each level [mV], and the Boltzmann curve through them."""

    levels: np.ndarray
    conductance: np.ndarray
    boltzmann: Boltzmann


class Inactivation(NamedTuple):
    """The peak current at the test potential after each prepulse, relative to the largest [level]."""

    levels: np.ndarray
    available: np.ndarray
    boltzmann: Boltzmann


class Tails(NamedTuple):
    """Currents after a step back.

    Attributes:
        levels: stepped back to [level], mV.
        initial: current at the step [level], µA/cm².
        time_constant: of the decay, ∫(i − i_end) dt/(i_initial − i_end) [level], ms: τ of an exponential.
        reversal: the potential at which the straight line through ``initial`` is 0, mV.
        t: [time], ms from the step back.
        i: [level, time], µA/cm².
    """

    levels: np.ndarray
    initial: np.ndarray
    time_constant: np.ndarray
    reversal: float
    t: np.ndarray
    i: np.ndarray


class Recovery(NamedTuple):
    """A second pulse's peak over the first's [gap] after gaps [ms], and the fit 1 − a e^(−gap/τ): τ in ms, a."""

    gaps: np.ndarray
    recovered: np.ndarray
    time_constant: float
    inactivated: float


def activation(
    cell: Cell,
    levels: ArrayLike | Sequence[float],
    *,
    holding: float | None = None,
    duration: float = 10.0,
    dt: float = 0.025,
    series_resistance: float = 0.0,
) -> Clamped:
    """A family of steps from a holding potential to each level at t = 0: a `Clamped` with a leading level axis.

    Args:
        cell: one neuron.
        levels: [level], mV.
        holding: mV; by default the cell's rest.
        duration, dt: of the steps, ms.
        series_resistance: MΩ.

    Raises:
        ValueError: a batch, a parameter out of bounds, a level that is not finite.
    """
    cell, levels = require_one_cell(cell), finite_numbers(levels, "levels", "mV")
    start = _holding_potential(cell, holding)
    return _family(cell, lambda level: constant(level), levels, start, duration, dt, series_resistance)


def iv_curve(cell: Cell, levels: ArrayLike | Sequence[float], *, channel: str | None = None, **named: Any) -> IVCurve:
    """Peak and steady current of each step of `activation`, whose arguments it takes: of all channels or of one.

    Raises:
        ValueError: as `activation`, or an unknown channel.
    """
    _known(cell, channel)
    family = activation(cell, levels, **named)
    i = _current(family, channel)
    return IVCurve(np.asarray(levels, dtype=float), _peak(i), i[:, -1])


def g_v_curve(
    cell: Cell, levels: ArrayLike | Sequence[float], *, channel: str, reversal: float | None = None, **named: Any
) -> GVCurve:
    """Peak conductance i/(v − e) of a channel at each step of `activation`, and its Boltzmann curve.

    Levels within 5 mV of the reversal potential have no conductance (NaN) and are left out of the fit.

    Args:
        cell, levels: as in `activation`, whose other arguments it takes too.
        channel: its name.
        reversal: e [mV]; by default the channel's own ``e``.

    Raises:
        ValueError: as `activation`, an unknown channel, or no reversal potential given and none in the channel.
    """
    _known(cell, str(channel))
    reversal = getattr(cell.channels[channel], "e", None) if reversal is None else reversal
    if reversal is None:
        raise ValueError(f"channel {channel!r} has no reversal potential e: pass reversal=, in mV")
    reversal = finite_number(reversal, "reversal", "mV")
    curve = iv_curve(cell, levels, channel=channel, **named)
    force = curve.levels - reversal
    far = np.abs(force) > CLOSE
    g = np.where(far, curve.peak / np.where(far, force, 1.0), np.nan)
    return GVCurve(curve.levels, g, fit_boltzmann(curve.levels, g))


def inactivation(
    cell: Cell,
    levels: ArrayLike | Sequence[float],
    *,
    channel: str,
    test: float = 0.0,
    holding: float | None = None,
    prepulse: float = 200.0,
    width: float = 10.0,
    dt: float = 0.025,
) -> Inactivation:
    """How much of a channel's current a prepulse to each level leaves (Hodgkin & Huxley 1952b): h∞ for sodium.

    Args:
        cell: one neuron.
        levels: of the prepulse [level], mV.
        channel: its name.
        test: the potential at which the peak is measured, mV.
        holding: before the prepulse, mV; by default the cell's rest.
        prepulse, width: of prepulse and test, ms; the prepulse should last several time constants.
        dt: ms.

    Raises:
        ValueError: as `activation`, an unknown channel, or a test within 5 mV of its reversal potential.
    """
    cell, levels, test = (
        require_one_cell(cell),
        finite_numbers(levels, "levels", "mV"),
        finite_number(test, "test", "mV"),
    )
    _driven(cell, channel, test, "test")
    command = lambda level: constant(level) + step(test - level, prepulse)  # noqa: E731
    family = _family(cell, command, levels, _holding_potential(cell, holding), prepulse + width, dt)
    peak = _peak(_current(family, channel)[:, family.t[: family.i.shape[-1]] >= prepulse - 1e-6])
    available = peak / peak[np.argmax(np.abs(peak))]
    return Inactivation(levels, available, fit_boltzmann(levels, available))


def tail_currents(
    cell: Cell,
    levels: ArrayLike | Sequence[float],
    *,
    channel: str | None = None,
    to: float = 20.0,
    holding: float | None = None,
    width: float = 5.0,
    duration: float = 20.0,
    dt: float = 0.01,
) -> Tails:
    """Currents after a step ``to`` a potential for ``width`` ms and back to each level (Hodgkin & Huxley 1952a).

    At the step back the gates are as they were: the first sample's I–V is a straight line for an ohmic channel.

    Raises:
        ValueError: as `activation`, or an unknown channel.
    """
    cell, levels, to = require_one_cell(cell), finite_numbers(levels, "levels", "mV"), finite_number(to, "to", "mV")
    _known(cell, channel)
    command = lambda level: constant(to) + step(level - to, width)  # noqa: E731
    family = _family(cell, command, levels, _holding_potential(cell, holding), width + duration, dt)
    back = family.t >= width - 1e-6
    t, i = family.t[back] - width, _current(family, channel)[:, back]
    above = i - i[:, -1:]
    started = above[:, 0]
    area = np.sum(0.5 * (above[:, 1:] + above[:, :-1]), axis=1) * dt
    tau = np.where(started != 0, area / np.where(started != 0, started, 1.0), np.nan)
    slope, offset = np.polyfit(levels, i[:, 0], 1) if len(levels) > 1 else (np.nan, np.nan)
    return Tails(levels, i[:, 0], tau, float(-offset / slope) if slope else np.nan, t, i)


def recovery_from_inactivation(
    cell: Cell,
    gaps: ArrayLike | Sequence[float],
    *,
    channel: str,
    to: float = 0.0,
    holding: float | None = None,
    width: float = 20.0,
    dt: float = 0.025,
) -> Recovery:
    """Peak of a channel's current in a second pulse over that in the first, against the gap at the holding potential.

    Args:
        cell: one neuron.
        gaps: between the pulses [gap], ms, above 0.
        channel: its name.
        to: of both pulses, mV.
        holding: before, between and after, mV; by default the cell's rest.
        width: of both pulses, ms; it should last long enough to inactivate.
        dt: ms.

    Raises:
        ValueError: as `activation`, an unknown channel, or pulses within 5 mV of its reversal potential.
    """
    cell, gaps, to = (
        require_one_cell(cell),
        finite_numbers(gaps, "gaps", "ms", above=0.0),
        finite_number(to, "to", "mV"),
    )
    _driven(cell, channel, to, "to")
    start = _holding_potential(cell, holding)
    end = float(np.ceil((2 * width + gaps.max()) / dt) * dt)

    def command(gap: Array) -> Stimulus:
        return constant(start) + step(to - start, 0.0, width) + step(to - start, width + gap, 2 * width + gap)

    family = _family(cell, command, gaps, start, end, dt)
    i, t = _current(family, channel), family.t[None]
    first = _peak(np.where(t < width, i, 0.0))
    # A pulse that begins between two samples is at its level from the next on.
    second = _peak(np.where((t >= width + gaps[:, None] - 1e-6) & (t < 2 * width + gaps[:, None] - dt), i, 0.0))
    recovered = second / first
    return Recovery(gaps, recovered, *_exponential(gaps, recovered))


def _family(
    cell: Cell,
    command: Callable[[Array], Stimulus],
    levels: np.ndarray,
    holding: float,
    duration: float,
    dt: float,
    resistance: float = 0.0,
) -> Clamped:
    """`voltage_clamp` at every level at once."""
    one = lambda level: voltage_clamp(  # noqa: E731
        cell, command(level), duration=duration, dt=dt, holding=holding, series_resistance=resistance
    )
    return jax.jit(jax.vmap(one))(jnp.asarray(levels, dtype=float))


def _holding_potential(cell: Cell, holding: float | None) -> float:
    """The holding potential given, or the cell's rest."""
    return float(rest(cell).v) if holding is None else finite_number(holding, "holding", "mV")


def _known(cell: Cell, channel: str | None) -> None:
    if channel is not None and channel not in getattr(cell, "channels", {}):
        raise ValueError(unknown(str(channel), getattr(cell, "channels", {}), "channel"))


def _driven(cell: Cell, channel: str, level: float, name: str) -> None:
    """Refuse an unknown channel, and a level at which its current is 0 whatever its gates do."""
    _known(cell, str(channel))
    e = float(getattr(cell.channels[channel], "e", np.nan))
    if abs(level - e) <= CLOSE:
        said = f"there {channel} carries no current to measure"
        raise ValueError(f"{name} must be more than {CLOSE:g} mV from {channel}.e = {e:g} mV, got {level:g} mV: {said}")


def _current(family: Clamped, channel: str | None) -> np.ndarray:
    """The current of one channel, or of all, [level, time]."""
    return np.asarray(family.i if channel is None else family.currents[channel], dtype=float)


def _peak(i: np.ndarray) -> np.ndarray:
    """Of each row the value of largest magnitude, with its sign."""
    return i[np.arange(len(i)), np.argmax(np.abs(i), axis=1)]


def _exponential(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """τ and a of y = 1 − a e^(−x/τ) by least squares."""
    return best_scale(lambda tau: np.exp(-x / tau), 1.0 - y, 0.1 * x.min(), 100.0 * x.max())
