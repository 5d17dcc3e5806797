"""How a chunk goes about its steps: windows in which spikes are noted before they are written, unrolling, room."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

LONGEST_WINDOW = 2.0  # ms: a neuron that fires more often is met by `careful`
MOST_STEPS = 80  # in a window, where dt is small
# Steps in one turn of the loop, by measurement: 4 is 1.02 to 1.09 times as fast as 1 from a thousand neurons on, but
# a third as fast for one, whose loop XLA then no longer compiles as one function; 2 does best for ten.
UNROLL, UNROLL_FEW = 4, 2
FEW = 100  # neurons
MANY = 50_000  # neurons, from which on a second core gains more by threads than they cost; devices gain more still
ROOM_EVERY, LEAST_ROOM = 4.0, 4  # ms to a spike for which a chunk has room, and spikes; `careful` makes more of it


@dataclasses.dataclass(frozen=True)
class ChunkSettings:
    """How a chunk goes about its steps; it changes no number.

    Attributes:
        window: steps between two writings of spikes, so that a step costs a register and not a scattered write.
        unroll: steps in one turn of the innermost loop.
        room: spikes of a neuron that a chunk has room for.
        ahead: whether the stimulus of all steps is evaluated before the first.
        threads: whether a CPU may share each operation among its cores.
        in_turn: whether a few neurons take all of their steps before the next begin: trees that are eliminated node by
            node then stay in a CPU's cache.
    """

    window: int
    unroll: int
    room: int
    ahead: bool = False
    threads: bool = False
    in_turn: bool = False


def first(
    neurons: int, dt: float, chunk: int, capacity: int, *, shared: bool = False, spare_cores: bool = False,
    in_turn: bool = False,
) -> ChunkSettings:  # fmt: skip
    """Windows of two milliseconds, and room for a spike every four.

    Args:
        neurons: on one device.
        dt: ms.
        chunk: steps.
        capacity: spikes of a neuron that the whole run keeps.
        shared: whether all neurons get the same stimulus, so that a number per step holds it.
        spare_cores: whether there are several cores to a device.
        in_turn: whether a few neurons take all steps before the next begin.
    """
    window = max(1, min(round(LONGEST_WINDOW / dt), MOST_STEPS))
    unroll = 1 if neurons == 1 or in_turn else UNROLL_FEW if neurons < FEW else UNROLL
    room = min(capacity, max(LEAST_ROOM, math.ceil(chunk * dt / ROOM_EVERY)))
    threads = spare_cores and neurons >= MANY and not in_turn
    return ChunkSettings(window, unroll, room, shared or neurons == 1, threads, in_turn)


def careful(pace: ChunkSettings, counts: np.ndarray, capacity: int) -> ChunkSettings:
    """The pace for a chunk that was incomplete at this one, in which neurons fired ``counts`` times.

    It has more room, if that was what it lacked; otherwise a neuron fired twice within a window, and every step is
    written.
    """
    most = min(capacity, int(counts.max(initial=0)))
    if most > pace.room:
        return dataclasses.replace(pace, room=min(capacity, 2 ** math.ceil(math.log2(most))))
    return dataclasses.replace(pace, window=1)
