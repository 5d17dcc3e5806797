"""The recipe for a recording of an unknown cell: select, preprocess, search on spike trains, predict."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...ephys.fittable import check_fittable
from ...ephys.preprocess import preprocess
from ...integrators import staggered
from ...pytrees import strong
from ...recordings import Recording, RecordingLike, as_recording, choose_sweeps
from ...recordings.resampling import resample
from ...typing import Sweeps
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
from .budget import SCHEDULE, plan
from .count_bounds import count_bounds
from .sampling import sampling_interval
from .sweep_selection import select_training_sweeps
from .templates import Template, choose_template


def fit_recording(
    data: RecordingLike,
    sweeps: Sweeps = None,
    *,
    template: str | Template | None = None,
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

    1. Select the training sweeps; the others are held out.
    2. Measure the electrode's series resistance and the drift of rest, and correct the recording for both
       (`membrax.ephys.preprocess`).
    3. Make a cell of the measured size and bounds for its parameters by the template.
    4. Search for the parameters by their score on spike trains, with CMA-ES and successive halving (`halving`), at a
       sampling interval that shows spikes. In held-out sweeps the search keeps spike counts between those of the
       training sweeps (`count_bounds`).
    5. Simulate the best cell under every sweep's current.

    From the held-out sweeps it uses the injected current, the pre-step baseline and the subthreshold response, the
    last two for the electrode, the membrane and the drift of rest, and the half width of their spikes for the sampling
    interval. Where ``sweeps`` is None it also uses their spike counts, to select the training sweeps.

    Args:
        data: the recording, or a file that `membrax.recordings.load` reads.
        sweeps: the training sweeps; by default a third of all, 5 to 8, that bracket the firing range; see
            `membrax.fitting.select_training_sweeps`.
        template: the cell and its bounds, by the name of a template ("pyramidal", "adapting", "fast_spiking",
            "squid_axon"; see `membrax.fitting.templates`) or by a function of the preprocessed recording that returns
            both. By default pyramidal, and squid_axon where the current is a density.
        seed: random seed of the search.
        stop: end of every sweep, ms; by default that of the recording.
        liquid_junction_potential: subtracted from the recorded voltage, mV.
        iterations: generations of the search; by default as many as a budget of neuron-steps allows.
        max_simulations: bound on the simulations of the search, each of one candidate under one sweep; instead of
            ``iterations``.
        max_seconds: time after which no further generation begins, s.
        progress: whether to show a bar with the best score.
        checkpoint: a file that is written after every generation. The same call with that file resumes the search and
            gives the same numbers.

    Returns:
        A `Fit`, whose recording is the corrected one; its ``preprocessed``, ``selection`` and ``template`` hold the
        measurements, the selected sweeps and the template's name.

    Raises:
        ValueError: several recordings, one that cannot be fitted (see `membrax.ephys.check_fittable`), unknown sweeps,
            a stop outside the recording, an unknown template, or both ``iterations`` and ``max_simulations``.
    """
    recording = as_recording(data)
    check_seed(seed)
    limit = TimeLimit(max_seconds)
    name, make_cell = choose_template(template, recording.unit)
    cut = recording if stop is None else recording.crop(None, stop)
    selection = select_training_sweeps(cut) if sweeps is None else None
    training = choose_sweeps(cut, sweeps if selection is None else selection.sweeps)
    check_fittable(cut, training)
    preprocessed = preprocess(cut, liquid_junction_potential=liquid_junction_potential)
    cell, bounds = make_cell(preprocessed)
    corrected = resample(preprocessed.data, sampling_interval(preprocessed.data))
    # The search simulates from shortly before the first step, the prediction from the beginning.
    searched = corrected.crop(preprocessed.begin, None) if preprocessed.begin > corrected.t[0] else corrected
    parameters = free(cell, bounds)
    held_out = _held_out_counts(searched, training)
    problem = Problem(strong(cell), target(searched, training, None), parameters, staggered, held_out)
    planned = plan(problem, iterations, max_simulations)
    # The searches have consecutive seeds: those of two fits with neighbouring seeds should not meet.
    optimiser = CMAES(planned.generations, planned.population, 1000 * seed % 2**31, SCHEDULE, train_scores)
    state, notes = run_optimiser(
        problem, optimiser, planned.starts, seed, progress=progress, checkpoint=checkpoint, limit=limit
    )  # fmt: skip
    problem = Problem(strong(cell), target(corrected, training, None), parameters, staggered)
    return as_fit(
        problem, optimiser, state, bounds, corrected, training, seed, notes,
        preprocessed=preprocessed, selection=selection, template=name,
    )  # fmt: skip


def _held_out_counts(data: Recording, training: list[int]) -> CountBounds | None:
    """Bounds on the spike counts of held-out sweeps."""
    counts = [int(features(data.v[k], data.dt).count) for k in training]
    return count_bounds(data, training, np.array(counts))
