"""Currents of cortical and thalamic neurons (Pospischil et al. 2008, Biol Cybern 99:427–441).

Sodium and delayed rectifier are those of Traub, shifted by ``v_t``. With the slow M current they make a regular spiking
cell, with a high- or low-threshold calcium current a bursting one. Rates hold at 36 °C, the temperature of the models;
the low-threshold calcium current was measured at 24 °C. Every current has a shift and a speed of its own, since a
real cell differs from the published one.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from ..laws.gating import exponential, linoid, q10_factor, rates, sigmoid
from ..numerics.arithmetic import at_least, capped_exponential, quotient
from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import conductance, factor, potential, temperature, timescale
from .channel import Env, Gated, GateRates, scaled

LARGEST_POWER = 25.0  # e^75 times 500 s is still a finite float32


def m_rates(v: Array) -> tuple[Array, Array]:
    """Sodium activation [1/ms] at v [mV], measured from v_t."""
    return 1.28 * linoid(v, 13.0, 4.0), 1.4 * linoid(v, 40.0, -5.0)


def h_rates(v: Array) -> tuple[Array, Array]:
    """Sodium inactivation [1/ms] at v [mV], measured from v_t."""
    return 0.128 * exponential(v, 17.0, -18.0), 4.0 * sigmoid(v, 40.0, 5.0)


def n_rates(v: Array) -> tuple[Array, Array]:
    """Potassium activation [1/ms] at v [mV], measured from v_t."""
    return 0.16 * linoid(v, 15.0, 5.0), 0.5 * exponential(v, 10.0, -40.0)


def p_rates(v: Array, tau_max: Parameter) -> tuple[Array, Array]:
    """Activation of the M current [1/ms] at v [mV]; its time constant peaks near ``tau_max``/3.6 [ms].

    p∞ = 1/(1 + x⁻²) and τ = tau_max/(3.3 x + 1/x), with x = e^((v + 35)/20): one exponential and one division,
    α = x² β and β = (3.3 x² + 1)/((x² + 1) x tau_max).
    """
    x = at_least(capped_exponential((v + 35.0) * (1.0 / 20.0), LARGEST_POWER), math.exp(-LARGEST_POWER))
    square = x * x
    closing = quotient(3.3 * square + 1.0, tau_max * (square + 1.0) * x)
    return square * closing, closing


def q_rates(v: Array) -> tuple[Array, Array]:
    """Activation of the high-threshold calcium current [1/ms] at v [mV] (Reuveni et al. 1993)."""
    return 0.055 * 3.8 * linoid(v, -27.0, 3.8), 0.94 * exponential(v, -75.0, -17.0)


def r_rates(v: Array) -> tuple[Array, Array]:
    """Inactivation of the high-threshold calcium current [1/ms] at v [mV] (Reuveni et al. 1993)."""
    return 0.000457 * exponential(v, -13.0, -50.0), 0.0065 * sigmoid(v, -15.0, 28.0)


def u_rates(v: Array) -> tuple[Array, Array]:
    """Inactivation of the low-threshold calcium current [1/ms] at v [mV] and 24 °C (Huguenard & McCormick 1992).

    τ = 30.8 + (211.4 + e^((v + 113.2)/5)) / (1 + e^((v + 84)/3.2)), as in the authors' published code. The
    typeset formula of the paper has 30.8 inside the fraction, which would give τ = 0 for depolarised membranes.
    """
    tau = 30.8 + (211.4 + exponential(v, -113.2, 5.0)) * sigmoid(v, -84.0, -3.2)
    return rates(sigmoid(v, -81.0, -4.0), tau)


@pytree
class Sodium(Gated):
    """Fast sodium, i = g m³ h (v − e)."""

    g: Parameter = conductance(50.0)  # mS/cm²
    e: Parameter = potential(50.0)  # mV
    v_t: Parameter = potential(-55.0)  # mV, shifts the spike threshold
    shift_m: Parameter = potential(0.0)  # mV, shifts activation only
    shift_h: Parameter = potential(0.0)  # mV, shifts inactivation only
    speed_m: Parameter = factor(1.0)
    speed_h: Parameter = factor(1.0)
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(36.0)  # °C
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of m and h."""
        warm = q10_factor(env.celsius, self.measured_at, self.q10)
        v = v - self.v_t
        return {
            "m": scaled(m_rates(v - self.shift_m), warm * self.speed_m),
            "h": scaled(h_rates(v - self.shift_h), warm * self.speed_h),
        }

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        m = gates["m"]
        return self.g * (m * m * m) * gates["h"] * (v - self.e)


@pytree
class Potassium(Gated):
    """Delayed rectifier (Kd), i = g n⁴ (v − e)."""

    g: Parameter = conductance(5.0)  # mS/cm²
    e: Parameter = potential(-100.0)  # mV
    v_t: Parameter = potential(-55.0)  # mV
    shift: Parameter = potential(0.0)  # mV
    speed: Parameter = factor(1.0)
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(36.0)  # °C
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of n."""
        speed = self.speed * q10_factor(env.celsius, self.measured_at, self.q10)
        return {"n": scaled(n_rates(v - self.v_t - self.shift), speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        n2 = gates["n"] * gates["n"]
        return self.g * (n2 * n2) * (v - self.e)


@pytree
class M(Gated):
    """Slow potassium current of spike-frequency adaptation, i = g p (v − e) (Yamada et al. 1989)."""

    g: Parameter = conductance(0.07)  # mS/cm²
    e: Parameter = potential(-100.0)  # mV
    tau_max: Parameter = timescale(1000.0)  # ms
    shift: Parameter = potential(0.0)  # mV
    q10: Parameter = factor(2.3)
    measured_at: Parameter = temperature(36.0)  # °C
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of p."""
        warm = q10_factor(env.celsius, self.measured_at, self.q10)
        return {"p": scaled(p_rates(v - self.shift, self.tau_max), warm)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * gates["p"] * (v - self.e)


@pytree
class CalciumL(Gated):
    """High-threshold calcium current, i = g q² r (v − e), at its rates of 36 °C."""

    g: Parameter = conductance(0.17)  # mS/cm²
    e: Parameter = potential(120.0)  # mV
    shift: Parameter = potential(0.0)  # mV
    speed: Parameter = factor(1.0)
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of q and r."""
        v = v - self.shift
        return {"q": scaled(q_rates(v), self.speed), "r": scaled(r_rates(v), self.speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * gates["q"] * gates["q"] * gates["r"] * (v - self.e)


@pytree
class CalciumT(Gated):
    """Low-threshold calcium current with instantaneous activation, i = g s∞(v)² u (v − e)."""

    g: Parameter = conductance(0.4)  # mS/cm²
    e: Parameter = potential(120.0)  # mV
    shift: Parameter = potential(-2.0)  # mV; the paper's V_x = 2 mV, for 2 mM of calcium outside, is a shift of −2
    speed: Parameter = factor(1.0)
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(24.0)  # °C

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of u."""
        speed = self.speed * q10_factor(env.celsius, self.measured_at, self.q10)
        return {"u": scaled(u_rates(v - self.shift), speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        s = sigmoid(v - self.shift, -57.0, 6.2)
        return self.g * jnp.square(s) * gates["u"] * (v - self.e)
