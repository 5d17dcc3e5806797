"""The passive leak."""

from __future__ import annotations

from jax import Array

from ..pytrees import pytree
from ..typing import Gates, Parameter
from ..units import conductance, potential
from .channel import Env, Ungated


@pytree
class Leak(Ungated):
    """A constant conductance, i = g (v − e)."""

    g: Parameter = conductance(0.3)  # mS/cm²
    e: Parameter = potential(-54.387)  # mV
    ohmic = True

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * (v - self.e)
