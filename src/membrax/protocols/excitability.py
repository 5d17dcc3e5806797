"""How much current makes a spike: rheobase, brief pulses, strength against duration, release from hyperpolarisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell, State, state_at
from ..checks import finite_number, finite_numbers
from ..rest.resting import resting_point
from ..stimuli import step
from ..timegrid import steps
from .search import (
    best_scale,
    over_levels,
    require_one_cell,
    smallest_level,
    spike_capacity,
    spike_times,
)

FIRST = 1.0  # ms of rest before a pulse
STEEP = 50.0  # mV/ms at which the strongest step of a rheobase charges the membrane
LAST = 0.25  # the part of a run at whose end a cell that fires on must still fire


class Rheobase(NamedTuple):
    """Smallest constant current densities, µA/cm², inward positive; NaN where none up to the highest tried does.

    Attributes:
        single: for one spike.
        sustained: for spikes that go on in the last quarter of the run.
    """

    single: float
    sustained: float


class StrengthDuration(NamedTuple):
    """Threshold against the width of a pulse, with the two laws fitted to it.

    Attributes:
        widths: of the pulses [width], ms.
        thresholds: [width], µA/cm².
        charges: threshold charges [width], nC/cm².
        weiss: (rheobase in µA/cm², chronaxie in ms) of i = b (1 + c/t) (Weiss 1901).
        lapicque: the same of i = b/(1 − 2^(−t/c)) (Lapicque 1907): an RC membrane with a threshold voltage.
    """

    widths: np.ndarray
    thresholds: np.ndarray
    charges: np.ndarray
    weiss: tuple[float, float]
    lapicque: tuple[float, float]


def rheobase(cell: Cell, *, highest: float | None = None, duration: float = 1000.0, dt: float = 0.025) -> Rheobase:
    """Smallest steps of current from rest that make one spike, and spikes that go on.

    A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV), also one to which a strong step carries a membrane that
    has no spikes.

    Args:
        cell: one neuron with a stable rest.
        highest: the largest current tried, µA/cm²; by default 50 for each µF/cm² of the membrane.
        duration: of the step, ms; near the onset of repetitive firing trains die out slowly, and a longer step finds
            a slightly higher ``sustained``.
        dt: ms.

    Raises:
        ValueError: a batch, a parameter out of bounds, a highest current not above 0, or an unstable rest: a cell that
            fires by itself has no threshold.
    """
    cell, start = require_one_cell(cell), resting(cell)
    highest = (
        STEEP * float(cell.capacitance) if highest is None else finite_number(highest, "highest", "µA/cm²", above=0.0)
    )
    steps(duration, dt)

    def counts(level: Array) -> tuple[Array, Array]:
        times, count = spike_times(cell, step(level), start, duration, dt, spike_capacity(duration, dt))
        return count > 0, jnp.any(times > (1.0 - LAST) * duration)

    once, on = (over_levels(lambda level, k=k: counts(level)[k]) for k in (0, 1))
    found = (float(smallest_level(happens, 0.0, highest)) for happens in (once, on))
    return Rheobase(*found)


def threshold(
    cell: Cell, width: float = 0.1, *, highest: float | None = None, settle: float = 30.0, dt: float = 0.01
) -> float:
    """Smallest current density [µA/cm²] that makes a resting cell fire when it flows for ``width`` [ms]; else NaN.

    A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV), also one to which a strong pulse carries a membrane that
    has no spikes.

    Args:
        cell: one neuron with a stable rest.
        width: of the pulse, ms; need be no multiple of dt.
        highest: the largest current tried, µA/cm²; by default that which charges the membrane by 100 mV.
        settle: how long after the pulse a spike may come, ms.
        dt: ms.

    Raises:
        ValueError: as `rheobase`, or a width not above 0.
    """
    width = finite_number(width, "width", "ms", above=0.0)
    return float(_thresholds(cell, np.array([width]), highest, settle, dt)[0])


def charge_threshold(cell: Cell, width: float = 0.01, *, settle: float = 30.0, dt: float = 0.01) -> float:
    """Smallest charge density [nC/cm²] of a brief shock that makes a resting cell fire: current times width.

    Over the capacitance [µF/cm²] it is the depolarisation in mV. For parameters see `threshold`.
    """
    return threshold(cell, width, settle=settle, dt=dt) * width


def strength_duration(
    cell: Cell,
    widths: ArrayLike | Sequence[float],
    *,
    highest: float | None = None,
    settle: float = 30.0,
    dt: float = 0.01,
) -> StrengthDuration:
    """Threshold current for each width [ms] of a pulse, and rheobase and chronaxie by two laws fitted to them.

    Both are fitted by least squares to the charge i·t, which is where a straight line is Weiss's law.

    Raises:
        ValueError: fewer than two widths, one not above 0, or no spike at one of them.
    """
    widths = finite_numbers(widths, "widths", "ms", above=0.0)
    if len(np.unique(widths)) < 2:
        raise ValueError(f"widths must be at least two different ones in ms, got {widths}")
    found = _thresholds(cell, widths, highest, settle, dt)
    if np.isnan(found).any():
        raise ValueError(f"no current up to the highest makes a spike at a width of {widths[np.isnan(found)][0]:g} ms")
    charges = found * widths
    return StrengthDuration(widths, found, charges, weiss(widths, charges), lapicque(widths, charges))


def anode_break(
    cell: Cell, width: float = 30.0, *, lowest: float = -50.0, settle: float = 50.0, dt: float = 0.025
) -> float:
    """The weakest hyperpolarising current [µA/cm², negative] of ``width`` [ms] whose release makes a spike; else NaN.

    Args:
        cell: one neuron with a stable rest.
        width: of the pulse, ms.
        lowest: the strongest current tried, µA/cm², below 0.
        settle: how long after the release a spike may come, ms.
        dt: ms.

    Raises:
        ValueError: as `rheobase`, or a lowest current not below 0.
    """
    cell, start = require_one_cell(cell), resting(cell)
    width, lowest = finite_number(width, "width", "ms", above=0.0), finite_number(lowest, "lowest", "µA/cm²", below=0.0)
    duration = _rounded(FIRST + width + settle, dt)
    rebound = over_levels(
        lambda level: spike_times(cell, step(level, FIRST, FIRST + width), start, duration, dt)[1] > 0
    )
    return float(smallest_level(rebound, 0.0, lowest))


def _thresholds(cell: Cell, widths: np.ndarray, highest: float | None, settle: float, dt: float) -> np.ndarray:
    cell, start = require_one_cell(cell), resting(cell)
    # A pulse loses charge through the leak, so a long one must be stronger than the capacitor asks for.
    top = 100.0 * float(cell.capacitance) * (1.0 / widths + 1.0)
    top = top if highest is None else np.full_like(widths, finite_number(highest, "highest", "µA/cm²", above=0.0))
    duration = _rounded(FIRST + widths.max() + finite_number(settle, "settle", "ms", above=0.0), dt)

    def fires(level: Array, width: Array) -> Array:
        times, _ = spike_times(cell, step(level, FIRST, FIRST + width), start, duration, dt)
        return jnp.any(times < FIRST + width + settle)

    return smallest_level(over_levels(fires, widths), np.zeros_like(widths), top)


def resting(cell: Cell) -> State:
    """The rest at no current, in which every search for a threshold begins.

    Raises:
        ValueError: there is none, or the cell does not stay there.
    """
    cell = require_one_cell(cell)
    point = resting_point(cell)
    v = float(point.v)
    if not np.isfinite(v):
        raise ValueError("the cell has no resting point to begin from")
    if not bool(point.stable):
        raise ValueError(f"the cell fires by itself: it has no threshold (its rest at {v:.2f} mV is unstable)")
    return state_at(cell, point.v)


def _rounded(duration: float, dt: float) -> float:
    """The next multiple of ``dt``, ms."""
    return float(np.ceil(duration / dt - 1e-6) * dt)


def weiss(widths: np.ndarray, charges: np.ndarray) -> tuple[float, float]:
    """Rheobase and chronaxie of Weiss's law, by least squares of the charges."""
    slope, offset = np.polyfit(widths, charges, 1)
    return float(slope), float(offset / slope)


def lapicque(widths: np.ndarray, charges: np.ndarray) -> tuple[float, float]:
    """Rheobase and chronaxie of Lapicque's law, by least squares of the charges."""
    law = lambda chronaxie: -widths / np.expm1(-np.log(2.0) * widths / chronaxie)  # noqa: E731
    chronaxie, rheobase = best_scale(law, charges, 1e-3 * widths.min(), 1e3 * widths.max())
    return rheobase, chronaxie
