"""A model run beside a recording, held to it by a clamp that may be released.

A term κ (v_data − v) joins the charge balance: with κ large the model is voltage-clamped to the recording and its
misfit is nearly linear in the conductances; as κ → 0 it runs free. The clamp is one more ohmic channel, of conductance
κ and with the recorded voltage as its reversal, so every integrator counts it in the slope.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ...cell import Cell, State, environment
from ...channels import Leak
from ...integrators import Integrator
from ...morphology.system import TreeSystem
from ...rest.resting import rest_state
from ...timegrid import zero
from ...units import density
from .target import Target

SOMA = 0  # the compartment of a tree that is recorded from
CLAMP = "released clamp"  # as a channel's name it has a space, which no path can have
BLOCK = 40  # intervals; by measurement any from 10 to 80 does nearly as well


def begin(cell: Cell, sweep: Target, system: TreeSystem | None = None) -> tuple[Array, dict]:
    """v [mV] and the gates of the cell at rest under the sweep's holding current, the clamp beside it.

    ``system`` is that of a tree, where it is at hand.
    """
    if cell.morphology is None:
        state = rest_state(cell, injected(cell, sweep, sweep.holding))
    else:
        everywhere, at_soma = injected(cell, sweep, sweep.holding)
        points = jnp.zeros(cell.morphology.layout.count).at[SOMA].set(at_soma)
        state = rest_state(cell, everywhere, points, system)
    return state.v, {**state.gates, CLAMP: {}}


def observed(v: Array) -> Array:
    """What an electrode sees of a model's voltage: of a tree that of its soma."""
    return v if v.ndim == 0 else v[SOMA]


def injected(cell: Cell, sweep: Target, current: Array) -> Array:
    """A current of the sweep as a density [µA/cm²]; of a tree a density for all and a current [nA] into the soma."""
    if cell.morphology is not None:
        none = jnp.zeros_like(current)
        return jnp.stack([none, current] if sweep.unit == "nA" else [current, none])
    return density(current, cell.area) if sweep.unit == "nA" else current


def assembled(cell: Cell, integrator: Integrator, dt: float) -> TreeSystem | None:
    """The system that the steps of a tree solve, the electrode in the soma; None without a morphology."""
    return integrator.assemble(cell, (SOMA,), dt)


def _clamp(cell: Cell, kappa: Any, v: Array) -> Leak:
    """The released clamp as a channel; of a tree it sits in the soma."""
    if cell.morphology is not None:
        kappa = jnp.zeros(cell.morphology.layout.count).at[SOMA].set(kappa)
    return Leak(g=kappa, e=v)


def across(
    cell: Cell, moving: tuple, sweep: Target, i: Array, v0: Array, v1: Array, kappa: Any, integrator: Integrator,
    system: TreeSystem | None = None,
) -> tuple:  # fmt: skip
    """v [mV] and the gates after one sampling interval.

    Args:
        cell: the model.
        moving: v and the gates at the interval's beginning, those of a staggered scheme half a step behind.
        sweep: for its step and unit.
        i: injected current over the interval, in the sweep's unit.
        v0, v1: recorded voltage at its two ends [mV]; the clamp follows the line between them.
        kappa: conductance of the clamp [mS/cm²].
        integrator: the scheme.
        system: of a tree, as of `assembled`; None where a free parameter changes it, and it is assembled here.
    """
    system = assembled(cell, integrator, sweep.dt) if system is None else system
    current, dt = injected(cell, sweep, i), sweep.dt
    # A sweep begins at rest, where gates are the same half a step ago. A lag that is a plain number spares every step
    # the products with dt.
    lag = 0.5 * dt if integrator.staggered else 0.0

    def one(moving: tuple, part: Any) -> tuple[tuple, None]:
        held = dataclasses.replace(cell, channels={**cell.channels, CLAMP: _clamp(cell, kappa, v0 + (v1 - v0) * part)})
        state = State(*moving, time=zero(), step=jnp.zeros((), jnp.int32), lag=lag)
        after = integrator.advance(held, state, (current,) * integrator.pieces, dt, environment(cell), system)
        return (after.v, after.gates), None

    if sweep.substeps == 1:
        return one(moving, 0.5)[0]
    return jax.lax.scan(one, moving, (jnp.arange(sweep.substeps, dtype=float) + 0.5) / sweep.substeps)[0]


def intervals(sweep: Target) -> tuple[Array, Array, Array]:
    """Of every sampling interval [interval] the injected current, and the recorded voltage at its two ends."""
    return sweep.i, sweep.v[..., :-1], sweep.v[..., 1:]


def in_blocks(function: Callable[[Any, Any], Any], carry: Any, some: tuple) -> Any:
    """``function(carry, block)`` on one block of intervals after another.

    A derivative keeps what it needs of every step only within a block, which fits into a cache.
    """
    for rows in in_rows(some):
        carry = jax.lax.scan(lambda carry, block: (function(carry, block), None), carry, rows)[0]
    return carry


def in_rows(some: tuple) -> list[tuple]:
    """Intervals [interval] as blocks [block, interval], after a shorter one if they don't come out even."""
    count = len(some[0])
    size = block_size(count)
    first = count % size
    shape = lambda part, size: jax.tree.map(lambda x: x.reshape(-1, size), part)  # noqa: E731
    whole = shape(jax.tree.map(lambda x: x[first:], some), size)
    return [shape(jax.tree.map(lambda x: x[:first], some), first), whole] if first else [whole]


def block_size(count: int) -> int:
    """Intervals in a block: a divisor of ``count``, if there is one near `BLOCK`, which spares a shorter first one."""
    near = sorted(range(BLOCK // 2, 2 * BLOCK), key=lambda size: abs(size - BLOCK))
    return min(count, next((size for size in near if count % size == 0), BLOCK))


def trajectory(
    cell: Cell, sweep: Target, kappa: Any, integrator: Integrator, system: TreeSystem | None = None
) -> Array:
    """The model's voltage [time] in mV beside one sweep (leaves of ``sweep`` without the sweep axis)."""
    kappa = jnp.asarray(kappa, dtype=float)

    def one(moving: tuple, at: tuple) -> tuple[tuple, Array]:
        moving = across(cell, moving, sweep, *at, kappa, integrator, system)
        return moving, observed(moving[0])

    start = begin(cell, sweep, system)
    _, v = jax.lax.scan(one, start, intervals(sweep))
    return jnp.concatenate([observed(start[0])[None], v])


def schedule(iteration: int, iterations: int, highest: float, lowest: float, released: float) -> float:
    """κ [mS/cm²] at an iteration: geometrically from ``highest`` to ``lowest``, then 0 from ``released`` on.

    ``released`` is the fraction of the iterations over which the clamp is let go.
    """
    holding = int(released * iterations)
    if highest <= 0 or iteration >= holding:
        return 0.0
    return highest * (lowest / highest) ** (iteration / max(1, holding - 1))


def weight(kappa: Any) -> Any:
    """The factor on a residual under a clamp, 1 + κ/(1 mS/cm²): a clamp shrinks a misfit, not what it means."""
    return 1.0 + kappa
