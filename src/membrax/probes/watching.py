"""Probes that watch every step and keep little: spike times in a buffer of fixed size, extremes and the mean."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, State
from ..pytrees import pytree
from ..timegrid import Time
from .probe import Step
from .sites import watched


@pytree
class SpikeBuffer:
    """The first ``capacity`` spikes of a neuron as (step, fraction of it), and how many there were in all."""

    steps: Array
    fractions: Array
    count: Array


@pytree
class SpikeNotes:
    """The last spike in a window of steps: its step, −1 for none, v before and after it, and how many there were."""

    step: Array
    before: Array
    after: Array
    count: Array


@dataclasses.dataclass(frozen=True)
class Spikes:
    """Upward crossings of ``threshold`` [mV], interpolated within the step, the first ``capacity`` of them.

    All are counted: a count above ``capacity`` means that the later ones were not kept. Capacity 0 only counts. In a
    window of several steps the last crossing is kept; one before it in the same window leaves its place empty. In a
    tree they are those at ``site``, by default of the first compartment, which is the soma if there is one.

    With a ``chunk_capacity`` the buffer serves one chunk of a population's run, has places for that many spikes, and
    moves to the host at the end of the chunk.
    """

    threshold: float = 0.0
    capacity: int = 256
    name: str = "spikes"
    site: tuple[Any, float] | None = None
    chunk_capacity: int | None = None

    @property
    def places(self) -> int:
        """The number of places in a buffer."""
        return self.capacity if self.chunk_capacity is None else self.chunk_capacity

    def begin(self, cell: Cell, state: State) -> SpikeBuffer:
        """An empty buffer."""
        steps = jnp.full((self.places,), -1, jnp.int32)
        return SpikeBuffer(steps, jnp.full((self.places,), jnp.nan, state.v.dtype), jnp.zeros((), jnp.int32))

    def open(self, memory: SpikeBuffer) -> SpikeNotes:
        """No spike in this window yet."""
        none, v = jnp.zeros((), jnp.int32), jnp.zeros((), memory.fractions.dtype)
        return SpikeNotes(none - 1, v, v, none)

    def watch(self, notes: SpikeNotes, step: Step) -> SpikeNotes:
        """Note a crossing, if the step has one."""
        look = lambda v: jax.lax.stop_gradient(watched(step.cell, v, self.site))  # noqa: E731
        before, after = look(step.before.v), look(step.after.v)
        crossed = (before < self.threshold) & (after >= self.threshold)
        count = notes.count + crossed.astype(jnp.int32)
        if self.places == 0:
            return dataclasses.replace(notes, count=count)
        # Where between the two it was is found when the window is over: a quotient for each window and not each step.
        noted = (step.before.step, before, after), (notes.step, notes.before, notes.after)
        return SpikeNotes(*(jnp.where(crossed, new, old) for new, old in zip(*noted, strict=True)), count)

    def close(self, memory: SpikeBuffer, notes: SpikeNotes) -> SpikeBuffer:
        """Add the window's spikes."""
        count = memory.count + notes.count
        if self.places == 0:
            return SpikeBuffer(memory.steps, memory.fractions, count)
        # A window without a crossing writes beyond the end, which drops it.
        slot = jnp.where(notes.count > 0, count - 1, self.places)
        _, fraction = crossing(notes.before, notes.after, self.threshold)
        return SpikeBuffer(
            memory.steps.at[slot].set(notes.step, mode="drop"),
            memory.fractions.at[slot].set(fraction, mode="drop"),
            count,
        )


@pytree
class Extremes:
    """Minimum, maximum and time average of v [mV] so far, and over how many steps."""

    minimum: Array
    maximum: Array
    mean: Array
    steps: Array


@dataclasses.dataclass(frozen=True)
class Summary:
    """Minimum, maximum and time average of v [mV], without keeping the trace."""

    name: str = "summary"

    def begin(self, cell: Cell, state: State) -> Extremes:
        """Nothing seen yet but the initial state."""
        return Extremes(state.v, state.v, jnp.zeros_like(state.v), jnp.zeros((), jnp.int32))

    def watch(self, memory: Extremes, step: Step) -> Extremes:
        """Take in the step's end, and its middle for the average."""
        steps = memory.steps + 1
        v, middle = step.after.v, 0.5 * (step.before.v + step.after.v)
        # A running mean, not a sum: a float32 sum stops growing after some million steps.
        mean = memory.mean + (middle - memory.mean) / steps.astype(middle.dtype)
        return Extremes(jnp.minimum(memory.minimum, v), jnp.maximum(memory.maximum, v), mean, steps)


def crossing(before: Array, after: Array, threshold: float) -> tuple[Array, Array]:
    """Whether v crossed ``threshold`` [mV] upwards, and at which fraction of the step (linear interpolation)."""
    crossed = (before < threshold) & (after >= threshold)
    rise = jnp.where(crossed, after - before, 1.0)
    return crossed, (threshold - before) / rise


def find_spikes(v: Array, threshold: float, capacity: int) -> SpikeBuffer:
    """What `Spikes` would have kept of a trace v [time] that has every step in it, as a differentiable function."""
    crossed, fraction = crossing(v[:-1], v[1:], threshold)
    (at,) = jnp.nonzero(crossed, size=capacity, fill_value=-1)
    fractions = jnp.where(at >= 0, fraction[jnp.maximum(at, 0)], jnp.nan)
    return SpikeBuffer(at.astype(jnp.int32), fractions, jnp.sum(crossed, dtype=jnp.int32))


def spike_times(buffer: SpikeBuffer, dt: float, start: Time, first_step: Array) -> Array:
    """Times [ms] of a buffer's spikes, NaN in its empty places, in the default precision.

    Args:
        buffer: steps counted as `State.step` counts them.
        dt: in ms.
        start: the moment of step ``first_step``.
        first_step: the state's count there.
    """
    found = buffer.steps >= 0
    steps = jnp.where(found, buffer.steps - first_step, 0).astype(buffer.fractions.dtype)
    return jnp.where(found, start.since(0.0) + (steps + buffer.fractions) * dt, jnp.nan)
