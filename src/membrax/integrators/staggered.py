"""The default: gates and voltage leapfrog half a step apart, each by a bounded Crank–Nicolson step."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from ..cell import Cell, State, advance_gates, ionic_current
from ..channels import Env
from ..laws.membrane import charge_balance, relax_voltage
from .integrator import Integrator

Array = jax.Array


def voltage_step(cell: Cell, gates: dict, v: Array, current: Array, dt: Any, env: Env) -> Array:
    """v [mV] after ``dt`` [ms] at fixed gates, the ionic current linearised about ``v`` by its exact slope.

    The slope is that of the whole current, by `jax.jvp`: instantaneous gates and rectifying currents need nothing
    special.
    """
    ionic, slope = jax.jvp(lambda v: ionic_current(cell, gates, v, env), (v,), (jnp.ones_like(v),))
    return relax_voltage(v, charge_balance(ionic, current, capacitance=cell.capacitance), slope / cell.capacitance, dt)


def advance(cell: Cell, state: State, currents: tuple[Array, ...], dt: Any, env: Env) -> State:
    """Gates to the middle of the step at the old v, then v across it (Hines 1984; Strang 1968).

    From a state at one time (lag 0) the gates first take half a step; from then on they take whole ones, since they
    stay half a step behind. Order 2, at the cost of order 1.
    """
    gates = advance_gates(cell, state.gates, state.v, state.lag + 0.5 * dt, env)
    v = voltage_step(cell, gates, state.v, currents[0], dt, env)
    return dataclasses.replace(state, v=v, gates=gates, lag=jnp.full_like(state.lag, 0.5 * dt))


staggered = Integrator("staggered", advance, staggered=True)
