"""The persistent sodium current of pyramidal cells, which opens below spike threshold and does not inactivate.

It is a hundredth or less of the transient sodium current, but it bends the steady current–voltage relation below
threshold (Stafstrom, Schwindt & Crill 1982, Brain Res 236:221–226), and thereby sets the rheobase for steady or slowly
rising currents. The activation is that of principal neurons of entorhinal layer II (Magistretti & Alonso 1999, J Gen
Physiol 114:491–509): half at −52.6 mV, slope 4.6 mV. Its time constant of 1 ms stands for an activation faster than the
charging of the membrane. Its inactivation takes seconds and is left out.
"""

from __future__ import annotations

from jax import Array

from ..laws.gating import q10_factor, rates, sigmoid
from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import conductance, factor, potential, temperature, timescale
from .channel import Env, Gated, GateRates, scaled


@pytree
class PersistentSodium(Gated):
    """Sodium that does not inactivate, i = g p (v − e)."""

    g: Parameter = conductance(0.01)  # mS/cm²
    e: Parameter = potential(50.0)  # mV
    half: Parameter = potential(-52.6)  # mV, at which p is half open
    slope: Parameter = potential(4.6)  # mV
    tau: Parameter = timescale(1.0)  # ms
    q10: Parameter = factor(3.0)
    measured_at: Parameter = temperature(36.0)  # °C, at which tau holds
    ohmic = True

    def rates(self, v: Array, env: Env) -> GateRates:
        """α and β [1/ms] of p: p∞ = 1/(1 + e^(−(v − half)/slope))."""
        warm = q10_factor(env.celsius, self.measured_at, self.q10)
        return {"p": scaled(rates(sigmoid(v, self.half, self.slope), self.tau), warm)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * gates["p"] * (v - self.e)
