"""The default scheme: gates and voltage leapfrog half a step apart, each by a second-order step."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
from jax import Array

from ..cell import Cell, State, advance_gates
from ..channels import Env
from ..morphology.system import TreeSystem
from ..numerics.derivatives import evaluate_scalar
from . import trees
from .integrator import Integrator
from .points import voltage_step


def advance(
    cell: Cell, state: State, currents: tuple[Array, ...], dt: float | Array, env: Env, system: TreeSystem | None = None
) -> State:
    """Gates to the middle of the step at the old v, then v across it (Hines 1984; Strang 1968).

    From a state at one time (lag 0) the gates first take half a step; then they take whole steps, because they stay
    half a step behind. Order 2, at the cost of order 1.
    """
    if system is not None:
        return trees.advance(cell, state, currents[0], dt, env, system)
    gates = advance_gates(cell, state.gates, state.v, state.lag + 0.5 * dt, env)
    v = evaluate_scalar(voltage_step, cell, gates, state.v, currents[0], dt, env)
    return dataclasses.replace(state, v=v, gates=gates, lag=jnp.full_like(state.lag, 0.5 * dt))


staggered = Integrator("staggered", advance, staggered=True, axial=trees.by_size)
hines = Integrator("hines", advance, staggered=True, axial=trees.hines)
matrix_exponential = Integrator("matrix_exponential", advance, staggered=True, axial=trees.matrix_exponential)


def for_population(integrator: Integrator, cell: Cell, shared: bool) -> Integrator:
    """The integrator of a population: `staggered` becomes the axial step that suits many trees on this device.

    Args:
        integrator: the requested one; only `staggered` leaves a choice.
        cell: one neuron, or all.
        shared: whether all have one shape and one capacitance, so that they share one matrix exponential.
    """
    if integrator != staggered or cell.morphology is None:
        return integrator
    return matrix_exponential if shared and trees.suits_matrix_exponential(cell.morphology) else hines
