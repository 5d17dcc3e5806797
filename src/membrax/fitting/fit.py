"""Fit the free parameters of a cell to recorded sweeps."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ..cell import Cell
from ..cell_checks import check_cell, check_parameters
from ..ephys.preprocess import Preprocessed
from ..integrators import Integrator, check_integrator, staggered
from ..probes import whole
from ..pytrees import strong
from ..recordings import Recording, check_recording
from ..recordings.sweeps import choose_sweeps
from ..simulate import check_single
from ..stimuli import Stimulus
from ..version import __version__
from .evaluation.compare import Comparison, compare, model_voltages
from .optimisers.adam import Adam
from .optimisers.cmaes import CMAES
from .optimisers.driver import Limit, search_for
from .optimisers.levenberg_marquardt import LevenbergMarquardt
from .problem.parameters import Free, free, paths
from .problem.problem import Problem
from .problem.sensitivities import choose
from .problem.target import target
from .result import Fit, Starts
from .scores.online import spike_scores

if TYPE_CHECKING:
    from .recipe.sweep_selection import SweepSelection

FEW = 16  # free parameters up to which Gauss–Newton steps are worth their sensitivities
METHODS = ("levenberg", "adam", "evolution")


def fit(
    cell: Cell,
    bounds: Mapping[str, tuple[float, float]],
    data: Recording,
    sweeps: Any = None,
    *,
    starts: int | None = None,
    seed: int = 0,
    method: str | None = None,
    loss: Any = None,
    iterations: int | None = None,
    dt: float | None = None,
    integrator: Integrator = staggered,
    ad_mode: str | None = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    max_seconds: float | None = None,
) -> Fit:
    """Fit a cell to some sweeps of a recording, from many starts, and predict the others.

    Each sweep begins at rest under its own holding current. Any leaf may be free: conductances, reversals,
    capacitance, shifts, time scales; "na.v_t, kd.v_t" moves two as one. Bounds that are positive and span a decade
    are searched on a logarithmic scale.

    Args:
        cell: the model; what is not free stays as it is.
        bounds: {path: (low, high)} in the parameters' units.
        data: the recording; a current in nA flows into ``cell.area``, or into the soma of a tree, which is recorded.
        sweeps: which to fit, by default all.
        starts: random starts between the bounds; by default 64, and 4 for "evolution".
        seed: of the starts.
        method: "levenberg" (Gauss–Newton with the clamp released), "adam" (gradients, the clamp released) or
            "evolution" (CMA-ES on spike scores). None chooses: levenberg up to 16 parameters, else adam; and where
            their best model does not fire as the recorded cell did, evolution after it.
        loss: what to minimise instead, a function ``loss(v, recorded, interval)`` such as `terms.spike_times` or a
            `terms.weighted` sum (see `objective`); by "evolution", or by "adam" if it is differentiable.
        iterations: of the method; None is its default.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
        integrator: see `membrax.integrators`.
        ad_mode: of "adam": "forward", "reverse", or None for the cheaper one, forward up to 5 parameters.
        progress: whether to show a bar with the best loss.
        checkpoint: a file written after every iteration, from which the same call goes on to the same numbers.
        max_seconds: after which no further iteration begins; the best so far is returned, and a note says so.

    Returns:
        A `Fit`. Ctrl-C returns the best so far, with a warning.

    Raises:
        ValueError: unknown paths, bounds that are swapped or out of range, unknown sweeps, a dt that is no whole
            fraction of the sampling interval, an unknown method or ad_mode, no start that stayed finite.
    """
    check_cell(cell)
    check_integrator(integrator)
    check_data_and_seed(data, seed)
    check_single(cell, Stimulus())
    check_parameters(cell)
    parameters = free(cell, bounds)
    chosen = choose_sweeps(data, sweeps)
    problem = Problem(strong(cell), target(data, chosen, dt), parameters, integrator)
    limit = Limit(max_seconds)
    told = _degenerate(parameters, cell, data.unit)
    choose(len(parameters), ad_mode)
    first = _first_method(problem, method, loss, iterations, seed, ad_mode)
    found, cut = search_for(problem, first, _count(starts, first), seed, progress, checkpoint, limit)
    result = as_fit(problem, first, found, bounds, data, chosen, seed, (*told, *cut))
    if loss is not None or method is not None or cut or _fires_right(result):
        return result
    why = f"the best {first.name} fit does not fire as the recorded cell: searched on spike scores instead"
    second = _method("evolution", iterations, seed)
    file = None if checkpoint is None else Path(checkpoint).with_suffix(".evolution.npz")
    count = _count(starts and max(1, starts // 16), second)
    found, cut = search_for(problem, second, count, seed, progress, file, limit)
    if _score(problem, result, like=found.scores[0].size) <= float(np.min(found.loss)):
        return dataclasses.replace(result, notes=(*result.notes, "a search on spike scores found nothing better"))
    return as_fit(problem, second, found, bounds, data, chosen, seed, (*told, why, *cut))


def _first_method(
    problem: Problem, name: str | None, loss: Any, iterations: int | None, seed: int, ad_mode: str | None
) -> Any:
    """The method of that name, or for None what suits the number of free parameters or the loss of one's own."""
    if loss is not None:
        from .optimisers.custom_loss import own_method

        return own_method(loss, problem, name, iterations=iterations, seed=seed, ad_mode=ad_mode)
    automatic = "levenberg" if len(problem.free) <= FEW else "adam"
    return _method(automatic if name is None else name, iterations, seed, ad_mode)


