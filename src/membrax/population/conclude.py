"""From the last chunk to a `Result` on the host, and the words about neurons and spikes that were lost."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from typing import Any

import jax
import numpy as np

from ..cell import State
from ..probes import sample_times, samplers
from ..simulate import all_finite
from ..timegrid import Time, grid
from . import storage
from .host_buffers import SpikeList, spike_table
from .result import PopulationResult, nested
from .setup import Axes, Plan, Progress
from .sharding import fetch, without_padding


def result(plan: Plan, done: Progress, group: Any = None) -> PopulationResult:
    """Everything the run kept, without the padding; warns of lost neurons and of spikes beyond the buffer."""
    memories = jax.tree.map(lambda x: fetch(x)[: plan.neurons], done.memories)
    final = without_padding(_stamped(plan, done), plan.axes.state, plan.neurons)
    finite = np.array(fetch(_finite(final, axes=plan.axes)))
    finite[list(plan.outlaws)] = False
    counts, spikes = done.kept.counts, list(done.kept.spikes)
    recorded = nested(done.kept.recorded()) | memories
    times = {p.name: plan.origin + sample_times(p, done.step, plan.dt) for p in samplers(plan.probes)}
    duration, done = done.step * plan.dt, None  # whose lists of spikes may go as the table grows
    _warn_of_lost(finite, plan.outlaws)
    _warn_of_overflow(counts, plan)
    found = PopulationResult(
        duration=duration, dt=plan.dt, spike_times=_spike_times(plan, spikes), spike_counts=counts, finite=finite,
        quarantined=plan.outlaws, recorded=recorded, times=times, final=final,
    )  # fmt: skip
    if group is not None:
        storage.put(group, *found.beside_samples())
    return found


@functools.partial(jax.jit, static_argnames="axes")
def _finite(state: State, *, axes: Axes) -> jax.Array:
    return jax.vmap(all_finite, in_axes=(axes.state,))(state)


def _stamped(plan: Plan, done: Progress) -> Any:
    """The last state with its time."""
    end = grid(done.step, 1, plan.dt, plan.origin)
    return dataclasses.replace(done.state, time=Time(end.whole[0], end.fraction[0]))


def _spike_times(plan: Plan, spikes: list[SpikeList]) -> np.ndarray:
    """Spike times [neuron, k] in float64 ms, as wide as the neuron with the most kept spikes."""
    first = int(np.asarray(plan.state.step))
    time_of = lambda step, fraction: plan.origin + ((step - first) + fraction.astype(np.float64)) * plan.dt  # noqa: E731
    return spike_table(spikes, plan.neurons, time_of)


def _warn_of_lost(finite: np.ndarray, outlaws: dict[int, str]) -> None:
    lost = np.flatnonzero(~finite).tolist()
    if lost:
        named = ", ".join(f"{neuron} ({outlaws.get(neuron, 'diverged')})" for neuron in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        told = f"{len(lost)} of {len(finite)} neurons are not finite: {named}{more}"
        warnings.warn(told, UserWarning, stacklevel=4)


def _warn_of_overflow(counts: np.ndarray, plan: Plan) -> None:
    over, most = int(np.sum(counts > plan.spikes.capacity)), int(np.max(counts, initial=0))
    if over and plan.spikes.capacity:
        told = (
            f"{over} neurons fired more than {plan.spikes.capacity} spikes: all are counted, the later times are not "
            f"kept; record=membrax.probes.spikes(capacity={most}) keeps them"
        )
        warnings.warn(told, UserWarning, stacklevel=4)
