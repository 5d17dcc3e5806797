"""Channels that are kinetic schemes: states, rates between them, and how well each state conducts.

A gate asks for independent parts that are alike; a scheme doesn't. What is declared is a `Scheme`; `Markov` is a
channel of any scheme, `Sodium` and `Potassium` are the squid's gates written out as states, and `DelCastilloKatz` is
the textbook's receptor.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..laws import markov_chain
from ..laws.gating import q10_factor
from ..pytrees import pytree, static
from ..units import conductance, factor, parameter, potential, temperature
from . import squid
from .channel import Env, Gates

Rates = dict[tuple[str, str], Array]


class Kinetic:
    """Kinetics of a scheme; a channel with this class says its ``states``, ``conducting`` and ``transitions``.

    Its gates are {state: occupancy}, with sum 1. The scheme of exponential Euler is for gates that don't depend on
    one another, and states do: use the default, or Runge–Kutta.

    Attributes:
        states: their names.
        conducting: {state: its share of the open conductance}; states left out are closed.
    """

    states: tuple[str, ...]
    conducting: Mapping[str, float]
    ohmic = True

    def transitions(self, v: Array, env: Env) -> Rates:
        """{(from, to): rate in 1/ms} at ``v`` [mV]."""
        raise NotImplementedError(f"{type(self).__name__} must say its transitions(v, env)")

    def init(self, v: Array, env: Env) -> Gates:
        """The steady occupancies at ``v`` [mV]."""
        rates = indexed_rates(self.states, self.transitions(v, env))
        return dict(zip(self.states, markov_chain.steady(rates, len(self.states)), strict=True))

    def advance(self, gates: Gates, v: Array, dt: Any, env: Env) -> Gates:
        """The occupancies one bounded second-order step on; see `laws.markov_chain.step`."""
        rates = indexed_rates(self.states, self.transitions(v, env))
        after = markov_chain.step([gates[state] for state in self.states], rates, dt)
        return dict(zip(self.states, after, strict=True))

    def propagate(self, gates: Gates, v: Array, dt: Any, env: Env) -> Gates:
        """The occupancies after ``dt`` [ms] at constant ``v`` [mV], p e^(Q dt): what a voltage clamp asks for."""
        Q = markov_chain.rate_matrix(self.transitions(v, env), self.states)
        p = jnp.stack([gates[state] for state in self.states])
        return dict(zip(self.states, markov_chain.propagate(p, Q, dt), strict=True))

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * self.open(gates) * (v - self.e)

    def open(self, gates: Gates) -> Array:
        """The conducting fraction."""
        return sum(gates[state] if share == 1.0 else share * gates[state] for state, share in self.conducting.items())


def indexed_rates(states: tuple[str, ...], rates: Rates) -> dict[tuple[int, int], Array]:
    """The rates with numbers in place of the states' names."""
    return {(states.index(start), states.index(end)): rate for (start, end), rate in rates.items()}


@dataclasses.dataclass(frozen=True, eq=False)
class Scheme:
    """States, the rates between them, and which conduct.

    Attributes:
        states: their names.
        transitions: {(from, to): rate(v, env)}, functions that return 1/ms at ``v`` [mV].
        conducting: {state: its share of the open conductance}, 1 for an open state.
    """

    states: tuple[str, ...]
    transitions: Mapping[tuple[str, str], Callable[[Array, Env], Array]]
    conducting: Mapping[str, float]

    def __post_init__(self) -> None:
        """Raises ValueError for a transition or a conducting state that is not among the states."""
        named = {state for pair in self.transitions for state in pair} | set(self.conducting)
        if unknown := sorted(named - set(self.states)):
            raise ValueError(f"states are {', '.join(self.states)}: there is no {unknown[0]}")
        if len(set(self.states)) < len(self.states) or not self.conducting or not self.transitions:
            raise ValueError("a scheme has different states, a transition at least and a conducting state")
        if loops := [start for start, end in self.transitions if start == end]:
            raise ValueError(f"a transition must lead to another state, got {loops[0]} → {loops[0]}")


