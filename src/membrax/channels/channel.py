"""The protocol of a channel, its environment in a patch of membrane, and the kinetics that gated channels share.

A channel is a dataclass whose field block is its parameter table, with three methods:

* ``init(v, env)``: its gates at their steady state at ``v`` [mV], a dictionary (empty for a leak);
* ``advance(gates, v, dt, env)``: its gates after ``dt`` [ms] at constant ``v``, by a scheme whose derivative at
  ``dt`` = 0 is the exact kinetics;
* ``current(gates, v, env)``: its current density, outward positive [µA/cm²].

A plain ``@dataclasses.dataclass(frozen=True)`` will do: `membrax.Cell` registers it with JAX, as the decorator
`membrax.pytree` does. Its fields of floats are parameters that can be varied and fitted; those of text, truth values,
whole numbers (``int``) and functions are fixed.

A channel whose current is linear in v at fixed gates sets ``ohmic = True``, which saves the integrator a corrector.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol, TypeAlias

import jax
from jax import Array

from ..laws import gating
from ..numerics.derivatives import evaluate_separable
from ..pytrees import pytree, register, static
from ..timegrid import Time
from ..typing import Gates, Parameter

GateRates: TypeAlias = dict[str, tuple[Array, Array]]
"""The opening and closing rate of each gate, {gate: (α, β)} in 1/ms."""


@pytree
class Env:
    """The values that all channels of a patch of membrane share in one step.

    Attributes:
        celsius: temperature [°C].
        time: the middle of the step, or None without a time (a resting state).
        key: a random key for this neuron and step, or None in a deterministic run.
        dt: the length of the step [ms], a plain number, or None if it is unknown.
    """

    celsius: Parameter
    time: Time | None = None
    key: Array | None = None
    dt: float | None = static(default=None)


class Channel(Protocol):
    """A channel of a patch: gates, their kinetics and a current. See the docstring of the module."""

    def init(self, v: Array, env: Env) -> Gates:
        """The gates at their steady state at ``v`` [mV]."""
        ...

    def advance(self, gates: Gates, v: Array, dt: Parameter, env: Env) -> Gates:
        """The gates after ``dt`` [ms] at constant ``v`` [mV]."""
        ...

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """The current density [µA/cm²], outward positive."""
        ...


class Gated:
    """Kinetics of independent Hodgkin–Huxley gates, from ``rates(v, env)``: {gate: (α, β)} in 1/ms."""

    def init(self, v: Array, env: Env) -> Gates:
        """The steady state α/(α + β) of each gate."""
        return {gate: gating.steady_state(*ab) for gate, ab in self.rates(v, env).items()}

    def advance(self, gates: Gates, v: Array, dt: Parameter, env: Env) -> Gates:
        """Each gate after one bounded second-order step; see `laws.gating.gate_step`."""
        return evaluate_separable(_advanced, gates, self, v, dt, env)

    def rates(self, v: Array, env: Env) -> GateRates:
        """{gate: (α, β)} in 1/ms at ``v`` [mV]; each subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must implement rates(v, env)")


def register_channel(channel: object) -> None:
    """Register the class of a user's channel with JAX if it is a plain dataclass, and those of channels inside it."""
    kinds = None
    while kinds != (kinds := [type(leaf) for leaf in jax.tree.leaves(channel) if dataclasses.is_dataclass(leaf)]):
        for kind in kinds:
            register(kind)


def _advanced(gates: Gates, channel: Gated, v: Array, dt: Parameter, env: Env) -> Gates:
    return {gate: gating.gate_step(gates[gate], *ab, dt) for gate, ab in channel.rates(v, env).items()}


class Ungated:
    """The empty kinetics of a current without gates: a leak, instantaneous activation, a given time course."""

    def init(self, v: Array, env: Env) -> Gates:
        """No gates."""
        return {}

    def advance(self, gates: Gates, v: Array, dt: Parameter, env: Env) -> Gates:
        """No gates to advance."""
        return gates


def scaled(rates: tuple[Array, Array], speed: Parameter) -> tuple[Array, Array]:
    """Both rates of a gate times ``speed``: the same x∞, τ divided by ``speed``."""
    return rates[0] * speed, rates[1] * speed
