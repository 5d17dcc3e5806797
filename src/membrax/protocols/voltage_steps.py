"""Simulation of a family of voltage commands, and checks and measurements that all families share."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import Cell
from ..checks import finite_number
from ..clamp import Clamped, voltage_clamp
from ..pytrees import unknown
from ..rest.resting import rest
from ..stimuli import Stimulus

CLOSE = 5.0  # mV around the reversal potential, where a current divided by its driving force is unreliable
RESOLVED = 0.8  # of a peak: neighbours that are lower belong to a jump, or to a peak that the samples do not resolve


def simulate_family(
    cell: Cell,
    command: Callable[[Array], Stimulus],
    levels: np.ndarray,
    holding: float,
    duration: float,
    dt: float,
    resistance: float = 0.0,
) -> Clamped:
    """Simulate `voltage_clamp` with ``command(level)`` at all levels at once: a `Clamped` with a leading level axis."""
    one = lambda level: voltage_clamp(  # noqa: E731
        cell, command(level), duration=duration, dt=dt, holding=holding, series_resistance=resistance
    )
    return jax.jit(jax.vmap(one))(jnp.asarray(levels, dtype=float))


def holding_potential(cell: Cell, holding: float | None) -> float:
    """The given holding potential, or the cell's resting potential."""
    return float(rest(cell).v) if holding is None else finite_number(holding, "holding", "mV")


def require_channel(cell: Cell, channel: str | None) -> None:
    """Raise a ValueError for the name of a channel that the cell does not have."""
    if channel is not None and channel not in getattr(cell, "channels", {}):
        raise ValueError(unknown(str(channel), getattr(cell, "channels", {}), "channel"))


def require_driving_force(cell: Cell, channel: str, level: float, name: str) -> None:
    """Raise a ValueError for an unknown channel, or a level at which its current is near 0 for any gates."""
    require_channel(cell, str(channel))
    e = float(getattr(cell.channels[channel], "e", np.nan))
    if abs(level - e) <= CLOSE:
        reason = f"the current of {channel} is too small there"
        raise ValueError(
            f"{name} must be more than {CLOSE:g} mV from {channel}.e = {e:g} mV, got {level:g} mV: {reason}"
        )


def channel_current(family: Clamped, channel: str | None) -> np.ndarray:
    """The current of one channel or the sum over all channels [level, time], µA/cm²."""
    return np.asarray(family.i if channel is None else family.currents[channel], dtype=float)


def peak_current(i: np.ndarray) -> np.ndarray:
    """The value of largest magnitude in each row, with its sign, between the samples; NaN samples are left out.

    It is the top of the parabola through the largest sample and its neighbours, whose error is of the order of dt³ in
    place of dt². Beside a gap, an end, or a neighbour below `RESOLVED` of it, it is the sample.
    """
    each, k = np.arange(len(i)), np.nanargmax(np.abs(i), axis=1)
    padded = np.pad(i, ((0, 0), (1, 1)), constant_values=np.nan)
    before, top, after = (padded[each, k + offset] for offset in range(3))
    bend = before - 2.0 * top + after
    smooth = (np.minimum(before * top, after * top) >= RESOLVED * top**2) & (bend != 0)
    return np.where(smooth, top - (after - before) ** 2 / np.where(smooth, 8.0 * bend, 1.0), top)
