"""When a trace's samples were taken: its beginning, its end, and the times of what its probes kept."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..instants import milliseconds
from ..simulate import Trace


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

    def samples(self, count: int, *, first: bool) -> np.ndarray:
        """Times [neuron, count] in ms of samples taken every so many steps.

        Args:
            count: how many there are.
            first: whether they begin with the initial state (gates), or are mid-step values of the last step of
                every so many (currents).
        """
        stride = every(self.steps, count - first)
        number = np.arange(count) if first else np.arange(count) + 1
        after = (number * stride - (0.0 if first else 0.5)) * self.dt
        return self.start[:, None] + after


def every(steps: int, count: int) -> int:
    """The stride that takes ``count`` samples from ``steps`` steps; the largest, where several would.

    ``steps // stride == count`` has one solution when the stride is below the square root of the steps. Above it the
    largest is taken, which is the right one whenever the stride divides the steps.
    """
    return steps // count if count else steps


def clock(trace: Trace) -> Clock:
    """The clock of one trace or a batch."""
    neurons = len(np.atleast_2d(np.asarray(trace.v)))
    start = np.broadcast_to(milliseconds(trace.start), (neurons,))
    end = np.broadcast_to(milliseconds(trace.final.time), (neurons,))
    steps = round(float(end[0] - start[0]) / trace.dt)
    return Clock(start, start + steps * trace.dt, trace.dt, steps)
