"""The voltage of one patch of membrane across a step, its gates held still: a bounded Crank–Nicolson step."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, ionic_current
from ..channels import Env
from ..laws.membrane import bounded_voltage_step, corrected_voltage


def voltage_step(cell: Cell, gates: dict, v: Array, current: Array, dt: Any, env: Env) -> Array:
    """v [mV] after ``dt`` [ms] at fixed gates, the ionic current linearised about ``v`` by its exact slope.

    Channels that are not ``ohmic`` (instantaneous gates, rectification) are asked a second time, at the end of the
    step, for what the line missed.
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
    """The cell with only those of its channels whose current is, or may not be, a straight line in v."""
    chosen = {name: c for name, c in cell.channels.items() if bool(getattr(c, "ohmic", False)) == ohmic}
    return dataclasses.replace(cell, channels=chosen)


def current_and_slope(cell: Cell, gates: dict, v: Array, env: Env) -> tuple[Array, Array]:
    """The ionic current density [µA/cm²] and its derivative by v [mS/cm²]."""
    # A constant tangent may become a literal, which Triton's kernels can't negate; ohmic currents don't.
    bends = any(not getattr(channel, "ohmic", False) for channel in cell.channels.values())
    one = 1.0 + 0.0 * v if bends else jnp.ones_like(v)
    return jax.jvp(lambda v: ionic_current(cell, gates, v, env), (v,), (one,))
