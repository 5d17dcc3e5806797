"""Sodium and potassium currents with slow inactivation over many spikes, as in cortical pyramidal cells.

The fast gates are those of Traub in the form of Pospischil et al. (2008, Biol Cybern 99:427–441). One more gate, from 1
(no inactivation) to 0, closes during depolarisation and recovers between spikes. For sodium it lowers later spikes and
raises their threshold (Fleidervish, Friedman & Gutnick 1996, J Physiol 493:83–97); for potassium it broadens them
(Korngreen & Sakmann 2000, J Physiol 525:621–639; Kole, Letzkus & Stuart 2007, Neuron 55:633–647). Both have the
simplest such kinetics: one closing rate, one recovery rate, and the potential of the transition between the two. A fit
determines the numbers from data; the defaults have the magnitude that the papers report.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..laws.gating import q10_factor, sigmoid
from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import factor, potential, timescale
from .channel import Env, GateRates, scaled
from .pospischil import Potassium, Sodium


def slow_rates(
    v: Array, half: Parameter, slope: Parameter, closing: Parameter, recovery: Parameter
) -> tuple[Array, Array]:
    """Recovery and closing rate [1/ms] at v [mV] of a gate that is open at rest.

    α = (1 − σ)/recovery, β = σ/closing with σ = 1/(1 + e^(−(v − half)/slope)); times in ms.
    """
    depolarised = sigmoid(v, half, slope)
    return (1.0 - depolarised) / recovery, depolarised / closing


@pytree
class SlowSodium(Sodium):
    """Fast sodium with slow inactivation, i = g m³ h s (v − e)."""

    half_s: Parameter = potential(-30.0)  # mV, above which s closes
    slope_s: Parameter = potential(6.0)  # mV
    closing_s: Parameter = timescale(20.0)  # ms
    recovery_s: Parameter = timescale(200.0)  # ms

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of m, h and s."""
        slow = slow_rates(v, self.half_s, self.slope_s, self.closing_s, self.recovery_s)
        warm = q10_factor(env.celsius, self.measured_at, self.q10)
        return {**super().rates(v, env), "s": scaled(slow, warm)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        m = gates["m"]
        return self.g * (m * m * m) * gates["h"] * gates["s"] * (v - self.e)


@pytree
class SlowPotassium(Potassium):
    """Delayed rectifier with partial inactivation, i = g n⁴ (1 − part + part l) (v − e)."""

    e: Parameter = potential(-90.0)  # mV
    part: Parameter = factor(0.5)  # the fraction that can inactivate, 0 to 1
    half_l: Parameter = potential(-30.0)  # mV, above which l closes
    slope_l: Parameter = potential(6.0)  # mV
    closing_l: Parameter = timescale(10.0)  # ms
    recovery_l: Parameter = timescale(100.0)  # ms

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of n and l."""
        slow = slow_rates(v, self.half_l, self.slope_l, self.closing_l, self.recovery_l)
        warm = q10_factor(env.celsius, self.measured_at, self.q10)
        return {**super().rates(v, env), "l": scaled(slow, warm)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        n2 = jnp.square(gates["n"])
        available = 1.0 - self.part * (1.0 - gates["l"])
        return self.g * (n2 * n2) * available * (v - self.e)
