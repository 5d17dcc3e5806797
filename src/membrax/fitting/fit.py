"""Fit the free parameters of a cell to recorded sweeps."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ..cell import Cell
from ..checks import one_of, whole_number
from ..ephys.preprocess import Preprocessed
from ..integrators import Integrator, staggered
from ..pytrees import strong
from ..recordings import Recording, RecordingLike, as_recording, choose_sweeps
from ..tables import counted
from ..typing import Bounds, Sweeps
from ..version import __version__
from .evaluation.voltages import model_voltages
from .losses.context import Loss
from .losses.total import SweepMean, checked_loss
from .optimisers.adam import Adam
from .optimisers.cmaes import CMAES, CMAESState
from .optimisers.driver import TimeLimit, run_optimiser
from .optimisers.levenberg_marquardt import LevenbergMarquardt
from .optimisers.multistart import MultistartState, Optimiser
from .problem.initial_state import InitialState, described, start_of
from .problem.inputs import check_inputs
from .problem.parameters import Free, free, paths
from .problem.problem import Problem
from .problem.sensitivities import choose
from .problem.target import target
from .report.beginning import beginning_note
from .result import Fit, Starts
from .scores.online import spike_scores

if TYPE_CHECKING:
    from .recipe.sweep_selection import SweepSelection

FEW = 16  # free parameters, up to which Gauss–Newton steps are worth the cost of their sensitivities
METHODS = {kind.name: kind for kind in (LevenbergMarquardt, Adam, CMAES)}
LARGEST_SEED = 2**31 - 1


def fit(
    cell: Cell,
    bounds: Bounds,
    data: RecordingLike,
    sweeps: Sweeps = None,
    *,
    starts: int | None = None,
    seed: int = 0,
    method: str | Optimiser | None = None,
    loss: Loss | None = None,
    iterations: int | None = None,
    dt: float | None = None,
    integrator: Integrator = staggered,
    initial_state: InitialState = "rest",
    ad_mode: str | None = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    max_seconds: float | None = None,
) -> Fit:
    """Fit a cell to some sweeps of a recording, from many starts, and predict the others.

    Each sweep begins at rest under its own holding current, or in the ``initial_state``. Any leaf may be free:
    conductances, reversals, capacitance, shifts, time scales; "na.v_t, kd.v_t" ties two to one value. Bounds that are
    positive and span a decade are searched on a logarithmic scale.

    Args:
        cell: the model; other parameters keep their values.
        bounds: {path: (low, high)} in the parameters' units.
        data: the recording, or a file that `membrax.recordings.load` reads; a current in nA flows into ``cell.area``,
            or into the soma of a tree, which is recorded.
        sweeps: the training sweeps, by default all.
        starts: random starts between the bounds; by default 64, and 4 for CMA-ES.
        seed: random seed of the starts, and of the draws of CMA-ES.
        method: an optimiser with its settings, such as ``membrax.fitting.LevenbergMarquardt(iterations=30)``, or the
            name of one with its defaults: "levenberg_marquardt" (Gauss–Newton steps, nudging annealed to 0), "adam"
            (gradients, nudging annealed to 0) or "cmaes" (CMA-ES on spike scores). None chooses: Levenberg–Marquardt up
            to 16 parameters, else Adam; and then CMA-ES, if the best model does not fire as the recorded cell.
            With a ``loss`` it chooses CMA-ES.
        loss: a loss to minimise in place of the method's, a function ``loss(v, recorded, interval)`` such as
            `losses.spike_times` or a `losses.weighted` sum (see `objective`); by "cmaes", or by "adam" if it is
            differentiable.
        iterations: of a method given by name or by default; None is its default.
        dt: step [ms], a whole fraction of the sampling interval; None is the largest up to 0.05.
        integrator: see `membrax.integrators`.
        initial_state: in which the sweeps begin: "rest" under the holding current; "recorded", the recorded potential
            with the gates steady there; a potential [mV] or one for each sweep of the recording [sweep], also with
            steady gates; or a `State`, such as another simulation's ``final``, for all sweeps. The recorded potential
            is the first sample or, where noise exceeds 0.05 mV, the beginning of the straight line through the first
            millisecond before the current changes. In a tree a potential is that of all compartments.
        ad_mode: of "adam" given by name or by default: "forward", "reverse", or None for the cheaper one, forward up to
            5 parameters.
        progress: whether to show a bar with the best loss.
        checkpoint: a file written after every iteration, from which the same call continues to the same numbers.
        max_seconds: time after which no further iteration begins; the best so far is returned, with a note.

    Returns:
        A `Fit`. Ctrl-C returns the best so far, with a warning. A training sweep that begins off the model's state by
        more than 1.5 mV and 5 times the noise raises a warning.

    Raises:
        ValueError: unknown paths, bounds that are swapped or out of range, unknown sweeps, a dt that is no whole
            fraction of the sampling interval, an unknown method, ad_mode or initial state, a loss that does not return
            one number, no start that stayed finite.
        FloatingPointError: under ``jax.debug_nans``, from the first start that diverges or has no resting state;
            otherwise such a start has an infinite loss, and the others go on.
    """
    data = as_recording(data)
    check_inputs(cell, data, integrator)
    check_seed(seed)
    parameters = free(cell, bounds)
    training = choose_sweeps(data, sweeps)
    recorded = target(data, training, dt, start_of(initial_state, cell, data))
    problem = Problem(strong(cell), recorded, parameters, integrator)
    limit = TimeLimit(max_seconds)
    remarks = _degenerate(parameters, cell, data.unit)
    first = _optimiser(problem, method, loss, iterations, ad_mode)
    run = lambda optimiser, count, file: run_optimiser(  # noqa: E731
        problem, optimiser, _starts(count, optimiser), seed, progress=progress, checkpoint=file, limit=limit
    )
    state, stopped = run(first, starts, checkpoint)
    result = as_fit(
        problem, first, state, bounds, data, training, seed, (*remarks, *stopped), initial_state=initial_state
    )
    if loss is not None or method is not None or stopped or _spike_counts_agree(result):
        return _announced(result)
    label = result.method_label
    remark = f"the best {label} fit does not fire as the recorded cell: fitted by CMA-ES on spike scores instead"
    second = CMAES() if iterations is None else CMAES(iterations)
    file = None if checkpoint is None else Path(checkpoint).with_suffix(".cmaes.npz")
    state, stopped = run(second, starts and max(1, starts // 16), file)
    if _score(problem, result, like=state.scores[0].size) <= float(np.min(state.loss)):
        note = "CMA-ES on spike scores found nothing better"
        return _announced(dataclasses.replace(result, notes=(*result.notes, note)))
    notes = (*remarks, remark, *stopped)
    result = as_fit(problem, second, state, bounds, data, training, seed, notes, initial_state=initial_state)
    return _announced(result)


def _announced(result: Fit) -> Fit:
    """The result, with a warning if its sweeps begin off the state in which the model begins."""
    if note := beginning_note(result):
        warnings.warn(note, UserWarning, stacklevel=3)
    return result


def _optimiser(
    problem: Problem, method: str | Optimiser | None, loss: Loss | None, iterations: int | None, ad_mode: str | None
) -> Optimiser:
    """The optimiser of ``method``, or by default that for the number of free parameters or a loss of the user's own.

    Raises:
        ValueError: an unknown method, settings that the method has already, a loss that the method can't minimise.
    """
    choose(len(problem.free), ad_mode)
    if method is None:
        method = CMAES.name if loss is not None else LevenbergMarquardt.name if len(problem.free) <= FEW else Adam.name
    if not isinstance(method, str) and hasattr(method, "begin") and hasattr(method, "iterate"):
        if iterations is not None or ad_mode is not None:
            raise ValueError(f"iterations and ad_mode are settings of the method {method!r}: give them there")
        optimiser = method
    else:
        optimiser = _named(method, iterations, ad_mode)
    if loss is None:
        return optimiser
    if not isinstance(optimiser, Adam | CMAES):
        raise ValueError(f"method must be one of adam, cmaes or None for a loss of your own, got {optimiser.name}")
    return dataclasses.replace(optimiser, loss=SweepMean(checked_loss(loss, problem)))


def _named(name: object, iterations: int | None, ad_mode: str | None) -> Optimiser:
    """The optimiser of a name.

    Raises:
        ValueError: there is none, or a number of iterations below 1.
    """
    name = one_of(name, "method", METHODS, also="an optimiser such as membrax.fitting.Adam(), or None")
    settings: dict[str, Any] = {} if iterations is None else {"iterations": iterations}
    return Adam(**settings, ad_mode=ad_mode) if name == Adam.name else METHODS[name](**settings)


def _starts(count: int | None, optimiser: Optimiser) -> int:
    return optimiser.default_starts if count is None else whole_number(count, "starts")


def check_seed(seed: object) -> None:
    """Refuse a seed that is no whole number from 0 to 2147483647.

    Raises:
        ValueError: names it.
    """
    whole_number(seed, "seed", at_least=0, at_most=LARGEST_SEED)


def _degenerate(parameters: Free, cell: Cell, unit: str) -> tuple[str, ...]:
    """A note where a free area has no effect: with free capacitance and conductances, or under a current density."""
    names = {path.removeprefix("channels.") for name in parameters.names for path in paths(name)}
    conductances = {f"{name}.g" for name in cell.channels}
    if "area" in names and unit != "nA":
        note = f"area is free, but the recording's current is a density ({unit}): no area changes the voltage"
    elif {"area", "capacitance"} <= names and conductances <= names:
        note = "area, capacitance and every conductance are free together: a common factor of them changes nothing"
    else:
        return ()
    warnings.warn(note, UserWarning, stacklevel=3)
    return (note,)


def as_fit(
    problem: Problem, optimiser: Optimiser, state: MultistartState, bounds: Bounds, data: Recording,
    training: list[int], seed: int, notes: tuple[str, ...], *, preprocessed: Preprocessed | None = None,
    selection: SweepSelection | None = None, template: str | None = None, initial_state: InitialState = "rest",
) -> Fit:  # fmt: skip
    """The result of an optimiser: the best cell, its voltage under every sweep's current, and every start."""
    loss = np.asarray(state.loss, dtype=float)
    if not np.any(np.isfinite(loss)):
        raise ValueError("no start stayed finite: the bounds may allow no resting state; try narrower ones")
    values = problem.free.value(np.asarray(state.best, dtype=float))
    notes = (*notes, *_lost_starts(state, loss))
    names = problem.free.names
    best = {name: float(value) for name, value in zip(names, values[int(np.argmin(loss))], strict=True)}
    cell = problem.free.put(problem.cell, jnp.asarray(list(best.values()), dtype=float))
    dt = problem.data.dt
    v = model_voltages(cell, data, problem.integrator, dt, initial_state)
    result = Fit(
        cell, best, float(loss.min()), optimiser.loss_name,
        Starts(loss, {name: values[:, k] for k, name in enumerate(names)}),
        {name: (float(low), float(high)) for name, (low, high) in bounds.items()},
        optimiser.name, data, training, v, notes,
        {"seed": int(seed), "starts": len(loss), "iterations": optimiser.iterations, **_population(optimiser), "dt": dt,
         "integrator": problem.integrator.name, "initial_state": described(initial_state),
         "membrax": __version__, "jax": jax.__version__},
        preprocessed, selection, template, initial_state,
    )  # fmt: skip
    begins = beginning_note(result)
    return dataclasses.replace(result, notes=(*notes, *_silent_sweeps(result), *([begins] if begins else ())))


