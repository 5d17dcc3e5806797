"""Inactivation as a function of a prepulse, and recovery from it (Hodgkin & Huxley 1952b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell
from ..checks import finite_number, finite_numbers
from ..stimuli import Stimulus, constant, step
from .boltzmann import Boltzmann, fit_boltzmann
from .search import best_scale, require_one_cell
from .voltage_steps import channel_current, holding_potential, peak_current, require_driving_force, simulate_family


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
    require_driving_force(cell, channel, test, "test")
    command = lambda level: constant(level) + step(test - level, prepulse)  # noqa: E731
    family = simulate_family(cell, command, levels, holding_potential(cell, holding), prepulse + width, dt)
    peak = peak_current(channel_current(family, channel)[:, family.t[: family.i.shape[-1]] >= prepulse - 1e-6])
    available = peak / peak[np.argmax(np.abs(peak))]
    return Inactivation(levels, available, fit_boltzmann(levels, available))


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
    require_driving_force(cell, channel, to, "to")
    start = holding_potential(cell, holding)
    end = float(np.ceil((2 * width + gaps.max()) / dt) * dt)

    def command(gap: Array) -> Stimulus:
        return constant(start) + step(to - start, 0.0, width) + step(to - start, width + gap, 2 * width + gap)

    family = simulate_family(cell, command, gaps, start, end, dt)
    i, t = channel_current(family, channel), family.t[None]
    first = peak_current(np.where(t < width, i, np.nan))
    # A pulse that begins between two samples has its full level from the next sample on.
    second = peak_current(
        np.where((t >= width + gaps[:, None] - 1e-6) & (t < 2 * width + gaps[:, None] - dt), i, np.nan)
    )
    recovered = second / first
    return Recovery(gaps, recovered, *_exponential(gaps, recovered))


def _exponential(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Fit y = 1 − a e^(−x/τ) by least squares: τ and a."""
    return best_scale(lambda tau: np.exp(-x / tau), 1.0 - y, 0.1 * x.min(), 100.0 * x.max())
