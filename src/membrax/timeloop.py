"""The loop over time that `simulate`, `run` and `fit` share: one neuron, many steps, a `jax.lax.scan`."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp

from .cell import Cell, State, environment
from .instants import Instant
from .integrators import Integrator
from .probes import Step, samplers, watchers
from .stimuli import Stimulus, begin, mean_density
from .stimuli.stimulus import channel_key

Array = jax.Array


def one_step(
    cell: Cell, stimulus: Stimulus, state: State, t: Instant, dt: float, integrator: Integrator
) -> tuple[State, Step]:
    """The state after [t, t + dt], and the step as probes see it. ``state.time`` is left to the loop's end."""
    drive, pieces = state.drive, []
    part = dt / integrator.pieces
    for j in range(integrator.pieces):
        number = state.step * integrator.pieces + j
        drive, mean = mean_density(stimulus, drive, t.later(j * part), part, area=cell.area, key=state.key, step=number)
        pieces.append(mean)
    key = None if state.key is None else channel_key(state.key, state.step)
    env = environment(cell, t.later(0.5 * dt), key)
    after = integrator.advance(cell, state, tuple(pieces), dt, env)
    after = dataclasses.replace(after, step=state.step + 1, drive=drive)
    return after, Step(cell, state, after, sum(pieces) / len(pieces), dt, env, integrator.staggered)


def block_size(probes: tuple) -> int:
    """The number of steps between two samples: the greatest common divisor of what the samplers ask for."""
    return math.gcd(*(probe.every for probe in samplers(probes))) or 1


def stride(probes: tuple) -> int:
    """The number of steps after which every sampler has just sampled; a run may be cut there without a trace."""
    return math.lcm(*(probe.every for probe in samplers(probes)))


def begin_memories(cell: Cell, state: State, probes: tuple) -> dict[str, Any]:
    """The watchers' memories before the first step."""
    return {probe.name: probe.begin(cell, state) for probe in watchers(probes)}


def first_samples(cell: Cell, state: State, probes: tuple) -> dict[str, Any]:
    """What the samplers of states keep of the initial state."""
    return {probe.name: probe.sample(cell, state) for probe in samplers(probes) if not probe.per_step}


def march(
    cell: Cell,
    stimulus: Stimulus,
    state: State,
    memories: dict[str, Any],
    times: Instant,
    *,
    dt: float,
    probes: tuple,
    integrator: Integrator,
) -> tuple[State, dict[str, Any], dict[str, Any]]:
    """The state and the watchers' memories after all steps, and the samplers' samples [block, …] at each block's end.

    Args:
        times: the beginnings of the steps [step]; steps left over after the last whole block are not sampled.

    Every step is checkpointed: reverse-mode differentiation keeps one state per step and computes the rest again,
    which costs less time than the memory traffic it saves.
    """

    @jax.checkpoint
    def one(carry: tuple, t: Instant) -> tuple[tuple, Any]:
        state, memories = carry
        after, step = one_step(cell, stimulus, state, t, dt, integrator)
        kept = {probe.name: probe.sample(step) for probe in samplers(probes) if probe.per_step}
        return (after, {probe.name: probe.watch(memories[probe.name], step) for probe in watchers(probes)}), kept

    def skip(carry: tuple, t: Instant) -> tuple[tuple, None]:
        return one(carry, t)[0], None

    def block(carry: tuple, block_times: Instant) -> tuple[tuple, dict]:
        if size > 1:
            carry, _ = jax.lax.scan(skip, carry, jax.tree.map(lambda x: x[:-1], block_times))
        carry, kept = one(carry, jax.tree.map(lambda x: x[-1], block_times))
        return carry, {**first_samples(cell, carry[0], probes), **kept}

    size = block_size(probes)
    whole = (len(times.whole) // size) * size
    blocks = jax.tree.map(lambda x: x[:whole].reshape(-1, size), times)
    carry, samples = jax.lax.scan(block, (state, memories), blocks)
    if whole < len(times.whole):
        carry, _ = jax.lax.scan(skip, carry, jax.tree.map(lambda x: x[whole:], times))
    return carry[0], carry[1], samples


def thin(samples: dict[str, Any], probes: tuple) -> dict[str, Any]:
    """Of samples [block, …] those that each sampler asked for."""
    size = block_size(probes)
    stride = {probe.name: probe.every // size for probe in samplers(probes)}
    return {name: jax.tree.map(lambda x, s=stride[name]: x[s - 1 :: s], kept) for name, kept in samples.items()}


def with_first(first: dict[str, Any], samples: dict[str, Any]) -> dict[str, Any]:
    """Samples with the initial state's before them, for those that have one."""
    joined = lambda a, b: jnp.concatenate([a[None], b])  # noqa: E731
    return {name: jax.tree.map(joined, first[name], kept) if name in first else kept for name, kept in samples.items()}


def begin_drive(stimulus: Stimulus, state: State) -> State:
    """The state with the stimulus's memory: what it carries, if it fits this stimulus, else a new beginning."""
    fresh = begin(stimulus, state.key)
    fits = jax.tree.structure(fresh) == jax.tree.structure(state.drive)
    return state if fits else dataclasses.replace(state, drive=fresh)
