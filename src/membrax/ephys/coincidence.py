"""The coincidence factor Γ of two spike trains, and its ceiling: Γ between repeats of a cell.

Γ = (N_coinc − ⟨N_coinc⟩)/(½ (N_data + N_model)) · 1/(1 − 2νΔ), with ⟨N_coinc⟩ = 2νΔ N_data the coincidences of a
Poisson train of the model's rate ν (Kistler, Gerstner & van Hemmen 1997, Neural Comput 9:1015–1045). 1 is the same
train, 0 is chance. No model agrees with a cell better than the cell with itself: Γ between repeats of one stimulus is
its ceiling (Jolivet et al. 2008, J Neurosci Methods 169:417–424).

Γ is not defined from a rate of 1/(2Δ) on, 125 Hz at 4 ms: the windows of ±Δ around a train's spikes fill its time, and
every spike would coincide by chance (`too_fast`). A train of a lower mean rate may have shorter intervals; each of its
spikes coincides with at most one other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

DELTA = 4.0  # ms, the largest interval between coincident spikes
LOWEST_CEILING = 0.3  # of a cell that repeats its own spikes; below it Γ is no measure of a model


def coincidences(data: np.ndarray, model: np.ndarray, delta: float = DELTA) -> int:
    """The number of spikes of two sorted trains [spike, ms] within ``delta`` [ms] of one another, each counted once."""
    count = k = j = 0
    while k < len(data) and j < len(model):
        if abs(data[k] - model[j]) <= delta:
            count, k, j = count + 1, k + 1, j + 1
        elif data[k] < model[j]:
            k += 1
        else:
            j += 1
    return count


def too_fast(count: int, duration: float, delta: float = DELTA) -> bool:
    """Whether a train of ``count`` spikes in ``duration`` ms is too fast for a Γ: 2νΔ, of ±Δ [ms], is 1 or more."""
    return 2.0 * delta * count / duration >= 1.0


def gamma(data: np.ndarray, model: np.ndarray, duration: float, delta: float = DELTA) -> float:
    """Γ of a model's spike train and a recorded one; NaN if both are silent or the model is `too_fast`.

    Args:
        data: recorded spike times [spike] in ms, sorted.
        model: spike times of the model [spike] in ms, sorted.
        duration: of the trains, ms.
        delta: Δ, ms.

    Raises:
        ValueError: ``duration`` or ``delta`` is not above 0 ms.
    """
    for name, value in (("duration", duration), ("delta", delta)):
        if not value > 0:
            raise ValueError(f"{name} must be above 0 ms, got {value!r} ms")
    by_chance = 2.0 * delta * len(model) / duration  # 2νΔ
    if not len(data) + len(model) or too_fast(len(model), duration, delta):
        return float("nan")
    excess = coincidences(data, model, delta) - by_chance * len(data)
    return excess / (0.5 * (len(data) + len(model)) * (1.0 - by_chance))


def ceiling(trains: Sequence[np.ndarray], duration: float, delta: float = DELTA) -> float:
    """The mean Γ over all pairs of a cell's own trains under one stimulus, each as the model of the other.

    NaN for a single train, or if any Γ is NaN.
    """
    pairs = itertools.permutations(trains, 2)
    factors = np.array([gamma(one, other, duration, delta) for one, other in pairs])
    return float(np.mean(factors)) if len(factors) else float("nan")
