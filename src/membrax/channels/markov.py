"""Channels with a kinetic scheme: states, rates between them, and the conductance of each state.

Gates are independent and identical particles; a scheme has no such restriction. `Scheme` declares one, and `Markov` is
a channel of any scheme. `Sodium` and `Potassium` are the gates of the squid axon written as states, and
`DelCastilloKatz` is a textbook receptor.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Mapping
from typing import Protocol, TypeAlias

import jax.numpy as jnp
from jax import Array

from ..laws import markov_chain
from ..laws.gating import q10_factor
from ..pytrees import pytree, static
from ..typing import Gates, Number, Parameter
from ..units import conductance, factor, parameter, potential, temperature
from . import squid
from .channel import Env

Rates: TypeAlias = dict[tuple[str, str], Array]
"""Transition rates, {(from, to): rate [1/ms]}."""


class Rate(Protocol):
    """A transition rate that depends on the voltage and on the environment of the channel."""

    def __call__(self, v: Array, env: Env, /) -> Array:
        """The rate [1/ms] at ``v`` [mV]."""
        ...


class Kinetic:
    """Kinetics of a scheme; a subclass defines its ``states``, ``conducting`` and ``transitions``.

    The gates are {state: occupancy}, with sum 1. Exponential Euler is for gates that do not depend on one another;
    states do, so use the default integrator or Runge–Kutta.

    Attributes:
        states: the names of the states.
        conducting: {state: its fraction of the open conductance}; states that are left out are closed.
        g: open conductance density [mS/cm²].
        e: reversal potential [mV].
    """

    states: tuple[str, ...]
    conducting: Mapping[str, float]
    g: Parameter
    e: Parameter
    ohmic = True

    def transitions(self, v: Array, env: Env) -> Rates:
        """{(from, to): rate in 1/ms} at ``v`` [mV]."""
        raise NotImplementedError(f"{type(self).__name__} must implement transitions(v, env)")

    def init(self, v: Array, env: Env) -> Gates:
        """The steady occupancies at ``v`` [mV]."""
        rates = indexed_rates(self.states, self.transitions(v, env))
        return dict(zip(self.states, markov_chain.steady(rates, len(self.states)), strict=True))

    def advance(self, gates: Gates, v: Array, dt: Parameter, env: Env) -> Gates:
        """The occupancies after one bounded second-order step; see `laws.markov_chain.step`."""
        rates = indexed_rates(self.states, self.transitions(v, env))
        after = markov_chain.step([gates[state] for state in self.states], rates, dt)
        return dict(zip(self.states, after, strict=True))

    def propagate(self, gates: Gates, v: Array, dt: Parameter, env: Env) -> Gates:
        """The exact occupancies p e^(Q dt) after ``dt`` [ms] at constant ``v`` [mV], for a voltage clamp.

        They are divided by their sum, since the rounding errors of millions of steps would add up; the derivative stays
        the same, because the sum of the exact ones does not change.
        """
        Q = markov_chain.rate_matrix(self.transitions(v, env), self.states)
        p = jnp.stack([gates[state] for state in self.states])
        after = markov_chain.propagate(p, Q, dt)
        return dict(zip(self.states, after / jnp.sum(after), strict=True))

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * self.open(gates) * (v - self.e)

    def open(self, gates: Gates) -> Array:
        """The conducting fraction."""
        open_ = [gates[state] if share == 1.0 else share * gates[state] for state, share in self.conducting.items()]
        return functools.reduce(jnp.add, open_)


def indexed_rates(states: tuple[str, ...], rates: Rates) -> dict[tuple[int, int], Array]:
    """The rates with the indices of the states in place of their names."""
    return {(states.index(start), states.index(end)): rate for (start, end), rate in rates.items()}


@dataclasses.dataclass(frozen=True, eq=False)
class Scheme:
    """States, the rates between them, and their conductances.

    Attributes:
        states: the names of the states.
        transitions: {(from, to): rate(v, env)}, functions that return 1/ms at ``v`` [mV].
        conducting: {state: its fraction of the open conductance}, 1 for an open state.
    """

    states: tuple[str, ...]
    transitions: Mapping[tuple[str, str], Rate]
    conducting: Mapping[str, float]

    def __post_init__(self) -> None:
        """Check the scheme.

        Raises:
            ValueError: a transition or a conducting state outside the states, equal states, or none that conducts.
        """
        named = {state for pair in self.transitions for state in pair} | set(self.conducting)
        if unknown := sorted(named - set(self.states)):
            raise ValueError(f"states are {', '.join(self.states)}: there is no {unknown[0]}")
        if len(set(self.states)) < len(self.states) or not self.conducting or not self.transitions:
            raise ValueError("a scheme needs different states, a transition and a conducting state")
        if loops := [start for start, end in self.transitions if start == end]:
            raise ValueError(f"a transition must lead to another state, got {loops[0]} → {loops[0]}")


@pytree
class Markov(Kinetic):
    """A channel of any scheme, i = g · open · (v − e).

    >>> opening = lambda v, env: jnp.exp(v / 25)
    >>> closing = lambda v, env: jnp.exp(-v / 25)
    >>> scheme = Scheme(("C", "O"), {("C", "O"): opening, ("O", "C"): closing}, {"O": 1.0})
    >>> channel = Markov(scheme, g=2.0, e=-90.0)

    A scheme whose rates have parameters of their own is a class of its own: see `DelCastilloKatz`.
    """

    scheme: Scheme = static()
    g: Parameter = conductance(1.0)  # mS/cm²
    e: Parameter = potential(0.0)  # mV
    shift: Parameter = potential(0.0)  # mV, moves every rate along the voltage axis
    speed: Parameter = factor(1.0)  # scales every rate, in addition to the Q10
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(6.3)  # °C

    @property
    def states(self) -> tuple[str, ...]:
        """The states of the scheme."""
        return self.scheme.states

    @property
    def conducting(self) -> Mapping[str, float]:
        """The conducting states of the scheme."""
        return self.scheme.conducting

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms] at the temperature of the patch."""
        speed = self.speed * q10_factor(env.celsius, self.measured_at, self.q10)
        return {pair: speed * rate(v - self.shift, env) for pair, rate in self.scheme.transitions.items()}


