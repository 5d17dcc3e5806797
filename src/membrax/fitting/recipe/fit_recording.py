"""The default recipe for a recording of a cell of which nothing is known: measured, searched on spikes, predicted."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...cell import Cell
from ...checks import one_of
from ...ephys.fittable import check_fittable
from ...ephys.preprocess import Preprocessed, preprocess
from ...integrators import staggered
from ...pytrees import strong
from ...recordings import Recording, load
from ...recordings.resampling import resample
from ...recordings.sweeps import choose_sweeps
from ..fit import as_fit, check_seed
from ..optimisers.cmaes import CMAES
from ..optimisers.driver import TimeLimit, run_optimiser
from ..problem.count_bounds import CountBounds
from ..problem.parameters import free
from ..problem.problem import Problem
from ..problem.target import target
from ..result import Fit
from ..scores.spike_score import features
from ..scores.train_score import train_scores
from . import templates
from .budget import SCHEDULE, plan
from .count_bounds import expected
from .sampling import sampling
from .sweep_selection import select_training_sweeps

TEMPLATES = ("pyramidal", "adapting", "fast_spiking", "squid_axon")

Make = Callable[[Preprocessed], tuple[Cell, Any]]


def fit_recording(
    data: Recording | str | os.PathLike[str],
    sweeps: Any = None,
    *,
    template: str | Make | None = None,
    seed: int = 0,
    stop: float | None = None,
    liquid_junction_potential: float = 0.0,
    iterations: int | None = None,
    max_simulations: float | None = None,
    max_seconds: float | None = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
) -> Fit:
    """Fit a cell to some sweeps of a current-clamp recording and predict the others.

    The electrode's series resistance and the drift of rest are measured and taken out (`preparation.prepare`), the
    cell's size is read from its charging, and a model is searched for on its spike trains (CMA-ES with
    `halving.SuccessiveHalving`). In sweeps between the fitted ones it is held to spike counts between theirs
    (`count_bounds.expected`).

    What is read of the sweeps that aren't fitted: their currents; their rest before the first step and their answers
    below the spikes, for the electrode, the membrane and each sweep's drift; and, where ``sweeps`` is None, how often
    they fire, to choose among them.

    Args:
        data: the recording, or a file that `membrax.recordings.load` reads.
        sweeps: which to fit; by default a third of them, 5 to 8, that bracket what the cell does: see
            `choosing.choose_fitted`.
        template: the model and its bounds: "pyramidal" (with slow inactivation and persistent sodium), "adapting",
            "fast_spiking", "squid_axon", or a function of what `prepare` measured that returns a cell and its bounds.
            By default pyramidal, and squid_axon where the current is a density.
        seed: of the search.
        stop: where to end every sweep, ms; by default its end.
        liquid_junction_potential: the liquid junction potential, mV, which is subtracted from the recorded voltage.
        iterations: generations of the search; by default as many as its budget of neuron-steps allows.
        max_simulations: that the search may take instead, each of one candidate under one sweep.
        max_seconds: after which no further generation begins.
        progress: whether to show a bar with the best score.
        checkpoint: a file written after every generation, from which the same call goes on to the same numbers.

    Returns:
        A `Fit`, whose recording is the corrected one; its ``preprocessed``, ``selection`` and ``template`` hold what
        was measured and chosen.

    Raises:
        ValueError: a recording that can't be fitted (`refusals.check_fittable` says why), sweeps that aren't there, a
            stop outside the recording, an unknown template, or two budgets.
    """
    recording = data if isinstance(data, Recording) else load(data)
    check_seed(seed)
    (name, make), limit = _template(template, recording), TimeLimit(max_seconds)
    cut = recording if stop is None else recording.crop(None, stop)
    selection = select_training_sweeps(cut) if sweeps is None else None
    chosen = choose_sweeps(cut, sweeps if selection is None else selection.sweeps)
    check_fittable(cut, chosen)
    prepared = preprocess(cut, liquid_junction_potential=liquid_junction_potential)
    cell, bounds = make(prepared)
    shown = resample(prepared.data, sampling(prepared.data))
    searched = shown.crop(prepared.begin, None) if prepared.begin > shown.t[0] else shown
    parameters = free(cell, bounds)
    problem = Problem(strong(cell), target(searched, chosen, None), parameters, staggered, _unseen(searched, chosen))
    planned = plan(problem, iterations, max_simulations)
    # The searches have consecutive seeds: those of two fits with neighbouring seeds should not meet.
    optimiser = CMAES(planned.generations, planned.population, 1000 * seed % 2**31, SCHEDULE, train_scores)
    state, notes = run_optimiser(
        problem, optimiser, planned.starts, seed, progress=progress, checkpoint=checkpoint, limit=limit
    )  # fmt: skip
    after = Problem(strong(cell), target(shown, chosen, None), parameters, staggered)
    return as_fit(
        after, optimiser, state, bounds, shown, chosen, seed, notes,
        preprocessed=prepared, selection=selection, template=name,
    )  # fmt: skip


def _template(template: str | Make | None, data: Recording) -> tuple[str | None, Make]:
    """Name and function of a template, by default that of the recording's unit; the caller's function has no name.

    Raises:
        ValueError: there is no template of that name.
    """
    if callable(template):
        return None, template
    default = "pyramidal" if data.unit == "nA" else "squid_axon"
    name = one_of(default if template is None else template, "template", TEMPLATES, also="a function or None")
    return name, getattr(templates, name)


def _unseen(data: Recording, chosen: list[int]) -> CountBounds | None:
    """What is expected of the sweeps that aren't fitted."""
    counts = [int(features(data.v[k], data.dt).count) for k in chosen]
    return expected(data, chosen, np.array(counts))
