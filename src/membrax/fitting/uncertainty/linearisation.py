"""A fit as the problem it solved, and its straight-line approximation there: residuals and sensitivities."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import integrators, pytrees
from ...compilation import host_jit
from ...pytrees import strong
from ..problem.parameters import Free, free, paths
from ..problem.problem import Problem, voltages
from ..problem.target import target
from ..result import Fit


@dataclasses.dataclass(frozen=True)
class Linear:
    """The free-running model (κ = 0) about a place, as a straight line: v(place + δ) ≈ v + slopes δ.

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
        """How many residuals there are."""
        return self.residuals.size


def check_fit(found: Any) -> None:
    """Refuse what is no fit, or one without parameters.

    Raises:
        ValueError: says what it is.
    """
    if not isinstance(found, Fit):
        raise ValueError(f"found must be a Fit, as membrax.fit returns, got {type(found).__name__}")


def is_least_squares(found: Fit) -> bool:
    """Whether the fit minimised the voltage's mean squared error, and no spike score and no loss of one's own."""
    return found.loss_name.startswith("mean squared error")


def problem_of(found: Fit) -> Problem:
    """The problem that a fit solved: its cell, sweeps, bounds, step and integrator.

    A fit whose settings name no step or integrator is taken to have had the defaults.
    """
    dt, name = found.settings.get("dt"), found.settings.get("integrator", "staggered")
    scheme = getattr(integrators, str(name), None)
    integrators.check_integrator(scheme)
    return Problem(strong(found.cell), target(found.data, found.sweeps, dt), free(found.cell, found.bounds), scheme)


def place_of(found: Fit, free: Free) -> np.ndarray:
    """The fit's best values as a place [parameter]."""
    return free.place(np.array([found.values[name] for name in free.names]))


def units_of(found: Fit) -> dict[str, str]:
    """{path: unit}, of tied ones that of the first."""
    leaves = pytrees.leaves(found.cell)
    first = {name: paths(name)[0].removeprefix("channels.") for name in found.values}
    return {name: leaves[path].metadata.get("unit", "") for name, path in first.items()}


def linear(place: Any, problem: Problem) -> Linear:
    """The model's voltage and its forward sensitivities at a place [parameter], every sample kept.

    Memory is that of the recording times the number of parameters.
    """
    v, slopes = _voltages_and_slopes(jnp.asarray(place, dtype=float), problem)
    residuals = np.asarray(v, dtype=np.float64) - np.asarray(problem.data.v, dtype=np.float64)
    return Linear(
        np.asarray(place, dtype=np.float64), residuals, np.asarray(slopes, dtype=np.float64), problem.data.interval
    )


@host_jit
def _voltages_and_slopes(place: Array, problem: Problem) -> tuple[Array, Array]:
    def both(place: Array) -> tuple[Array, Array]:
        v = voltages(place, problem)
        return v, v

    slopes, v = jax.jacfwd(both, has_aux=True)(place)
    return v, slopes
