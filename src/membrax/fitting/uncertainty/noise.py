"""The noise of a recording, measured on the recording alone: the misfit that no model could explain."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...recordings import Recording

NORMAL_MEDIAN = 0.6744897501960817  # median of |x|, x normal with standard deviation 1
QUIET = (5.0, 50)  # ms and samples of constant current at a sweep's beginning that make a baseline


@dataclasses.dataclass(frozen=True)
class Noise:
    """The standard deviation of a recording's noise.

    Attributes:
        level: mV; the larger of the two below.
        differences: from second differences of neighbouring samples, mV: right for white noise, too small for noise
            that is correlated from one sample to the next.
        baseline: from the samples before the current first changes, mV; NaN where there are too few.
    """

    level: float
    differences: float
    baseline: float

    @property
    def source(self) -> str:
        """The measurement that the level is from, in words."""
        quiet = self.baseline >= self.differences
        return "the quiet baseline" if quiet else "second differences of neighbouring samples"


def noise(data: Recording) -> Noise:
    """Measure the noise of a recording's sweeps.

    Second differences v₋ − 2v + v₊ contain √6 times white noise and nothing of a straight line (Gasser, Sroka &
    Jennen-Steinmetz 1986, Biometrika 73:625). Their median absolute value is robust against spikes, which are few
    samples. A quiet baseline contains correlated noise as well, including that of the cell's channels and synapses.
    """
    differences = from_differences(data.v)
    baseline = from_baseline(data.v, data.i, data.dt)
    return Noise(float(np.fmax(differences, baseline)), differences, baseline)


def from_differences(v: np.ndarray) -> float:
    """Standard deviation [mV] of white noise on a smooth voltage [sweep, time]; NaN below three samples."""
    curved = np.diff(v, 2, axis=-1) / np.sqrt(6.0)
    if not curved.size:
        return float("nan")
    typical = float(np.median(np.abs(curved))) / NORMAL_MEDIAN
    # A coarse converter leaves most differences at 0, and their median with them.
    return typical if typical > 0 else float(np.sqrt(np.mean(np.square(curved))))


def from_baseline(v: np.ndarray, i: np.ndarray, dt: float) -> float:
    """Standard deviation [mV] about each sweep's median before its current [sweep, time] first changes, or NaN."""
    shortest = max(QUIET[0] / dt, QUIET[1])
    deviations = []
    for sweep, current in zip(v, i, strict=True):
        changed = current != current[0]
        quiet = sweep[: int(np.argmax(changed)) if changed.any() else len(current)]
        if len(quiet) >= shortest:
            deviations.append(np.abs(quiet - np.median(quiet)))
    return float(np.median(np.concatenate(deviations))) / NORMAL_MEDIAN if deviations else float("nan")
