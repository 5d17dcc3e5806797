"""A model simulated along a recording, with or without nudging towards the recorded voltage.

A term κ (v_data − v) joins the charge balance: at a large κ the model is voltage-clamped to the recording and its
misfit is nearly linear in the conductances; at κ = 0 it runs free. The term is one more ohmic channel, of conductance
κ and with the recorded voltage as its reversal, so every integrator counts it in the slope.

The steps are those of `membrax.simulate` (`timeloop.one_step`); time counts from the sweep's first sample. The loops
around them differ: probes would store values that a derivative recomputes, so each loop here sums its own results.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from ...cell import Cell, State, advance_gates, environment, state_at
from ...channels import Leak
from ...integrators import Integrator
from ...morphology.system import TreeSystem
from ...rest.resting import rest_state
from ...stimuli import Stimulus
from ...timegrid import Time, grid, zero
from ...timeloop import one_step
from ...typing import Gates, Number
from ...units import density
from .target import Target

SOMA = 0  # the compartment of a tree that is recorded from
NUDGE = "nudging current"  # as a channel's name it has a space, which no path can have
BLOCK = 40  # intervals; by measurement any from 10 to 80 does nearly as well

Dynamic: TypeAlias = tuple[Array, dict[str, Gates]]
"""v [mV] and the gates of every channel, those of a staggered scheme half a step behind v."""

C = TypeVar("C")
X = TypeVar("X")


class Interval(NamedTuple):
    """Sampling intervals of a sweep, one or many [interval].

    Attributes:
        current: injected over the interval, in the sweep's unit.
        first, last: the recorded voltage at its two ends, mV.
        begin: the time of its first sample.
    """

    current: Array
    first: Array
    last: Array
    begin: Time


def begin(cell: Cell, sweep: Target, integrator: Integrator, system: TreeSystem | None = None) -> Dynamic:
    """The cell at the sweep's start: by default at rest under the sweep's holding current.

    ``system`` is that of a tree; None assembles it here.
    """
    if isinstance(sweep.start, State):
        return _given(cell, sweep.start, _lag(integrator, sweep.dt))
    if sweep.start is not None:
        state = state_at(cell, sweep.start)
    elif cell.morphology is None:
        state = rest_state(cell, injected(cell, sweep, sweep.holding))
    else:
        everywhere, at_soma = injected(cell, sweep, sweep.holding)
        points = jnp.zeros(cell.morphology.layout.count).at[SOMA].set(at_soma)
        state = rest_state(cell, everywhere, points, system)
    return state.v, {**state.gates, NUDGE: {}}


def _given(cell: Cell, state: State, lag: float) -> Dynamic:
    """A given state, with gates a time ``lag`` [ms] behind v.

    At a constant v gates are as easily taken back in time as forward, and the first step takes them forward again.
    """
    gates = advance_gates(cell, state.gates, state.v, state.lag - lag, environment(cell))
    return state.v, {**gates, NUDGE: {}}


def _lag(integrator: Integrator, dt: float) -> float:
    """The time by which gates are behind v within a simulation, ms."""
    return 0.5 * dt if integrator.staggered else 0.0


def observed(v: Array) -> Array:
    """The voltage that an electrode records [mV]: that of a single compartment, or of a tree's soma."""
    return v if v.ndim == 0 else v[SOMA]


def injected(cell: Cell, sweep: Target, current: Array) -> Array:
    """A current of the sweep as a density [µA/cm²]; for a tree, a density for all and a current [nA] into the soma."""
    if cell.morphology is not None:
        none = jnp.zeros_like(current)
        return jnp.stack([none, current] if sweep.unit == "nA" else [current, none])
    return jnp.asarray(density(current, cell.area)) if sweep.unit == "nA" else current


def assembled(cell: Cell, integrator: Integrator, dt: float) -> TreeSystem | None:
    """The system of a tree with the electrode in the soma; None without a morphology."""
    return integrator.assemble(cell, (SOMA,), dt)


def _nudged(cell: Cell, kappa: Number, v: Array) -> Cell:
    """The cell with the nudging current towards v [mV] as one more channel; in a tree it is in the soma."""
    if cell.morphology is not None:
        kappa = jnp.zeros(cell.morphology.layout.count).at[SOMA].set(kappa)
    return dataclasses.replace(cell, channels={**cell.channels, NUDGE: Leak(g=jnp.asarray(kappa), e=v)})