# --- gates as states


def particle_states(particles: Mapping[str, int]) -> tuple[str, ...]:
    """The states of a channel with the given numbers of independent particles: m0h0, m0h1, m1h0, …"""
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
    transitions = {}
    for count in counts:
        for which, (gate, n) in enumerate(particles.items()):
            if (k := count[which]) < n:
                more = (*count[:which], k + 1, *count[which + 1 :])
                transitions[names[count], names[more]] = (n - k) * rates[gate][0]
                transitions[names[more], names[count]] = (k + 1) * rates[gate][1]
    return transitions


def occupancies(particles: Mapping[str, int], gates: Mapping[str, Number]) -> dict[str, Array]:
    """Occupancies of the states of `particle_states` for independent gates at ``gates``: products of binomials."""
    product = {"": jnp.ones(())}
    for gate, n in particles.items():
        x = jnp.asarray(gates[gate], dtype=float)
        share = {f"{gate}{k}": math.comb(n, k) * x**k * (1.0 - x) ** (n - k) for k in range(n + 1)}
        product = {before + name: p * s for before, p in product.items() for name, s in share.items()}
    return product


@pytree
class Sodium(Kinetic, squid.Sodium):
    """Sodium of the squid axon as eight states: three m particles and an h particle in each channel.

    From steady gates on it is the same channel as `squid.Sodium` (Hodgkin & Huxley 1952; the scheme of Fitzhugh 1965,
    J Cell Comp Physiol 66:111); a scheme also has occupancies that are no product of gates.
    """

    particles = {"m": 3, "h": 1}  # noqa: RUF012
    states = particle_states(particles)
    conducting = {"m3h1": 1.0}  # noqa: RUF012

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms] between states of open particles."""
        return particle_transitions(self.particles, self.rates(v, env))


@pytree
class Potassium(Kinetic, squid.Potassium):
    """Potassium of the squid axon as five states: four n particles in each channel (Hodgkin & Huxley 1952)."""

    particles = {"n": 4}  # noqa: RUF012
    states = particle_states(particles)
    conducting = {"n4": 1.0}  # noqa: RUF012

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms] between states of open particles."""
        return particle_transitions(self.particles, self.rates(v, env))


# --- a receptor


@pytree
class DelCastilloKatz(Kinetic):
    """A receptor that binds one molecule and may then open, in a bath of constant concentration.

    R ⇌ AR ⇌ AR*: binding and gating are separate steps (del Castillo & Katz 1957, Proc R Soc B 146:369–381). Its open
    probability at steady state is p = E c/(K + c (1 + E)) with K = unbinding/binding and E = opening/closing (Colquhoun
    1998, Br J Pharmacol 125:924, eq. 1). The rates are of the order of those of the acetylcholine receptor of muscle
    (Colquhoun & Sakmann 1985, J Physiol 369:501).
    """

    g: Parameter = conductance(0.1)  # mS/cm²
    e: Parameter = potential(0.0)  # mV
    concentration: Parameter = parameter(0.0, "mM", at_least=0.0)  # of the agonist
    binding: Parameter = parameter(100.0, "1/(mM ms)", at_least=0.0)
    unbinding: Parameter = parameter(8.0, "1/ms", above=0.0)
    opening: Parameter = parameter(30.0, "1/ms", at_least=0.0)
    closing: Parameter = parameter(0.7, "1/ms", above=0.0)
    states = ("R", "AR", "AR*")
    conducting = {"AR*": 1.0}  # noqa: RUF012

    def transitions(self, v: Array, env: Env) -> Rates:
        """Rates [1/ms], independent of v."""
        one = jnp.ones_like(v)
        return {
            ("R", "AR"): one * self.binding * self.concentration,
            ("AR", "R"): one * self.unbinding,
            ("AR", "AR*"): one * self.opening,
            ("AR*", "AR"): one * self.closing,
        }
