"""The problem that a fit solved, and its linearisation: residuals and sensitivities of the free-running model."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ... import integrators, pytrees
from ...compilation import host_jit
from ...pytrees import strong
from ..problem.initial_state import start_of
from ..problem.parameters import Free, free, paths
from ..problem.problem import Problem, voltages
from ..problem.target import target
from ..result import Fit


@dataclasses.dataclass(frozen=True)
class Linearisation:
    """The free-running model (κ = 0) about a place: v(place + δ) ≈ v + slopes δ.

    Attributes:
        place: [parameter], from 0 at the lower bound to 1 at the upper one.
        residuals: model − recording [sweep, time], mV.
        slopes: dv/dplace [sweep, time, parameter], mV per distance between the bounds.
        interval: between samples, ms.
    """

    place: np.ndarray
    residuals: np.ndarray
    slopes: np.ndarray
    interval: float

    @property
    def samples(self) -> int:
        """The number of residuals."""
        return self.residuals.size


def check_fit(fit: object) -> None:
    """Check that the argument is the result of a fit.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(fit, Fit):
        raise ValueError(f"fit must be a Fit, as membrax.fit returns, got {type(fit).__name__}")


def is_least_squares(fit: Fit) -> bool:
    """Whether the fit minimised the voltage's mean squared error, and no spike score and no custom loss."""
    return fit.loss_name.startswith("mean squared error")


def fitted_problem(fit: Fit) -> Problem:
    """The problem that a fit solved: its cell, training sweeps and their start, bounds, step and integrator.

    A fit whose settings name no step or integrator is assumed to have used the defaults.
    """
    dt, name = fit.settings.get("dt"), str(fit.settings.get("integrator", "staggered"))
    integrator = getattr(integrators, name)
    integrators.check_integrator(integrator)
    recorded = target(fit.data, fit.sweeps, dt, start_of(fit.initial_state, fit.cell, fit.data))
    return Problem(strong(fit.cell), recorded, free(fit.cell, fit.bounds), integrator)


def best_place(fit: Fit, free: Free) -> np.ndarray:
    """The fit's best values as a place [parameter]."""
    return free.place(np.array([fit.values[name] for name in free.names]))


def units_of(fit: Fit) -> dict[str, str]:
    """{path: unit}; of tied parameters, the unit of the first."""
    leaves = pytrees.leaves(fit.cell)
    first = {name: paths(name)[0].removeprefix("channels.") for name in fit.values}
    return {name: leaves[path].metadata.get("unit", "") for name, path in first.items()}


def linearise(place: ArrayLike, problem: Problem) -> Linearisation:
    """The model's voltage and its forward sensitivities at a place [parameter], at every sample.

    The memory is that of the recording times the number of parameters.
    """
    v, slopes = _voltages_and_slopes(jnp.asarray(place, dtype=float), problem)
    residuals = np.asarray(v, dtype=np.float64) - np.asarray(problem.data.v, dtype=np.float64)
    return Linearisation(
        np.asarray(place, dtype=np.float64), residuals, np.asarray(slopes, dtype=np.float64), problem.data.interval
    )


@host_jit
def _voltages_and_slopes(place: Array, problem: Problem) -> tuple[Array, Array]:
    def both(place: Array) -> tuple[Array, Array]:
        v = voltages(place, problem)
        return v, v

    slopes, v = jax.jacfwd(both, has_aux=True)(place)
    return v, slopes