@pytree
class Markov(Kinetic):
    """A channel of any scheme, i = g · open · (v − e).

    >>> opening = lambda v, env: jnp.exp(v / 25)
    >>> closing = lambda v, env: jnp.exp(-v / 25)
    >>> scheme = Scheme(("C", "O"), {("C", "O"): opening, ("O", "C"): closing}, {"O": 1.0})
    >>> channel = Markov(scheme, g=2.0, e=-90.0)

    A scheme whose rates have parameters of their own is a class: see `DelCastilloKatz`.
    """

    scheme: Scheme = static()
    g: Array = conductance(1.0)  # mS/cm²
    e: Array = potential(0.0)  # mV
    shift: Array = potential(0.0)  # mV, moves every rate along the voltage axis
    speed: Array = factor(1.0)  # scales every rate, beside the Q10
    q10: Array = factor(3.0)
    measured_at: Array = temperature(6.3)  # °C

    @property
    def states(self) -> tuple[str, ...]:
        """The scheme's."""
        return self.scheme.states

    @property
    def conducting(self) -> Mapping[str, float]:
        """The scheme's."""
        return self.scheme.conducting

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms] at the temperature of the patch."""
        speed = self.speed * q10_factor(env.celsius, self.measured_at, self.q10)
        return {pair: speed * rate(v - self.shift, env) for pair, rate in self.scheme.transitions.items()}


# --- gates as states


def particle_states(particles: Mapping[str, int]) -> tuple[str, ...]:
    """The states of a channel with so many independent particles of each kind: m0h0, m0h1, m1h0, …"""
    counts = itertools.product(*(range(n + 1) for n in particles.values()))
    return tuple("".join(f"{gate}{k}" for gate, k in zip(particles, count, strict=True)) for count in counts)


def particle_transitions(particles: Mapping[str, int], rates: Mapping[str, tuple[Array, Array]]) -> Rates:
    """Rates between the states of `particle_states`: k of n open particles close at k β, the others open at (n − k) α.

    Args:
        particles: {gate: n}.
        rates: {gate: (α, β)} in 1/ms.
    """
    counts = list(itertools.product(*(range(n + 1) for n in particles.values())))
    names = dict(zip(counts, particle_states(particles), strict=True))
    found = {}
    for count in counts:
        for which, (gate, n) in enumerate(particles.items()):
            if (k := count[which]) < n:
                more = (*count[:which], k + 1, *count[which + 1 :])
                found[names[count], names[more]] = (n - k) * rates[gate][0]
                found[names[more], names[count]] = (k + 1) * rates[gate][1]
    return found


def occupancies(particles: Mapping[str, int], gates: Mapping[str, Any]) -> dict[str, Array]:
    """Occupancies of the states of `particle_states` for independent gates at ``gates``: products of binomials."""
    found = {"": jnp.ones(())}
    for gate, n in particles.items():
        x = jnp.asarray(gates[gate], dtype=float)
        ways = [1]
        for k in range(n):
            ways.append(ways[-1] * (n - k) // (k + 1))
        share = {f"{gate}{k}": ways[k] * x**k * (1.0 - x) ** (n - k) for k in range(n + 1)}
        found = {before + name: p * s for before, p in found.items() for name, s in share.items()}
    return found


@pytree
class Sodium(Kinetic, squid.Sodium):
    """Sodium of the squid axon as eight states: three m particles and an h particle in each channel.

    The same channel as `squid.Sodium` (Hodgkin & Huxley 1952; the scheme of Fitzhugh 1965, J Cell Comp Physiol
    66:111), from steady gates on; a scheme can be in states that no product of gates describes.
    """

    particles = {"m": 3, "h": 1}  # noqa: RUF012
    states = particle_states(particles)
    conducting = {"m3h1": 1.0}  # noqa: RUF012

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms] between numbers of open particles."""
        return particle_transitions(self.particles, self.rates(v, env))


@pytree
class Potassium(Kinetic, squid.Potassium):
    """Potassium of the squid axon as five states: four n particles in each channel (Hodgkin & Huxley 1952)."""

    particles = {"n": 4}  # noqa: RUF012
    states = particle_states(particles)
    conducting = {"n4": 1.0}  # noqa: RUF012

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms] between numbers of open particles."""
        return particle_transitions(self.particles, self.rates(v, env))


# --- a receptor


@pytree
class DelCastilloKatz(Kinetic):
    """A receptor that binds one molecule and may then open, in a bath of constant concentration.

    R ⇌ AR ⇌ AR*: binding and gating are separate steps (del Castillo & Katz 1957, Proc R Soc B 146:369–381). At
    steady state it is open with p = E c/(K + c (1 + E)), K = unbinding/binding and E = opening/closing (Colquhoun
    1998, Br J Pharmacol 125:924, eq. 1). The rates are of the order of those of the muscle's acetylcholine receptor
    (Colquhoun & Sakmann 1985, J Physiol 369:501).
    """

    g: Array = conductance(0.1)  # mS/cm²
    e: Array = potential(0.0)  # mV
    concentration: Array = parameter(0.0, "mM", at_least=0.0)  # of the agonist
    binding: Array = parameter(100.0, "1/(mM ms)", at_least=0.0)
    unbinding: Array = parameter(8.0, "1/ms", above=0.0)
    opening: Array = parameter(30.0, "1/ms", at_least=0.0)
    closing: Array = parameter(0.7, "1/ms", above=0.0)
    states = ("R", "AR", "AR*")
    conducting = {"AR*": 1.0}  # noqa: RUF012

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms]; none depends on v."""
        one = jnp.ones_like(v)
        return {
            ("R", "AR"): one * self.binding * self.concentration,
            ("AR", "R"): one * self.unbinding,
            ("AR", "AR*"): one * self.opening,
            ("AR*", "AR"): one * self.closing,
        }
