"""One step of one neuron: `staggered` (the default, order 2), `exponential_euler`, `runge_kutta`."""

from .exponential_euler import exponential_euler
from .integrator import Integrator, check_integrator
from .runge_kutta import runge_kutta
from .staggered import staggered

rk4 = runge_kutta

__all__ = ["Integrator", "check_integrator", "exponential_euler", "rk4", "runge_kutta", "staggered"]
