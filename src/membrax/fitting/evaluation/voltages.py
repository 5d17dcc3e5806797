"""The voltage of a model under the currents of a recording."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...cell import Cell
from ...integrators import Integrator
from ...recordings import Recording
from ..problem.parameters import Free
from ..problem.problem import Problem, voltages
from ..problem.target import target


def model_voltages(cell: Cell, data: Recording, integrator: Integrator, dt: float | None = None) -> np.ndarray:
    """The cell's voltage [sweep, time] in mV under each sweep's current, from rest under its holding current.

    Args:
        cell: the model.
        data: the recording, of which only the currents are used.
        integrator: see `membrax.integrators`.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
    """
    nothing = Free((), (), (), ())
    return np.asarray(_voltages(Problem(cell, target(data, range(data.sweeps), dt), nothing, integrator)))


@jax.jit
def _voltages(problem: Problem) -> Array:
    return voltages(jnp.zeros((0,)), problem)
