"""Shapes in time. Each has an exact mean over a step, so that an edge between grid points keeps its charge.

A waveform is a dataclass of numbers; see `Waveform`. Leaves with one axis more than the rank of their field are batches
of stimuli. All times are in ms from time 0, in the default precision: in float32 an edge at 1e6 ms is exact to 0.03 ms.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from typing import ClassVar, Protocol

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..pytrees import pytree, static
from ..timegrid import Time
from ..typing import Parameter

RANKS = {"samples": 1}  # of the fields; every other field of a waveform is a number


class Waveform(Protocol):
    """A function of time with a mean over each step.

    Attributes:
        unbounded: the names of the fields that may be infinite.
        currents: the names of the fields that are currents.
    """

    unbounded: ClassVar[tuple[str, ...]]
    currents: ClassVar[tuple[str, ...]]

    def mean(self, t: Time, dt: Parameter) -> Array:
        """The average over [t, t + dt], dt in ms."""
        ...


def _overlap(elapsed: Array, dt: Parameter, width: Parameter) -> tuple[Array, Array]:
    """The part of [elapsed, elapsed + dt] inside [0, width], as offsets from ``elapsed`` [ms]."""
    return _within(-elapsed, dt), _within(width - elapsed, dt)


def _within(offset: Array, dt: Parameter) -> Array:
    """``offset`` clipped to [0, dt], with a derivative of 1 in exactly one of two adjacent steps.

    Rounding may put an edge on the grid into both steps, into neither, or half into one; for the derivative the border
    of the steps is therefore a thousandth of a step early.
    """
    here = (offset >= -1e-3 * dt) & (offset < 0.999 * dt)
    near = jnp.where(here, offset, 0.0)  # an edge that never comes is at infinity, and inf − inf is no number
    return jnp.clip(jax.lax.stop_gradient(offset), 0.0, dt) + (near - jax.lax.stop_gradient(near))


@pytree
class Step:
    """``amplitude`` from ``start`` to ``stop``, 0 outside."""

    amplitude: Parameter
    start: Parameter
    stop: Parameter

    unbounded: ClassVar[tuple[str, ...]] = ("start", "stop")
    currents: ClassVar[tuple[str, ...]] = ("amplitude",)

    def mean(self, t: Time, dt: Parameter) -> Array:
        """Average over the step."""
        # Each edge is relative to t: stop − start would lose digits of a late, short pulse.
        return self.amplitude * (_within(-t.since(self.stop), dt) - _within(-t.since(self.start), dt)) / dt


@pytree
class PulseTrain:
    """``count`` pulses of ``width``, one every ``period``, the first at ``start``."""

    amplitude: Parameter
    start: Parameter
    width: Parameter
    period: Parameter
    count: Parameter

    unbounded: ClassVar[tuple[str, ...]] = ("count",)
    currents: ClassVar[tuple[str, ...]] = ("amplitude",)

    def mean(self, t: Time, dt: Parameter) -> Array:
        """Average over the step, exact as long as a step is shorter than a period."""
        elapsed = t.since(self.start)
        pulse = jnp.floor(elapsed / self.period)
        since = elapsed - pulse * self.period
        here, next_one = self._on(pulse, since, dt), self._on(pulse + 1.0, since - self.period, dt)
        return self.amplitude * (here + next_one) / dt

    def _on(self, pulse: Array, since: Array, dt: Parameter) -> Array:
        first, last = _overlap(since, dt, self.width)
        exists = (pulse >= 0) & (pulse < self.count)
        return jnp.where(exists, last - first, 0.0)


@pytree
class Ramp:
    """A straight line from ``initial`` at ``start`` to ``final`` at ``stop``, 0 outside."""

    initial: Parameter
    final: Parameter
    start: Parameter
    stop: Parameter

    unbounded: ClassVar[tuple[str, ...]] = ()
    currents: ClassVar[tuple[str, ...]] = ("initial", "final")

    def mean(self, t: Time, dt: Parameter) -> Array:
        """Average over the step."""
        elapsed, width = t.since(self.start), self.stop - self.start
        first, last = _overlap(elapsed, dt, width)
        middle = (elapsed + 0.5 * (first + last)) / width
        return (self.initial + (self.final - self.initial) * middle) * (last - first) / dt


@pytree
class Chirp:
    """A sine whose frequency [Hz] runs linearly from ``low`` at ``start`` to ``high`` at ``stop``, 0 outside.

    With low = high it is a sine. ``phase`` [rad] is that at ``start``.
    """

    amplitude: Parameter
    low: Parameter
    high: Parameter
    phase: Parameter
    start: Parameter
    stop: Parameter

    unbounded: ClassVar[tuple[str, ...]] = ("stop",)
    currents: ClassVar[tuple[str, ...]] = ("amplitude",)

    def mean(self, t: Time, dt: Parameter) -> Array:
        """Average over the step: exact for a sine; for a chirp with the frequency at the middle of the step."""
        elapsed, width = t.since(self.start), self.stop - self.start
        first, last = _overlap(elapsed, dt, width)
        middle, half = elapsed + 0.5 * (first + last), 0.5 * (last - first)
        rate = jnp.where(jnp.isfinite(width), (self.high - self.low) / width, 0.0)
        cycles = 1e-3 * (self.low + 0.5 * rate * middle) * middle
        frequency = 1e-3 * (self.low + rate * middle)
        # The mean of sin over ±half about the middle is sin(middle)·sin(x)/x with x = 2π f half.
        wave = jnp.sin(2 * jnp.pi * (cycles - jnp.floor(cycles)) + self.phase) * jnp.sinc(2 * frequency * half)
        return self.amplitude * wave * (2 * half) / dt


@pytree
class Sampled:
    """Samples [time] every ``interval`` ms from ``start`` on, each constant until the next, as from a DAC.

    The first sample also holds before ``start``, and the last one after the end.
    """

    samples: Array
    start: Parameter
    interval: float = static(default=1.0)

    unbounded: ClassVar[tuple[str, ...]] = ()
    currents: ClassVar[tuple[str, ...]] = ("samples",)

    def mean(self, t: Time, dt: Parameter) -> Array:
        """Average over the step."""
        at = t.since(self.start) / self.interval
        # A step that begins within rounding error of a sample begins at the sample.
        first = jnp.floor(at + 1e-4)
        into = jnp.maximum(at - first, 0.0)
        width = dt / self.interval
        span = int(width + 1e-4) + 2
        edges = jnp.clip(jnp.arange(span + 1, dtype=into.dtype) - into, 0.0, width)
        index = jnp.clip(first.astype(jnp.int32) + jnp.arange(span, dtype=jnp.int32), 0, self.samples.shape[0] - 1)
        return jnp.sum(self.samples[index] * jnp.diff(edges)) / width


@dataclasses.dataclass(frozen=True)
class Scaled:
    """A function of time times a number; two of them are equal if both parts are, so that none is compiled twice."""

    function: Callable[[Array], ArrayLike]
    factor: Fraction

    def __call__(self, t: Array) -> ArrayLike:
        """The value at ``t`` [ms]."""
        return jnp.asarray(self.function(t)) * self.factor.numerator / self.factor.denominator


@pytree
class Function:
    """Any traceable function of time in ms, averaged over the two Gauss points of a step (order 4)."""

    function: Callable[[Array], ArrayLike] = static()

    unbounded: ClassVar[tuple[str, ...]] = ()
    currents: ClassVar[tuple[str, ...]] = ()

    def mean(self, t: Time, dt: Parameter) -> Array:
        """Average over the step."""
        offset = 0.5 / 3**0.5
        early, late = t.plus((0.5 - offset) * dt), t.plus((0.5 + offset) * dt)
        return 0.5 * jnp.add(self.function(early.since(0.0)), self.function(late.since(0.0)))
