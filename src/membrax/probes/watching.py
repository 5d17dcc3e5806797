"""Probes that watch every step and keep little: spike times in a buffer of fixed size, extremes and the mean."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array

from ..cell import Cell, State
from ..pytrees import pytree
from ..timegrid import Time
from .crossings import Earlier, crossing, cubic_crossing
from .probe import Step
from .sites import Site, voltage_at


@pytree
class SpikeBuffer:
    """The first spikes of a neuron [place] and the number of all its spikes.

    Attributes:
        steps: the step of each spike, −1 in an empty place.
        fractions: the fraction of that step at which v crossed the threshold, inf in an empty place.
        count: of all spikes, kept or not.
        earlier: of a cubic interpolation v two steps and one step before the present, mV.
    """

    steps: Array
    fractions: Array
    count: Array
    earlier: Earlier = ()


@pytree
class LastSpike:
    """The last spike in a window of steps.

    Attributes:
        step: of the spike, −1 for none.
        before, after: v around it, mV.
        count: of the spikes in the window.
        earlier: of a cubic interpolation v before ``before``, mV.
        present: the same before the present step.
    """

    step: Array
    before: Array
    after: Array
    count: Array
    earlier: Earlier = ()
    present: Earlier = ()


@dataclasses.dataclass(frozen=True)
class Spikes:
    """Upward crossings of ``threshold`` [mV], interpolated within the step; the first ``capacity`` of them are kept.

    All are counted: a count above ``capacity`` means that later spikes were not kept. Capacity 0 only counts. Of two
    crossings in one window of steps the last is kept, and the place of the other stays empty. In a tree the crossings
    are those at ``site``, by default in the first compartment, which is the soma if there is one.

    The interpolation is "linear" or "cubic", see `cubic_crossing`. Only the times of a cubic interpolation have a
    derivative.

    With a ``chunk_capacity`` the buffer serves one chunk of a population's run, has places for that many spikes, and
    moves to the host at the end of the chunk.
    """

    threshold: float = 0.0
    capacity: int = 256
    name: str = "spikes"
    site: Site | None = None
    chunk_capacity: int | None = None
    interpolation: str = "linear"

    @property
    def cubic(self) -> bool:
        """Whether the interpolation is cubic."""
        return self.interpolation == "cubic"

    @property
    def places(self) -> int:
        """The number of places in a buffer."""
        return self.capacity if self.chunk_capacity is None else self.chunk_capacity

    def begin(self, cell: Cell, state: State) -> SpikeBuffer:
        """An empty buffer."""
        steps, none = jnp.full((self.places,), -1, jnp.int32), jnp.full((), jnp.inf, state.v.dtype)
        fractions = jnp.full((self.places,), jnp.inf, state.v.dtype)
        return SpikeBuffer(steps, fractions, jnp.zeros((), jnp.int32), (none, none) if self.cubic else ())

    def open(self, memory: SpikeBuffer) -> LastSpike:
        """A window without a spike."""
        none, v = jnp.zeros((), jnp.int32), jnp.zeros((), memory.fractions.dtype)
        return LastSpike(none - 1, v, v, none, memory.earlier, memory.earlier)

    def watch(self, buffer: LastSpike, step: Step) -> LastSpike:
        """The window with the crossing of one more step, if there is one."""
        before, after = (voltage_at(step.cell, state.v, self.site) for state in (step.before, step.after))
        if not self.cubic:
            before, after = jax.lax.stop_gradient((before, after))
        crossed = (before < self.threshold) & (after >= self.threshold)
        count = buffer.count + crossed.astype(jnp.int32)
        if self.places == 0:
            return dataclasses.replace(buffer, count=count)
        # `close` interpolates between the two: one quotient for each window and not for each step.
        new = step.before.step, before, after, *buffer.present
        old = buffer.step, buffer.before, buffer.after, *buffer.earlier
        number, last, first, *earlier = (jnp.where(crossed, a, b) for a, b in zip(new, old, strict=True))
        return LastSpike(number, last, first, count, tuple(earlier), (*buffer.present, before)[1:])

    def close(self, memory: SpikeBuffer, buffer: LastSpike) -> SpikeBuffer:
        """The buffer of the neuron with the spike of a window."""
        count = memory.count + buffer.count
        if self.places == 0:
            return dataclasses.replace(memory, count=count)
        # A window without a crossing writes beyond the end, which has no effect.
        slot = jnp.where(buffer.count > 0, count - 1, self.places)
        _, fraction = self._crossing(buffer)
        return SpikeBuffer(
            memory.steps.at[slot].set(buffer.step, mode="drop"),
            memory.fractions.at[slot].set(fraction, mode="drop"),
            count,
            buffer.present,
        )

    def _crossing(self, spike: LastSpike) -> tuple[Array, Array]:
        """Whether there is one, and the fraction of its step."""
        if self.cubic:
            return cubic_crossing(spike.earlier, spike.before, spike.after, self.threshold)
        return crossing(spike.before, spike.after, self.threshold)


@pytree
class Extremes:
    """Minimum, maximum and time average of v [mV] over the first ``steps`` steps."""

    minimum: Array
    maximum: Array
    mean: Array
    steps: Array


@dataclasses.dataclass(frozen=True)
class Summary:
    """Minimum, maximum and time average of v [mV], without the trace."""

    name: str = "summary"

    def begin(self, cell: Cell, state: State) -> Extremes:
        """The extremes of the initial state."""
        return Extremes(state.v, state.v, jnp.zeros_like(state.v), jnp.zeros((), jnp.int32))

    def watch(self, memory: Extremes, step: Step) -> Extremes:
        """The extremes with the end of one more step, and the average with its middle."""
        steps = memory.steps + 1
        v, middle = step.after.v, 0.5 * (step.before.v + step.after.v)
        # A running mean and no sum: a float32 sum stops growing after some million steps.
        mean = memory.mean + (middle - memory.mean) / steps.astype(middle.dtype)
        return Extremes(jnp.minimum(memory.minimum, v), jnp.maximum(memory.maximum, v), mean, steps)


def find_spikes(v: Array, threshold: float | Array, capacity: int) -> SpikeBuffer:
    """The buffer of `Spikes` from a trace v [time] with every step in it, differentiable."""
    crossed, fraction = crossing(v[:-1], v[1:], threshold)
    (at,) = jnp.nonzero(crossed, size=capacity, fill_value=-1)
    fractions = jnp.where(at >= 0, fraction[jnp.maximum(at, 0)], jnp.inf)
    return SpikeBuffer(at.astype(jnp.int32), fractions, jnp.sum(crossed, dtype=jnp.int32))


def spike_times(buffer: SpikeBuffer, dt: float, start: Time, first_step: Array) -> Array:
    """Times [ms] of a buffer's spikes, inf in its empty places, in the default precision.

    Args:
        buffer: with steps counted as `State.step` counts them.
        dt: ms.
        start: the time of step ``first_step``.
        first_step: the state's count there.
    """
    full = buffer.steps >= 0
    steps = jnp.where(full, buffer.steps - first_step, 0).astype(buffer.fractions.dtype)
    return jnp.where(full, start.since(0.0) + (steps + buffer.fractions) * dt, jnp.inf)
