"""Synaptic conductances after given arrivals of spikes, i = g s(t) (v − e).

A Hodgkin–Huxley gate rises and decays with one time constant; a synapse does not: its transmitter is gone in a
millisecond and its channels close when they like. Here are the courses in use: `Exponential`, `Alpha`,
`TwoExponential`, and `TwoState`, a receptor under pulses of transmitter.

Each is an explicit function of time: s is evaluated at the middle of the step, where the default scheme and Runge–Kutta
use it, wherever in a step a spike arrives, and there is nothing to integrate. Without a time (a resting state) s = 0.
Every arrival is a leaf of its own, made by `arrivals`: ``replace(cell, {"ampa.t0": 12.5})``, and
``vary(cell, {f"ampa.{name}": times for name, times in arrivals(trains).items()})`` for trains [neuron, spike]. Each
costs an exponential per step. In float32 an arrival at 10 s is rounded to 0.001 ms.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..laws.gating import bernoulli
from ..pytrees import pytree
from ..units import conductance, parameter, potential, timescale
from .channel import Env, Gates


def arrivals(times: Any) -> dict[str, Array]:
    """{"t0": …, "t1": …}: times of arrival [ms] in order, each a number, or [neuron] for trains [neuron, spike].

    Trains are padded with NaN or inf, which never arrives.

    Raises:
        ValueError: times that are no array [spike] or [neuron, spike].
    """
    times = np.asarray(times, dtype=float)
    if times.ndim not in (1, 2):
        raise ValueError(f"times of arrival must be an array [spike] or [neuron, spike], got the shape {times.shape}")
    in_order = np.sort(np.where(np.isnan(times), np.inf, times), axis=-1)
    return {f"t{k}": jnp.asarray(in_order[..., k], dtype=float) for k in range(times.shape[-1])}


# --- courses after an arrival at t = 0; peak 1


def exponential(t: Any, tau: Any) -> Array:
    """e^(−t/τ) from t = 0 on, and 0 before [ms]; its area is τ."""
    t = jnp.asarray(t, dtype=float)
    return jnp.where(t >= 0, jnp.exp(-_elapsed(t) / tau), 0.0)


def alpha(t: Any, tau: Any) -> Array:
    """(t/τ) e^(1 − t/τ): peak 1 at t = τ, area e τ (Rall 1967, J Neurophysiol 30:1138)."""
    x = _elapsed(t) / tau
    return x * jnp.exp(1.0 - x)


def two_exponential(t: Any, rise: Any, decay: Any) -> Array:
    """(e^(−t/τ_d) − e^(−t/τ_r))/peak: rises and decays with time constants of its own (Roth & van Rossum 2009).

    The two may trade places; where they meet it is the alpha function: the difference is written as
    e^(−t/τ_d) (1 − e^(−δt)), δ = 1/τ_r − 1/τ_d, and (1 − e^(−δt))/δ has the limit t.
    """
    t, delta = _elapsed(t), 1.0 / rise - 1.0 / decay
    at_peak = time_to_peak(rise, decay)
    return _difference(t, delta, decay) / _difference(at_peak, delta, decay)


def time_to_peak(rise: Any, decay: Any) -> Array:
    """τ_r τ_d/(τ_d − τ_r) ln(τ_d/τ_r) [ms]; τ where both are τ."""
    # ln(1 + x)/x with 1 + x = τ_d/τ_r is u/(eᵘ − 1), u = ln(τ_d/τ_r), which has no hole at 0.
    return decay * bernoulli(jnp.log(jnp.asarray(decay, dtype=float)) - jnp.log(jnp.asarray(rise, dtype=float)))


def two_state(t: Any, times: Any, *, binding: Any, unbinding: Any, concentration: Any, pulse: Any) -> Array:
    """The bound fraction r at ``t`` of dr/dt = α T(t) (1 − r) − β r, T a pulse of transmitter after each arrival.

    With A(t) = α ∫ T the rate of binding counted up to t, r = Σ ∫ α T e^(A(s) − A(t) − β (t − s)) ds over the pulses,
    each of which is α T/(α T + β) times the difference of that exponential between its end and its beginning
    (Destexhe, Mainen & Sejnowski 1994, Neural Comput 6:14–18). A spike that arrives within a pulse makes it
    last until ``pulse`` after that spike.

    Args:
        t: when [ms], a number.
        times: of arrival [spike], in any order; NaN and inf never arrive.
        binding: α [1/(mM ms)].
        unbinding: β [1/ms].
        concentration: T [mM] during a pulse.
        pulse: its length [ms].
    """
    return _bound(t - jnp.asarray(times, dtype=float), binding * concentration, unbinding, pulse)


def _bound(since: Array, on: Any, off: Any, pulse: Any) -> Array:
    """The bound fraction, from the time ``since`` each arrival [spike], in any order; ``on`` is α T."""
    since = jnp.flip(jnp.sort(_elapsed(since)))  # what has not arrived is 0, and so the last
    # How long each pulse has lasted; it ends, at the latest, where the next begins.
    following = jnp.concatenate([since[1:], jnp.zeros_like(since[:1])])
    lasted = jnp.minimum(since - following, pulse)
    after = since - lasted
    bound_since = on * (jnp.flip(jnp.cumsum(jnp.flip(lasted))) - lasted)  # in the pulses that came later
    each = -jnp.expm1(-(on + off) * lasted) * jnp.exp(-(off * after + bound_since))
    return on / (on + off) * jnp.sum(each)


def _elapsed(t: Any) -> Array:
    t = jnp.asarray(t, dtype=float)
    return jnp.where(t > 0, t, 0.0)


def _difference(t: Any, delta: Any, decay: Any) -> Array:
    """(e^(−t/τ_d) − e^(−t/τ_r))/δ with δ = 1/τ_r − 1/τ_d, as t e^(−t/τ_d)/(y/(eʸ − 1)), y = −δt: no hole at δ = 0."""
    y = -delta * t
    # The larger of the two exponentials goes outside, so that it isn't lost where the other is 0.
    falls = y < 0
    return t * jnp.exp(-jnp.where(falls, t / decay, t / decay - y)) / bernoulli(jnp.where(falls, y, -y))


# --- channels


class SynapticConductance:
    """A conductance without gates that follows ``course(env)``."""

    ohmic = True

    def init(self, v: Array, env: Env) -> Gates:
        """No gates."""
        return {}

    def advance(self, gates: Gates, v: Array, dt: Any, env: Env) -> Gates:
        """Nothing moves."""
        return gates

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * self.open(gates, env) * (v - self.e)

    def open(self, gates: Gates, env: Env) -> Array:
        """s: what each arrival opens, summed; 0 where there is no time."""
        if env.time is None or not self.times:
            return jnp.zeros(())
        return jnp.sum(self.course(since(env, self.times)))

    def course(self, t: Array) -> Array:
        """s at ``t`` [spike] ms after each arrival."""
        raise NotImplementedError(f"{type(self).__name__} must say its course(t)")


def since(env: Env, times: dict[str, Array]) -> Array:
    """Milliseconds from each arrival to the middle of the step [spike]."""
    return jnp.stack([env.time.since(jnp.asarray(times[f"t{k}"], dtype=float)) for k in range(len(times))])


def _times() -> Any:
    return dataclasses.field(default_factory=dict)


@pytree
class Exponential(SynapticConductance):
    """A conductance that jumps by g with every spike and decays with τ.

    A jump within a step is spread over that step: the current uses the exact mean of s over ``env.dt``, which keeps
    the charge, and with it order 2. Where no length is known it is s itself.
    """

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Array = conductance(0.1)  # mS/cm²
    e: Array = potential(0.0)  # mV
    tau: Array = timescale(2.0)  # ms

    def open(self, gates: Gates, env: Env) -> Array:
        """The mean of s over the step."""
        if env.time is None or not self.times:
            return jnp.zeros(())
        t = since(env, self.times)
        if env.dt is None:
            return jnp.sum(exponential(t, self.tau))
        first, last = _elapsed(t - 0.5 * env.dt), _elapsed(t + 0.5 * env.dt)
        # ∫ e^(−t/τ) dt from first to last, over the length.
        x = (last - first) / self.tau
        return jnp.sum(jnp.exp(-first / self.tau) * ((last - first) / env.dt) / bernoulli(-x))


@pytree
class Alpha(SynapticConductance):
    """A conductance (t/τ) e^(1 − t/τ) after every spike: peak g at τ (Rall 1967)."""

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Array = conductance(0.1)  # mS/cm²
    e: Array = potential(0.0)  # mV
    tau: Array = timescale(2.0)  # ms

    def course(self, t: Array) -> Array:
        """The alpha function."""
        return alpha(t, self.tau)


@pytree
class TwoExponential(SynapticConductance):
    """A conductance that rises and decays with time constants of its own, with peak g after a single spike."""

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Array = conductance(0.1)  # mS/cm²
    e: Array = potential(0.0)  # mV
    rise: Array = timescale(0.5)  # ms
    decay: Array = timescale(3.0)  # ms

    def course(self, t: Array) -> Array:
        """The difference of two exponentials, with peak 1."""
        return two_exponential(t, self.rise, self.decay)


@pytree
class TwoState(SynapticConductance):
    """A receptor that binds transmitter, of which every spike brings a pulse (Destexhe, Mainen & Sejnowski 1994).

    The rates are those of AMPA receptors in Destexhe, Mainen & Sejnowski (1998, Methods in Neuronal Modeling, ch. 1).
    A second spike finds some receptors bound, so that responses saturate.
    """

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Array = conductance(0.1)  # mS/cm², with all receptors bound
    e: Array = potential(0.0)  # mV
    binding: Array = parameter(1.1, "1/(mM ms)", at_least=0.0)  # α
    unbinding: Array = parameter(0.19, "1/ms", above=0.0)  # β
    concentration: Array = parameter(1.0, "mM", at_least=0.0)  # of transmitter during a pulse
    pulse: Array = timescale(1.0)  # ms

    def course(self, t: Array) -> Array:
        """The bound fraction."""
        return _bound(t, self.binding * self.concentration, self.unbinding, self.pulse)
