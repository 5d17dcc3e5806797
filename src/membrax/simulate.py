"""One neuron through time."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from . import tables
from .cell import Cell, State, first_voltage, settle, state_at
from .cell_checks import check_cell, check_parameters, check_state
from .cell_checks import check_single as check_single_cell
from .cell_plausibility import warn_of_driven_spikes, warn_of_units
from .integrators import Integrator, check_integrator, staggered
from .probes import (
    Probe,
    ProbesLike,
    Sampler,
    Spikes,
    Voltage,
    as_probes,
    find_spikes,
    sample_times,
    samplers,
    spike_times,
)
from .pytrees import is_concrete, pytree, static, strong
from .stimuli import Stimulus, StimulusLike, as_stimulus, batch_size, check_key
from .stimuli.held_samples import warn_of_held_samples
from .stimuli.stimulus import IN_TIME
from .timegrid import Time, grid, milliseconds, steps
from .timeloop import (
    begin_drive,
    begin_memories,
    block_size,
    first_samples,
    run_loop,
    thin,
    with_first,
)


@pytree
class Trace:
    """One simulated neuron; under `jax.vmap` every array has a leading neuron axis.

    Attributes:
        v: membrane potential [time] in mV; sample 0 is the initial state. Of a tree [time, compartment].
        spikes: times of upward crossings of 0 mV [capacity] in ms, interpolated, padded with inf; of a tree its soma's.
            A spike probe in ``record`` replaces these, the first of several.
        spike_count: the number of crossings, kept or not.
        final: the `State` at the end, from which another simulation may go on.
        finite: whether v and all gates are finite at the end (a NaN stays NaN).
        recorded: {probe name: its samples or memory}, of every spike probe its times as ``spikes`` are.
    """

    v: Array
    spikes: Array
    spike_count: Array
    final: State
    finite: Array
    recorded: dict[str, Any]
    start: Time
    dt: float = static(default=0.0)
    steps: int = static(default=0)
    samplers: tuple[Sampler, ...] = static(default=())

    @property
    def t(self) -> np.ndarray:
        """Times of ``v`` [time] in ms, float64; [neuron, time] if neurons began at different times."""
        return self.times["voltage"]

    @property
    def times(self) -> dict[str, np.ndarray]:
        """{probe name: times [time] in ms} of every probe that samples; those of currents are mid-steps."""
        start = milliseconds(self.start)
        if start.ndim and np.all(start == start.flat[0]):
            start = start.flat[0]
        return {probe.name: start[..., None] + sample_times(probe, self.steps, self.dt) for probe in self.samplers}

    def _summary(self) -> tuple[str, list[tuple[str, str]]]:
        """Title and rows of the printed table."""
        spikes = self.spikes
        if is_concrete(spikes):
            spikes = np.asarray(spikes)[np.isfinite(spikes)]  # without the padding
        rows = [
            ("v", f"{tables.value_text(self.v, 'mV')}, {list(np.shape(self.v))}"),
            ("spike_count", tables.value_text(self.spike_count)),
            ("spikes", tables.value_text(spikes, "ms")),
            ("finite", tables.value_text(self.finite)),
            *tables.shape_rows(self.recorded, "recorded"),
        ]
        return f"Trace of {self.steps * self.dt:g} ms in steps of {self.dt:g} ms", rows

    def __repr__(self) -> str:
        return tables.summary(*self._summary())

    def _repr_html_(self) -> str:
        return tables.html_summary(*self._summary())


def simulate(
    cell: Cell,
    stimulus: StimulusLike = None,
    *,
    duration: float,
    dt: float = 0.025,
    state: State | None = None,
    record: ProbesLike = None,
    integrator: Integrator = staggered,
    key: Array | int | None = None,
) -> Trace:
    """Simulate one neuron; `jax.jit`, `jax.vmap` and `jax.grad` apply.

    Args:
        cell: its parameters.
        stimulus: from `membrax.stimuli`; a number is a constant density [µA/cm²], a function one of time in ms.
        duration: in ms, a multiple of ``dt``.
        dt: the step in ms, a plain number.
        state: the initial state, from `rest` or another trace's ``final``; by default v is ``cell.v_init`` and the
            gates are steady.
        record: probes, in addition to the voltage at every step; `membrax.probes.voltage(every=n)` keeps fewer samples.
        integrator: see `membrax.integrators`.
        key: a random key, for random stimuli or channels.

    Returns:
        A `Trace`. More spikes than the 256 (or ``capacity`` of the spike probe) whose times are kept raise a warning.
        Inside `jax.jit` and `jax.vmap` nothing can: compare ``spike_count`` with the length of ``spikes``.
        ``jax.debug_nans`` finds no NaN in a healthy neuron; one that diverges raises there.
        A warning names parameters that make sense in another unit only (conductances in S/cm², kelvin, potentials in
        V), samples of a stimulus that end before the simulation, and crossings of 0 mV to which a current merely
        charged a passive membrane.

    Raises:
        ValueError: a parameter outside its bounds, a duration that is no multiple of dt, a traced dt, a batched cell
            or stimulus, a random stimulus without a key.
    """
    count, dt = steps(duration, dt), float(dt)
    stimulus = as_stimulus(stimulus)
    check_cell(cell)
    check_single(cell, stimulus)
    check_parameters(cell)
    check_integrator(integrator)
    if state is not None:
        check_state(state, cell)
        if jnp.ndim(state.v) != (cell.morphology is not None):
            raise ValueError(f"state must be of one neuron, got {len(state.v)}: use membrax.run, or jax.vmap")
    probes = _with_voltage(as_probes(record))
    key = check_key(stimulus, key, getattr(state, "key", None))
    warn_of_units(cell)
    if state is None or is_concrete(state.time):
        warn_of_held_samples(stimulus, duration + (0.0 if state is None else float(milliseconds(state.time))))
    trace = _simulate(
        strong(cell), strong(stimulus), strong(state), key, grid(0, count, dt), dt=dt, probes=probes,
        integrator=integrator,
    )  # fmt: skip
    at_zero = all(probe.threshold == 0.0 for probe in probes if isinstance(probe, Spikes))
    if at_zero and not jax.tree.leaves(trace.final.gates) and is_concrete((cell, trace.spike_count)):
        warn_of_driven_spikes(cell, int(trace.spike_count))
    _warn_of_overflow(trace)
    return trace


def _warn_of_overflow(trace: Trace) -> None:
    """Warn of spikes that were counted and not kept; under `jax.jit` and `jax.vmap` no count is known yet."""
    if is_concrete(trace.spike_count) and trace.spike_count > trace.spikes.size:
        count, kept = int(trace.spike_count), trace.spikes.size
        warnings.warn(
            f"the neuron fired {count} spikes, of which the times of the first {kept} are kept; "
            f"record=membrax.probes.spikes(capacity={count}) keeps them all",
            UserWarning,
            stacklevel=3,
        )


@functools.partial(jax.jit, static_argnames=("dt", "probes", "integrator"))
def _simulate(
    cell: Cell, stimulus: Stimulus, state: State | None, key: Array | None, times: Time, *, dt: float,
    probes: tuple[Probe, ...], integrator: Integrator,
) -> Trace:  # fmt: skip
    start = begin_drive(stimulus, begin_state(cell, state, key))
    start = start if integrator.staggered else settle(cell, start)
    origin = start.time
    times = Time(origin.whole + times.whole, origin.fraction + times.fraction)
    # Under vmap a stimulus that is evaluated before the loop takes one number per neuron and step, as a recording does.
    end, memories, samples = run_loop(
        cell, stimulus, start, begin_memories(cell, start, probes), times, dt=dt, probes=probes, integrator=integrator,
        ahead=block_size(probes) == 1,
    )  # fmt: skip
    recorded = with_first(first_samples(cell, start, probes), thin(samples, probes)) | memories
    last = jax.tree.map(lambda x: x[-1], times)
    final = dataclasses.replace(settle(cell, end), time=last.plus(dt).normalised())
    v = recorded.pop("voltage")
    buffers = {probe.name: recorded[probe.name] for probe in probes if isinstance(probe, Spikes)}
    recorded |= {name: spike_times(buffer, dt, origin, start.step) for name, buffer in buffers.items()}
    if not buffers:
        default = Spikes()
        spikes = find_spikes(v if cell.morphology is None else v[:, 0], default.threshold, default.capacity)
        times_of = spike_times(spikes, dt, origin, jnp.zeros((), jnp.int32))
    else:
        name, spikes = next(iter(buffers.items()))
        times_of = recorded[name]
    return Trace(
        v, times_of, spikes.count, final, all_finite(end), recorded, origin, dt, len(times.whole), samplers(probes)
    )


def begin_state(cell: Cell, state: State | None, key: Array | None) -> State:
    """The given state, or ``v_init`` with steady gates; a new key replaces that of the state."""
    if state is None:
        return state_at(cell, first_voltage(cell), key)
    return state if key is None else dataclasses.replace(state, key=key)


def all_finite(state: State) -> Array:
    """Whether v and every gate are finite."""
    arrays = jax.tree.leaves((state.v, state.gates))
    return functools.reduce(jnp.logical_and, [jnp.all(jnp.isfinite(x)) for x in arrays])


def _with_voltage(probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
    """The probes with a voltage among them, and with a spike probe where the voltage lacks steps or sites."""
    voltage = next((p for p in probes if isinstance(p, Voltage)), None)
    if voltage is None:
        return (*probes, Voltage())
    if (voltage.every > 1 or voltage.sites is not None) and not any(isinstance(p, Spikes) for p in probes):
        return (*probes, Spikes())
    return probes


def check_single(cell: Cell, stimulus: Stimulus) -> None:
    """Refuse a batch of cells or stimuli where one neuron is expected.

    Raises:
        ValueError: names the leaf with an axis too many.
    """
    check_single_cell(cell, "simulate", "membrax.run, or jax.vmap over the cells")
    if batch_size(stimulus):
        raise ValueError(
            f"simulate takes one stimulus, but this one holds {batch_size(stimulus)}: use membrax.run, or jax.vmap; "
            f"{IN_TIME}"
        )
