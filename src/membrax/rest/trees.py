"""The resting state of a tree: the steady current of each compartment balances the axial and injected currents."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell, advance_gates, environment, ionic_current, steady_gates
from ..channels import Env
from ..compartmentwise import over_patches, spread
from ..morphology.system import TreeSystem, assemble

# Implicit steps of the membrane with its gates at steady state, each longer than the one before. The first follow the
# voltage in time; the last are so long that they are Newton's.
FIRST_STEP, GROWTH, STEPS = 0.1, 1.5, 60  # ms
REACHED = 0.1  # mV, largest change in Newton's last step
FOLLOWED, FOLLOWED_STEPS = 100.0, 2000  # ms and steps of a departure from rest
SLACK = 1.01  # growth of a departure that still counts as none


@jax.jit
def tree_rest(cell: Cell, current: ArrayLike, injected: Array | None = None, system: TreeSystem | None = None) -> Array:
    """Resting voltage of every compartment [compartment] in mV, reached from ``v_init``; NaN if it is not reached.

    The derivative is that of the fixed point: only the last step, which is Newton's, is differentiated.

    Args:
        cell: of one tree.
        current: density into all of the membrane, µA/cm².
        injected: currents into the compartments [compartment], nA.
        system: of the cell; assembled here if it is None.
    """
    system = _system(cell) if system is None else system
    cell, current = spread(cell), jnp.asarray(current, dtype=float)
    points = jnp.zeros_like(system.area) if injected is None else injected
    fixed = jax.lax.stop_gradient((cell, current, points, system))
    v = jax.lax.stop_gradient(_relaxed(*fixed))
    slope = fixed[3].area * steady(fixed[0], v)[1]
    pull = system.area * (current - steady(cell, v)[0]) + points
    rest = system.solver(jax.lax.stop_gradient(slope))(jax.lax.stop_gradient(slope) * v + pull)
    return jnp.where(jnp.max(jnp.abs(rest - v)) < REACHED, rest, jnp.nan)


def _system(cell: Cell) -> TreeSystem:
    """The system of a tree without injected currents."""
    assert cell.morphology is not None
    return assemble(cell.morphology, ())


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
def holds(cell: Cell, v: Array, current: ArrayLike) -> Array:
    """Whether a resting point of a tree is stable: a small departure from it does not grow.

    The linearised step of gates and voltage follows the departure for `FOLLOWED` ms, as a power iteration. Growth by
    less than `SLACK` between the second and the last quarter counts as none.

    Args:
        cell: of one tree.
        v: resting voltages [compartment], mV.
        current: density into all of the membrane, µA/cm².
    """
    system, cell = _system(cell), spread(cell)
    env, dt = environment(cell), FOLLOWED / FOLLOWED_STEPS

    def step(v: Array, gates: dict) -> tuple[Array, dict]:
        gates = advance_gates(cell, gates, v, dt, env)
        out, slope = over_patches(_current, cell, (v, gates), (), env)
        s = system.area * (jnp.maximum(slope, 0.0) + cell.capacitance / dt)
        return system.solver(s)(s * v + system.area * (current - out)), gates

    gates = steady_gates(cell, v, env)
    _, push = jax.linearize(step, v, gates)

    def advance(departure: tuple, _: None) -> tuple[tuple, Array]:
        departure = push(*departure)
        return departure, jnp.max(jnp.abs(departure[0]))

    # Uneven, so that it has a part of every mode of departure.
    uneven = 1.0 + 0.5 * jnp.cos(jnp.arange(len(v), dtype=v.dtype))
    _, size = jax.lax.scan(advance, (uneven, jax.tree.map(jnp.zeros_like, gates)), length=FOLLOWED_STEPS)
    quarters = jnp.max(size.reshape(4, -1), axis=1)
    # A departure that overflows is unstable, whatever the comparison of NaN gives.
    return jnp.all(jnp.isfinite(size)) & (quarters[3] <= SLACK * quarters[1])


def _current(patch: Cell, v: Array, gates: dict, env: Env) -> tuple[Array, Array]:
    """The ionic current density at given gates, and its slope in v."""
    return jax.jvp(lambda v: ionic_current(patch, gates, v, env), (v,), (jnp.ones_like(v),))
