"""One chunk of steps of a whole population, as a jitted function."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import jax
from jax import Array
from jax.sharding import Mesh

from .. import sharding
from ..cell import Cell, State
from ..compilation import host_jit
from ..integrators import Integrator, staggered
from ..probes import ProbesLike, is_emptied, watchers
from ..sharding import Device
from ..stimuli import Stimulus, StimulusLike
from ..timegrid import Time, grid
from ..timeloop import run_loop, thin
from . import pallas_kernel, tree_batches
from .axes import Axes
from .chunk_settings import ChunkSettings
from .progress import Progress, begin, between_chunks
from .setup import GPU, Setup, set_up


def chunk(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, dt: float, probes: tuple,
    integrator: Integrator, axes: Axes, settings: ChunkSettings, mesh: Mesh | None, fused: str = "",
) -> tuple[State, dict, dict]:  # fmt: skip
    """State, memories [neuron, …] and samples [time, neuron, …] after some steps.

    Args:
        cells, stimulus, state: the population, with neuron axes as in ``axes``.
        memories: of watching probes; a probe without a memory begins a new one. See `progress.between_chunks`.
        times: the beginnings of the steps [step].
        dt: ms.
        probes: those of one chunk; see `ChunkSettings.for_chunk`.
        integrator, axes, settings, mesh: see `Setup`.
        fused: "kernel" for one kernel that takes all steps, "interpret" for the same in Pallas's interpreter.
    """
    advance = _function_of_chunk(axes, settings, fused)

    def share(cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time) -> tuple:
        new = [probe for probe in watchers(probes) if is_emptied(probe) or probe.name not in memories]
        begun = {p.name: jax.vmap(p.begin, in_axes=(axes.cells, axes.state))(cells, state) for p in new}
        earlier = {name: memories[name] for name in begun.keys() & memories.keys()}
        begun |= {name: dataclasses.replace(begun[name], earlier=v) for name, v in earlier.items()}
        return advance(
            cells, stimulus, state, memories | begun, times, dt=dt, probes=probes, integrator=integrator, axes=axes,
            settings=settings,
        )  # fmt: skip

    # Samples stay [time, neuron], as the loop writes them; the host transposes them.
    axes_in, axes_out = (axes.cells, axes.stimulus, axes.state, 0, None), (axes.state, 0, 1)
    return sharding.over_mesh(share, mesh, axes_in, axes_out)(cells, stimulus, state, memories, times)


def _function_of_chunk(axes: Axes, settings: ChunkSettings, fused: str) -> Callable:
    """The function that advances one device's share: a kernel, batches of trees, or `jax.vmap` of the time loop."""
    if fused:
        return functools.partial(pallas_kernel.advance, interpret=fused == "interpret")
    return tree_batches.advance if settings.tree_batches else _vmapped


def _vmapped(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, dt: float, probes: tuple,
    integrator: Integrator, axes: Axes, settings: ChunkSettings,
) -> tuple[State, dict, dict]:  # fmt: skip
    def one(cell: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time) -> tuple:
        state, memories, samples = run_loop(
            cell, stimulus, state, memories, times, dt=dt, probes=probes, integrator=integrator,
            window=settings.window, unroll=settings.unroll, ahead=settings.ahead,
        )  # fmt: skip
        return state, memories, thin(samples, probes)

    axes_in, axes_out = (axes.cells, axes.stimulus, axes.state, 0, None), (axes.state, 0, 1)
    return jax.vmap(one, in_axes=axes_in, out_axes=axes_out)(cells, stimulus, state, memories, times)


_STATIC = ("dt", "probes", "integrator", "axes", "settings", "mesh", "fused")
_chunk = host_jit(chunk, static_argnames=_STATIC)
_chunk_threaded = host_jit(chunk, static_argnames=_STATIC, threads=True)


def run_chunk(
    setup: Setup, progress: Progress, settings: ChunkSettings, size: int
) -> tuple[State, dict, dict, dict]:  # fmt: skip
    """State, carried memories, emptied memories and samples [time, neuron, …] after ``size`` more steps.

    The emptied memories are those of this chunk alone; they are on the host, without padding.
    """
    function = _chunk_threaded if settings.threads else _chunk
    static = static_arguments(setup, settings)
    state, memories, samples = function(*_arguments(setup, progress, size), **static)
    emptied = {probe.name for probe in watchers(static["probes"]) if is_emptied(probe)}
    carried = between_chunks(memories, static["probes"])
    # The transfer waits for the chunk: this keeps the progress bar true and Ctrl-C prompt.
    on_host = jax.tree.map(lambda x: sharding.fetch(x)[: setup.neurons], {name: memories[name] for name in emptied})
    return state, carried, on_host, samples


def _arguments(setup: Setup, progress: Progress, size: int) -> tuple:
    """The arrays of `chunk`."""
    times = grid(progress.step, size, setup.dt, setup.origin)
    return setup.cells, setup.stimulus, progress.state, progress.memories, times


def static_arguments(setup: Setup, settings: ChunkSettings) -> dict:
    """The static arguments of `chunk`."""
    return {
        "dt": setup.dt, "probes": settings.for_chunk(setup.probes), "integrator": setup.integrator,
        "axes": setup.axes, "settings": settings, "mesh": setup.mesh, "fused": setup.fused,
    }  # fmt: skip


def chunk_program(
    cells: Cell,
    stimulus: StimulusLike = None,
    *,
    duration: float,
    dt: float = 0.025,
    record: ProbesLike = None,
    integrator: Integrator = staggered,
    devices: int | Sequence[Device] | None = None,
    key: Array | int | None = None,
    fused: bool = False,
    platform: str | None = None,
    settings: ChunkSettings | None = None,
) -> tuple[Callable, tuple]:
    """The function that a run compiles for one chunk, and its arguments, for lowering and inspection.

    ``jax.jit(function).trace(*arguments).lower(lowering_platforms=("cuda",))`` gives the program for a GPU.

    Args:
        cells, stimulus, dt, record, integrator, devices, key, fused: as of `membrax.run`.
        duration: of the chunk, ms.
        platform: "cuda" makes a fused chunk a kernel although no GPU is present; by default the one of the device.
        settings: of the chunk; by default those of `membrax.run`.

    Raises:
        ValueError: see `membrax.run`.
    """
    setup = set_up(
        cells, stimulus, duration=duration, dt=dt, record=record, integrator=integrator, devices=devices, key=key,
        fused=fused,
    )  # fmt: skip
    if fused:
        pallas_kernel.check(setup)
        if platform in GPU:
            setup = dataclasses.replace(setup, fused="kernel")
    progress = begin(setup)
    function = functools.partial(chunk, **static_arguments(setup, settings or progress.settings))
    return function, _arguments(setup, progress, setup.count)
