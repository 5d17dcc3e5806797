"""The charge balance over windows of time: one equation for each, with its expected error.

Over a window of length T, C Δv/T + Σ g x̄ = ī with means over the window. This is exact for any length: no derivative of
a noisy voltage is taken. Where the recorded voltage hardly changes, windows are long, since the noise in C Δv/T falls
with T; in a spike they are short, since every sample adds information.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ...units import density
from ..problem.target import Target

LONGEST = 1.0  # ms
LARGEST_CHANGE = 1.0  # mV, of the recorded voltage within a window of several samples
SMALLEST = 0.1  # µA/cm², of a typical current: ions flow also where nothing is injected


@dataclasses.dataclass(frozen=True)
class Windows:
    """The windows of some sweeps, numbered through all of them.

    Attributes:
        ids: [sweep, interval] the window of each sampling interval.
        lengths: [window] ms.
        rate: Δv/T [window], mV/ms.
        injected: mean injected current density [window], µA/cm².
    """

    ids: np.ndarray
    lengths: np.ndarray
    rate: np.ndarray
    injected: np.ndarray

    def error(self, capacitance: float, noise: float, relative: float) -> np.ndarray:
        """The expected error of each equation [window], µA/cm².

        The recording's ``noise`` σ [mV] adds √2 σ C/T; the model adds a fraction ``relative`` of the capacitive and the
        injected current there, and of the injected current's root mean square everywhere.
        """
        from_noise = np.sqrt(2.0) * noise * capacitance / self.lengths
        typical = max(SMALLEST, float(np.sqrt(np.average(self.injected**2, weights=self.lengths))))
        flowing = np.hypot(np.hypot(capacitance * self.rate, self.injected), typical)
        return np.hypot(from_noise, relative * flowing)


def windows(data: Target, area: float) -> Windows:
    """The windows of some sweeps, of a cell of ``area`` [µm²]."""
    v, i = np.asarray(data.v, dtype=float), np.asarray(data.i, dtype=float)
    i = density(i, area) if data.unit == "nA" else i
    ids = np.array([cut(sweep, data.interval) for sweep in v])
    ids[1:] += np.cumsum(ids[:-1, -1] + 1)[:, None]
    count = np.bincount(ids.ravel())
    mean = lambda x: np.bincount(ids.ravel(), x.ravel()) / count  # noqa: E731
    return Windows(ids, count * data.interval, mean(np.diff(v, axis=1)) / data.interval, mean(i))


def cut(v: np.ndarray, interval: float) -> np.ndarray:
    """The window [time − 1], counted from 0, of every sampling interval [ms] of a recorded voltage [time] in mV."""
    longest = max(1, round(LONGEST / interval))
    ids, k, count = np.zeros(len(v) - 1, dtype=int), 0, 0
    while k < len(ids):
        away = np.abs(v[k + 1 : k + 1 + longest] - v[k]) > LARGEST_CHANGE
        length = max(1, int(np.argmax(away))) if away.any() else len(away)
        ids[k : k + length] = count
        k, count = k + length, count + 1
    return ids
