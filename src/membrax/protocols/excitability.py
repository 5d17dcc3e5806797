"""Current thresholds of a spike: rheobase, brief pulses, strength–duration curve, anode break excitation."""

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
    TOLERANCE,
    best_scale,
    over_levels,
    require_one_cell,
    smallest_level,
    spike_capacity,
    spike_times,
)

FIRST = 1.0  # ms of rest before a pulse
STEEP = 50.0  # mV/ms, the rate at which the strongest step of a rheobase charges the membrane
LAST = 0.25  # fraction of the run, at its end, in which sustained firing must have a spike


class Rheobase(NamedTuple):
    """Smallest constant current densities, µA/cm², inward positive; NaN where the highest tested one is too small.

    Attributes:
        single: the current density for one spike.
        sustained: the current density for spikes that continue into the last quarter of the run.
    """

    single: float
    sustained: float


class StrengthDuration(NamedTuple):
    """Threshold as a function of the width of a pulse, with two laws fitted to it.

    Attributes:
        widths: widths of the pulses [width], ms.
        thresholds: threshold currents [width], µA/cm².
        charges: threshold charges [width], nC/cm².
        weiss: rheobase b in µA/cm² and chronaxie c in ms of i = b (1 + c/t) (Weiss 1901).
        lapicque: rheobase b in µA/cm² and chronaxie c in ms of i = b/(1 − 2^(−t/c)) (Lapicque 1907), the law of an RC
            membrane with a threshold voltage.
    """

    widths: np.ndarray
    thresholds: np.ndarray
    charges: np.ndarray
    weiss: tuple[float, float]
    lapicque: tuple[float, float]


def rheobase(
    cell: Cell,
    *,
    highest: float | None = None,
    duration: float = 1000.0,
    dt: float = 0.025,
    tolerance: float = TOLERANCE,
) -> Rheobase:
    """Find the smallest steps of current from rest that cause one spike, and sustained firing.

    A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV); passive depolarisation by a strong step counts too.

    Args:
        cell: one neuron with a stable rest.
        highest: the largest tested current, µA/cm²; by default 50 for each µF/cm² of the membrane.
        duration: duration of the step, ms; near the onset of repetitive firing trains die out slowly, and a longer step
            gives a slightly higher ``sustained``.
        dt: time step, ms.
        tolerance: of the result, relative to it: the bisection ends where a current lower by that much causes no spike.

    Raises:
        ValueError: a batch, a parameter out of bounds, a highest current not above 0, a tolerance below the precision
            of the numbers, or an unstable rest: a cell with spontaneous firing has no threshold.
    """
    cell, start = require_one_cell(cell), resting_state(cell)
    highest = (
        STEEP * float(cell.capacitance) if highest is None else finite_number(highest, "highest", "µA/cm²", above=0.0)
    )
    steps(duration, dt)

    def single_and_sustained(level: Array) -> tuple[Array, Array]:
        times, count = spike_times(cell, step(level), start, duration, dt, spike_capacity(duration, dt))
        return count > 0, jnp.any(jnp.isfinite(times) & (times > (1.0 - LAST) * duration))

    criteria = (over_levels(lambda level, k=k: single_and_sustained(level)[k]) for k in (0, 1))
    return Rheobase(*(float(smallest_level(criterion, 0.0, highest, tolerance)) for criterion in criteria))


def threshold(
    cell: Cell,
    width: float = 0.1,
    *,
    highest: float | None = None,
    settle: float = 30.0,
    dt: float = 0.01,
    tolerance: float = TOLERANCE,
) -> float:
    """Find the smallest current density [µA/cm²] of a pulse from rest that causes a spike; NaN without one.

    A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV); passive depolarisation by a strong pulse counts too.

    Args:
        cell: one neuron with a stable rest.
        width: duration of the pulse, ms; not necessarily a multiple of dt.
        highest: the largest tested current, µA/cm²; by default 100 C (1/``width`` + 1/ms), enough to charge the
            membrane by 100 mV and to replace the loss through the leak.
        settle: time after the pulse within which a spike counts, ms.
        dt: time step, ms.
        tolerance: as in `rheobase`.

    Raises:
        ValueError: as `rheobase`, or a width not above 0.
    """
    width = finite_number(width, "width", "ms", above=0.0)
    return float(_thresholds(cell, np.array([width]), highest, settle, dt, tolerance)[0])


def charge_threshold(
    cell: Cell, width: float = 0.01, *, settle: float = 30.0, dt: float = 0.01, tolerance: float = TOLERANCE
) -> float:
    """Find the smallest charge density [nC/cm²] of a brief shock from rest that causes a spike: current times width.

    Divided by the capacitance [µF/cm²] it is the depolarisation in mV. For the arguments and errors see `threshold`.
    """
    return threshold(cell, width, settle=settle, dt=dt, tolerance=tolerance) * width


