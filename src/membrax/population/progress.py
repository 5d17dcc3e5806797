"""Progress of a run between two chunks."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from numpy.typing import DTypeLike

from .. import sharding
from ..cell import Cell, State
from ..probes import is_emptied, sample_times, samplers, watchers
from ..timeloop import begin_memories, first_samples
from . import storage
from .axes import Axes
from .chunk_settings import ChunkSettings
from .host_buffers import HostBuffers, flatten
from .setup import Setup
from .storage import Group, StoredArray


@dataclasses.dataclass(frozen=True)
class Progress:
    """A run between two chunks.

    Attributes:
        step: steps done.
        state: the population, gates still half a step behind v, so that the chunks change no result.
        memories: {name: memory [neuron, …]} of the watching probes; see `between_chunks`.
        buffers: samples and spikes on the host.
        settings: of the next chunk.
    """

    step: int
    state: State
    memories: dict[str, Any]
    buffers: HostBuffers
    settings: ChunkSettings


def begin(setup: Setup, group: Group | None = None) -> Progress:
    """The progress before the first step, with the first samples; further ones go into memory or a store's group."""
    settings = setup.initial_settings()
    probes = settings.for_chunk(setup.probes)
    memories, samples = _first(setup.cells, setup.state, probes=probes, axes=setup.axes, mesh=setup.mesh)
    make = functools.partial(_array, setup, group)
    buffers = HostBuffers(make, setup.spikes.capacity, np.zeros(setup.neurons, np.int64))
    first = {path: array[None] for path, array in flatten(jax.tree.map(sharding.fetch, samples)).items()}
    return Progress(0, setup.state, memories, buffers.with_samples(first), settings)


def between_chunks(memories: dict[str, Any], probes: tuple) -> dict[str, Any]:
    """The memories that stay on the devices after a chunk; of an emptied one its earlier voltages, if it has any."""
    emptied = {probe.name for probe in watchers(probes) if is_emptied(probe)}
    kept = {name: memory for name, memory in memories.items() if name not in emptied}
    return kept | {name: memories[name].earlier for name in sorted(emptied) if memories[name].earlier}


def _array(
    setup: Setup, group: Group | None, path: str, dtype: DTypeLike, sample: tuple[int, ...]
) -> np.ndarray | StoredArray:
    """An array for all samples of a sampler under ``path``, in memory or in a store."""
    probe = next(probe for probe in samplers(setup.probes) if probe.name == path.split("/")[0])
    shape = setup.neurons, len(sample_times(probe, setup.count, setup.dt)), *sample
    if group is None:
        return np.empty(shape, dtype)
    return storage.array(group, f"recorded/{path}", shape, dtype, together=setup.chunk // probe.every)


@functools.partial(jax.jit, static_argnames=("probes", "axes", "mesh"))
def _first(cells: Cell, state: State, *, probes: tuple, axes: Axes, mesh: Mesh | None) -> tuple[dict, dict]:
    def one(cell: Cell, state: State) -> tuple[dict, dict]:
        memories = begin_memories(cell, state, probes)
        return between_chunks(memories, probes), first_samples(cell, state, probes)

    axes_in = axes.cells, axes.state
    return sharding.over_mesh(jax.vmap(one, in_axes=axes_in), mesh, axes_in, 0)(cells, state)
