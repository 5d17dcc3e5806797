"""How a chunk goes about its steps: windows in which spikes are noted before they are written, unrolling, room."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

LONGEST_WINDOW = 1.0  # ms: a neuron that fires more often is met by `careful`
MOST_STEPS = 64  # in a window, where dt is small
UNROLL = 4  # by measurement 1.02 to 1.09 times as fast as 1 from a thousand neurons on, half as fast for one
FEW = 100  # neurons, below which a step is no loop over neurons that would gain by it
LEAST_ROOM = 4


@dataclasses.dataclass(frozen=True)
class Pace:
    """How a chunk goes about its steps; it changes no number.

    Attributes:
        window: steps between two writings of spikes, so that a step costs a register and not a scattered write.
        unroll: steps in one turn of the innermost loop.
        room: spikes of a neuron that a chunk has room for.
    """

    window: int
    unroll: int
    room: int


def first(neurons: int, dt: float, chunk: int, capacity: int) -> Pace:
    """Windows of a millisecond, and room for a spike in each.

    Args:
        neurons: in the population.
        dt: ms.
        chunk: steps.
        capacity: spikes of a neuron that the whole run keeps.
    """
    window = max(1, min(round(LONGEST_WINDOW / dt), MOST_STEPS))
    unroll = 1 if neurons < FEW else UNROLL
    return Pace(window, unroll, min(capacity, max(LEAST_ROOM, math.ceil(chunk * dt / LONGEST_WINDOW))))


def careful(pace: Pace, counts: np.ndarray, capacity: int) -> Pace:
    """The pace that holds every spike of a chunk in which neurons fired ``counts`` times: every step is written."""
    room = 2 ** math.ceil(math.log2(max(1, int(counts.max(initial=0)))))
    return Pace(1, pace.unroll, min(capacity, max(pace.room, room)))
