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

from .. import archive
from ..stimuli.waveforms import Function
from ..timeloop import stride
from .plan import Plan, Progress


def save(path: str | Path, mark: str, done: Progress) -> None:
    """Write the progress of the run with the fingerprint ``mark``."""
    moving = {f"moving/{k}": _bare(leaf) for k, leaf in enumerate(jax.tree.leaves((done.state, done.memories)))}
    samples = {f"sample/{k}/{p}": array for k, chunk in enumerate(done.samples) for p, array in chunk.items()}
    archive.write(path, identity=mark, step=done.step, chunks=len(done.samples), **moving, **samples)


def load(path: str | Path, mark: str, plan: Plan, fresh: Progress) -> Progress:
    """The progress in a file, or ``fresh`` if there is no file.

    Raises:
        ValueError: the file belongs to another run, or is no checkpoint.
    """
    kept = archive.read(path)
    if kept is None:
        return fresh
    if str(kept.get("identity")) != mark:
        raise ValueError(f"{path} is no checkpoint of this run: cells, stimulus, state, probes, dt or key differ")
    step = int(kept["step"])
    _check_reach(path, step, plan)
    leaves, structure = jax.tree.flatten((fresh.state, fresh.memories))
    moving = [_like(leaf, kept[f"moving/{k}"]) for k, leaf in enumerate(leaves)]
    state, memories = jax.tree.unflatten(structure, moving)
    samples: list[dict[str, np.ndarray]] = [{} for _ in range(int(kept["chunks"]))]
    for name, array in kept.items():
        if name.startswith("sample/"):
            _, chunk, where = name.split("/", 2)
            samples[int(chunk)][where] = array
    return dataclasses.replace(fresh, step=step, state=state, memories=memories, samples=samples)


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
    digest.update(str(structure).encode())
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
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def _like(leaf: Any, numbers: np.ndarray) -> Any:
    """The numbers as the kind of array, on the devices, that ``leaf`` is."""
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    array = (
        jax.random.wrap_key_data(jnp.asarray(numbers), impl=jax.random.key_impl(leaf))
        if is_key
        else jnp.asarray(numbers)
    )
    return jax.device_put(array, leaf.sharding)
