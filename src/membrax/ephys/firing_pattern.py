"""The firing pattern of a recorded cell: counts, rate, width, adaptation."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..recordings import Recording
from ..recordings.edges import depolarised, steps, stretches
from .spike_features import adaptation_index
from .spikes import SweepSpikes, spikes

BRIEF = 50.0  # ms, the shortest step with a firing rate


@dataclasses.dataclass(frozen=True)
class FiringPattern:
    """The firing pattern of a recorded cell.

    Attributes:
        spike_counts: spikes of each sweep [sweep].
        ap_duration_half_width: median over all spikes, ms; NaN without spikes.
        max_rate: spike rate of the depolarising step with the highest rate, or of the whole sweep without such a step,
            Hz.
        adaptation_index: of that step's spikes; see `spike_features.adaptation_index`. NaN below three spikes.
        undriven: spikes without a depolarising current, in sweeps whose current is constant or consists of steps.
    """

    spike_counts: np.ndarray
    ap_duration_half_width: float
    max_rate: float
    adaptation_index: float
    undriven: int


def firing_pattern(data: Recording) -> FiringPattern:
    """Measure the firing pattern of a recording."""
    recorded = spikes(data)
    widths = np.concatenate([one.ap_duration_half_width for one in recorded.sweeps])
    finite = widths[np.isfinite(widths)]
    trains, undriven = [], 0
    for one, i in zip(recorded.sweeps, data.i, strict=True):
        driven = depolarised(i, data.dt)
        if np.ptp(i) == 0 or steps(i, data.dt):
            undriven += int(np.sum(~driven[one.indices]))
        trains += [_train(one, a, b, data) for a, b in stretches(driven) if (b - a) * data.dt >= BRIEF]
    trains = trains or [_train(one, 0, data.t.size, data) for one in recorded.sweeps]
    busiest = max(trains, key=lambda train: len(train[0]) / train[1])
    return FiringPattern(
        recorded.counts,
        float(np.median(finite)) if len(finite) else np.nan,
        1e3 * len(busiest[0]) / busiest[1],
        adaptation_index(np.diff(busiest[0])),
        undriven,
    )


def _train(one: SweepSpikes, start: int, stop: int, data: Recording) -> tuple[np.ndarray, float]:
    """Spike times between two samples, and the duration [ms]."""
    inside = (one.indices >= start) & (one.indices < stop)
    return one.times[inside], (stop - start) * data.dt