def strength_duration(
    cell: Cell,
    widths: ArrayLike | Sequence[float],
    *,
    highest: float | None = None,
    settle: float = 30.0,
    dt: float = 0.01,
    tolerance: float = TOLERANCE,
) -> StrengthDuration:
    """Measure the strength–duration curve, and fit Weiss's and Lapicque's law to it.

    Both laws are fitted by least squares to the threshold charge i·t, in which Weiss's law is a straight line.

    Args:
        cell: one neuron with a stable rest.
        widths: durations of the pulse [width], ms, at least two different ones.
        highest, settle, dt, tolerance: as in `threshold`.

    Raises:
        ValueError: as `threshold`, fewer than two different widths, or no spike at one of them.
    """
    widths = finite_numbers(widths, "widths", "ms", above=0.0)
    if len(np.unique(widths)) < 2:
        raise ValueError(f"widths must have at least two different values in ms, got {widths}")
    thresholds = _thresholds(cell, widths, highest, settle, dt, tolerance)
    missing = np.isnan(thresholds)
    if missing.any():
        raise ValueError(
            f"no current up to the highest tested one causes a spike at a width of {widths[missing][0]:g} ms; "
            "raise highest or settle"
        )
    charges = thresholds * widths
    return StrengthDuration(widths, thresholds, charges, weiss(widths, charges), lapicque(widths, charges))


def anode_break(
    cell: Cell,
    width: float = 30.0,
    *,
    lowest: float = -50.0,
    settle: float = 50.0,
    dt: float = 0.025,
    tolerance: float = TOLERANCE,
) -> float:
    """Find the weakest hyperpolarising current [µA/cm², negative] whose end causes a spike; NaN without one.

    A spike is an upward crossing of `MODEL_THRESHOLD` (0 mV).

    Args:
        cell: one neuron with a stable rest.
        width: duration of the pulse, ms.
        lowest: the strongest tested current, µA/cm², below 0.
        settle: time after the end of the pulse within which a spike counts, ms.
        dt: time step, ms.
        tolerance: as in `rheobase`.

    Raises:
        ValueError: as `rheobase`, or a lowest current not below 0.
    """
    cell, start = require_one_cell(cell), resting_state(cell)
    width = finite_number(width, "width", "ms", above=0.0)
    lowest = finite_number(lowest, "lowest", "µA/cm²", below=0.0)
    duration = rounded_up(FIRST + width + settle, dt)
    rebound = over_levels(
        lambda level: spike_times(cell, step(level, FIRST, FIRST + width), start, duration, dt)[1] > 0
    )
    return float(smallest_level(rebound, 0.0, lowest, tolerance))


def _thresholds(
    cell: Cell, widths: np.ndarray, highest: float | None, settle: float, dt: float, tolerance: float
) -> np.ndarray:
    """Threshold currents [width] of single pulses, µA/cm²; NaN without a spike up to the highest current."""
    cell, start = require_one_cell(cell), resting_state(cell)
    # A long pulse loses charge through the leak, so that its threshold exceeds the one of a capacitor.
    top = 100.0 * float(cell.capacitance) * (1.0 / widths + 1.0)
    top = top if highest is None else np.full_like(widths, finite_number(highest, "highest", "µA/cm²", above=0.0))
    duration = rounded_up(FIRST + widths.max() + finite_number(settle, "settle", "ms", above=0.0), dt)

    def fires(level: Array, width: Array) -> Array:
        times, _ = spike_times(cell, step(level, FIRST, FIRST + width), start, duration, dt)
        return jnp.any(times < FIRST + width + settle)

    return smallest_level(over_levels(fires, widths), np.zeros_like(widths), top, tolerance)


def resting_state(cell: Cell) -> State:
    """The stable resting state without current, the initial state of every search for a threshold.

    Raises:
        ValueError: there is no resting state, or it is unstable.
    """
    cell = require_one_cell(cell)
    point = resting_point(cell)
    v = float(point.v)
    if not np.isfinite(v):
        raise ValueError("the cell has no resting state, so that no threshold is defined")
    if not bool(point.stable):
        raise ValueError(f"the cell fires spontaneously: it has no threshold (its rest at {v:.2f} mV is unstable)")
    return state_at(cell, point.v)


def rounded_up(duration: float, dt: float) -> float:
    """The next multiple of ``dt``, ms."""
    return float(np.ceil(duration / dt - 1e-6) * dt)


def weiss(widths: np.ndarray, charges: np.ndarray) -> tuple[float, float]:
    """Fit Weiss's law to threshold charges by least squares: rheobase and chronaxie."""
    slope, offset = np.polyfit(widths, charges, 1)
    return float(slope), float(offset / slope)


def lapicque(widths: np.ndarray, charges: np.ndarray) -> tuple[float, float]:
    """Fit Lapicque's law to threshold charges by least squares: rheobase and chronaxie."""
    law = lambda chronaxie: -widths / np.expm1(-np.log(2.0) * widths / chronaxie)  # noqa: E731
    chronaxie, rheobase = best_scale(law, charges, 1e-3 * widths.min(), 1e3 * widths.max())
    return rheobase, chronaxie
