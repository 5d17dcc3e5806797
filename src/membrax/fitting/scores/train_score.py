"""Spike trains with the waveforms of their spikes, and a score of one train compared with another.

In addition to the features of `spike_score`, the voltage around every spike is kept, aligned at its upstroke: the
first spike of a train often differs from the later ones, and its waveform contains more information on the channels
than peak, width and trough.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import sharding
from ...compilation import host_jit
from ...pytrees import is_concrete, pytree
from ..problem.count_bounds import CountBounds, excess
from ..problem.problem import Problem
from ..problem.target import Target
from . import spike_score
from .online import traced
from .spike_score import Features, capped, count_error, difference

OFFSETS = np.concatenate([np.arange(-1.0, 3.0, 0.1), np.arange(3.0, 10.1, 0.5)])  # ms from the upstroke
SHAPES = 24  # spikes of a train whose waveforms are kept
TOGETHER = 256  # candidates in one simulation: more are no faster on a CPU
KEPT = 1e8  # samples of traces that one simulation may keep, 400 MB in single precision; reading takes half as much


@pytree
class Train:
    """One sweep: its features, and the mean waveform of its first and of its later spikes [offset] in mV.

    A waveform is inf where no spike has that offset.
    """

    features: Features
    first: Array
    later: Array


def train(features: Features, v: Array, interval: float) -> Train:
    """The train of a trace v [time] whose features are known."""
    times = features.times[:SHAPES]
    fired = jnp.isfinite(times)
    at = (jnp.where(fired, times, 0.0)[:, None] + jnp.asarray(OFFSETS, dtype=v.dtype)[None]) / interval
    inside = fired[:, None] & (at >= 0) & (at < len(v) - 1)
    below = jnp.clip(jnp.floor(at), 0, len(v) - 2)
    k = below.astype(jnp.int32)
    waves = v[k] + (v[k + 1] - v[k]) * (at - below)
    return Train(features, jnp.where(inside[0], waves[0], jnp.inf), _mean(waves[1:], inside[1:], axis=0))


def recorded_train(v: Array, interval: float) -> Train:
    """The train of a recorded trace."""
    return train(spike_score.features(v, interval), v, interval)


def score(model: Train, data: Train) -> Array:
    """The distance of one sweep of a model from the recorded one; 0 for equal trains.

    * every spike too many or too few counts 1;
    * spike times, matched by number: |Δt| over 5 ms plus a twentieth of the time since the first recorded spike, at
      most 1, averaged over the train; and once more for the first spike;
    * subthreshold: root mean square below `SUBTHRESHOLD` over 2 mV;
    * above that, where a strongly driven cell is between spikes and a cell in depolarisation block stays: the mean
      distance over
      3 mV, both between `SUBTHRESHOLD` and `SPIKE_THRESHOLD`, no sample counting for more than 10 mV;
    * where the cell fires, each at most 1: peak over 10 mV, width over 0.5 ms (twice, since searches that end badly
      do so with broad spikes), trough over 6 mV, the waveform of the first and the mean waveform of the later spikes
      over 15 mV.
    """
    ours, theirs = model.features, data.features
    fires, several = theirs.count > 0, theirs.count > 1
    missed, longest = count_error(ours, theirs)
    since = jnp.where(jnp.isfinite(theirs.times), difference(theirs.times, theirs.times[0]), 0.0)
    lag = capped(difference(ours.times, theirs.times) / (5.0 + 0.05 * since), False)
    late = capped(difference(ours.times[0], theirs.times[0]) / 5.0, fires)
    shape = sum(
        weight * capped(difference(getattr(ours, name), getattr(theirs, name)) / size, fires)
        for name, size, weight in (("peak", 10.0, 1.0), ("time_above_threshold", 0.5, 2.0), ("trough", 6.0, 1.0))
    )
    first, later = _distance(model.first, data.first), _distance(model.later, data.later)
    waves = capped(first / 15.0, fires) + capped(later / 15.0, several)
    subthreshold = ours.quiet / 2.0 + ours.apart / 3.0
    return missed + jnp.sum(lag) / longest + late + subthreshold + jnp.where(fires, shape + waves, 0.0)


def train_scores(places: Array, problem: Problem) -> Array:
    """The train score of every place [candidate, parameter], averaged over the training sweeps [candidate].

    Every spike outside the count bounds of a held-out sweep counts as one of a training sweep. One simulation has as
    many candidates as their traces allow; JAX's devices share them.
    """
    sweeps, samples = problem.data.v.shape
    together, samples = min(len(places), TOGETHER), (sweeps + problem.bounded_sweeps) * samples
    while together > 1 and together * samples > KEPT:
        together = math.ceil(together / 2)  # halves of an even number have one size and are compiled once
    parts = [_on_devices(places[k : k + together], problem) for k in range(0, len(places), together)]
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts)


def _on_devices(places: Array, problem: Problem) -> Array:
    devices = jax.local_devices()
    mesh = sharding.device_mesh(devices) if len(devices) > 1 and is_concrete(places) else None
    return shared_scores(sharding.place(places, 0, len(places), mesh), problem, mesh=mesh)[: len(places)]


@functools.partial(host_jit, static_argnames=("mesh",))
def shared_scores(places: Array, problem: Problem, *, mesh: jax.sharding.Mesh | None) -> Array:
    """`train_scores` as one simulation, its candidates shared by the devices of ``mesh``."""
    return sharding.over_mesh(_scores, mesh, (0, None), 0)(places, problem)


def _scores(places: Array, problem: Problem) -> Array:
    fitted, interval = len(problem.data.v), problem.data.interval
    recorded = jax.vmap(lambda v: recorded_train(v, interval))(problem.data.v)
    features, v = _runs(places, problem, _all_sweeps(problem))
    ours = jax.tree.map(lambda x: x[:fitted], features)
    gather = jax.vmap(lambda f, v: train(f, v, interval), in_axes=(0, 1))
    trains = jax.vmap(gather, in_axes=(0, 1))(ours, v[:, :fitted])
    scores = jax.vmap(lambda models, data: jax.vmap(lambda model: score(model, data))(models))(trains, recorded)
    total = jnp.sum(scores, axis=0)
    bounds = problem.count_bounds
    if bounds is not None:
        others = jax.tree.map(lambda x: x[fitted:], features)
        total = total + jax.vmap(lambda seen: _excess(seen, bounds), in_axes=1)(others)
    return total / fitted


def _all_sweeps(problem: Problem) -> Target:
    """The training sweeps, then the held-out sweeps with count bounds: one loop for both."""
    if problem.count_bounds is None:
        return problem.data
    return jax.tree.map(lambda *both: jnp.concatenate(both), problem.data, problem.count_bounds.sweeps)


def _runs(places: Array, problem: Problem, sweeps: Target) -> tuple[Features, Array]:
    """The features [sweep, candidate] and traces [time − 1, sweep, candidate] of every candidate in every sweep.

    Candidates are the last axis, whose neighbours a processor takes together: there are many of them and few sweeps.
    Time stays the leading one, as the loop leaves it: moving it would cost as much as a third of the simulation.
    """

    def over_candidates(sweep: Target) -> tuple[Features, Array]:
        run = lambda place: traced(problem.candidate(place), sweep, problem)  # noqa: E731
        return jax.vmap(run, out_axes=(0, 1))(places)

    return jax.vmap(over_candidates, out_axes=(0, 1))(sweeps)


def _excess(seen: Features, bounds: CountBounds) -> Array:
    """Spikes outside the count bounds of the held-out sweeps, of features [sweep]."""
    off = jnp.sum(excess(seen.count, bounds))
    return jnp.where(jnp.all(jnp.isfinite(seen.quiet)), off, jnp.nan)  # a model that diverged has no count


def _distance(one: Array, other: Array) -> Array:
    """Root mean square distance of two waveforms [offset] where both are known, inf where none is [mV]."""
    return jnp.sqrt(_mean(jnp.square(difference(one, other)), jnp.isfinite(one) & jnp.isfinite(other), axis=-1))


def _mean(x: Array, where: Array, axis: int) -> Array:
    """The mean of the entries that count, inf where none does."""
    count = jnp.sum(where, axis=axis).astype(x.dtype)
    return jnp.where(count > 0, jnp.sum(jnp.where(where, x, 0.0), axis=axis) / jnp.maximum(count, 1.0), jnp.inf)
