"""The voltage of one patch of membrane after a step at fixed gates: a bounded Crank–Nicolson step."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, CellGates, ionic_current
from ..channels import Env
from ..laws.membrane import bounded_voltage_step, corrected_voltage


def voltage_step(cell: Cell, gates: CellGates, v: Array, current: Array, dt: float | Array, env: Env) -> Array:
    """v [mV] after ``dt`` [ms] at fixed gates, the ionic current linearised about ``v`` by its exact slope.

    The current of channels that are not ``ohmic`` (instantaneous gates, rectification) is evaluated again at the end
    of the step, for a correction.
    """
    straight, bent = by_ohmic(cell, True), by_ohmic(cell, False)
    ionic, slope = current_and_slope(straight, gates, v, env)
    curved, bent_slope = current_and_slope(bent, gates, v, env)
    # Time is counted in units of the capacitance, which spares a division of every neuron's current and slope.
    per_capacitance = dt / cell.capacitance
    start = current - (ionic + curved), slope + bent_slope
    after = bounded_voltage_step(v, *start, per_capacitance)
    if not bent.channels:
        return after
    there, bent_slope = current_and_slope(bent, gates, after, env)
    end = start[0] - (slope * (after - v) + there - curved), slope + bent_slope
    return corrected_voltage(v, after, start, end, per_capacitance)


def by_ohmic(cell: Cell, ohmic: bool) -> Cell:
    """The cell with only its ohmic channels, whose current is a straight line in v, or only with the others."""
    chosen = {name: c for name, c in cell.channels.items() if bool(getattr(c, "ohmic", False)) == ohmic}
    return dataclasses.replace(cell, channels=chosen)


def current_and_slope(cell: Cell, gates: CellGates, v: Array, env: Env) -> tuple[Array, Array]:
    """The ionic current density [µA/cm²] and its derivative by v [mS/cm²]."""
    # A constant tangent may become a literal, which Triton's kernels can't negate; ohmic currents don't.
    bends = any(not getattr(channel, "ohmic", False) for channel in cell.channels.values())
    one = 1.0 + 0.0 * v if bends else jnp.ones_like(v)
    return jax.jvp(lambda v: ionic_current(cell, gates, v, env), (v,), (one,))
