"""The starts of a fit that do equally well: how far apart they are, and how far apart their predictions."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...compilation import host_jit
from ..problem.problem import Problem, voltages
from ..problem.target import target
from ..result import Fit
from .linearisation import check_fit, problem_of

SPIKE_SCORE_RATIO = 1.1  # spike scores have no distribution: within a tenth of the best is as good
TOGETHER = 8  # members in one simulation
CROSSING = 0.0  # mV, upwards, is a spike


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """Starts that fit equally well.

    Attributes:
        starts: their numbers among all starts, best first.
        loss: [member].
        values: {path: [member]}.
        tolerance: the largest loss over the best that counts as equal.
        told: where the tolerance comes from, in words.
    """

    starts: np.ndarray
    loss: np.ndarray
    values: dict[str, np.ndarray]
    tolerance: float
    told: str

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def spread(self) -> dict[str, tuple[float, float]]:
        """{path: (lowest, highest)} over the members."""
        return {path: (float(x.min()), float(x.max())) for path, x in self.values.items()}


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What several cells predict under every sweep's current.

    Attributes:
        low, high: the lowest and highest voltage of all of them [sweep, time], mV.
        spikes: [member, sweep].
        spread: root mean square distance of the members from their mean [sweep], mV.
        finite: [member]; members that diverged are left out of the others.
    """

    low: np.ndarray
    high: np.ndarray
    spikes: np.ndarray
    spread: np.ndarray
    finite: np.ndarray


def ensemble(found: Fit, tolerance: float | None = None, *, told: str = "as asked for") -> Ensemble:
    """The starts whose loss is at most ``tolerance`` times the best.

    Args:
        found: from `membrax.fit`.
        tolerance: at least 1; None is 1.1, which is a convention and no test: `uncertainty` takes the F test's.
        told: where it comes from.

    Raises:
        ValueError: no fit, or a tolerance below 1.
    """
    check_fit(found)
    if tolerance is None:
        tolerance, told = SPIKE_SCORE_RATIO, "by convention"
    if not (np.isfinite(tolerance) and tolerance >= 1.0):
        raise ValueError(f"tolerance must be a ratio of losses of at least 1, got {tolerance!r}")
    loss = np.asarray(found.starts.loss, dtype=float)
    best = float(np.min(loss))
    # A spike score may be 0, of which every multiple is 0.
    order = np.argsort(loss, kind="stable")
    chosen = order[loss[order] <= best * tolerance]
    values = {path: np.asarray(x, dtype=float)[chosen] for path, x in found.starts.values.items()}
    return Ensemble(chosen, loss[chosen], values, float(tolerance), told)


def likelihood_ratio(parameters: int, freedom: float, inflation: float, level: float) -> float:
    """The loss over the best inside the joint confidence region of all parameters: 1 + p/ν F(p, ν) (Beale 1960).

    Where residuals are correlated the excess is as many times larger as they inflate the covariance.
    """
    from scipy.special import fdtri

    return float(1.0 + inflation * parameters / freedom * fdtri(parameters, freedom, level))


def predictions(found: Fit, values: dict[str, Any]) -> Predictions:
    """Simulate cells with those values of the free parameters under every sweep's current.

    Args:
        found: the fit they belong to; its recording, step and integrator are used.
        values: {path: [member]}, such as an ensemble's or a posterior's.

    Raises:
        ValueError: no fit, values of other parameters than the fit's, or of different lengths.
    """
    check_fit(found)
    problem = problem_of(found)
    places = problem.free.place(_together(values, problem.free.names))
    problem = dataclasses.replace(problem, data=target(found.data, range(found.data.sweeps), found.settings.get("dt")))
    parts = [places[k : k + TOGETHER] for k in range(0, len(places), TOGETHER)]
    # The last part is filled up, so that one program serves all.
    filled = [np.concatenate([part, np.repeat(part[-1:], min(TOGETHER, len(places)) - len(part), 0)]) for part in parts]
    v = np.concatenate([np.asarray(_voltages(jnp.asarray(part, dtype=float), problem)) for part in filled])
    return _summary(v[: len(places)])


@host_jit
def _voltages(places: Array, problem: Problem) -> Array:
    return jax.vmap(lambda place: voltages(place, problem))(places)


def _together(values: dict[str, Any], names: tuple[str, ...]) -> np.ndarray:
    """[member, parameter].

    Raises:
        ValueError: see `predictions`.
    """
    if set(values) != set(names):
        raise ValueError(f"values must be those of {', '.join(names)}, got {', '.join(values)}")
    arrays = [np.atleast_1d(np.asarray(values[name], dtype=float)) for name in names]
    if len({array.shape for array in arrays}) > 1 or arrays[0].ndim > 1 or not arrays[0].size:
        raise ValueError(f"values must be arrays [member] of one length, got {[array.shape for array in arrays]}")
    return np.stack(arrays, axis=-1)


def _summary(v: np.ndarray) -> Predictions:
    finite = np.all(np.isfinite(v), axis=(1, 2))
    spikes = np.sum((v[..., :-1] < CROSSING) & (v[..., 1:] >= CROSSING), axis=-1)
    seen = v[finite] if finite.any() else np.full_like(v[:1], np.nan)
    spread = np.sqrt(np.mean(np.var(seen, axis=0), axis=-1))
    return Predictions(seen.min(axis=0), seen.max(axis=0), spikes, spread, finite)
