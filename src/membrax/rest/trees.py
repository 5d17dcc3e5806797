"""The resting state of a tree: every compartment's steady current balanced by what its neighbours give."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, advance_gates, environment, ionic_current, steady_gates
from ..channels import Env
from ..compartmentwise import over_patches, spread
from ..morphology.system import TreeSystem, assemble

# Implicit steps of the membrane with its gates at steady state, each longer than the one before: from a step that
# follows the voltage to one that forgets time, from which on they are Newton's.
FIRST_STEP, GROWTH, STEPS = 0.1, 1.5, 60  # ms
REACHED = 0.1  # mV that Newton's last step may move
WATCHED, LOOKS = 100.0, 2000  # ms and steps for which a departure from rest is followed
SLACK = 1.01


@jax.jit
def tree_rest(cell: Cell, current: Any, injected: Array | None = None, system: TreeSystem | None = None) -> Array:
    """Resting voltage of every compartment [compartment] in mV, reached from ``v_init``; NaN if it is not reached.

    Its derivative is that of the fixed point itself: the last step, Newton's, is differentiated and no other.

    Args:
        cell: of one tree.
        current: density into all of the membrane, µA/cm².
        injected: currents into the compartments [compartment], nA.
        system: of the cell; assembled here if it is None.
    """
    system = assemble(cell.morphology, ()) if system is None else system
    cell, current = spread(cell), jnp.asarray(current, dtype=float)
    points = jnp.zeros_like(system.area) if injected is None else injected
    fixed = jax.lax.stop_gradient((cell, current, points, system))
    v = jax.lax.stop_gradient(_relaxed(*fixed))
    slope = fixed[3].area * steady(fixed[0], v)[1]
    pull = system.area * (current - steady(cell, v)[0]) + points
    rest = system.solver(jax.lax.stop_gradient(slope))(jax.lax.stop_gradient(slope) * v + pull)
    return jnp.where(jnp.max(jnp.abs(rest - v)) < REACHED, rest, jnp.nan)


def _relaxed(cell: Cell, current: Array, points: Array, system: TreeSystem) -> Array:
    """The voltages after all steps from ``v_init``."""

    def relax(v: Array, step: Array) -> tuple[Array, None]:
        out, slope = steady(cell, v)
        s = system.area * (jnp.maximum(slope, 0.0) + cell.capacitance / step)
        return system.solver(s)(s * v + system.area * (current - out) + points), None

    start = jnp.broadcast_to(cell.v_init, system.area.shape)
    return jax.lax.scan(relax, start, FIRST_STEP * GROWTH ** jnp.arange(STEPS, dtype=float))[0]


def steady(cell: Cell, v: Array) -> tuple[Array, Array]:
    """The ionic current density of all compartments with steady gates, and its slope in v [compartment]."""

    def one(patch: Cell, v: Array, env: Env) -> tuple[Array, Array]:
        current = lambda v: ionic_current(patch, steady_gates(patch, v, env), v, env)  # noqa: E731
        return jax.jvp(current, (v,), (jnp.ones_like(v),))

    return over_patches(one, cell, (v,), (), environment(cell))


@jax.jit
def holds(cell: Cell, v: Array, current: Any) -> Array:
    """Whether a tree stays at a resting point: a small departure from it shrinks, or at least doesn't grow.

    The departure is followed for `WATCHED` ms by the linearised step of gates and voltage, as a power iteration. What
    grows by less than `SLACK` between the second and the last quarter counts as staying.

    Args:
        cell: of one tree.
        v: resting voltages [compartment], mV.
        current: density into all of the membrane, µA/cm².
    """
    system, cell = assemble(cell.morphology, ()), spread(cell)
    env, dt = environment(cell), WATCHED / LOOKS

    def step(v: Array, gates: dict) -> tuple[Array, dict]:
        gates = advance_gates(cell, gates, v, dt, env)
        out, slope = over_patches(_current, cell, (v, gates), (), env)
        s = system.area * (jnp.maximum(slope, 0.0) + cell.capacitance / dt)
        return system.solver(s)(s * v + system.area * (current - out)), gates

    gates = steady_gates(cell, v, env)
    _, push = jax.linearize(step, v, gates)

    def look(departure: tuple, _: None) -> tuple[tuple, Array]:
        departure = push(*departure)
        return departure, jnp.max(jnp.abs(departure[0]))

    # Uneven, so that it has something of every way in which compartments can depart from each other.
    uneven = 1.0 + 0.5 * jnp.cos(jnp.arange(len(v), dtype=v.dtype))
    _, size = jax.lax.scan(look, (uneven, jax.tree.map(jnp.zeros_like, gates)), length=LOOKS)
    quarters = jnp.max(size.reshape(4, -1), axis=1)
    # What grows beyond all numbers is not to be judged by comparing what is none.
    return jnp.all(jnp.isfinite(size)) & (quarters[3] <= SLACK * quarters[1])


def _current(patch: Cell, v: Array, gates: dict, env: Env) -> tuple[Array, Array]:
    """The ionic current density at given gates, and its slope in v."""
    return jax.jvp(lambda v: ionic_current(patch, gates, v, env), (v,), (jnp.ones_like(v),))
