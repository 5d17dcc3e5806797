"""The time of a trace, the same shape for one neuron and for several."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..simulate import Trace
from ..timegrid import milliseconds


@dataclasses.dataclass(frozen=True)
class Clock:
    """The time of a trace.

    Attributes:
        start, end: of each neuron [neuron], ms.
        dt: step, ms.
        steps: how many.
    """

    start: np.ndarray
    end: np.ndarray
    dt: float
    steps: int

    @property
    def neurons(self) -> int:
        """How many neurons the trace holds."""
        return len(self.start)

    def of(self, t: np.ndarray) -> np.ndarray:
        """Times [time] or [neuron, time] as [neuron, time]."""
        return np.broadcast_to(t, (self.neurons, t.shape[-1]))


def clock(trace: Trace) -> Clock:
    """The clock of one trace or a batch."""
    neurons = len(np.atleast_2d(np.asarray(trace.v)))
    start = np.broadcast_to(milliseconds(trace.start), (neurons,))
    return Clock(start, start + trace.steps * trace.dt, trace.dt, trace.steps)
