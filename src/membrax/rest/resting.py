"""The resting state: where the steady-state current–voltage curve crosses the injected current, and its stability.

Every root of i∞(v) = i in −1000…1000 mV is bracketed on a fixed ladder of potentials and polished by bisection. Roots
where the curve rises are candidates for rest (where it falls is a saddle); the one nearest ``v_init`` is taken.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..cell import Cell, State, advance_gates, environment, ionic_current, state_at
from ..cell_checks import check_cell, check_parameters, check_patch, is_single_tree
from ..morphology.system import TreeSystem
from ..pytrees import is_concrete, numbers, pytree, strong
from .trees import holds, tree_rest

# Fine where neurons live, coarse where only a strong holding current through a small leak can push a model.
LADDER = np.concatenate([
    np.arange(-1000.0, -150.0, 10.0), np.arange(-150.0, 80.0, 0.5), np.arange(80.0, 1001.0, 10.0)
])  # fmt: skip
BISECTIONS = 40  # halvings of a 10 mV bracket: to below a float64 nanovolt
RUNGS = 4  # rising roots whose stability is determined
# Largest growth of a stable point: float32 rounds the map of a very fast gate onto the unit circle.
NEUTRAL = 1e-6
UNSTABLE = "the resting point at {:.2f} mV is unstable: left alone, the cell will not stay there"
SQUARINGS = 24  # of the step map: growth over 2²⁴ ms


@pytree
class RestingPoint:
    """One fixed point.

    Attributes:
        v: its potential, mV.
        stable: whether small disturbances decay.
        candidates: number of rising roots of the curve.
        stable_points: number of stable points among the first `RUNGS` of them.
    """

    v: Array
    stable: Array
    candidates: Array
    stable_points: Array


def rest(cell: Cell, current: ArrayLike = 0.0) -> State:
    """The resting state under a constant current density [µA/cm²], differentiable and batchable by `jax.vmap`.

    The derivative is that of the fixed point (implicit function theorem). Outside jit several resting points, an
    unstable one (the cell fires by itself) or none raise a warning. A tree relaxes from ``v_init`` with its gates
    at their steady state, and the current goes into all of its membrane.

    Returns:
        The `State` at time 0 with v and gates at the fixed point nearest ``cell.v_init``; NaN if there is none.

    Raises:
        ValueError: a parameter outside its bounds, a current that is not finite, or a batch outside `jax.vmap`.
    """
    check_cell(cell)
    cell = strong(cell)
    check_parameters(cell)
    current = numbers(current, "current")
    tree = is_single_tree(cell)
    if any(jnp.ndim(leaf) for leaf in jax.tree.leaves(current if tree else (cell, current))):
        raise ValueError("rest takes one cell and one current: use jax.vmap over cells or currents")
    if is_concrete((cell, current)) and not jnp.isfinite(current):
        raise ValueError(f"current must be finite, got {float(current):g} µA/cm²")
    if tree:
        return _rest_of_tree(cell, current)
    if is_concrete((cell, current)):
        point = resting_point(cell, current)
        _report(point)
        return state_at(cell, point.v)
    return rest_state(cell, current)


def _rest_of_tree(cell: Cell, current: Array) -> State:
    """`rest` of a tree, with a warning if no resting point is reached or it is unstable."""
    state = rest_state(cell, current)
    if not is_concrete((cell, current)):
        return state
    if not jnp.all(jnp.isfinite(state.v)):
        warnings.warn("no resting point was reached from v_init: the cell fires by itself", UserWarning, stacklevel=3)
    elif not holds(cell, state.v, current):
        warnings.warn(UNSTABLE.format(float(state.v[0])), UserWarning, stacklevel=3)
    return state


def rest_state(cell: Cell, current: Array, injected: Array | None = None, system: TreeSystem | None = None) -> State:
    """`rest` without checks and warnings, for use inside other computations; NaN if there is no resting point.

    Args:
        cell: one cell.
        current: density into all of the membrane, µA/cm².
        injected: further currents into the compartments of a tree [compartment], nA.
        system: of the tree, where it is at hand.
    """
    if cell.morphology is not None:
        return state_at(cell, tree_rest(cell, current, injected, system))
    return state_at(cell, _rest_voltage(cell, current))


def resting_point(cell: Cell, current: ArrayLike = 0.0) -> RestingPoint:
    """The fixed point nearest ``cell.v_init``, its stability, and the number of candidates, without warnings.

    Raises:
        ValueError: a cell with a morphology; use `rest`.
    """
    check_patch(cell, "resting_point")
    return _resting_point(strong(cell), jnp.asarray(current, dtype=float))


def steady_current(cell: Cell, v: ArrayLike) -> Array:
    """The steady-state ionic current density [µA/cm²] at ``v`` [mV]: the I–V curve of a slow voltage clamp."""
    state = state_at(cell, v)
    return ionic_current(cell, state.gates, state.v, environment(cell))


def _report(point: RestingPoint) -> None:
    v = float(point.v)
    if not np.isfinite(v):
        message = "the cell has no resting point between -1000 and 1000 mV; its resting state is nan"
    elif not bool(point.stable):
        message = UNSTABLE.format(v)
    elif int(point.stable_points) > 1:
        message = f"the cell has {int(point.stable_points)} resting points; {v:.2f} mV is the one nearest v_init"
    else:
        return
    warnings.warn(message, UserWarning, stacklevel=3)


@jax.jit
def _resting_point(cell: Cell, current: Array) -> RestingPoint:
    nearest, rungs, candidates = _brackets(cell, current)
    residual = lambda v: steady_current(cell, v) - current  # noqa: E731
    found = jnp.isfinite(rungs)
    growth = jax.vmap(lambda rung: growth_rate(cell, _bisect(residual, rung)))(jnp.where(found, rungs, nearest))
    v = _rest_voltage(cell, current)
    stable = jnp.sum(found & (growth < NEUTRAL), dtype=jnp.int32)
    return RestingPoint(v, growth_rate(cell, v) < NEUTRAL, candidates, stable)


@jax.custom_jvp
def _root(cell: Cell, current: Array) -> Array:
    nearest, _, _ = _brackets(cell, current)
    return _bisect(lambda v: steady_current(cell, v) - current, nearest)


# Implicit differentiation, of any order. `jax.lax.custom_root` is equivalent, but JAX 0.11 can't linearise it under
# vmap.
@_root.defjvp
def _(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    v = _root(*primals)
    _, change = jax.jvp(lambda cell, current: steady_current(cell, v) - current, primals, tangents)
    _, slope = jax.jvp(lambda v: steady_current(primals[0], v), (v,), (jnp.ones_like(v),))
    return v, -change / slope


_rest_voltage = jax.jit(_root)


def _brackets(cell: Cell, current: Array) -> tuple[Array, Array, Array]:
    """Rungs below rising roots: the one nearest v_init, the first `RUNGS` (padded with inf), and their number."""
    ladder = jnp.asarray(LADDER, dtype=float)

    def climb(carry: tuple, v: Array) -> tuple[tuple, None]:
        below, was, nearest, rungs, count = carry
        now = steady_current(cell, v) - current
        rises = (was < 0) & (now >= 0)
        nearer = rises & ~(jnp.abs(below - cell.v_init) >= jnp.abs(nearest - cell.v_init))
        rungs = rungs.at[jnp.where(rises, count, RUNGS)].set(below, mode="drop")
        return (v, now, jnp.where(nearer, below, nearest), rungs, count + rises.astype(count.dtype)), None

    first = steady_current(cell, ladder[0]) - current
    none = jnp.full_like(first, jnp.inf)
    start = (ladder[0], first, none, jnp.full((RUNGS,), jnp.inf, first.dtype), jnp.zeros((), jnp.int32))
    (_, _, nearest, rungs, count), _ = jax.lax.scan(climb, start, ladder[1:])
    return nearest, rungs, count


def _bisect(residual: Callable[[Array], Array], lower: Array) -> Array:
    """The root between a rung of the ladder and the next; NaN for a rung at infinity, where there is none."""
    ladder, found = jnp.asarray(LADDER, dtype=float), jnp.isfinite(lower)
    lower = jnp.where(found, lower, ladder[0])
    rung = jnp.searchsorted(ladder, lower, side="right")
    upper = ladder[jnp.minimum(rung, len(LADDER) - 1)]

    def halve(bracket: tuple, _: None) -> tuple[tuple, None]:
        low, high = bracket
        middle = 0.5 * (low + high)
        below = residual(middle) < 0
        return (jnp.where(below, middle, low), jnp.where(below, high, middle)), None

    (low, high), _ = jax.lax.scan(halve, (lower, upper), None, length=BISECTIONS)
    return jnp.where(found, 0.5 * (low + high), jnp.nan)


def jacobian(cell: Cell, v: Array) -> Array:
    """The Jacobian of (v, gates) [variable, variable] in 1/ms at the steady gates of ``v`` [mV], without a current."""
    at = state_at(cell, v)
    flat, unravel = jax.flatten_util.ravel_pytree((at.v, at.gates))
    env = environment(cell)

    def slope(x: Array) -> Array:
        v, gates = unravel(x)
        kinetics = lambda dt: advance_gates(cell, gates, v, dt, env)  # noqa: E731
        _, dgates = jax.jvp(kinetics, (jnp.zeros(()),), (jnp.ones(()),))
        dv = -ionic_current(cell, gates, v, env) / cell.capacitance
        return jax.flatten_util.ravel_pytree((dv, dgates))[0]

    return jax.jacfwd(slope)(flat)


def growth_rate(cell: Cell, v: Array) -> Array:
    """Growth of a small disturbance of the fixed point at ``v``, in nepers per step of its map; below 0 is stable.

    The Jacobian A of (v, gates) enters the Cayley map (1 − A/2)⁻¹(1 + A/2), whose spectral radius is below 1 exactly
    when A's eigenvalues have negative real parts. Repeated squaring finds it with products alone, on every backend
    (JAX has no general eigensolver on a GPU).
    """
    half = 0.5 * jacobian(cell, v)
    eye = jnp.eye(len(half))
    step = jnp.linalg.solve(eye - half, eye + half)

    def square(carry: tuple, _: None) -> tuple[tuple, None]:
        power, log_norm = carry
        power = power @ power
        norm = _norm(power)
        return (power / norm, 2.0 * log_norm + jnp.log(norm)), None

    norm = _norm(step)
    (_, log_norm), _ = jax.lax.scan(square, (step / norm, jnp.log(norm)), None, length=SQUARINGS)
    return log_norm / 2.0**SQUARINGS


def _norm(matrix: Array) -> Array:
    """Frobenius norm, at least 1e-30 so that the zero map has a logarithm."""
    return jnp.maximum(jnp.sqrt(jnp.sum(matrix**2)), 1e-30)
