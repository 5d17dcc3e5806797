"""Sodium and potassium of the squid giant axon (Hodgkin & Huxley 1952, J Physiol 117:500–544).

V of the paper is the displacement from rest, negative for a depolarisation; here v = −65 mV − V, the usual shift to
absolute potential. Rates hold at 6.3 °C with a Q10 of 3.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from ..laws.gating import exponential, linoid, q10_factor
from ..numerics.arithmetic import capped_exponential, quotient
from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import conductance, factor, potential, temperature
from .channel import Env, Gated, GateRates, scaled


def decay(v: Array, shift: Parameter = 0.0) -> Array:
    """e^(−(v − shift + 40)/20) for v [mV]; four of the six rates need only this number and its square.

    The shift is a separate factor, so that both channels share one exponential of v. Its exponent is at most 30, the
    value at −640 mV.
    """
    return capped_exponential(-(v + 40.0) / 20.0, 30.0) * jnp.exp(shift / 20.0)


def m_rates(v: Array, e: Array | None = None) -> tuple[Array, Array]:
    """Opening and closing rate of sodium activation [1/ms] at v [mV] (eqs 20–21); ``e`` is `decay` of v."""
    e = decay(v) if e is None else e
    return linoid(v, -40.0, 10.0, e * e), 4.0 * exponential(v, -65.0, -18.0)


def h_rates(v: Array, e: Array | None = None) -> tuple[Array, Array]:
    """Rates of removal and onset of sodium inactivation [1/ms] at v [mV] (eqs 23–24).

    As in the paper 0.07 e^(−(v+65)/20) and 1/(1 + e^(−(v+35)/10)); ``e`` is `decay` of v.
    """
    e = decay(v) if e is None else e
    return 0.07 * math.exp(-25 / 20) * e, quotient(jnp.ones_like(e), 1.0 + math.exp(5 / 10) * (e * e))


def n_rates(v: Array, e: Array | None = None) -> tuple[Array, Array]:
    """Opening and closing rate of potassium activation [1/ms] at v [mV] (eqs 12–13); ``e`` is `decay` of v."""
    e = decay(v) if e is None else e
    return 0.1 * linoid(v, -55.0, 10.0, math.exp(-15 / 10) * (e * e)), 0.125 * exponential(v, -65.0, -80.0)


@pytree
class Sodium(Gated):
    """Fast sodium of the squid axon, i = g m³ h (v − e)."""

    g: Parameter = conductance(120.0)  # mS/cm²
    e: Parameter = potential(50.0)  # mV
    shift: Parameter = potential(0.0)  # mV, moves every rate along the voltage axis
    speed: Parameter = factor(1.0)  # scales every rate, in addition to the Q10
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(6.3)  # °C
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of m and h."""
        speed = self.speed * q10_factor(env.celsius, self.measured_at, self.q10)
        e, v = decay(v, self.shift), v - self.shift
        return {"m": scaled(m_rates(v, e), speed), "h": scaled(h_rates(v, e), speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        m = gates["m"]
        return self.g * (m * m * m) * gates["h"] * (v - self.e)


@pytree
class Potassium(Gated):
    """Delayed rectifier of the squid axon, i = g n⁴ (v − e)."""

    g: Parameter = conductance(36.0)  # mS/cm²
    e: Parameter = potential(-77.0)  # mV
    shift: Parameter = potential(0.0)  # mV
    speed: Parameter = factor(1.0)
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(6.3)  # °C
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of n."""
        speed = self.speed * q10_factor(env.celsius, self.measured_at, self.q10)
        return {"n": scaled(n_rates(v - self.shift, decay(v, self.shift)), speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        n2 = gates["n"] * gates["n"]
        return self.g * (n2 * n2) * (v - self.e)