def _method(name: str, iterations: int | None, seed: int, ad_mode: str | None = None) -> Any:
    """The method of that name.

    Raises:
        ValueError: there is none, or a number of iterations below 1.
    """
    if name not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)} or None, got {name!r}")
    asked = {} if iterations is None else {"iterations": whole(iterations, "iterations")}
    if name == "evolution":
        return CMAES(**asked, seed=seed)
    return LevenbergMarquardt(**asked) if name == "levenberg" else Adam(**asked, ad_mode=ad_mode)


def _count(starts: int | None, method: Any) -> int:
    if starts is None:
        return 4 if method.name == "evolution" else 64
    return whole(starts, "starts")


def check_data_and_seed(data: Any, seed: Any) -> None:
    """Refuse what is no recording and no seed.

    Raises:
        ValueError: says what it is.
    """
    check_recording(data)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
        raise ValueError(f"seed must be a whole number from 0 to 2147483647, got {seed!r}")


def _degenerate(parameters: Free, cell: Cell, unit: str) -> tuple[str, ...]:
    """A note where a free area does nothing: beside free capacitance and conductances, or under a current density."""
    names = {path.removeprefix("channels.") for name in parameters.names for path in paths(name)}
    conductances = {f"{name}.g" for name in cell.channels}
    if "area" in names and unit != "nA":
        told = f"area is free, but the recording's current is a density ({unit}): no area changes the voltage"
    elif {"area", "capacitance"} <= names and conductances <= names:
        told = "area, capacitance and every conductance are free together: a common factor of them changes nothing"
    else:
        return ()
    warnings.warn(told, UserWarning, stacklevel=3)
    return (told,)


def as_fit(
    problem: Problem, method: Any, search: Any, bounds: Any, data: Recording, chosen: list[int], seed: int,
    notes: tuple, *, preprocessed: Preprocessed | None = None, selection: SweepSelection | None = None,
    template: str | None = None,
) -> Fit:  # fmt: skip
    """The search's starts, the best first of them as a cell, and that cell beside every sweep."""
    loss = np.asarray(search.loss, dtype=float)
    if not np.any(np.isfinite(loss)):
        raise ValueError("no start stayed finite: the bounds may allow no resting state; try narrower ones")
    values = problem.free.value(np.asarray(search.best, dtype=float))
    lost = int(np.sum(~np.isfinite(loss)))
    if lost:
        why = "were dropped on the way" if hasattr(search, "running") else "never became finite and are out"
        notes = (*notes, f"{lost} of {len(loss)} starts {why}")
    names = problem.free.names
    best = {name: float(value) for name, value in zip(names, values[int(np.argmin(loss))], strict=True)}
    cell = problem.free.put(problem.cell, jnp.asarray(list(best.values()), dtype=float))
    dt = problem.data.dt
    v = model_voltages(cell, data, problem.integrator, dt)
    compared = compare(v, data, chosen)
    return Fit(
        cell, best, float(loss.min()), _loss_name(method),
        Starts(loss, {name: values[:, k] for k, name in enumerate(names)}),
        {name: (float(low), float(high)) for name, (low, high) in bounds.items()},
        method.name, data, chosen, v, compared, (*notes, *_silent(compared)),
        {"seed": int(seed), "starts": len(loss), "iterations": method.iterations, **_population(method), "dt": dt,
         "integrator": problem.integrator.name, "membrax": __version__, "jax": jax.__version__},
        preprocessed, selection, template,
    )  # fmt: skip


def _population(method: Any) -> dict[str, int]:
    """How many candidates each generation had, for a method that has generations."""
    return {"population": method.population} if hasattr(method, "population") else {}


def _silent(compared: tuple[Comparison, ...]) -> tuple[str, ...]:
    """A note if the model fires in none of the fitted sweeps in which the cell does."""
    fires = [row for row in compared if row.fitted and row.recorded_spikes]
    if not fires or any(row.model_spikes for row in fires):
        return ()
    sweeps = ", ".join(str(row.sweep) for row in fires)
    return (f"the model is silent where the cell fires, in sweep{'s' if len(fires) > 1 else ''} {sweeps}",)


def _loss_name(method: Any) -> str:
    default = "spike score" if method.name == "evolution" else "mean squared error [mV²]"
    return getattr(method, "loss_name", default)


def _score(problem: Problem, result: Fit, like: int) -> float:
    """The spike score of a fit's best model on the sweeps it was fitted to.

    It is asked for ``like`` times at once, as many as the search had candidates: for that it is compiled already.
    """
    place = problem.free.place(np.array([list(result.values.values())] * like))
    return float(spike_scores(jnp.asarray(place, dtype=float), problem)[0])


def _fires_right(result: Fit) -> bool:
    """Whether the model has as many spikes as the cell in every sweep it was fitted to."""
    return all(row.count_error == 0 for row in result.comparison if row.fitted)
