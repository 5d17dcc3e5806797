"""Exponential Euler: every variable relaxes exponentially while the others are fixed.

The usual scheme of the field (Moore & Ramón 1974; Rush & Larsen 1978), for comparison. Gates and voltage count as of
one time but are half a step apart, which makes order 1; spike times from steady gates hide the half step and converge
with order 2.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, CellGates, State, advance_gates, ionic_current
from ..channels import Env
from ..laws.gating import bernoulli
from ..laws.membrane import charge_balance
from ..morphology.system import TreeSystem
from .integrator import Integrator


def advance(
    cell: Cell, state: State, currents: tuple[Array, ...], dt: float | Array, env: Env, system: TreeSystem | None = None
) -> State:
    """Gates by `exponential_gates` at the old v, then v likewise at the new gates."""
    gates = exponential_gates(cell, state.gates, state.v, dt, env)
    ionic, conductance = jax.jvp(lambda v: ionic_current(cell, gates, v, env), (state.v,), (jnp.ones_like(state.v),))
    dv = charge_balance(ionic, currents[0], capacitance=cell.capacitance)
    v = state.v + dt * dv * _mean_decay(dt * conductance / cell.capacitance)
    return dataclasses.replace(state, v=v, gates=gates)


def exponential_gates(cell: Cell, gates: CellGates, v: Array, dt: float | Array, env: Env) -> CellGates:
    """Every gate at x∞ + (x − x∞) e^(−dt/τ), for constant ``v`` [mV].

    The slope of a gate is the derivative of its own kinetics, which is exact for channels of independent gates.
    """

    def kinetics(gates: CellGates) -> CellGates:
        clock = lambda h: advance_gates(cell, gates, v, h, env)  # noqa: E731
        return jax.jvp(clock, (jnp.zeros(()),), (jnp.ones(()),))[1]

    slope, decay = jax.jvp(kinetics, (gates,), (jax.tree.map(jnp.ones_like, gates),))
    return jax.tree.map(lambda x, f, s: x + dt * f * _mean_decay(-s * dt), gates, slope, decay)


def _mean_decay(z: Array) -> Array:
    """(1 − e⁻ᶻ)/z, which is 1 over the Bernoulli function of −z."""
    return 1.0 / bernoulli(-z)


exponential_euler = Integrator("exponential_euler", advance)
