"""What a channel answers, what it may know of its patch of membrane, and the part all gated channels share.

A channel is a dataclass whose field block is its parameter table, and three methods:

* ``init(v, env)``: its gates at their steady state at ``v`` [mV], a dictionary (empty for a leak);
* ``advance(gates, v, dt, env)``: its gates after ``dt`` [ms] at constant ``v``, by a scheme whose derivative at
  ``dt`` = 0 is the exact kinetics;
* ``current(gates, v, env)``: its current density, outward positive [µA/cm²].

One whose current is a straight line in v at fixed gates says ``ohmic = True``; it spares the integrator a second look.
"""

from __future__ import annotations

from typing import Any, Protocol

from jax import Array

from ..laws import gating
from ..numerics.derivatives import evaluate_separable
from ..pytrees import pytree, static
from ..timegrid import Time
from ..typing import Parameter

Gates = dict[str, Array]


@pytree
class Env:
    """What a patch of membrane shares at one step.

    Attributes:
        celsius: temperature [°C].
        time: the middle of the step, or None where there is no time (a resting state).
        key: a random key for this neuron and step, or None in a deterministic run.
        dt: the length of the step [ms], a plain number, or None where it is not known.
    """

    celsius: Parameter
    time: Time | None = None
    key: Array | None = None
    dt: float | None = static(default=None)


class Channel(Protocol):
    """The three questions an integrator asks; see the module's docstring."""

    def init(self, v: Array, env: Env) -> Gates:
        """Gates at their steady state at ``v`` [mV]."""
        ...

    def advance(self, gates: Gates, v: Array, dt: Any, env: Env) -> Gates:
        """Gates after ``dt`` [ms] at constant ``v`` [mV]."""
        ...

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²], outward positive."""
        ...


class Gated:
    """Kinetics of independent Hodgkin–Huxley gates, from ``rates(v, env)``: {gate: (α, β)} in 1/ms."""

    def init(self, v: Array, env: Env) -> Gates:
        """Each gate at α/(α + β)."""
        return {gate: gating.steady_state(*ab) for gate, ab in self.rates(v, env).items()}

    def advance(self, gates: Gates, v: Array, dt: Any, env: Env) -> Gates:
        """Each gate one bounded second-order step on; see `laws.gating.gate_step`."""
        return evaluate_separable(_relaxed, gates, self, v, dt, env)

    def rates(self, v: Array, env: Env) -> dict[str, tuple[Array, Array]]:
        """{gate: (α, β)} in 1/ms at ``v`` [mV]; what a channel with this class has to say."""
        raise NotImplementedError(f"{type(self).__name__} must say its rates(v, env)")


def _relaxed(gates: Gates, channel: Gated, v: Array, dt: Any, env: Env) -> Gates:
    return {gate: gating.gate_step(gates[gate], *ab, dt) for gate, ab in channel.rates(v, env).items()}


def scaled(rates: tuple[Array, Array], speed: Array) -> tuple[Array, Array]:
    """Both rates of a gate times ``speed``: x∞ stays, τ shrinks."""
    return rates[0] * speed, rates[1] * speed
