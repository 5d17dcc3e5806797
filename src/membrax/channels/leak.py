"""The passive leak."""

from __future__ import annotations

from jax import Array

from ..pytrees import pytree
from ..units import conductance, potential
from .channel import Env, Gates


@pytree
class Leak:
    """A conductance that is always open, i = g (v − e)."""

    g: Array = conductance(0.3)  # mS/cm²
    e: Array = potential(-54.387)  # mV
    ohmic = True

    def init(self, v: Array, env: Env) -> Gates:
        """No gates."""
        return {}

    def advance(self, gates: Gates, v: Array, dt: Array, env: Env) -> Gates:
        """Nothing moves."""
        return gates

    def current(self, gates: Gates, v: Array, env: Env) -> Array:
        """Current density [µA/cm²]."""
        return self.g * (v - self.e)
