"""A run's progress in a file, from which the same call goes on where it stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..io import npz_file
from ..stimuli.waveforms import Function
from ..timeloop import stride
from .host_buffers import HostBuffers, SpikeList
from .setup import Plan, Progress
from .sharding import fetch, put


def save(path: str | Path, mark: str, done: Progress) -> None:
    """Write the progress of the run with the fingerprint ``mark``; samples in a store stay there."""
    kept = done.kept
    moving = {f"moving/{k}": _bare(leaf) for k, leaf in enumerate(jax.tree.leaves((done.state, done.memories)))}
    spikes = {f"spikes/{name}": np.concatenate(part) for name, part in _columns(kept.spikes).items()}
    filled = {f"filled/{path}": count for path, count in kept.filled.items()}
    in_memory = {path: array for path, array in kept.arrays.items() if isinstance(array, np.ndarray)}
    samples = {f"sample/{path}": array[:, : kept.filled[path]] for path, array in in_memory.items()}
    if jax.process_index() == 0:
        where = {"identity": mark, "step": done.step, "counts": kept.counts, "pace": (done.pace.window, done.pace.room)}
        npz_file.write(path, **where, **moving, **spikes, **filled, **samples)


def load(path: str | Path, mark: str, plan: Plan, fresh: Progress) -> Progress:
    """The progress in a file, or ``fresh`` if there is no file.

    Raises:
        ValueError: the file belongs to another run, or is no checkpoint.
    """
    saved = npz_file.read(path)
    if saved is None:
        return fresh
    if str(saved.get("identity")) != mark:
        raise ValueError(f"{path} is no checkpoint of this run: cells, stimulus, state, probes, dt or key differ")
    step = int(saved["step"])
    _check_reach(path, step, plan)
    leaves, structure = jax.tree.flatten((fresh.state, fresh.memories))
    moving = [_like(leaf, saved[f"moving/{k}"]) for k, leaf in enumerate(leaves)]
    state, memories = jax.tree.unflatten(structure, moving)
    # What a run has learnt of its spikes; the rest is the devices' and the population's.
    pace = dataclasses.replace(fresh.pace, window=int(saved["pace"][0]), room=int(saved["pace"][-1]))
    return Progress(step, state, memories, _kept(path, saved, fresh.kept), pace)


def _kept(path: str | Path, saved: dict[str, np.ndarray], fresh: HostBuffers) -> HostBuffers:
    """What a file says was brought home, its samples in arrays for the whole of this run.

    Raises:
        ValueError: the samples are neither in the file nor in a store.
    """
    filled = {name.removeprefix("filled/"): int(count) for name, count in saved.items() if name.startswith("filled/")}
    samples = {name.removeprefix("sample/"): array for name, array in saved.items() if name.startswith("sample/")}
    arrays = dict(fresh.arrays)
    for where in filled:
        if where not in arrays:
            kind, sample = jnp.result_type(float), ()
            if where in samples:
                kind, sample = samples[where].dtype, samples[where].shape[2:]
            arrays[where] = fresh.make(where, kind, sample)
        if where in samples:
            arrays[where][:, : filled[where]] = samples[where]
        elif isinstance(arrays[where], np.ndarray):
            raise ValueError(f"the samples of {path} are in a store: name it, as in store='traces.zarr'")
    spikes = ()
    if "spikes/neuron" in saved:
        # The lists of several chunks, one behind the other, become one in which a neuron's spikes stand together.
        order = np.argsort(saved["spikes/neuron"], kind="stable")
        spikes = (SpikeList(*(saved[f"spikes/{name}"][order] for name in SpikeList._fields)),)
    return dataclasses.replace(fresh, arrays=arrays, filled=filled, counts=saved["counts"], spikes=spikes)


def _columns(spikes: tuple[SpikeList, ...]) -> dict[str, list[np.ndarray]]:
    """The lists of all chunks by the name of what they hold."""
    return {name: [getattr(part, name) for part in spikes] for name in SpikeList._fields} if spikes else {}


def _check_reach(path: str | Path, step: int, plan: Plan) -> None:
    """Refuse a file that has gone further than asked, or that ended between two samples.

    Raises:
        ValueError: says which.
    """
    if step > plan.count:
        raise ValueError(f"{path} holds {step * plan.dt:g} ms, more than the duration of {plan.count * plan.dt:g} ms")
    if step < plan.count and step % stride(plan.probes):
        raise ValueError(f"{path} ends at {step * plan.dt:g} ms, between two samples: the run can't be made longer")


def identity(plan: Plan) -> str:
    """A fingerprint of all that decides the numbers of a run; chunks and duration don't."""
    digest = hashlib.sha256(repr((plan.dt, plan.probes, plan.integrator, plan.neurons, plan.origin)).encode())
    functions = [part.function for part in plan.stimulus.parts if isinstance(part, Function)]
    plain = tuple(() if isinstance(part, Function) else part for part in plan.stimulus.parts)
    stimulus = dataclasses.replace(plan.stimulus, parts=plain)
    leaves, structure = jax.tree.flatten((plan.cells, stimulus, plan.state))
    digest.update(re.sub(r" at 0x[0-9a-f]+", "", str(structure)).encode())
    for function in functions:
        said, constants = _meaning(function)
        digest.update(said.encode())
        leaves += constants
    for leaf in leaves:
        digest.update(_bare(leaf).tobytes())
    return digest.hexdigest()


def _meaning(function: Callable) -> tuple[str, list]:
    """What a function of time computes, as JAX sees it: its name and address are others in every session."""
    traced = jax.make_jaxpr(function)(0.0)
    return re.sub(r"0x[0-9a-f]+", "", str(traced.jaxpr)), [jnp.asarray(x) for x in traced.consts]


def _bare(leaf: Any) -> np.ndarray:
    """The numbers of an array, or those of a random key."""
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return fetch(jax.random.key_data(leaf) if is_key else leaf)


def _like(leaf: Any, numbers: np.ndarray) -> Any:
    """The numbers as the kind of array, on the devices, that ``leaf`` is."""
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    array = (
        jax.random.wrap_key_data(jnp.asarray(numbers), impl=jax.random.key_impl(leaf))
        if is_key
        else jnp.asarray(numbers)
    )
    return put(array, leaf.sharding)
