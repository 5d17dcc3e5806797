"""Samples and memories of the probes of a run."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from ..cell import Cell, State
from ..probes import Probe, samplers, state_samplers, watchers

Values = dict[str, Any]
"""Samples or memories: {name of the probe: a tree of arrays}."""


def block_size(probes: tuple[Probe, ...]) -> int:
    """The number of steps in a block, after which samples are taken: the greatest common divisor of all ``every``."""
    return math.gcd(*(probe.every for probe in samplers(probes))) or 1


def stride(probes: tuple[Probe, ...]) -> int:
    """The number of steps after which every sampler has just sampled, so that the run may be divided there."""
    return math.lcm(*(probe.every for probe in samplers(probes)))


def begin_memories(cell: Cell, state: State, probes: tuple[Probe, ...]) -> Values:
    """The memories of the watchers before the first step."""
    return {probe.name: probe.begin(cell, state) for probe in watchers(probes)}


def first_samples(cell: Cell, state: State, probes: tuple[Probe, ...]) -> Values:
    """The samples of one state, such as the initial state, by the samplers of states."""
    return {probe.name: probe.sample(cell, state) for probe in state_samplers(probes)}


def thin(samples: Values, probes: tuple[Probe, ...]) -> Values:
    """Of samples [block, …] those of each sampler's ``every``."""
    size = block_size(probes)
    stride = {probe.name: probe.every // size for probe in samplers(probes)}
    return {name: jax.tree.map(lambda x, s=stride[name]: x[s - 1 :: s], kept) for name, kept in samples.items()}


def with_first(first: Values, samples: Values) -> Values:
    """Samples after those of the initial state, for the samplers of states."""
    joined = lambda a, b: jnp.concatenate([a[None], b])  # noqa: E731
    return {name: jax.tree.map(joined, first[name], kept) if name in first else kept for name, kept in samples.items()}
