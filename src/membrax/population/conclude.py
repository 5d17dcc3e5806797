"""From the last chunk to a `Result` on the host, and the words about neurons and spikes that were lost."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from typing import Any

import jax
import numpy as np

from ..cell import State
from ..instants import Instant, grid
from ..probes import SpikeBuffer, sample_times, samplers
from ..simulate import all_finite
from .layout import without_padding
from .plan import Axes, Plan, Progress
from .result import Result, nested


def result(plan: Plan, done: Progress) -> Result:
    """Everything the run kept, without the padding; warns of lost neurons and of spikes beyond the buffer."""
    memories = jax.tree.map(lambda x: np.asarray(x)[: plan.neurons], done.memories)
    spikes = memories.pop(plan.spikes.name)
    final = without_padding(_stamped(plan, done), plan.axes.state, plan.neurons)
    finite = np.array(_finite(final, axes=plan.axes))
    finite[list(plan.outlaws)] = False
    _warn_of_lost(finite, plan.outlaws)
    _warn_of_overflow(spikes.count, plan)
    return Result(
        duration=done.step * plan.dt, dt=plan.dt, spike_times=_spike_times(spikes, plan), spike_counts=spikes.count,
        finite=finite, quarantined=plan.outlaws, recorded=_joined(plan, done) | memories,
        times={p.name: plan.origin + sample_times(p, done.step, plan.dt) for p in samplers(plan.probes)}, final=final,
    )  # fmt: skip


@functools.partial(jax.jit, static_argnames="axes")
def _finite(state: State, *, axes: Axes) -> jax.Array:
    return jax.vmap(all_finite, in_axes=(axes.state,))(state)


def _stamped(plan: Plan, done: Progress) -> Any:
    """The last state with its time."""
    end = grid(done.step, 1, plan.dt, plan.origin)
    return dataclasses.replace(done.state, time=Instant(end.whole[0], end.fraction[0]))


def _joined(plan: Plan, done: Progress) -> dict[str, Any]:
    """All samples of a path as one array [neuron, time]."""
    paths = dict.fromkeys(path for chunk in done.samples for path in chunk)
    parts = {path: [chunk[path] for chunk in done.samples if path in chunk] for path in paths}
    return nested({path: np.concatenate(part, axis=1)[: plan.neurons] for path, part in parts.items()})


def _spike_times(spikes: SpikeBuffer, plan: Plan) -> np.ndarray:
    """Spike times [neuron, k] in float64 ms, as wide as the neuron with the most kept spikes."""
    first = int(np.asarray(plan.state.step))
    width = int(np.max(np.sum(spikes.steps >= 0, axis=1), initial=0))
    steps, fractions = spikes.steps[:, :width], spikes.fractions[:, :width].astype(np.float64)
    return np.where(steps >= 0, plan.origin + (steps - first + fractions) * plan.dt, np.nan)


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
