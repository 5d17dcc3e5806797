"""The persistent sodium current of pyramidal cells, which opens below the threshold of spikes and stays open.

It is small beside the transient sodium current, a hundredth and less, but bends the steady relation of voltage and
current below threshold (Stafstrom, Schwindt & Crill 1982, Brain Res 236:221–226), and so decides at which steady or
slowly growing current a cell begins to fire. Activation as measured in principal neurons of entorhinal layer II by
Magistretti & Alonso (1999, J Gen Physiol 114:491–509): half at −52.6 mV, slope 4.6 mV. It opens faster than the
membrane charges; 1 ms stands for that. Its inactivation, which takes seconds, is left out.
"""

from __future__ import annotations

from jax import Array

from ..laws.gating import q10_factor, rates, sigmoid
from ..pytrees import pytree
from ..units import conductance, factor, potential, temperature, timescale
from .channel import Env, Gated, Gates, scaled


@pytree
class PersistentSodium(Gated):
    """Sodium that does not inactivate, i = g p (v − e)."""

    g: Array = conductance(0.01)  # mS/cm²
    e: Array = potential(50.0)  # mV
    half: Array = potential(-52.6)  # mV, at which p is half open
    slope: Array = potential(4.6)  # mV
    tau: Array = timescale(1.0)  # ms
    q10: Array = factor(3.0)
    measured_at: Array = temperature(36.0)  # °C, at which tau holds
    ohmic = True

    def rates(self, v: Array, env: Env) -> dict[str, tuple[Array, Array]]:
        """α and β [1/ms] of p: p∞ = 1/(1 + e^(−(v − half)/slope))."""
        warm = q10_factor(env.celsius, self.measured_at, self.q10)
        return {"p": scaled(rates(sigmoid(v, self.half, self.slope), self.tau), warm)}

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * gates["p"] * (v - self.e)
