"""The default recipe for a recording of a cell of which nothing is known: measured, searched on spikes, predicted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..integrators import staggered
from ..probes import whole
from ..pytrees import strong
from ..recordings import Recording, load
from .expectation import Expected, expected
from .fit import as_fit, search_for
from .losses import Problem
from .parameters import free
from .preparation import prepare
from .race import COARSE, DROPS, FINE, GENERATIONS, Race
from .result import Fit
from .spikes import features
from .target import choose_sweeps, target
from .templates import pyramidal

STARTS = 8
FEWEST = 150  # generations; fewer find little
# Neuron-steps that a search may take: some eighty seconds of one core. Long sweeps get fewer generations.
BUDGET = 4e9
FINEST = 0.05  # ms between two samples that the model is held against


def fit_recording(
    data: Recording | str | os.PathLike[str],
    sweeps: Any = None,
    *,
    seed: int = 0,
    stop: float | None = None,
    iterations: int | None = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
) -> Fit:
    """Fit a cortical cell to some sweeps of a current-clamp recording and predict the others.

    The electrode's series resistance and the drift of rest are measured and taken out (`preparation.prepare`), the
    cell's size is read from its charging, and a model with slow inactivation (`templates.pyramidal`) is searched for
    on its spike trains (`race.Race`).

    Args:
        data: the recording, or a file that `membrax.recordings.load` reads; current in nA.
        sweeps: which to fit, by default every third.
        seed: of the search.
        stop: where to end every sweep, ms; by default its end.
        iterations: generations of the search; by default as many as its budget of neuron-steps allows.
        progress: whether to show a bar with the best score.
        checkpoint: a file written after every generation, from which the same call goes on to the same numbers.

    Returns:
        A `Fit`, whose recording is the corrected one; ``notes`` say what was measured.

    Raises:
        ValueError: a current density, sweeps that aren't there, a stop outside the recording, no spike in any of the
            fitted sweeps.
    """
    recording = data if isinstance(data, Recording) else load(data)
    if recording.unit != "nA":
        raise ValueError(f"fit_recording needs currents in nA, got {recording.unit}; membrax.fit takes a cell of yours")
    cut = recording if stop is None else recording.crop(None, stop)
    chosen = choose_sweeps(cut, list(range(0, cut.sweeps, 3)) if sweeps is None else sweeps)
    if not np.any(cut.v[chosen] > 0.0):
        raise ValueError(f"no sweep of {chosen} passes 0 mV: a search on spikes needs some to fit")
    prepared = prepare(cut)
    cell, bounds = pyramidal(prepared)
    shown = _thinned(prepared.data)
    searched = shown.crop(prepared.begin, None) if prepared.begin > shown.t[0] else shown
    parameters = free(cell, bounds)
    problem = Problem(strong(cell), target(searched, chosen, None), parameters, staggered, _unseen(searched, chosen))
    method = Race(_generations(problem) if iterations is None else whole(iterations, "iterations"), seed=1000 * seed)
    found, _ = search_for(problem, method, STARTS, seed, progress, checkpoint)
    after = Problem(strong(cell), target(shown, chosen, None), parameters, staggered)
    return as_fit(after, method, found, bounds, shown, chosen, seed, (prepared.told,))


def _unseen(data: Recording, chosen: list[int]) -> Expected | None:
    """What is expected of the sweeps that aren't fitted."""
    counts = [int(features(data.v[k], data.dt).count) for k in chosen]
    return expected(data, chosen, np.array(counts))


def _thinned(data: Recording) -> Recording:
    """The recording with as few samples as the finest step asks for."""
    factor = int(FINEST / data.dt + 1e-6)
    return data.decimate(factor) if factor > 1 else data


def _generations(problem: Problem) -> int:
    """How many generations the budget pays for: most of them at the coarse step."""
    sweeps, samples = problem.data.v.shape
    steps = samples * problem.data.interval / max(COARSE, problem.data.dt)
    per_start = Race().population * sweeps * steps
    starts = STARTS * (DROPS[0] + (DROPS[1] - DROPS[0]) / 2 + (1 - DROPS[1] + (1 - FINE)) / 4)  # that run, on average
    return int(np.clip(BUDGET / (per_start * starts), FEWEST, GENERATIONS))
