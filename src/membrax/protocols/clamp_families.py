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

CLOSE = 5.0  # mV around the reversal potential, where a current divided by its driving force is unreliable


class IVCurve(NamedTuple):
    """Currents of a family of steps.

    Attributes:
        levels: potentials of the steps [level], mV.
        peak: current of largest magnitude during the step [level], µA/cm².
        steady: current at the end of the step [level], µA/cm².
    """

    levels: np.ndarray
    peak: np.ndarray
    steady: np.ndarray


class GVCurve(NamedTuple):
    """Peak conductances of a family of steps.

    Attributes:
        levels: potentials of the steps [level], mV.
        conductance: peak conductance [level], mS/cm².
        boltzmann: Boltzmann curve fitted to ``conductance``.
    """

    levels: np.ndarray
    conductance: np.ndarray
    boltzmann: Boltzmann


class Inactivation(NamedTuple):
    """Availability of a current after a prepulse.

    Attributes:
        levels: potentials of the prepulses [level], mV.
        available: peak current at the test potential, relative to the largest one [level].
        boltzmann: Boltzmann curve fitted to ``available``.
    """

    levels: np.ndarray
    available: np.ndarray
    boltzmann: Boltzmann


class Tails(NamedTuple):
    """Tail currents after the end of a pulse.

    Attributes:
        levels: potentials after the pulse [level], mV.
        initial: current at the end of the pulse, when the potential has just changed [level], µA/cm².
        time_constant: time constant of the decay, ∫(i − i_end) dt/(i_initial − i_end) [level], ms; for an exponential
            decay it is τ.
        reversal: the potential at which the straight line through ``initial`` is 0, mV.
        t: time from the end of the pulse [time], ms.
        i: current [level, time], µA/cm².
    """

    levels: np.ndarray
    initial: np.ndarray
    time_constant: np.ndarray
    reversal: float
    t: np.ndarray
    i: np.ndarray


class Recovery(NamedTuple):
    """Recovery between two pulses, with the fit 1 − a e^(−gap/τ).

    Attributes:
        gaps: times between the pulses [gap], ms.
        recovered: peak current of the second pulse divided by that of the first [gap].
        time_constant: τ, ms.
        inactivated: a, the inactivated fraction at the end of the first pulse.
    """

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
    """Simulate a family of steps from a holding potential to each level at t = 0.

    Args:
        cell: one neuron.
        levels: potentials of the steps [level], mV.
        holding: holding potential, mV; by default the cell's resting potential.
        duration: duration of the steps, ms.
        dt: time step, ms.
        series_resistance: series resistance, MΩ.

    Returns:
        A `Clamped` with a leading level axis.

    Raises:
        ValueError: a batch, a parameter out of bounds, a level that is not finite.
    """
    cell, levels = require_one_cell(cell), finite_numbers(levels, "levels", "mV")
    start = _holding_potential(cell, holding)
    return _family(cell, lambda level: constant(level), levels, start, duration, dt, series_resistance)


def iv_curve(cell: Cell, levels: ArrayLike | Sequence[float], *, channel: str | None = None, **named: Any) -> IVCurve:
    """Peak and steady current of each step of `activation`.

    Args:
        cell, levels: as in `activation`.
        channel: name of the channel whose current is measured; by default the sum over all channels.
        **named: the other arguments of `activation`.

    Raises:
        ValueError: as `activation`, or an unknown channel.
    """
    _require_channel(cell, channel)
    family = activation(cell, levels, **named)
    i = _current(family, channel)
    return IVCurve(np.asarray(levels, dtype=float), _peak(i), i[:, -1])


