"""Sodium and potassium of a fast hippocampal interneuron (Wang & Buzsáki 1996, J Neurosci 16:6402–6413).

Sodium activation is instantaneous, m = m∞(v). φ = 5 of the paper is the default of ``speed``. The paper states no
temperature, so there is no Q10.
"""

from __future__ import annotations

from jax import Array

from ..laws.gating import exponential, linoid, sigmoid, steady_state
from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import conductance, factor, potential
from .channel import Env, Gated, GateRates, scaled


def m_rates(v: Array) -> tuple[Array, Array]:
    """Opening and closing rate of sodium activation [1/ms] at v [mV]; only their ratio matters."""
    return linoid(v, -35.0, 10.0), 4.0 * exponential(v, -60.0, -18.0)


def h_rates(v: Array) -> tuple[Array, Array]:
    """Rates of removal and onset of sodium inactivation [1/ms] at v [mV], before φ."""
    return 0.07 * exponential(v, -58.0, -20.0), sigmoid(v, -28.0, 10.0)


def n_rates(v: Array) -> tuple[Array, Array]:
    """Opening and closing rate of potassium activation [1/ms] at v [mV], before φ."""
    return 0.1 * linoid(v, -34.0, 10.0), 0.125 * exponential(v, -44.0, -80.0)


@pytree
class Sodium(Gated):
    """Fast sodium with instantaneous activation, i = g m∞(v)³ h (v − e)."""

    g: Parameter = conductance(35.0)  # mS/cm²
    e: Parameter = potential(55.0)  # mV
    shift: Parameter = potential(0.0)  # mV, moves every rate along the voltage axis
    speed: Parameter = factor(5.0)  # φ, scales the rates of h

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of h."""
        return {"h": scaled(h_rates(v - self.shift), self.speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        m = steady_state(*m_rates(v - self.shift))
        return self.g * (m * m * m) * gates["h"] * (v - self.e)


@pytree
class Potassium(Gated):
    """Delayed rectifier, i = g n⁴ (v − e)."""

    g: Parameter = conductance(9.0)  # mS/cm²
    e: Parameter = potential(-90.0)  # mV
    shift: Parameter = potential(0.0)  # mV
    speed: Parameter = factor(5.0)  # φ
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of n."""
        return {"n": scaled(n_rates(v - self.shift), self.speed)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        n2 = gates["n"] * gates["n"]
        return self.g * (n2 * n2) * (v - self.e)
