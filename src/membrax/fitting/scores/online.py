"""Spike features and scores of a running model, gathered sample by sample."""

from __future__ import annotations

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
from .spike_score import Watch


@host_jit
def spike_scores(places: Array, problem: Problem) -> Array:
    """The spike score of every place [candidate, parameter], averaged over the sweeps [candidate]."""
    interval = problem.data.interval
    recorded = jax.vmap(lambda v: spike_score.features(v, interval))(problem.data.v)

    def one(place: Array) -> Array:
        cell = problem.candidate(place)
        beside = jax.vmap(lambda sweep: watched(cell, sweep, problem)[0])(problem.data)
        return jnp.mean(jax.vmap(spike_score.score)(beside, recorded))

    return jax.vmap(one)(places)


def watched(
    cell: Cell, sweep: Target, problem: Problem, *, trace: bool = False
) -> tuple[spike_score.Features, Array | None]:
    """The features of the free-running cell under one sweep's current, gathered as it runs, and perhaps its trace.

    The trace v [time − 1] is that at the beginning of every interval, without the very last sample: joining one more
    would copy all of it, which costs as much as half of the simulation.
    """

    def step(carry: tuple[Dynamic, Watch], interval: Interval) -> tuple[tuple[Dynamic, Watch], Array | None]:
        before, memory = carry
        after = nudging.across(cell, before, sweep, interval, jnp.zeros(()), problem.integrator, problem.system)
        memory = spike_score.watch(
            memory, nudging.observed(before[0]), nudging.observed(after[0]), interval.last, sweep.interval
        )
        return (after, memory), nudging.observed(before[0]) if trace else None

    start = nudging.begin(cell, sweep, problem.system)
    first = (start, spike_score.begin(nudging.observed(start[0]), sweep.v[0]))
    (_, memory), v = jax.lax.scan(step, first, nudging.intervals(sweep))
    return spike_score.read(memory), v
