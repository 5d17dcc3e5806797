"""Synaptic conductances after given arrivals of spikes, i = g s(t) (v − e).

A Hodgkin–Huxley gate rises and decays with one time constant; a synaptic conductance does not, since the transmitter is
gone within a millisecond and the channels close later. The usual time courses are `Exponential`, `Alpha`,
`TwoExponential`, and `TwoState`, a receptor under pulses of transmitter.

Each is an explicit function of time that needs no integration: s is evaluated at the middle of the step, where the
default integrator and Runge–Kutta use it, for arrivals anywhere in a step. Without a time (a resting state) s = 0.
Every arrival is a leaf, made by `arrivals`: ``replace(cell, {"ampa.t0": 12.5})``, and
``vary(cell, {f"ampa.{name}": times for name, times in arrivals(trains).items()})`` for trains [neuron, spike]. Each
costs an exponential per step. In float32 an arrival at 10 s is rounded to 0.001 ms.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..laws.gating import bernoulli
from ..numerics.arithmetic import floats
from ..pytrees import pytree
from ..timegrid import Time
from ..typing import Gates, Number, Parameter
from ..units import conductance, parameter, potential, timescale
from .channel import Env, Ungated


def arrivals(times: ArrayLike) -> dict[str, Array]:
    """Sorted times of arrival [ms] as {"t0": …, "t1": …}, each a number, or [neuron] for trains [neuron, spike].

    NaN and inf pad a train and never arrive.

    Raises:
        ValueError: times of another shape than [spike] or [neuron, spike].
    """
    times = np.asarray(times, dtype=float)
    if times.ndim not in (1, 2):
        raise ValueError(f"times of arrival must be an array [spike] or [neuron, spike], got the shape {times.shape}")
    in_order = np.sort(np.where(np.isnan(times), np.inf, times), axis=-1)
    return {f"t{k}": jnp.asarray(in_order[..., k], dtype=float) for k in range(times.shape[-1])}


# --- time courses after an arrival at t = 0, with peak 1


def exponential(t: Number, tau: Parameter) -> Array:
    """e^(−t/τ) from t = 0 on [ms], 0 before; area τ."""
    t = jnp.asarray(t, dtype=float)
    return jnp.where(t >= 0, jnp.exp(-_elapsed(t) / tau), 0.0)


def alpha(t: Number, tau: Parameter) -> Array:
    """(t/τ) e^(1 − t/τ): peak 1 at t = τ, area e τ (Rall 1967, J Neurophysiol 30:1138)."""
    x = _elapsed(t) / tau
    return x * jnp.exp(1.0 - x)


def two_exponential(t: Number, rise: Parameter, decay: Parameter) -> Array:
    """(e^(−t/τ_d) − e^(−t/τ_r))/peak, with separate time constants of rise and decay (Roth & van Rossum 2009).

    The two may be exchanged, and if they are equal it is the alpha function: the difference is computed as
    e^(−t/τ_d) (1 − e^(−δt)) with δ = 1/τ_r − 1/τ_d, and (1 − e^(−δt))/δ has the limit t.
    """
    t, delta = _elapsed(t), 1.0 / rise - 1.0 / decay
    at_peak = time_to_peak(rise, decay)
    return _difference(t, delta, decay) / _difference(at_peak, delta, decay)


def time_to_peak(rise: Parameter, decay: Parameter) -> Array:
    """τ_r τ_d/(τ_d − τ_r) ln(τ_d/τ_r) [ms]; τ if both are τ."""
    # ln(1 + x)/x with 1 + x = τ_d/τ_r is u/(eᵘ − 1), u = ln(τ_d/τ_r), which is not 0/0 at 0.
    return decay * bernoulli(jnp.log(jnp.asarray(decay, dtype=float)) - jnp.log(jnp.asarray(rise, dtype=float)))


def two_state(
    t: Number,
    times: Number,
    *,
    binding: Parameter,
    unbinding: Parameter,
    concentration: Parameter,
    pulse: Parameter,
) -> Array:
    """The bound fraction r(t) of dr/dt = α T(t) (1 − r) − β r, with a pulse T of transmitter after each arrival.

    With the integral A(t) = α ∫ T from the start to t, r = Σ ∫ α T e^(A(s) − A(t) − β (t − s)) ds over the pulses. Each
    integral is α T/(α T + β) times the difference of the exponential between the end and the start of the pulse
    (Destexhe, Mainen & Sejnowski 1994, Neural Comput 6:14–18). An arrival during a pulse extends it to ``pulse`` after
    that arrival.

    Args:
        t: the time [ms], a number.
        times: times of arrival [spike], in any order; NaN and inf never arrive.
        binding: α [1/(mM ms)].
        unbinding: β [1/ms].
        concentration: T [mM] during a pulse.
        pulse: the length of a pulse [ms].
    """
    t, times = floats(t, times)
    return _bound(t - times, binding * concentration, unbinding, pulse)


def _bound(since: Array, on: Parameter, off: Parameter, pulse: Parameter) -> Array:
    """The bound fraction from the times ``since`` the arrivals [spike], in any order; ``on`` is α T."""
    since = jnp.flip(jnp.sort(_elapsed(since)))  # 0, and so at the end, before the arrival
    # The time that each pulse has lasted so far; it ends where the next one begins, if not earlier.
    following = jnp.concatenate([since[1:], jnp.zeros_like(since[:1])])
    lasted = jnp.minimum(since - following, pulse)
    after = since - lasted
    bound_since = on * (jnp.flip(jnp.cumsum(jnp.flip(lasted))) - lasted)  # by the later pulses
    each = -jnp.expm1(-(on + off) * lasted) * jnp.exp(-(off * after + bound_since))
    return on / (on + off) * jnp.sum(each)


def _elapsed(t: Number) -> Array:
    t = jnp.asarray(t, dtype=float)
    return jnp.where(t > 0, t, 0.0)


def _difference(t: Array, delta: Parameter, decay: Parameter) -> Array:
    """(e^(−t/τ_d) − e^(−t/τ_r))/δ with δ = 1/τ_r − 1/τ_d, as t e^(−t/τ_d)/(y/(eʸ − 1)), y = −δt: not 0/0 at δ = 0."""
    y = -delta * t
    # The larger of the two exponentials is the common factor, so that it remains where the other is 0.
    falling = y < 0
    return t * jnp.exp(-jnp.where(falling, t / decay, t / decay - y)) / bernoulli(jnp.where(falling, y, -y))


# --- channels


class SynapticConductance(Ungated):
    """A conductance without gates that follows the time course ``course(t)`` after each arrival.

    Attributes:
        times: times of arrival [ms], from `arrivals`.
        g: peak conductance density [mS/cm²].
        e: reversal potential [mV].
    """

    times: dict[str, Array]
    g: Parameter
    e: Parameter
    ohmic = True

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * self.open(gates, env) * (v - self.e)

    def open(self, gates: Gates, env: Env) -> Array:
        """s, the sum of the time courses of all arrivals; 0 without a time."""
        if env.time is None or not self.times:
            return jnp.zeros(())
        return jnp.sum(self.course(since(env.time, self.times)))

    def course(self, t: Array) -> Array:
        """s at ``t`` [spike] ms after each arrival."""
        raise NotImplementedError(f"{type(self).__name__} must implement course(t)")


def since(time: Time, times: dict[str, Array]) -> Array:
    """The time from each arrival to ``time`` [spike], ms."""
    return jnp.stack([time.since(jnp.asarray(times[f"t{k}"], dtype=float)) for k in range(len(times))])


def _times() -> Any:
    return dataclasses.field(default_factory=dict)


@pytree
class Exponential(SynapticConductance):
    """A conductance that jumps by g with every arrival and decays with τ.

    The current uses the exact mean of s over ``env.dt``, so that a jump within a step keeps its charge and the method
    its order 2. Without a step length it uses s itself.
    """

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Parameter = conductance(0.1)  # mS/cm²
    e: Parameter = potential(0.0)  # mV
    tau: Parameter = timescale(2.0)  # ms

    def open(self, gates: Gates, env: Env) -> Array:
        """The mean of s over the step."""
        if env.time is None or not self.times:
            return jnp.zeros(())
        t = since(env.time, self.times)
        if env.dt is None:
            return jnp.sum(exponential(t, self.tau))
        first, last = _elapsed(t - 0.5 * env.dt), _elapsed(t + 0.5 * env.dt)
        # ∫ e^(−t/τ) dt from first to last, over the length of the step.
        x = (last - first) / self.tau
        return jnp.sum(jnp.exp(-first / self.tau) * ((last - first) / env.dt) / bernoulli(-x))


@pytree
class Alpha(SynapticConductance):
    """A conductance (t/τ) e^(1 − t/τ) after every arrival, with its peak g at τ (Rall 1967)."""

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Parameter = conductance(0.1)  # mS/cm²
    e: Parameter = potential(0.0)  # mV
    tau: Parameter = timescale(2.0)  # ms

    def course(self, t: Array) -> Array:
        """The alpha function."""
        return alpha(t, self.tau)


@pytree
class TwoExponential(SynapticConductance):
    """A conductance with separate time constants of rise and decay, and peak g after a single arrival."""

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Parameter = conductance(0.1)  # mS/cm²
    e: Parameter = potential(0.0)  # mV
    rise: Parameter = timescale(0.5)  # ms
    decay: Parameter = timescale(3.0)  # ms

    def course(self, t: Array) -> Array:
        """The difference of two exponentials, with peak 1."""
        return two_exponential(t, self.rise, self.decay)


@pytree
class TwoState(SynapticConductance):
    """A receptor that binds transmitter, with a pulse of transmitter per arrival (Destexhe, Mainen & Sejnowski 1994).

    The rates are those of AMPA receptors in Destexhe, Mainen & Sejnowski (1998, Methods in Neuronal Modeling, ch. 1).
    Responses saturate, since some receptors are still bound at the next arrival.
    """

    times: dict[str, Array] = _times()  # ms, from `arrivals`
    g: Parameter = conductance(0.1)  # mS/cm², with all receptors bound
    e: Parameter = potential(0.0)  # mV
    binding: Parameter = parameter(1.1, "1/(mM ms)", at_least=0.0)  # α
    unbinding: Parameter = parameter(0.19, "1/ms", above=0.0)  # β
    concentration: Parameter = parameter(1.0, "mM", at_least=0.0)  # of transmitter during a pulse
    pulse: Parameter = timescale(1.0)  # ms

    def course(self, t: Array) -> Array:
        """The bound fraction."""
        return _bound(t, self.binding * self.concentration, self.unbinding, self.pulse)
