"""One neuron: its parameters (`Cell`), its dynamic variables (`State`), and the current through its membrane."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from . import cell_table, pytrees, units
from .channels import Channel, Env
from .channels.channel import register_channel
from .compartmentwise import over_patches, spread
from .morphology import Compartments, Tree
from .morphology.compartments.discretise import discretise
from .pytrees import pytree
from .timegrid import Time, zero
from .typing import Gates, Parameter

CellGates = dict[str, Gates]
"""The gates of a cell: {channel: {gate: value}}."""


@pytree
class Cell:
    """The parameters of one neuron; every number is a leaf that can be varied, fitted and differentiated.

    A channel may not have the name of a field. Without a morphology the neuron is one isopotential patch. With one,
    each parameter is a number for the whole tree, an array [compartment], or a density by region or distance
    (`membrax.morphology.by_region`, `by_distance`); this includes `capacitance`, `celsius` and `v_init`. A `Tree`
    becomes `Compartments` at construction, by the default rule of `membrax.morphology.discretise`.

    Attributes:
        channels: {name: channel}; a channel of your own is a dataclass, see `membrax.channels.channel`.
        capacitance: of the membrane, µF/cm².
        celsius: temperature, °C.
        v_init: membrane potential at the start of a simulation without a state, mV.
        area: membrane area of a patch, µm², for currents in nA.
        morphology: the compartments of a tree; None for a patch.
    """

    channels: dict[str, Channel]
    capacitance: Parameter = units.parameter(1.0, "µF/cm²", above=0.0)  # µF/cm²
    celsius: Parameter = units.temperature(6.3)  # °C
    v_init: Parameter = units.potential(-65.0)  # mV
    area: Parameter = units.parameter(1000.0, "µm²", above=0.0)  # µm²
    morphology: Compartments | None = None  # a Tree is accepted too

    def __post_init__(self) -> None:
        """Discretise a tree here, because the leaves of a cell are those of its compartments; register channels."""
        for channel in self.channels.values() if isinstance(self.channels, Mapping) else ():
            register_channel(channel)
        if isinstance(self.morphology, Tree):
            object.__setattr__(self, "morphology", discretise(self.morphology))

    def __repr__(self) -> str:
        return cell_table.text(self)

    def _repr_html_(self) -> str:
        return cell_table.html(self)


@pytree
class State:
    """The dynamic variables of one neuron at one time.

    Attributes:
        v: membrane potential [mV]; of a tree [compartment].
        gates: {channel: {gate: value}}, each of the shape of ``v``.
        time: of ``v``.
        step: the number of steps since the start, on which random numbers are keyed.
        lag: the time by which the gates are behind ``v`` [ms]: 0, or half a step inside a run and in its ``final``, so
            that the next run continues it to the bit.
        key: this neuron's random key, or None in a deterministic run.
        drive: the memory of the stimulus (the value of a noise process), or None before the first step.
    """

    v: Array
    gates: CellGates
    time: Time
    step: Array
    lag: Array
    key: Array | None = None
    drive: tuple | None = None


def environment(cell: Cell, time: Time | None = None, key: Array | None = None, dt: float | None = None) -> Env:
    """The environment of the cell's channels at ``time``, in a step of ``dt`` [ms]."""
    celsius = cell.celsius if cell.morphology is None else spread(cell).celsius
    return Env(celsius=celsius, time=time, key=key, dt=dt)


def first_voltage(cell: Cell) -> Parameter:
    """``v_init`` [mV]; of a tree a number or [compartment]."""
    return cell.v_init if cell.morphology is None else spread(cell).v_init


def state_at(cell: Cell, v: ArrayLike, key: Array | None = None) -> State:
    """The state at time 0 with every gate at its steady state at ``v`` [mV]."""
    v = jnp.asarray(v, dtype=float)
    if cell.morphology is not None:
        v = jnp.broadcast_to(v, (cell.morphology.layout.count,))
    gates = steady_gates(cell, v, environment(cell))
    return State(v, gates, zero(), jnp.zeros((), dtype=jnp.int32), jnp.zeros(()), key=key)


def steady_gates(cell: Cell, v: Array, env: Env) -> CellGates:
    """The gates of every channel at their steady state at ``v`` [mV]."""
    if cell.morphology is not None:
        return over_patches(steady_gates, cell, (v,), (), env)
    return {name: channel.init(v, env) for name, channel in cell.channels.items()}


def advance_gates(cell: Cell, gates: CellGates, v: Array, dt: Parameter, env: Env) -> CellGates:
    """The gates of every channel after ``dt`` [ms] at constant ``v`` [mV]."""
    if cell.morphology is not None:
        # v is the first argument, because a cell of leaks has no gates whose length counts the compartments.
        advance = lambda patch, v, gates, dt, env: advance_gates(patch, gates, v, dt, env)  # noqa: E731
        return over_patches(advance, cell, (v, gates), (dt,), env)
    return {name: channel.advance(gates[name], v, dt, env) for name, channel in cell.channels.items()}


def currents(cell: Cell, gates: CellGates, v: Array, env: Env) -> dict[str, Array]:
    """The current density of each channel, outward positive [µA/cm²]."""
    if cell.morphology is not None:
        return over_patches(lambda patch, v, gates, env: currents(patch, gates, v, env), cell, (v, gates), (), env)
    return {name: channel.current(gates[name], v, env) for name, channel in cell.channels.items()}


def ionic_current(cell: Cell, gates: CellGates, v: Array, env: Env) -> Array:
    """The sum of all channels' current densities, outward positive [µA/cm²]."""
    total = jnp.zeros_like(v)
    for current in currents(cell, gates, v, env).values():
        total = total + current
    return total


def settle(cell: Cell, state: State) -> State:
    """The state with its gates advanced to the time of ``v``."""
    gates = advance_gates(cell, state.gates, state.v, state.lag, environment(cell, state.time))
    return pytrees.put(pytrees.put(state, "gates", gates), "lag", jnp.zeros_like(state.lag))
