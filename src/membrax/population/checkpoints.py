"""A run's progress in a file, from which the same call goes on where it stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..stimuli.waveforms import Function
from ..timeloop import stride
from .plan import Plan, Progress


def save(path: str | Path, plan: Plan, done: Progress) -> None:
    """Write the progress; a crash while writing leaves the file of the chunk before."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    moving = {f"moving/{k}": _bare(leaf) for k, leaf in enumerate(jax.tree.leaves((done.state, done.memories)))}
    samples = {f"sample/{k}/{p}": array for k, chunk in enumerate(done.samples) for p, array in chunk.items()}
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        np.savez(file, identity=identity(plan), step=done.step, chunks=len(done.samples), **moving, **samples)
    os.replace(beside, path)


def load(path: str | Path, plan: Plan, fresh: Progress) -> Progress:
    """The progress in a file, or ``fresh`` if there is no file.

    Raises:
        ValueError: the file belongs to another run.
    """
    path = Path(path)
    if not path.exists():
        return fresh
    with _opened(path) as file:
        if "identity" not in file or str(file["identity"]) != identity(plan):
            raise ValueError(f"{path} is no checkpoint of this run: cells, stimulus, state, probes, dt or key differ")
        _check_reach(path, int(file["step"]), plan)
        leaves, structure = jax.tree.flatten((fresh.state, fresh.memories))
        kept = [_like(leaf, file[f"moving/{k}"]) for k, leaf in enumerate(leaves)]
        state, memories = jax.tree.unflatten(structure, kept)
        samples: list[dict[str, np.ndarray]] = [{} for _ in range(int(file["chunks"]))]
        for name in file.files:
            if name.startswith("sample/"):
                _, chunk, where = name.split("/", 2)
                samples[int(chunk)][where] = file[name]
        return dataclasses.replace(fresh, step=int(file["step"]), state=state, memories=memories, samples=samples)


def _opened(path: Path) -> Any:
    """The file as an archive of arrays.

    Raises:
        ValueError: it is none.
    """
    try:
        file = np.load(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} can't be read as a checkpoint: {error}") from None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise ValueError(f"{path} can't be read as a checkpoint: it holds one array")
    return file


def _check_reach(path: Path, step: int, plan: Plan) -> None:
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