def across(
    cell: Cell, state: Dynamic, sweep: Target, interval: Interval, kappa: Number, integrator: Integrator,
    system: TreeSystem | None = None,
) -> Dynamic:  # fmt: skip
    """v and the gates after one sampling interval.

    Args:
        cell: the model.
        state: v and the gates at the interval's beginning.
        sweep: its step and unit are used.
        interval: the current, and the recorded voltage, which nudging follows along a line between its two ends.
        kappa: nudging conductance, mS/cm².
        integrator: the scheme.
        system: of a tree, from `assembled`; None assembles it here, where a free parameter changes it.
    """
    system = assembled(cell, integrator, sweep.dt) if system is None else system
    current, dt = injected(cell, sweep, interval.current), sweep.dt
    # At rest, as at any v with steady gates, gates are the same half a step ago. A lag that is a plain number spares
    # every step the products with dt.
    lag: Any = _lag(integrator, dt)

    def one(state: Dynamic, at: tuple[Number, Number]) -> tuple[Dynamic, None]:
        part, elapsed = at
        nudged = _nudged(cell, kappa, interval.first + (interval.last - interval.first) * part)
        before = State(*state, time=zero(), step=jnp.zeros((), jnp.int32), lag=lag)
        means = (current,) * integrator.pieces
        time = interval.begin.plus(elapsed)
        after, _ = one_step(nudged, Stimulus((), (), ()), before, time, dt, integrator, system, means)
        return (after.v, after.gates), None

    if sweep.substeps == 1:
        return one(state, (0.5, 0.0))[0]
    steps = jnp.arange(sweep.substeps, dtype=float)
    return jax.lax.scan(one, state, ((steps + 0.5) / sweep.substeps, steps * dt))[0]


def intervals(sweep: Target) -> Interval:
    """Every sampling interval of a sweep."""
    count = sweep.i.shape[-1]
    return Interval(sweep.i, sweep.v[..., :-1], sweep.v[..., 1:], grid(0, count, sweep.interval))


def in_blocks(function: Callable[[C, X], C], carry: C, xs: X) -> C:
    """``function(carry, block)`` on one block of intervals after another.

    A derivative stores the values of every step only within a block, which fits into a cache.
    """
    for rows in in_rows(xs):
        carry = jax.lax.scan(lambda carry, block: (function(carry, block), None), carry, rows)[0]
    return carry


def in_rows(xs: X) -> list[X]:
    """A pytree of arrays [interval] as arrays [block, interval], after a shorter block with the remainder."""
    count = len(jax.tree.leaves(xs)[0])
    size = block_size(count)
    first = count % size
    shape = lambda part, size: jax.tree.map(lambda x: x.reshape(-1, size), part)  # noqa: E731
    whole = shape(jax.tree.map(lambda x: x[first:], xs), size)
    return [shape(jax.tree.map(lambda x: x[:first], xs), first), whole] if first else [whole]


def block_size(count: int) -> int:
    """Intervals in a block: a divisor of ``count`` near `BLOCK`, if there is one; then no block is shorter."""
    near = sorted(range(BLOCK // 2, 2 * BLOCK), key=lambda size: abs(size - BLOCK))
    return min(count, next((size for size in near if count % size == 0), BLOCK))


def trajectory(
    cell: Cell, sweep: Target, kappa: Number, integrator: Integrator, system: TreeSystem | None = None
) -> Array:
    """The model's voltage [time] in mV along one sweep (leaves of ``sweep`` without the sweep axis).

    A derivative stores the state before every block of steps only, and recomputes the steps.
    """
    kappa = jnp.asarray(kappa, dtype=float)

    def step(state: Dynamic, interval: Interval) -> tuple[Dynamic, Array]:
        state = across(cell, state, sweep, interval, kappa, integrator, system)
        return state, observed(state[0])

    block = jax.checkpoint(lambda state, rows: jax.lax.scan(step, state, rows))
    state = begin(cell, sweep, integrator, system)
    parts = [observed(state[0])[None]]
    for rows in in_rows(intervals(sweep)):
        state, v = jax.lax.scan(block, state, rows)
        parts.append(v.reshape(-1))
    return jnp.concatenate(parts)


def schedule(iteration: int, iterations: int, highest: float, lowest: float, nudged: float) -> float:
    """κ [mS/cm²] at an iteration: geometrically from ``highest`` to ``lowest``, then 0.

    ``nudged`` is the fraction of the iterations in which κ is above 0.
    """
    count = int(nudged * iterations)
    if highest <= 0 or iteration >= count:
        return 0.0
    return highest * (lowest / highest) ** (iteration / max(1, count - 1))


def weight(kappa: Array) -> Array:
    """The factor on a residual under nudging, 1 + κ/(1 mS/cm²): it compensates that nudging makes residuals smaller."""
    return 1.0 + kappa
