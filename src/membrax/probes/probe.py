"""What a probe is, and how a list of them is read.

A probe is a small static value with a name. Those that *sample* give one value every ``every`` steps; those that
*watch* carry a memory through every step. They answer

* ``sample(cell, state)``: what is kept of a state at one time (``per_step`` False), beginning with the initial state;
* ``sample(step)``: what is kept of a `Step` (``per_step`` True), the last of every ``every``;
* ``begin(cell, state)`` and ``watch(memory, step)``: a memory, a tree of arrays, and the memory after one more step.

A watcher whose memory is large may take notes: ``open(memory)`` begins them, ``watch`` then gets and returns the notes,
and ``close(memory, notes)`` writes them into the memory at the end of a window of steps.

A watcher with a ``chunk_capacity`` that is not None is *emptied*: `membrax.run` moves its memory to the host after
every chunk of steps and begins a new one in the next chunk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jax import Array

from ..cell import Cell, State
from ..channels import Env
from ..morphology.system import TreeSystem


class Step(NamedTuple):
    """One step as a probe sees it: the states around it, what drove it, and its middle in time (``env.time``)."""

    cell: Cell
    before: State
    after: State
    current: Array  # mean stimulus density over the step, µA/cm²
    dt: float  # ms
    env: Env
    staggered: bool
    system: TreeSystem | None = None  # of a cell with a morphology


def whole(value: Any, name: str) -> int:
    """``value`` as an int of at least 1.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return int(value)


def as_probes(record: Any) -> tuple:
    """One probe, several, or none, as a tuple with distinct names.

    Raises:
        ValueError: something that is no probe, or two of one name.
    """
    if record is None:
        return ()
    probes = tuple(record) if isinstance(record, list | tuple) else (record,)
    for probe in probes:
        if not hasattr(probe, "name") or not (hasattr(probe, "sample") or hasattr(probe, "watch")):
            raise ValueError(f"record takes probes such as membrax.probes.voltage(every=10), got {probe!r}")
    names = [probe.name for probe in probes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"record has two probes called {twice[0]!r}")
    return probes


def samplers(probes: tuple) -> tuple:
    """The probes that sample every so many steps."""
    return tuple(probe for probe in probes if hasattr(probe, "sample"))


def watchers(probes: tuple) -> tuple:
    """The probes that watch every step."""
    return tuple(probe for probe in probes if hasattr(probe, "watch"))


def is_emptied(probe: Any) -> bool:
    """Whether a watcher's memory moves to the host after every chunk of a population's run."""
    return getattr(probe, "chunk_capacity", None) is not None


def take_notes(probe: Any, memory: Any) -> Any:
    """What a watcher keeps in hand through a window of steps: its notes, or the memory itself."""
    return probe.open(memory) if hasattr(probe, "open") else memory


def write_down(probe: Any, memory: Any, notes: Any) -> Any:
    """The memory after a window of steps."""
    return probe.close(memory, notes) if hasattr(probe, "close") else notes


def sample_times(probe: Any, steps: int, dt: float) -> np.ndarray:
    """When a sampler samples in a run of ``steps`` steps of ``dt`` [ms], from its beginning [time]: ms in float64.

    Samples of states fall on the ends of every so many steps, the first on the beginning; samples of steps on the
    middle of the last of them.
    """
    count = steps // probe.every
    if probe.per_step:
        return ((np.arange(count) + 1) * probe.every - 0.5) * dt
    return np.arange(count + 1) * probe.every * dt
