"""The voltage of a model under the currents of a recording."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...cell import Cell
from ...integrators import Integrator
from ...recordings import Recording
from ..problem.initial_state import InitialState, start_of
from ..problem.parameters import Free
from ..problem.problem import Problem, voltages
from ..problem.target import target


def model_voltages(
    cell: Cell, data: Recording, integrator: Integrator, dt: float | None = None, initial_state: InitialState = "rest"
) -> np.ndarray:
    """The cell's voltage [sweep, time] in mV under each sweep's current, by default from rest under the holding one.

    Args:
        cell: the model.
        data: the recording, of which the currents are used, and the first potentials for "recorded".
        integrator: see `membrax.integrators`.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
        initial_state: in which the sweeps begin, as in `membrax.fit`.
    """
    nothing = Free((), (), (), ())
    recorded = target(data, range(data.sweeps), dt, start_of(initial_state, cell, data))
    return np.asarray(_voltages(Problem(cell, recorded, nothing, integrator)))


@jax.jit
def _voltages(problem: Problem) -> Array:
    return voltages(jnp.zeros((0,)), problem)
