"""Spike features and scores of a running model, gathered sample by sample."""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ...cell import Cell
from ...compilation import host_jit
from ..problem import nudging
from ..problem.nudging import Dynamic, Interval
from ..problem.problem import Problem
from ..problem.target import Target
from . import spike_score
from .spike_score import RunningFeatures

Carry: TypeAlias = tuple[Dynamic, RunningFeatures]


@host_jit
def spike_scores(places: Array, problem: Problem) -> Array:
    """The spike score of every place [candidate, parameter], averaged over the sweeps [candidate]."""
    interval = problem.data.interval
    recorded = jax.vmap(lambda v: spike_score.features(v, interval))(problem.data.v)

    def one(place: Array) -> Array:
        cell = problem.candidate(place)
        model = jax.vmap(lambda sweep: _run(cell, sweep, problem, trace=False)[0])(problem.data)
        return jnp.mean(jax.vmap(spike_score.score)(model, recorded))

    return jax.vmap(one)(places)


def traced(cell: Cell, sweep: Target, problem: Problem) -> tuple[spike_score.Features, Array]:
    """The features of the free-running cell under one sweep's current, gathered as it runs, and its trace.

    The trace v [time − 1] is the voltage at the beginning of every interval, without the very last sample: joining one
    more would copy all of it, which costs as much as half of the simulation.
    """
    features, (v,) = _run(cell, sweep, problem, trace=True)
    return features, v


def _run(cell: Cell, sweep: Target, problem: Problem, *, trace: bool) -> tuple[spike_score.Features, tuple[Array, ...]]:
    """The features, and the trace if it is requested."""

    def step(carry: Carry, interval: Interval) -> tuple[Carry, tuple[Array, ...]]:
        before, memory = carry
        after = nudging.across(cell, before, sweep, interval, jnp.zeros(()), problem.integrator, problem.system)
        v, next_v = nudging.observed(before[0]), nudging.observed(after[0])
        memory = spike_score.watch(memory, v, next_v, interval.last, sweep.interval)
        return (after, memory), (v,) if trace else ()

    start = nudging.begin(cell, sweep, problem.integrator, problem.system)
    first = (start, spike_score.begin(nudging.observed(start[0]), sweep.v[0]))
    (_, memory), v = jax.lax.scan(step, first, nudging.intervals(sweep))
    return spike_score.read(memory), v
