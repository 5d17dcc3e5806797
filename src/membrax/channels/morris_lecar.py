"""Calcium and potassium of the barnacle muscle fibre (Morris & Lecar 1981, Biophys J 35:193–213).

Calcium activates instantaneously; potassium relaxes to w∞ at the rate φ cosh((v − half)/(2 scale)) (their eqs 1–2 and
6–9, in the reduced form). Parameters are those of the two-variable form in Rinzel & Ermentrout (1998), Hopf case. The
papers give no temperature dependence, so there is no Q10.
"""

from __future__ import annotations

from jax import Array

from ..laws.gating import exponential, sigmoid
from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import conductance, parameter, potential
from .channel import Env, Gated, GateRates, Ungated


def open_fraction(v: Array, half: Parameter, scale: Parameter) -> Array:
    """(1 + tanh((v − half)/scale))/2, which is 1/(1 + e^(−2(v − half)/scale)); v, half and scale in mV."""
    return sigmoid(v, half, 0.5 * scale)


def w_rates(v: Array, half: Parameter, scale: Parameter, phi: Parameter) -> tuple[Array, Array]:
    """Opening and closing rate of w [1/ms] at v [mV]: φ cosh((v − half)/(2 scale)) times w∞ and 1 − w∞."""
    rate = 0.5 * phi * (exponential(v, half, 2.0 * scale) + exponential(v, half, -2.0 * scale))
    return rate * open_fraction(v, half, scale), rate * open_fraction(v, half, -scale)


@pytree
class Calcium(Ungated):
    """Calcium with instantaneous activation, i = g m∞(v) (v − e): m has no state."""

    g: Parameter = conductance(4.4)  # mS/cm²
    e: Parameter = potential(120.0)  # mV
    half: Parameter = potential(-1.2)  # mV, V1
    scale: Parameter = parameter(18.0, "mV", above=0.0)  # mV, V2

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * open_fraction(v, self.half, self.scale) * (v - self.e)


@pytree
class Potassium(Gated):
    """Slow potassium, i = g w (v − e)."""

    g: Parameter = conductance(8.0)  # mS/cm²
    e: Parameter = potential(-84.0)  # mV
    half: Parameter = potential(2.0)  # mV, V3
    scale: Parameter = parameter(30.0, "mV", above=0.0)  # mV, V4
    phi: Parameter = parameter(0.04, "1/ms", above=0.0)  # 1/ms
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of w."""
        return {"w": w_rates(v, self.half, self.scale, self.phi)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * gates["w"] * (v - self.e)
