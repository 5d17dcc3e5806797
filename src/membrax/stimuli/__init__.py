"""Injected currents as functions of time: summable, batchable, differentiable, exact at their edges.

Every function takes times in ms and amplitudes in ``unit``: "uA/cm2", a density, or "nA" into the area of the cell
(i = 1e5·I/area). "pA" and "uA" are kept in nA, "mA/cm2", "nA/cm2", "A/m2" and "pA/um2" in µA/cm². Any number may be an
array with one entry per neuron; `membrax.run` then gives each neuron its own stimulus.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..checks import finite_number
from ..pytrees import is_concrete, numbers, strong
from ..timegrid import Time, grid, steps
from ..typing import Number
from .means import begin, mean_density
from .noise import OrnsteinUhlenbeck
from .stimulus import (
    Stimulus,
    StimulusLike,
    as_stimulus,
    batch_axes,
    batch_size,
    check_function,
    check_key,
    current_unit,
    from_waveform,
)
from .waveforms import Chirp, Function, PulseTrain, Ramp, Sampled, Scaled, Step

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


def step(amplitude: Number, start: Number = 0.0, stop: Number = jnp.inf, *, unit: str = "uA/cm2") -> Stimulus:
    """``amplitude`` from ``start`` to ``stop``.

    Raises:
        ValueError: stop before start, or an unknown unit.
    """
    _ordered(start, stop)
    return from_waveform(Step, unit, amplitude=amplitude, start=start, stop=stop)


def constant(amplitude: Number, *, unit: str = "uA/cm2") -> Stimulus:
    """The same current for all time."""
    return from_waveform(Step, unit, amplitude=amplitude, start=-jnp.inf, stop=jnp.inf)


def pulse_train(
    amplitude: Number,
    start: Number = 0.0,
    *,
    width: Number,
    period: Number,
    count: Number = jnp.inf,
    unit: str = "uA/cm2",
) -> Stimulus:
    """``count`` pulses of ``width``, one every ``period``, the first at ``start``.

    The time step must be shorter than a period.

    Raises:
        ValueError: a width that is not above 0 and at most a period, or an unknown unit.
    """
    _positive(width, "width")
    _each(lambda n: (n >= 0) & (n == np.floor(n)), (count,), "count must be a whole number or infinite", "pulses")
    _each(lambda w, p: w <= p, (width, period), "a pulse's width must be at most its period", "ms")
    return from_waveform(PulseTrain, unit, amplitude=amplitude, start=start, width=width, period=period, count=count)


def ramp(
    final: Number, start: Number = 0.0, stop: Number | None = None, *, initial: Number = 0.0, unit: str = "uA/cm2"
) -> Stimulus:
    """A straight line from ``initial`` at ``start`` to ``final`` at ``stop``, 0 outside.

    Raises:
        ValueError: no ``stop``, one that is not after ``start``, or an unknown unit.
    """
    if stop is None:
        raise ValueError("a ramp needs a stop in ms")
    _ordered(start, stop, strictly=True)
    return from_waveform(Ramp, unit, initial=initial, final=final, start=start, stop=stop)


def sine(
    amplitude: Number,
    frequency: Number,
    start: Number = 0.0,
    stop: Number = jnp.inf,
    *,
    phase: Number = 0.0,
    unit: str = "uA/cm2",
) -> Stimulus:
    """A sine of ``frequency`` [Hz], with ``phase`` [rad] at ``start``.

    Raises:
        ValueError: stop before start, or an unknown unit.
    """
    _ordered(start, stop)
    return from_waveform(
        Chirp, unit, amplitude=amplitude, low=frequency, high=frequency, phase=phase, start=start, stop=stop
    )


def chirp(
    amplitude: Number,
    low: Number,
    high: Number,
    start: Number = 0.0,
    stop: Number | None = None,
    *,
    phase: Number = 0.0,
    unit: str = "uA/cm2",
) -> Stimulus:
    """A sine whose frequency runs linearly from ``low`` to ``high`` [Hz] between ``start`` and ``stop``.

    Raises:
        ValueError: no ``stop``, one that is not after ``start``, or an unknown unit.
    """
    if stop is None:
        raise ValueError("a chirp needs a finite stop in ms")
    _each(np.isfinite, (stop,), "a chirp needs a finite stop in ms", "ms")
    _ordered(start, stop, strictly=True)
    return from_waveform(Chirp, unit, amplitude=amplitude, low=low, high=high, phase=phase, start=start, stop=stop)


def ornstein_uhlenbeck(mean: Number, sigma: Number, tau: Number, *, unit: str = "uA/cm2") -> Stimulus:
    """Coloured noise about ``mean`` with standard deviation ``sigma`` and correlation time ``tau`` [ms].

    A simulation with this stimulus needs ``key=``. Random numbers are keyed on (neuron, step), so that they depend
    neither on the chunks nor on the devices of a run.

    Raises:
        ValueError: tau not above 0, sigma negative, or an unknown unit.
    """
    _positive(tau, "tau")
    current_unit(unit)
    _each(lambda s: s >= 0, (sigma,), "sigma must be at least 0", unit)
    return from_waveform(OrnsteinUhlenbeck, unit, average=mean, sigma=sigma, tau=tau)


def from_samples(samples: Number, interval: float, start: Number = 0.0, *, unit: str = "uA/cm2") -> Stimulus:
    """Samples [time] (or [neuron, time]) every ``interval`` ms, each constant until the next.

    The first and the last sample hold before and after all samples. A simulation that ends more than an interval later
    than they do raises a warning if the last one is not 0.

    Raises:
        ValueError: samples that are not finite or have no or more than two axes, an interval not above 0, or an unknown
            unit.
    """
    interval = finite_number(interval, "interval", "ms", above=0.0)
    samples = numbers(samples, "samples")
    if jnp.ndim(samples) not in (1, 2):
        raise ValueError(f"samples must be [time] or [neuron, time], got the shape {jnp.shape(samples)}")
    current_unit(unit)
    _each(np.isfinite, (samples,), "samples must be finite", unit)
    return from_waveform(Sampled, unit, samples=samples, start=start, interval=interval)


def function(of_time: Callable[[Array], ArrayLike], *, unit: str = "uA/cm2") -> Stimulus:
    """Any function of time [ms] that JAX can trace; its edges, if any, should fall between steps.

    Raises:
        ValueError: a function that JAX cannot trace or that does not return one number, or an unknown unit.
    """
    unit, factor = current_unit(unit)
    function = Function(check_function(of_time))
    return Stimulus((function if factor == 1 else Function(Scaled(of_time, factor)),), (unit,))


def evaluate(
    stimulus: StimulusLike,
    *,
    duration: float,
    dt: float,
    area: Number = 1000.0,
    start: float = 0.0,
    key: int | Array | None = None,
) -> Array:
    """The current density [step] in µA/cm² in each step of a simulation, the mean over [t, t + dt].

    Args:
        stimulus: one stimulus (not batched).
        duration, dt, start: in ms.
        area: area of the membrane [µm²], for stimuli in nA.
        key: for a random stimulus the key (or the seed) of the simulation.

    Raises:
        ValueError: the errors of `membrax.simulate`.
    """
    stimulus = strong(as_stimulus(stimulus))
    if batch_size(stimulus):
        raise ValueError(f"evaluate takes one stimulus, but this one holds {batch_size(stimulus)}: use jax.vmap")
    key = check_key(stimulus, key)
    count = steps(duration, dt)
    _each(lambda a: a > 0, (area,), "area must be above 0", "µm²")
    _each(np.isfinite, (start,), "start must be finite", "ms")
    area = jnp.asarray(area, dtype=float)

    def one(memory: tuple, at: tuple[Time, Array]) -> tuple[tuple, Array]:
        return mean_density(stimulus, memory, at[0], dt, area=area, key=key, step=at[1])

    return jax.lax.scan(one, begin(stimulus, key), (grid(0, count, dt, start), jnp.arange(count, dtype=jnp.int32)))[1]


def _ordered(start: Number, stop: Number, *, strictly: bool = False) -> None:
    _each(
        (lambda a, b: a < b) if strictly else (lambda a, b: a <= b), (start, stop), "stop must come after start", "ms"
    )


def _positive(value: Number, name: str) -> None:
    _each(lambda x: x > 0, (value,), f"{name} must be above 0", "ms")


def _each(good: Callable[..., np.ndarray], values: tuple, rule: str, unit: str) -> None:
    """Raise ValueError if a rule fails for any entry; traced values pass."""
    if not is_concrete(values):
        return
    try:
        arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    except (TypeError, ValueError):
        raise ValueError(f"{rule}, got {', '.join(map(repr, values))} {unit}") from None
    bad = np.argwhere(~np.asarray(good(*arrays)))
    if len(bad):
        entry = ", ".join(f"{array[tuple(bad[0])]:g} {unit}" for array in arrays)
        raise ValueError(f"{rule}, got {entry}")
