"""Schemes for one step of one neuron: `staggered` (the default, order 2), `exponential_euler`, `runge_kutta`.

Only `staggered` supports trees; it chooses between `hines` and `matrix_exponential` by size and device (see `trees`).
"""

from .exponential_euler import exponential_euler
from .integrator import Integrator, check_integrator
from .runge_kutta import runge_kutta
from .staggered import for_population, hines, matrix_exponential, staggered

rk4 = runge_kutta

__all__ = [
    "Integrator",
    "check_integrator",
    "exponential_euler",
    "for_population",
    "hines",
    "matrix_exponential",
    "rk4",
    "runge_kutta",
    "staggered",
]