def _population(optimiser: Optimiser) -> dict[str, int]:
    """The number of candidates in each generation, for CMA-ES."""
    return {"population": optimiser.population} if isinstance(optimiser, CMAES) else {}


def _lost_starts(state: MultistartState, loss: np.ndarray) -> tuple[str, ...]:
    """A note on the starts without a finite loss: dropped by a schedule, or never finite."""
    lost = int(np.sum(~np.isfinite(loss)))
    if not lost:
        return ()
    if isinstance(state, CMAESState) and len(state.running) < len(loss):
        return (f"successive halving dropped {lost} of {counted(len(loss), 'start')}",)
    return (f"{lost} of {counted(len(loss), 'start')} never became finite",)


def _silent_sweeps(result: Fit) -> tuple[str, ...]:
    """A note if the model fires in none of the training sweeps in which the cell does."""
    fires = [row for row in result.evaluate(by="sweep").side(training=True) if row.recorded.spike_count]
    if not fires or any(row.model.spike_count for row in fires):
        return ()
    sweeps = ", ".join(str(row.sweep) for row in fires)
    return (f"the model is silent where the cell fires, in sweep{'s' if len(fires) > 1 else ''} {sweeps}",)


def _score(problem: Problem, result: Fit, like: int) -> float:
    """The spike score of a fit's best model on the sweeps it was fitted to.

    The place is repeated ``like`` times, as many as the search had candidates: that program is compiled already.
    """
    place = problem.free.place(np.array([list(result.values.values())] * like))
    return float(spike_scores(jnp.asarray(place, dtype=float), problem)[0])


def _spike_counts_agree(result: Fit) -> bool:
    """Whether the model has as many spikes as the cell in every training sweep."""
    return all(row.count_error == 0 for row in result.evaluate(by="sweep").side(training=True))
