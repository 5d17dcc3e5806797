"""The protocols of a probe: a sampler keeps one value every so many steps, a watcher updates a memory in every step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeGuard, TypeVar, cast

import numpy as np
from jax import Array

from ..cell import Cell, State
from ..channels import Env
from ..morphology.system import TreeSystem

M = TypeVar("M")
W = TypeVar("W")


class Step(NamedTuple):
    """One step for the probes.

    Attributes:
        cell: the cell; of a tree with parameters by compartment.
        before, after: the states around the step.
        current: mean stimulus over the step, µA/cm²; of a tree [1 + site], with the currents into its sites in nA.
        dt: ms.
        env: the environment in the middle of the step.
        staggered: whether the gates of the states are half a step behind v.
        system: of a cell with a morphology.
    """

    cell: Cell
    before: State
    after: State
    current: Array
    dt: float
    env: Env
    staggered: bool
    system: TreeSystem | None = None


class Probe(Protocol):
    """A small static value with a name of its own; it is a sampler or a watcher."""

    @property
    def name(self) -> str:
        """The name in ``recorded``."""
        ...


class StateSampler(Probe, Protocol):
    """A probe with a value of the initial state and of the state after every ``every`` steps; `per_step` is False."""

    @property
    def every(self) -> int:
        """Steps between two samples."""
        ...

    @property
    def per_step(self) -> bool:
        """Whether `sample` takes a step (`StepSampler`) or a state."""
        ...

    def sample(self, cell: Cell, state: State, /) -> Any:
        """The value: a tree of arrays."""
        ...


class StepSampler(Probe, Protocol):
    """A probe with a value of the last of every ``every`` steps; `per_step` is True."""

    @property
    def every(self) -> int:
        """Steps between two samples."""
        ...

    @property
    def per_step(self) -> bool:
        """Whether `sample` takes a step or a state (`StateSampler`)."""
        ...

    def sample(self, step: Step, /) -> Any:
        """The value: a tree of arrays."""
        ...


class SimpleWatcher(Probe, Protocol[M]):
    """A probe with a memory, which is a tree of arrays."""

    def begin(self, cell: Cell, state: State, /) -> M:
        """The memory before the first step."""
        ...

    def watch(self, memory: M, step: Step, /) -> M:
        """The memory after one more step."""
        ...


class BufferedWatcher(Probe, Protocol[M, W]):
    """A probe with a large memory, which is written once in a window of steps; `watch` updates a small buffer.

    If its ``chunk_capacity`` is not None, `membrax.run` moves its memory to the host after every chunk of steps and
    begins a new one in the next chunk (see `is_emptied`), with the ``earlier`` of the last one.
    """

    def begin(self, cell: Cell, state: State, /) -> M:
        """The memory before the first step."""
        ...

    def open(self, memory: M, /) -> W:
        """The buffer of a window."""
        ...

    def watch(self, buffer: W, step: Step, /) -> W:
        """The buffer after one more step."""
        ...

    def close(self, memory: M, buffer: W, /) -> M:
        """The memory after a window."""
        ...


Sampler: TypeAlias = StateSampler | StepSampler
Watcher: TypeAlias = SimpleWatcher[Any] | BufferedWatcher[Any, Any]
ProbesLike: TypeAlias = Probe | Sequence[Probe] | None
"""The argument ``record``: one probe, several, or none."""


def as_probes(record: ProbesLike) -> tuple[Probe, ...]:
    """One probe, several, or None, as a tuple of probes with distinct names.

    Raises:
        ValueError: an object that is no probe, or two probes of one name.
    """
    if record is None:
        return ()
    probes: tuple[Probe, ...] = tuple(record) if isinstance(record, list | tuple) else (cast(Probe, record),)
    for probe in probes:
        if not hasattr(probe, "name") or not (hasattr(probe, "sample") or hasattr(probe, "watch")):
            raise ValueError(f"record takes probes such as membrax.probes.voltage(every=10), got {probe!r}")
    names = [probe.name for probe in probes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"record has two probes called {twice[0]!r}; spike probes take a name=")
    return probes


def samplers(probes: Iterable[Probe]) -> tuple[Sampler, ...]:
    """The probes that sample every so many steps."""
    return tuple(probe for probe in probes if _samples(probe))


def state_samplers(probes: Iterable[Probe]) -> tuple[StateSampler, ...]:
    """The probes that sample states."""
    return tuple(probe for probe in probes if _samples_states(probe))


def step_samplers(probes: Iterable[Probe]) -> tuple[StepSampler, ...]:
    """The probes that sample steps."""
    return tuple(probe for probe in probes if _samples_steps(probe))


def watchers(probes: Iterable[Probe]) -> tuple[Watcher, ...]:
    """The probes with a memory."""
    return tuple(probe for probe in probes if _watches(probe))


def _samples(probe: Probe) -> TypeGuard[Sampler]:
    return hasattr(probe, "sample")


def _samples_states(probe: Probe) -> TypeGuard[StateSampler]:
    return _samples(probe) and not probe.per_step


def _samples_steps(probe: Probe) -> TypeGuard[StepSampler]:
    return _samples(probe) and probe.per_step


def _watches(probe: Probe) -> TypeGuard[Watcher]:
    return hasattr(probe, "watch")


def is_buffered(probe: Watcher) -> TypeGuard[BufferedWatcher[Any, Any]]:
    """Whether a watcher updates a buffer through a window of steps."""
    return hasattr(probe, "open")


def is_emptied(probe: Probe) -> bool:
    """Whether a watcher's memory moves to the host after every chunk of a population's run."""
    return getattr(probe, "chunk_capacity", None) is not None


def sample_times(probe: Sampler, steps: int, dt: float) -> np.ndarray:
    """The times of a sampler's samples [time] in float64 ms from the start of a run.

    Samples of states are at the ends of every so many steps, the first at the start; samples of steps are in the
    middle of the last of them.

    Args:
        probe: the sampler.
        steps: of the run.
        dt: ms.
    """
    count = steps // probe.every
    if probe.per_step:
        return ((np.arange(count) + 1) * probe.every - 0.5) * dt
    return np.arange(count + 1) * probe.every * dt