def g_v_curve(
    cell: Cell, levels: ArrayLike | Sequence[float], *, channel: str, reversal: float | None = None, **named: Any
) -> GVCurve:
    """Peak conductance i/(v − e) of a channel at each step of `activation`, and its Boltzmann curve.

    Levels within 5 mV (`CLOSE`) of the reversal potential have a conductance of NaN and are left out of the fit.

    Args:
        cell, levels: as in `activation`.
        channel: name of the channel.
        reversal: e [mV]; by default the channel's own ``e``.
        **named: the other arguments of `activation`.

    Raises:
        ValueError: as `activation`, an unknown channel, or no ``reversal`` for a channel without ``e``.
    """
    _require_channel(cell, str(channel))
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
    """Availability of a channel's current after a prepulse to each level (Hodgkin & Huxley 1952b): h∞ for sodium.

    Args:
        cell: one neuron.
        levels: potentials of the prepulse [level], mV.
        channel: name of the channel.
        test: potential of the test pulse, at which the peak is measured, mV.
        holding: holding potential before the prepulse, mV; by default the cell's resting potential.
        prepulse: duration of the prepulse, ms; it should be several time constants of inactivation.
        width: duration of the test pulse, ms.
        dt: time step, ms.

    Raises:
        ValueError: as `activation`, an unknown channel, or a test potential within 5 mV of its reversal potential.
    """
    cell, levels = require_one_cell(cell), finite_numbers(levels, "levels", "mV")
    test = finite_number(test, "test", "mV")
    _require_driving_force(cell, channel, test, "test")
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
    """Tail currents at each level after a pulse (Hodgkin & Huxley 1952a).

    The gates do not change at the end of the pulse: the I–V curve of the first sample is a straight line for an ohmic
    channel.

    Args:
        cell: one neuron.
        levels: potentials after the pulse [level], mV.
        channel: name of the channel whose current is measured; by default the sum over all channels.
        to: potential of the pulse, mV.
        holding: holding potential before the pulse, mV; by default the cell's resting potential.
        width: duration of the pulse, ms.
        duration: duration of the record after the pulse, ms.
        dt: time step, ms.

    Raises:
        ValueError: as `activation`, or an unknown channel.
    """
    cell, levels = require_one_cell(cell), finite_numbers(levels, "levels", "mV")
    to = finite_number(to, "to", "mV")
    _require_channel(cell, channel)
    command = lambda level: constant(to) + step(level - to, width)  # noqa: E731
    family = _family(cell, command, levels, _holding_potential(cell, holding), width + duration, dt)
    after = family.t >= width - 1e-6
    t, i = family.t[after] - width, _current(family, channel)[:, after]
    transient = i - i[:, -1:]
    amplitude = transient[:, 0]
    area = np.sum(0.5 * (transient[:, 1:] + transient[:, :-1]), axis=1) * dt
    tau = np.where(amplitude != 0, area / np.where(amplitude != 0, amplitude, 1.0), np.nan)
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
    """Recovery of a channel's peak current in a second pulse as a function of the gap at the holding potential.

    Args:
        cell: one neuron.
        gaps: times between the pulses [gap], ms, above 0.
        channel: name of the channel.
        to: potential of both pulses, mV.
        holding: holding potential before, between and after the pulses, mV; by default the cell's resting potential.
        width: duration of both pulses, ms; it should be long enough for inactivation.
        dt: time step, ms.

    Raises:
        ValueError: as `activation`, an unknown channel, or a pulse potential within 5 mV of its reversal potential.
    """
    cell, gaps = require_one_cell(cell), finite_numbers(gaps, "gaps", "ms", above=0.0)
    to = finite_number(to, "to", "mV")
    _require_driving_force(cell, channel, to, "to")
    start = _holding_potential(cell, holding)
    end = float(np.ceil((2 * width + gaps.max()) / dt) * dt)

    def command(gap: Array) -> Stimulus:
        return constant(start) + step(to - start, 0.0, width) + step(to - start, width + gap, 2 * width + gap)

    family = _family(cell, command, gaps, start, end, dt)
    i, t = _current(family, channel), family.t[None]
    first = _peak(np.where(t < width, i, 0.0))
    # A pulse that begins between two samples has its full level from the next sample on.
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
    """Simulate `voltage_clamp` at all levels at once."""
    one = lambda level: voltage_clamp(  # noqa: E731
        cell, command(level), duration=duration, dt=dt, holding=holding, series_resistance=resistance
    )
    return jax.jit(jax.vmap(one))(jnp.asarray(levels, dtype=float))


def _holding_potential(cell: Cell, holding: float | None) -> float:
    """The given holding potential, or the cell's resting potential."""
    return float(rest(cell).v) if holding is None else finite_number(holding, "holding", "mV")


def _require_channel(cell: Cell, channel: str | None) -> None:
    """Raise a ValueError for the name of a channel that the cell does not have."""
    if channel is not None and channel not in getattr(cell, "channels", {}):
        raise ValueError(unknown(str(channel), getattr(cell, "channels", {}), "channel"))


def _require_driving_force(cell: Cell, channel: str, level: float, name: str) -> None:
    """Raise a ValueError for an unknown channel, or a level at which its current is near 0 for any gates."""
    _require_channel(cell, str(channel))
    e = float(getattr(cell.channels[channel], "e", np.nan))
    if abs(level - e) <= CLOSE:
        reason = f"the current of {channel} is too small there"
        raise ValueError(
            f"{name} must be more than {CLOSE:g} mV from {channel}.e = {e:g} mV, got {level:g} mV: {reason}"
        )


def _current(family: Clamped, channel: str | None) -> np.ndarray:
    """The current of one channel or the sum over all channels [level, time], µA/cm²."""
    return np.asarray(family.i if channel is None else family.currents[channel], dtype=float)


def _peak(i: np.ndarray) -> np.ndarray:
    """The value of largest magnitude in each row, with its sign."""
    return i[np.arange(len(i)), np.argmax(np.abs(i), axis=1)]


def _exponential(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Fit y = 1 − a e^(−x/τ) by least squares: τ and a."""
    return best_scale(lambda tau: np.exp(-x / tau), 1.0 - y, 0.1 * x.min(), 100.0 * x.max())
