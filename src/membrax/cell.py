"""One neuron: its parameters (`Cell`), what moves (`State`), and the current through its membrane."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from . import cell_table, pytrees, units
from .channels import Channel, Env
from .compartmentwise import over_patches, spread
from .morphology import Compartments, Tree
from .morphology.compartments.discretise import discretise
from .pytrees import pytree
from .timegrid import Time, zero


@pytree
class Cell:
    """The parameters of one neuron; every number is a leaf that can be varied, fitted and differentiated.

    A channel's name may not be the name of a field. Without a morphology the neuron is one isopotential patch. With
    one, a parameter is a number for the whole tree, an array [compartment], or one that `membrax.morphology.by_region`
    or `by_distance` spreads; `capacitance`, `celsius` and `v_init` are no exceptions. A `Tree` is cut by the default
    rule of `membrax.morphology.discretise`; cut it yourself for another.
    """

    channels: dict[str, Channel]
    capacitance: Array = units.parameter(1.0, "µF/cm²", above=0.0)  # µF/cm²
    celsius: Array = units.temperature(6.3)  # °C
    v_init: Array = units.potential(-65.0)  # mV, where a simulation starts unless it is given a state
    area: Array = units.parameter(1000.0, "µm²", above=0.0)  # µm², of a patch that a current in nA is injected into
    morphology: Compartments | None = None  # or a Tree

    def __post_init__(self) -> None:
        """A tree is cut here, and not where the cell is first used: its leaves are the compartments'."""
        if isinstance(self.morphology, Tree):
            object.__setattr__(self, "morphology", discretise(self.morphology))

    def __repr__(self) -> str:
        return cell_table.text(self)

    def _repr_html_(self) -> str:
        return cell_table.html(self)


@pytree
class State:
    """What moves, at one moment of one neuron.

    Attributes:
        v: membrane potential [mV]; of a tree [compartment].
        gates: {channel: {gate: value}}, each like ``v``.
        time: the moment of ``v``.
        step: steps taken since the beginning; random numbers are keyed on it.
        lag: how far the gates are behind ``v`` [ms]: 0, but half a step inside a run and in its ``final``, which goes
            on to the bit.
        key: this neuron's random key, or None in a deterministic run.
        drive: what the stimulus remembers (the value of a noise process), or None before the first step.
    """

    v: Array
    gates: dict[str, dict[str, Array]]
    time: Time
    step: Array
    lag: Array
    key: Any = None
    drive: Any = None


def environment(cell: Cell, time: Time | None = None, key: Any = None, dt: float | None = None) -> Env:
    """What the cell's channels share at ``time``, in a step of ``dt`` [ms]."""
    celsius = cell.celsius if cell.morphology is None else spread(cell).celsius
    return Env(celsius=celsius, time=time, key=key, dt=dt)


def first_voltage(cell: Cell) -> Array:
    """``v_init`` [mV], of a tree a number or [compartment]."""
    return cell.v_init if cell.morphology is None else spread(cell).v_init


def state_at(cell: Cell, v: Any, key: Any = None) -> State:
    """The state at time 0 with every gate at its steady state at ``v`` [mV]."""
    v = jnp.asarray(v, dtype=float)
    if cell.morphology is not None:
        v = jnp.broadcast_to(v, (cell.morphology.layout.count,))
    gates = steady_gates(cell, v, environment(cell))
    return State(v, gates, zero(), jnp.zeros((), dtype=jnp.int32), jnp.zeros(()), key=key)


def steady_gates(cell: Cell, v: Array, env: Env) -> dict:
    """Every channel's gates at their steady state at ``v`` [mV]."""
    if cell.morphology is not None:
        return over_patches(steady_gates, cell, (v,), (), env)
    return {name: channel.init(v, env) for name, channel in cell.channels.items()}


def advance_gates(cell: Cell, gates: dict, v: Array, dt: Any, env: Env) -> dict:
    """Every channel's gates after ``dt`` [ms] at constant ``v`` [mV]."""
    if cell.morphology is not None:
        # v stands first: a cell of leaks has no gates whose length could be looked at.
        advance = lambda patch, v, gates, dt, env: advance_gates(patch, gates, v, dt, env)  # noqa: E731
        return over_patches(advance, cell, (v, gates), (dt,), env)
    return {name: channel.advance(gates[name], v, dt, env) for name, channel in cell.channels.items()}


def currents(cell: Cell, gates: dict, v: Array, env: Env) -> dict[str, Array]:
    """Each channel's current density, outward positive [µA/cm²]."""
    if cell.morphology is not None:
        return over_patches(lambda patch, v, gates, env: currents(patch, gates, v, env), cell, (v, gates), (), env)
    return {name: channel.current(gates[name], v, env) for name, channel in cell.channels.items()}


def ionic_current(cell: Cell, gates: dict, v: Array, env: Env) -> Array:
    """The sum of all channels' current densities, outward positive [µA/cm²]."""
    total = jnp.zeros_like(v)
    for current in currents(cell, gates, v, env).values():
        total = total + current
    return total


def settle(cell: Cell, state: State) -> State:
    """The state with its gates brought up to the time of ``v``."""
    gates = advance_gates(cell, state.gates, state.v, state.lag, environment(cell, state.time))
    return pytrees.put(pytrees.put(state, "gates", gates), "lag", jnp.zeros_like(state.lag))
