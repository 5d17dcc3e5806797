"""Injected currents as functions of time: summable, batchable, differentiable, exact at their edges.

Every function takes times in ms and amplitudes in ``unit``: "uA/cm2", a density, or "nA" into the cell's area
(i = 1e5·I/area). Any number may be an array with one entry per neuron; `membrax.run` then gives each neuron its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..checks import finite_number
from ..pytrees import numbers, strong
from ..timegrid import Time, grid, steps
from .noise import OrnsteinUhlenbeck
from .stimulus import (
    Stimulus,
    StimulusLike,
    as_stimulus,
    batch_axes,
    batch_size,
    begin,
    check_function,
    check_key,
    check_unit,
    from_waveform,
    mean_density,
)
from .waveforms import Chirp, Function, PulseTrain, Ramp, Sampled, Step

__all__ = [
    "Stimulus",
    "StimulusLike",
    "as_stimulus",
    "batch_axes",
    "batch_size",
    "begin",
    "chirp",
    "constant",
    "evaluate",
    "from_samples",
    "function",
    "mean_density",
    "ornstein_uhlenbeck",
    "pulse_train",
    "ramp",
    "sine",
    "step",
]


def step(amplitude: Any, start: Any = 0.0, stop: Any = jnp.inf, *, unit: str = "uA/cm2") -> Stimulus:
    """``amplitude`` from ``start`` to ``stop``.

    Raises:
        ValueError: stop before start, or an unknown unit.
    """
    _ordered(start, stop)
    return from_waveform(Step(amplitude, start, stop), unit)


def constant(amplitude: Any, *, unit: str = "uA/cm2") -> Stimulus:
    """The same current for all time."""
    return from_waveform(Step(amplitude, -jnp.inf, jnp.inf), unit)


def pulse_train(
    amplitude: Any, start: Any = 0.0, *, width: Any, period: Any, count: Any = jnp.inf, unit: str = "uA/cm2"
) -> Stimulus:
    """``count`` pulses of ``width``, one every ``period``, the first at ``start``; a step must be below a period.

    Raises:
        ValueError: a width that is not above 0 and at most a period, or an unknown unit.
    """
    _positive(width, "width")
    _each(lambda n: (n >= 0) & (n == np.floor(n)), (count,), "count must be a whole number or infinite", "pulses")
    _each(lambda w, p: w <= p, (width, period), "a pulse's width must be at most its period", "ms")
    return from_waveform(PulseTrain(amplitude, start, width, period, count), unit)


def ramp(final: Any, start: Any = 0.0, stop: Any = None, *, initial: Any = 0.0, unit: str = "uA/cm2") -> Stimulus:
    """A straight line from ``initial`` at ``start`` to ``final`` at ``stop``, 0 outside.

    Raises:
        ValueError: no stop after start, or an unknown unit.
    """
    if stop is None:
        raise ValueError("a ramp needs its stop in ms")
    _ordered(start, stop, strictly=True)
    return from_waveform(Ramp(initial, final, start, stop), unit)


def sine(
    amplitude: Any, frequency: Any, start: Any = 0.0, stop: Any = jnp.inf, *, phase: Any = 0.0, unit: str = "uA/cm2"
) -> Stimulus:
    """A sine of ``frequency`` [Hz], with ``phase`` [rad] at ``start``.

    Raises:
        ValueError: stop before start, or an unknown unit.
    """
    _ordered(start, stop)
    return from_waveform(Chirp(amplitude, frequency, frequency, phase, start, stop), unit)


def chirp(
    amplitude: Any, low: Any, high: Any, start: Any = 0.0, stop: Any = None, *, phase: Any = 0.0, unit: str = "uA/cm2"
) -> Stimulus:
    """A sine whose frequency runs linearly from ``low`` to ``high`` [Hz] between ``start`` and ``stop``.

    Raises:
        ValueError: no stop after start, or an unknown unit.
    """
    if stop is None:
        raise ValueError("a chirp needs a finite stop in ms")
    _each(np.isfinite, (stop,), "a chirp needs a finite stop in ms", "ms")
    _ordered(start, stop, strictly=True)
    return from_waveform(Chirp(amplitude, low, high, phase, start, stop), unit)


def ornstein_uhlenbeck(mean: Any, sigma: Any, tau: Any, *, unit: str = "uA/cm2") -> Stimulus:
    """Coloured noise about ``mean`` with standard deviation ``sigma`` and correlation time ``tau`` [ms].

    A simulation with it needs ``key=``. Random numbers are keyed on (neuron, step), so neither the cutting of a run
    into chunks nor its devices change them.

    Raises:
        ValueError: tau not above 0, sigma negative, or an unknown unit.
    """
    _positive(tau, "tau")
    _each(lambda s: s >= 0, (sigma,), "sigma must be at least 0", check_unit(unit))
    return from_waveform(OrnsteinUhlenbeck(mean, sigma, tau), unit)


def from_samples(samples: Any, interval: float, start: Any = 0.0, *, unit: str = "uA/cm2") -> Stimulus:
    """Samples [time] (or [neuron, time]) every ``interval`` ms, each held until the next; the ends are held on.

    Raises:
        ValueError: samples that are no array of finite numbers with one or two axes, an interval not above 0, or an
            unknown unit.
    """
    interval = finite_number(interval, "interval", "ms", above=0.0)
    samples = numbers(samples, "samples")
    if jnp.ndim(samples) not in (1, 2):
        raise ValueError(f"samples must be [time] or [neuron, time], got the shape {jnp.shape(samples)}")
    _each(np.isfinite, (samples,), "samples must be finite", check_unit(unit))
    return from_waveform(Sampled(samples, start, interval), unit)


def function(of_time: Callable[[Any], Any], *, unit: str = "uA/cm2") -> Stimulus:
    """Any function of time [ms] that JAX can trace; its edges, if it has any, should fall between steps.

    Raises:
        ValueError: no function that JAX can trace, one that returns no single number, or an unknown unit.
    """
    return Stimulus((Function(check_function(of_time)),), (check_unit(unit),))


def evaluate(
    stimulus: Any, *, duration: float, dt: float, area: Any = 1000.0, start: float = 0.0, key: Any = None
) -> jax.Array:
    """The current density [step] in µA/cm² that each step of a simulation receives: means over [t, t + dt].

    Args:
        stimulus: one stimulus (not batched).
        duration, dt, start: in ms.
        area: of the membrane [µm²], for stimuli in nA.
        key: for random stimuli, the key (or the seed) the simulation was given.

    Raises:
        ValueError: as `membrax.simulate` does.
    """
    stimulus = strong(as_stimulus(stimulus))
    if batch_size(stimulus):
        raise ValueError(f"evaluate takes one stimulus, but this one holds {batch_size(stimulus)}: use jax.vmap")
    key = check_key(stimulus, key)
    count = steps(duration, dt)
    _each(lambda a: a > 0, (area,), "area must be above 0", "µm²")
    _each(np.isfinite, (start,), "start must be finite", "ms")
    area = jnp.asarray(area, dtype=float)

    def one(memory: tuple, at: tuple[Time, jax.Array]) -> tuple[tuple, jax.Array]:
        return mean_density(stimulus, memory, at[0], dt, area=area, key=key, step=at[1])

    return jax.lax.scan(one, begin(stimulus, key), (grid(0, count, dt, start), jnp.arange(count, dtype=jnp.int32)))[1]


def _ordered(start: Any, stop: Any, *, strictly: bool = False) -> None:
    _each(
        (lambda a, b: a < b) if strictly else (lambda a, b: a <= b), (start, stop), "stop must come after start", "ms"
    )


def _positive(value: Any, name: str) -> None:
    _each(lambda x: x > 0, (value,), f"{name} must be above 0", "ms")


def _each(good: Callable[..., Any], values: tuple, rule: str, unit: str) -> None:
    """Raise if a rule fails for any entry; traced values can't be looked at and pass."""
    if any(isinstance(value, jax.core.Tracer) for value in values):
        return
    try:
        arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    except (TypeError, ValueError):
        raise ValueError(f"{rule}, got {', '.join(map(repr, values))} {unit}") from None
    bad = np.argwhere(~np.asarray(good(*arrays)))
    if len(bad):
        found = ", ".join(f"{array[tuple(bad[0])]:g} {unit}" for array in arrays)
        raise ValueError(f"{rule}, got {found}")
