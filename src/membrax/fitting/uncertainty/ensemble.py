"""The starts of a fit that are equally good, their spread, and the spread of their predictions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from ...checks import finite_number
from ...compilation import host_jit
from ...ephys.threshold import upward_crossings
from ..problem.initial_state import start_of
from ..problem.problem import voltages
from ..problem.target import target
from ..result import Fit
from .linearisation import check_fit, fitted_problem

SPIKE_SCORE_RATIO = 1.1  # spike scores have no known distribution: within a tenth of the best counts as equal
TOGETHER = 8  # members in one simulation
CROSSING = 0.0  # mV, upwards, is a spike of a model

_voltages_of_members = host_jit(jax.vmap(voltages, in_axes=(0, None)))


@dataclasses.dataclass(frozen=True)
class Ensemble:
    """Starts that fit equally well.

    Attributes:
        starts: their numbers among all starts, best first.
        loss: [member].
        values: {path: [member]}.
        tolerance: the largest loss over the best loss that counts as equal.
        criterion: the origin of the tolerance, in words.
    """

    starts: np.ndarray
    loss: np.ndarray
    values: dict[str, np.ndarray]
    tolerance: float
    criterion: str

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def spread(self) -> dict[str, tuple[float, float]]:
        """{path: (lowest, highest)} over the members."""
        return {path: (float(x.min()), float(x.max())) for path, x in self.values.items()}


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Predictions of several cells under every sweep's current.

    Attributes:
        low: the lowest voltage of all cells [sweep, time], mV.
        high: the highest voltage [sweep, time], mV.
        spikes: spike counts [member, sweep].
        spread: root mean square distance of the members from their mean [sweep], mV.
        finite: [member]; members that diverged are left out of low, high and spread.
    """

    low: np.ndarray
    high: np.ndarray
    spikes: np.ndarray
    spread: np.ndarray
    finite: np.ndarray


def ensemble(fit: Fit, tolerance: float | None = None, *, criterion: str = "as requested") -> Ensemble:
    """The starts whose loss is at most ``tolerance`` times the best loss.

    Args:
        fit: from `membrax.fit`.
        tolerance: at least 1; None is 1.1, which is a convention and no test. `assess` uses that of the F test.
        criterion: the origin of the tolerance, in words.

    Raises:
        ValueError: no fit, or a tolerance below 1.
    """
    check_fit(fit)
    if tolerance is None:
        tolerance, criterion = SPIKE_SCORE_RATIO, "by convention"
    tolerance = finite_number(tolerance, "tolerance (loss over the best loss)", at_least=1.0)
    loss = np.asarray(fit.starts.loss, dtype=float)
    best = float(np.min(loss))
    # A spike score may be 0, of which every multiple is 0.
    order = np.argsort(loss, kind="stable")
    chosen = order[loss[order] <= best * tolerance]
    values = {path: np.asarray(x, dtype=float)[chosen] for path, x in fit.starts.values.items()}
    return Ensemble(chosen, loss[chosen], values, tolerance, criterion)


def likelihood_ratio(parameters: int, freedom: float, inflation: float, level: float) -> float:
    """The loss over the best loss at the edge of the joint confidence region: 1 + p/ν F(p, ν) (Beale 1960).

    Where residuals are correlated the excess is larger by the inflation of the covariance.
    """
    from scipy.special import fdtri

    return float(1.0 + inflation * parameters / freedom * fdtri(parameters, freedom, level))


def predictions(fit: Fit, values: Mapping[str, ArrayLike]) -> Predictions:
    """Simulate cells with these values of the free parameters under every sweep's current.

    Args:
        fit: whose recording, step and integrator are used.
        values: {path: [member]}, such as an ensemble's or a posterior's.

    Raises:
        ValueError: no fit, values of other parameters than the fit's, or of different lengths.
    """
    check_fit(fit)
    problem = fitted_problem(fit)
    places = problem.free.place(_stacked(values, problem.free.names))
    start = start_of(fit.initial_state, fit.cell, fit.data)
    data = target(fit.data, range(fit.data.sweeps), fit.settings.get("dt"), start)
    problem = dataclasses.replace(problem, data=data)
    parts = [places[k : k + TOGETHER] for k in range(0, len(places), TOGETHER)]
    # The last part is filled up, so that one program serves all.
    filled = [np.concatenate([part, np.repeat(part[-1:], min(TOGETHER, len(places)) - len(part), 0)]) for part in parts]
    v = [np.asarray(_voltages_of_members(jnp.asarray(part, dtype=float), problem)) for part in filled]
    return _summary(np.concatenate(v)[: len(places)])


def _stacked(values: Mapping[str, ArrayLike], names: tuple[str, ...]) -> np.ndarray:
    """The values as one array [member, parameter].

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
    """The predictions of voltages [member, sweep, time]."""
    finite = np.all(np.isfinite(v), axis=(1, 2))
    spikes = np.sum(upward_crossings(v, CROSSING), axis=-1)
    kept = v[finite] if finite.any() else np.full_like(v[:1], np.nan)
    spread = np.sqrt(np.mean(np.var(kept, axis=0), axis=-1))
    return Predictions(kept.min(axis=0), kept.max(axis=0), spikes, spread, finite)
