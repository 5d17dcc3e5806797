"""The progress of a run in a file, from which the same call resumes."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..io import npz_file
from ..sharding import fetch, put
from ..stimuli.waveforms import Function
from ..timeloop import stride
from .host_buffers import HostBuffers, SpikeList
from .progress import Progress
from .setup import Setup


def save(path: str | Path, identity: str, progress: Progress) -> None:
    """Write the progress of the run with a fingerprint ``identity``; samples in a store stay there."""
    buffers, settings = progress.buffers, progress.settings
    leaves = jax.tree.leaves((progress.state, progress.memories))
    dynamic = {f"dynamic/{k}": _data(leaf) for k, leaf in enumerate(leaves)}
    spikes = {f"spikes/{name}": np.concatenate(part) for name, part in _columns(buffers.spikes).items()}
    filled = {f"filled/{name}": count for name, count in buffers.filled.items()}
    in_memory = {name: array for name, array in buffers.arrays.items() if isinstance(array, np.ndarray)}
    samples = {f"sample/{name}": array[:, : buffers.filled[name]] for name, array in in_memory.items()}
    if jax.process_index() == 0:
        learnt = np.array([settings.window, settings.spike_capacity])
        own = {"identity": identity, "step": progress.step, "counts": buffers.counts, "settings": learnt}
        npz_file.write(path, compressed=False, **own, **dynamic, **spikes, **filled, **samples)


def load(path: str | Path, identity: str, setup: Setup, new: Progress) -> Progress:
    """The progress in a file, or ``new`` if there is no file.

    Raises:
        ValueError: the file belongs to another run, or is no checkpoint.
    """
    saved = npz_file.read(path)
    if saved is None:
        return new
    if str(saved.get("identity")) != identity:
        raise ValueError(f"{path} is no checkpoint of this run: cells, stimulus, state, probes, dt or key differ")
    step = int(saved["step"])
    _check_step(path, step, setup)
    leaves, structure = jax.tree.flatten((new.state, new.memories))
    dynamic = [_like(leaf, saved[f"dynamic/{k}"]) for k, leaf in enumerate(leaves)]
    state, memories = jax.tree.unflatten(structure, dynamic)
    # Settings that the spikes have changed; the others follow from devices and population.
    window, capacity = map(int, saved["settings"])
    settings = dataclasses.replace(new.settings, window=window, spike_capacity=capacity)
    return Progress(step, state, memories, _buffers(path, saved, new.buffers), settings)


def _buffers(path: str | Path, saved: Mapping[str, np.ndarray], new: HostBuffers) -> HostBuffers:
    """The buffers in a file, with samples in arrays for the whole of this run.

    Raises:
        ValueError: the samples are neither in the file nor in a store.
    """
    filled = {name: int(count) for name, count in _below("filled/", saved).items()}
    samples = _below("sample/", saved)
    arrays = dict(new.arrays)
    for name in filled:
        if name not in arrays:
            like = samples.get(name, np.empty((0, 0), jnp.result_type(float)))
            arrays[name] = new.make(name, like.dtype, like.shape[2:])
        if name in samples:
            arrays[name][:, : filled[name]] = samples[name]
        elif isinstance(arrays[name], np.ndarray):
            raise ValueError(f"the samples of {path} are in a store: name it, as in store='traces.zarr'")
    return dataclasses.replace(new, arrays=arrays, filled=filled, counts=saved["counts"], spikes=_spikes(saved))


def _below(folder: str, saved: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays in a folder of the file, by their names in it."""
    return {name.removeprefix(folder): array for name, array in saved.items() if name.startswith(folder)}


def _spikes(saved: Mapping[str, np.ndarray]) -> tuple[SpikeList, ...]:
    """The lists of all chunks, joined into one in which the spikes of each neuron are adjacent."""
    if "spikes/neuron" not in saved:
        return ()
    order = np.argsort(saved["spikes/neuron"], kind="stable")
    return (SpikeList(*(saved[f"spikes/{name}"][order] for name in SpikeList._fields)),)


def _columns(spikes: tuple[SpikeList, ...]) -> dict[str, list[np.ndarray]]:
    """The columns of the lists of all chunks, by name."""
    return {name: [getattr(part, name) for part in spikes] for name in SpikeList._fields} if spikes else {}


def _check_step(path: str | Path, step: int, setup: Setup) -> None:
    """Refuse a file that is beyond the duration, or that ended between two samples.

    Raises:
        ValueError: gives the times of both.
    """
    reached, duration = step * setup.dt, setup.count * setup.dt
    if step > setup.count:
        raise ValueError(f"{path} holds {reached:g} ms, more than the duration of {duration:g} ms")
    if step < setup.count and step % stride(setup.probes):
        raise ValueError(f"{path} ends at {reached:g} ms, between two samples: the run can't be made longer")


def identity(setup: Setup) -> str:
    """A fingerprint of everything that determines the results of a run except its duration; chunks do not."""
    digest = hashlib.sha256(repr((setup.dt, setup.probes, setup.integrator, setup.neurons, setup.origin)).encode())
    functions = [part.function for part in setup.stimulus.parts if isinstance(part, Function)]
    others = tuple(() if isinstance(part, Function) else part for part in setup.stimulus.parts)
    stimulus = dataclasses.replace(setup.stimulus, parts=others)
    leaves, structure = jax.tree.flatten((setup.cells, stimulus, setup.state))
    digest.update(re.sub(r" at 0x[0-9a-f]+", "", str(structure)).encode())
    for function in functions:
        program, constants = _traced(function)
        digest.update(program.encode())
        leaves += constants
    for leaf in leaves:
        digest.update(_data(leaf).tobytes())
    return digest.hexdigest()


def _traced(function: Callable) -> tuple[str, list[Array]]:
    """A function of time as a traced program and its constants; its name and address differ between sessions."""
    traced = jax.make_jaxpr(function)(0.0)
    return re.sub(r"0x[0-9a-f]+", "", str(traced.jaxpr)), [jnp.asarray(x) for x in traced.consts]


def _data(leaf: Array) -> np.ndarray:
    """The numbers of an array, or those of a random key."""
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return fetch(jax.random.key_data(leaf) if is_key else leaf)


def _like(leaf: Array, numbers: np.ndarray) -> Array:
    """The numbers as an array, or random keys, on the devices of ``leaf``."""
    array = jnp.asarray(numbers)
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        array = jax.random.wrap_key_data(array, impl=jax.random.key_impl(leaf))
    return put(array, leaf.sharding)
