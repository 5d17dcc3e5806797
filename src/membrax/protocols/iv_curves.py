"""Families of voltage steps, and the I–V, g–V and tail current curves measured with them (Hodgkin & Huxley 1952a)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jax.typing import ArrayLike

from ..cell import Cell
from ..checks import finite_number, finite_numbers
from ..clamp import Clamped
from ..stimuli import constant, step
from .boltzmann import Boltzmann, fit_boltzmann
from .search import require_one_cell
from .voltage_steps import CLOSE, channel_current, holding_potential, peak_current, require_channel, simulate_family


class IVCurve(NamedTuple):
    """Currents of a family of steps.

    Attributes:
        levels: potentials of the steps [level], mV.
        peak: current of largest magnitude during the step, between samples too [level], µA/cm².
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
    start = holding_potential(cell, holding)
    return simulate_family(cell, lambda level: constant(level), levels, start, duration, dt, series_resistance)


def iv_curve(cell: Cell, levels: ArrayLike | Sequence[float], *, channel: str | None = None, **named: Any) -> IVCurve:
    """Peak and steady current of each step of `activation`.

    Args:
        cell, levels: as in `activation`.
        channel: name of the channel whose current is measured; by default the sum over all channels.
        **named: the other arguments of `activation`.

    Raises:
        ValueError: as `activation`, or an unknown channel.
    """
    require_channel(cell, channel)
    family = activation(cell, levels, **named)
    i = channel_current(family, channel)
    return IVCurve(np.asarray(levels, dtype=float), peak_current(i), i[:, -1])


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
    require_channel(cell, str(channel))
    reversal = getattr(cell.channels[channel], "e", None) if reversal is None else reversal
    if reversal is None:
        raise ValueError(f"channel {channel!r} has no reversal potential e: pass reversal=, in mV")
    reversal = finite_number(reversal, "reversal", "mV")
    curve = iv_curve(cell, levels, channel=channel, **named)
    force = curve.levels - reversal
    far = np.abs(force) > CLOSE
    g = np.where(far, curve.peak / np.where(far, force, 1.0), np.nan)
    return GVCurve(curve.levels, g, fit_boltzmann(curve.levels, g))


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
    require_channel(cell, channel)
    command = lambda level: constant(to) + step(level - to, width)  # noqa: E731
    family = simulate_family(cell, command, levels, holding_potential(cell, holding), width + duration, dt)
    after = family.t >= width - 1e-6
    t, i = family.t[after] - width, channel_current(family, channel)[:, after]
    transient = i - i[:, -1:]
    amplitude = transient[:, 0]
    area = np.sum(0.5 * (transient[:, 1:] + transient[:, :-1]), axis=1) * dt
    tau = np.where(amplitude != 0, area / np.where(amplitude != 0, amplitude, 1.0), np.nan)
    slope, offset = np.polyfit(levels, i[:, 0], 1) if len(levels) > 1 else (np.nan, np.nan)
    return Tails(levels, i[:, 0], tau, float(-offset / slope) if slope else np.nan, t, i)
