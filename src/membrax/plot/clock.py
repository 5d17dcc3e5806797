"""The time axis of a trace, in one shape for a single neuron and for a batch."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..simulate import Trace
from ..timegrid import milliseconds


@dataclasses.dataclass(frozen=True)
class Clock:
    """The time axis of a trace.

    Attributes:
        start, end: times of each neuron [neuron], ms.
        dt: step, ms.
        steps: their number.
    """

    start: np.ndarray
    end: np.ndarray
    dt: float
    steps: int

    @property
    def neurons(self) -> int:
        """The number of neurons."""
        return len(self.start)

    def of(self, t: np.ndarray) -> np.ndarray:
        """Broadcast times [time] or [neuron, time] to [neuron, time]."""
        return np.broadcast_to(t, (self.neurons, t.shape[-1]))


def clock(trace: Trace) -> Clock:
    """The clock of a trace or of a batch of traces."""
    neurons = len(np.atleast_2d(np.asarray(trace.v)))
    start = np.broadcast_to(milliseconds(trace.start), (neurons,))
    return Clock(start, start + trace.steps * trace.dt, trace.dt, trace.steps)
