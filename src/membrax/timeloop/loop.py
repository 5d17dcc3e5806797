"""The loop: steps make windows, windows make blocks, and each block ends with samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import jax

from ..cell import Cell, State
from ..integrators import Integrator
from ..morphology.system import TreeSystem
from ..probes import Probe, Step, is_buffered, samplers, step_samplers, watchers
from ..stimuli import Stimulus
from ..timegrid import Time
from .samples import Values, block_size, first_samples
from .step import assembled, means_of_steps, one_step

C = TypeVar("C")
X = TypeVar("X")

Carry = tuple[State, Values]
"""The state, and the memories or buffers of the watchers."""


def run_loop(
    cell: Cell,
    stimulus: Stimulus,
    state: State,
    memories: Values,
    times: Time,
    *,
    dt: float,
    probes: tuple[Probe, ...],
    integrator: Integrator,
    window: int = 1,
    unroll: int = 1,
    ahead: bool = True,
) -> tuple[State, Values, Values]:
    """The state and the watchers' memories after all steps, and the samples [block, …] at the end of each block.

    Args:
        cell, stimulus: of one neuron.
        state, memories: before the first step.
        times: the beginnings of the steps [step]; steps after the last whole block are not sampled.
        dt: ms.
        probes: the samplers and watchers.
        integrator: the scheme.
        window: steps between two writings of a buffered watcher (see `probes.BufferedWatcher`).
        unroll: steps in one iteration of the innermost loop; above 1 its derivative takes minutes to compile.
        ahead: whether the stimulus is evaluated before the loop, which takes the memory of one number
            per step, for each neuron with a stimulus of its own.
    """
    cell, system = assembled(cell, stimulus, dt, integrator)
    steps = times, means_of_steps(cell, stimulus, state, times, dt, integrator, system) if ahead else ()
    return TimeLoop(cell, system, stimulus, dt, probes, integrator, window, unroll).run(state, memories, steps)


@dataclasses.dataclass(frozen=True)
class TimeLoop:
    """The constants of all steps, and the order of steps, windows and blocks.

    Attributes:
        cell, stimulus: of one neuron.
        system: of a cell with a morphology.
        dt, probes, integrator, window, unroll: as of `run_loop`.

    ``steps`` in the methods are pairs of the times of steps and the means of their stimulus, arrays [step].

    Every step is checkpointed: reverse-mode differentiation keeps one state per step and computes the rest again,
    which costs less time than the memory traffic it saves.
    """

    cell: Cell
    system: TreeSystem | None
    stimulus: Stimulus
    dt: float
    probes: tuple[Probe, ...]
    integrator: Integrator
    window: int
    unroll: int

    def run(self, state: State, memories: Values, steps: tuple) -> tuple[State, Values, Values]:
        """State, memories and samples [block, …] after all steps."""
        if not samplers(self.probes):
            carry, samples = self.run_block((state, memories), steps)
            return *carry, samples
        size = block_size(self.probes)
        whole, rest = _split(steps, _count(steps) // size * size)
        carry, samples = jax.lax.scan(self.run_block, (state, memories), _rows(whole, size))
        carry = _scan(lambda carry, t: self.run_window(carry, t)[0], carry, _rows(rest, 1))
        return *carry, samples

    def run_block(self, carry: Carry, steps: tuple) -> tuple[Carry, Values]:
        """The carry after the steps between two samples, in whole windows and a shorter one, and the samples."""
        steps, last = _split(steps, _count(steps) - 1) if step_samplers(self.probes) else (steps, None)
        whole, rest = _split(steps, _count(steps) // self.window * self.window)
        carry = _scan(lambda carry, w: self.run_window(carry, w)[0], carry, _rows(whole, self.window))
        samples = {}
        if last is not None or _count(rest):
            last = None if last is None else jax.tree.map(lambda x: x[0], last)
            carry, samples = self.run_window(carry, rest, last)
        return carry, {**self.sample_state(carry[0]), **samples}

    def run_window(self, carry: Carry, steps: tuple, last: tuple | None = None) -> tuple[Carry, Values]:
        """The carry after the steps of a window, and after a further step whose samples are kept."""
        state, memories = carry
        inner = state, self.open_buffers(memories)
        inner = _scan(lambda inner, t: self.step(inner, t)[0], inner, steps, self.unroll)
        (state, buffers), samples = (inner, {}) if last is None else self.step(inner, last)
        return (state, self.close_buffers(memories, buffers)), samples

    def step(self, carry: Carry, at: tuple) -> tuple[Carry, Values]:
        """The state and the buffers after one step, and the samples of the step."""
        return jax.checkpoint(self._step)(carry, at)

    def _step(self, carry: Carry, at: tuple) -> tuple[Carry, Values]:
        (state, buffers), (t, pieces) = carry, at
        after, step = one_step(
            self.cell, self.stimulus, state, t, self.dt, self.integrator, self.system, pieces
        )  # fmt: skip
        buffers, samples = self.observe(step, buffers)
        return (after, buffers), samples

    def observe(self, step: Step, buffers: Values) -> tuple[Values, Values]:
        """The watchers' buffers after a step, and the samples of the step."""
        buffers = {probe.name: probe.watch(buffers[probe.name], step) for probe in watchers(self.probes)}
        return buffers, {probe.name: probe.sample(step) for probe in step_samplers(self.probes)}

    def open_buffers(self, memories: Values) -> Values:
        """The watchers' buffers at the start of a window: their own, or the memories themselves."""
        return {
            probe.name: probe.open(memories[probe.name]) if is_buffered(probe) else memories[probe.name]
            for probe in watchers(self.probes)
        }

    def close_buffers(self, memories: Values, buffers: Values) -> Values:
        """The watchers' memories after a window."""
        return {
            probe.name: probe.close(memories[probe.name], buffers[probe.name])
            if is_buffered(probe)
            else buffers[probe.name]
            for probe in watchers(self.probes)
        }

    def sample_state(self, state: State) -> Values:
        """The samples of a state."""
        return first_samples(self.cell, state, self.probes)


def _scan(function: Callable[[C, X], C], carry: C, xs: X, unroll: int = 1) -> C:
    """The carry after all of ``xs``; a single one needs no loop."""
    count = _count(xs)
    if count == 1:
        return function(carry, jax.tree.map(lambda x: x[0], xs))
    return jax.lax.scan(lambda c, x: (function(c, x), None), carry, xs, unroll=unroll)[0] if count else carry


def _count(steps: object) -> int:
    """The number of steps in arrays [step, …]."""
    return len(jax.tree.leaves(steps)[0])


def _split(steps: tuple, at: int) -> tuple[tuple, tuple]:
    """The first ``at`` steps, and the others."""
    return jax.tree.map(lambda x: x[:at], steps), jax.tree.map(lambda x: x[at:], steps)


def _rows(steps: tuple, length: int) -> tuple:
    """Arrays [step, …] as [row, length, …]."""
    return jax.tree.map(lambda x: x.reshape(-1, length, *x.shape[1:]), steps)
