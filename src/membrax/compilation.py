"""Compilation of the loops that a host starts, and the cache of compiled programs."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

from .pytrees import is_concrete

# XLA limits a CPU's vectors to half the width of AVX-512: at full width a population is simulated 1.4 times as fast.
# Where there is no AVX-512 the option changes nothing.
THREADED = {"cpu": {"xla_cpu_prefer_vector_width": 512}}
# XLA also cuts an operation on some thousand neurons into pieces for several threads, which then wait for each other
# some ten times in every step: on two cores 5000 neurons were simulated at a third of the speed of one core.
OPTIONS = {"cpu": THREADED["cpu"] | {"xla_disable_hlo_passes": "cpu-parallel-task-assigner"}}


def host_jit(function: Callable, *, static_argnames: tuple[str, ...] = (), threads: bool = False) -> Callable:
    """`jax.jit` for a function that is called from the host, with the options of the device's kind.

    With ``threads`` a CPU may share an operation among its cores. Inside another transformation, where JAX allows no
    options, it is the plain `jax.jit`.
    """
    options = THREADED if threads else OPTIONS

    @functools.cache
    def compiled(platform: str) -> Any:
        return jax.jit(function, static_argnames=static_argnames, compiler_options=options.get(platform))

    @functools.wraps(function)
    def call(*arguments: object, **named: object) -> Any:
        return compiled(_platform(arguments) if is_concrete((arguments, named)) else "traced")(*arguments, **named)

    return call


def _platform(arguments: tuple) -> str:
    """The kind of device that the arguments are on."""
    array = next((leaf for leaf in jax.tree.leaves(arguments) if isinstance(leaf, jax.Array)), None)
    return jax.default_backend() if array is None else next(iter(array.sharding.device_set)).platform


def cores() -> int:
    """The processor's cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def enable_compilation_cache(folder: str | Path = "~/.cache/membrax", *, at_least: float = 0.2) -> Path:
    """Keep compiled programs in a folder, where later sessions find them: their first results come sooner.

    One setting for the whole session; call this before the first simulation. It is JAX's persistent compilation
    cache, with JAX's conditions: a program is found again by the same versions on the same kind of device.

    Args:
        folder: created if it does not exist.
        at_least: shortest compilation, in seconds, whose program is kept.

    Returns:
        The folder.

    Raises:
        ValueError: ``folder`` is a file.
    """
    folder = Path(folder).expanduser()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a folder for compiled programs, got the file {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", at_least)
    return folder
