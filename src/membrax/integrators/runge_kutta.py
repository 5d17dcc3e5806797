"""The classical fourth-order Runge–Kutta method, for reference at small steps; it keeps no bounds."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, CellGates, State, advance_gates, ionic_current
from ..channels import Env
from ..laws.membrane import charge_balance
from ..morphology.system import TreeSystem
from .integrator import Integrator


def derivative(cell: Cell, v: Array, gates: CellGates, current: Array, env: Env) -> tuple[Array, dict]:
    """dv/dt [mV/ms] and the gates' derivatives [1/ms]: the right-hand side of the equations.

    A channel's ``advance`` is exact to first order in dt, so its derivative at dt = 0 is its kinetics.
    """
    clock = lambda dt: advance_gates(cell, gates, v, dt, env)  # noqa: E731
    _, dgates = jax.jvp(clock, (jnp.zeros(()),), (jnp.ones(()),))
    return charge_balance(ionic_current(cell, gates, v, env), current, capacitance=cell.capacitance), dgates


def advance(
    cell: Cell, state: State, currents: tuple[Array, ...], dt: float | Array, env: Env, system: TreeSystem | None = None
) -> State:
    """One step of RK4 (Kutta 1901).

    The stimulus enters as the straight line with the right mean over each half of the step: order 4 for a smooth
    stimulus, and an edge between grid points keeps its charge.
    """
    early, late = currents
    line = (1.5 * early - 0.5 * late, 0.5 * (early + late), 1.5 * late - 0.5 * early)
    start = (state.v, state.gates)

    def at(k: tuple | None, h: float, current: Array) -> tuple:
        v, gates = start if k is None else jax.tree.map(lambda x, d: x + h * dt * d, start, k)
        return derivative(cell, v, gates, current, env)

    k1 = at(None, 0.0, line[0])
    k2 = at(k1, 0.5, line[1])
    k3 = at(k2, 0.5, line[1])
    k4 = at(k3, 1.0, line[2])
    v, gates = jax.tree.map(lambda x, a, b, c, d: x + dt / 6 * (a + 2 * b + 2 * c + d), start, k1, k2, k3, k4)
    return dataclasses.replace(state, v=v, gates=gates)


runge_kutta = Integrator("runge_kutta", advance, pieces=2)
