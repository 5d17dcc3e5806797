"""One step of one neuron: `staggered` (the default, order 2), `exponential_euler`, `runge_kutta`."""

from .exponential_euler import exponential_euler
from .integrator import Integrator
from .runge_kutta import runge_kutta
from .staggered import staggered

rk4 = runge_kutta

__all__ = ["Integrator", "exponential_euler", "rk4", "runge_kutta", "staggered"]
