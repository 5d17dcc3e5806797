"""Thousands of neurons through time: one jitted chunk of steps after another, from a loop on the host."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..cell import Cell, State
from ..compilation import cores, host_jit
from ..integrators import Integrator, hines, staggered
from ..probes import SpikeBuffer, Spikes, sample_times, samplers
from ..stimuli import Stimulus
from ..timegrid import Time, grid
from ..timeloop import begin_memories, first_samples, run_loop, thin
from . import checkpoints, conclude, sharding, storage, tree_turns
from . import chunk_settings as paces
from . import pallas_kernel as kernels
from . import setup as plans
from .chunk_settings import ChunkSettings
from .host_buffers import HostBuffers
from .result import PopulationResult, flat
from .setup import Axes, Plan, Progress


def run(
    cells: Cell,
    stimulus: Any = None,
    *,
    duration: float,
    dt: float = 0.025,
    record: Any = None,
    state: State | None = None,
    integrator: Integrator = staggered,
    devices: Any = None,
    chunk: float | None = None,
    key: Any = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    store: str | Path | None = None,
    fused: bool = False,
) -> PopulationResult:
    """Simulate a population.

    Args:
        cells: from `vary` (leaves [neuron]), or one cell when the stimulus is batched.
        stimulus: one for all, or made with arrays [neuron], one for each.
        duration: in ms, a multiple of ``dt``.
        dt: step in ms.
        record: probes, by default the spikes; spikes are counted in any case.
        state: where to start: a run's ``final``, or `rest` under `jax.vmap`; by default each ``v_init``.
        integrator: see `membrax.integrators`.
        devices: over which the neuron axis is spread, or how many of them; by default all that JAX has, those of
            other processes under `jax.distributed` too, which then all make the same call and get the same result.
        chunk: ms between two looks at the host (progress, Ctrl-C, checkpoint); by default what fits memory.
        key: a random key or a seed; each neuron's random numbers are keyed on (neuron, step).
        progress: whether to show a bar.
        checkpoint: a file that is written after every chunk, and from which the same call goes on.
        store: a new ``.zarr`` folder or ``.h5`` file that samples are written to as they come, for traces that don't
            fit into memory; ``recorded`` then holds its arrays, which are read when they are sliced.
        fused: whether a chunk is one kernel that holds its neurons in registers, for a GPU; on one it was 5 times as
            fast for up to ten thousand neurons, and still faster for a million. It keeps spikes and summaries under
            stimuli that are formulas. Elsewhere it is interpreted, which is slow.

    Returns:
        A `Result`. Ctrl-C returns what is done so far, with a warning. Neurons whose parameters are out of bounds
        and neurons that diverge are named in a warning and marked in ``finite``; the others are untouched.

    Raises:
        ValueError: a duration or chunk that is no multiple of dt, a shared parameter out of bounds, different
            numbers of neurons in cells, stimulus and state, a checkpoint of another run, samples that don't fit into
            memory without a store, a store that is there already, or what a fused run can't hold.
    """
    plan = plans.make(
        cells, stimulus, duration=duration, dt=dt, record=record, state=state, integrator=integrator,
        devices=devices, chunk=chunk, key=key, stored=store is not None, fused=fused,
    )  # fmt: skip
    if fused:
        kernels.check(plan)
    group, mark = None, ""
    if store is not None:
        group = storage.open_store(store, again=checkpoint is not None and Path(checkpoint).exists())
    done = begin(plan, group)
    if checkpoint is not None:
        mark = checkpoints.identity(plan)
        done = checkpoints.load(checkpoint, mark, plan, done)
    return conclude.result(plan, _march_on(plan, done, progress, checkpoint, mark), group)


def begin(plan: Plan, group: Any = None) -> Progress:
    """Nothing done yet; samples will go into memory, or into a store's group."""
    # No run holds spikes on its devices for longer than a chunk.
    probes = tuple(probe for probe in plan.probes if probe is not plan.spikes)
    memories, samples = _first(plan.cells, plan.state, probes=probes, axes=plan.axes, mesh=plan.mesh)
    make = functools.partial(_array, plan, group)
    first = {path: array[None] for path, array in flat(jax.tree.map(sharding.fetch, samples)).items()}
    kept = HostBuffers(make, {}, {}, np.zeros(plan.neurons, np.int64)).with_samples(first)
    devices, here = (1, 1) if plan.mesh is None else (plan.mesh.size, len(plan.mesh.local_devices))
    pace = paces.first(
        -(-plan.neurons // devices), plan.dt, plan.chunk, plan.spikes.capacity, shared=_shared(plan),
        spare_cores=cores() >= 2 * here, in_turn=_in_turn(plan),
    )  # fmt: skip
    return Progress(0, plan.state, memories, kept, pace)


def _in_turn(plan: Plan) -> bool:
    """Whether a CPU eliminates trees, which it does faster a few at a time than all side by side."""
    device = jax.local_devices()[0] if plan.mesh is None else plan.mesh.local_devices[0]
    return plan.cells.morphology is not None and plan.integrator == hines and device.platform == "cpu"


def _shared(plan: Plan) -> bool:
    """Whether all neurons get the same current density."""
    one_area = plan.axes.cells.area is None or "nA" not in plan.stimulus.part_units
    return one_area and not any(axis == 0 for axis in jax.tree.leaves(plan.axes.stimulus))


def _array(plan: Plan, group: Any, path: str, dtype: Any, sample: tuple[int, ...]) -> Any:
    """A place for all that a sampler will keep under ``path``, in memory or in a store."""
    probe = next(probe for probe in samplers(plan.probes) if probe.name == path.split("/")[0])
    shape = plan.neurons, len(sample_times(probe, plan.count, plan.dt)), *sample
    if group is None:
        return np.empty(shape, dtype)
    return storage.array(group, f"recorded/{path}", shape, dtype, together=plan.chunk // probe.every)


@functools.partial(jax.jit, static_argnames=("probes", "axes", "mesh"))
def _first(cells: Cell, state: State, *, probes: tuple, axes: Axes, mesh: Any) -> tuple[dict, dict]:
    def one(cell: Cell, state: State) -> tuple[dict, dict]:
        return begin_memories(cell, state, probes), first_samples(cell, state, probes)

    axes_in = axes.cells, axes.state
    return sharding.over_mesh(jax.vmap(one, in_axes=axes_in), mesh, axes_in, 0)(cells, state)


def _march_on(plan: Plan, done: Progress, progress: bool, checkpoint: Any, mark: str) -> Progress:
    """All chunks that are left; Ctrl-C stops between two of them."""
    from tqdm.auto import tqdm

    look = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}]"
    quiet = not progress or jax.process_index() > 0
    bar = tqdm(total=plan.count * plan.dt, desc=f"{plan.neurons} neurons", disable=quiet, bar_format=look)
    try:
        with bar:
            bar.update(done.step * plan.dt)
            while done.step < plan.count:
                before, done = done.step, _advance(plan, done)
                bar.update((done.step - before) * plan.dt)
                if checkpoint is not None:
                    checkpoints.save(checkpoint, mark, done)
    except KeyboardInterrupt:
        told = f"interrupted: {done.step * plan.dt:g} of {plan.count * plan.dt:g} ms are kept"
        warnings.warn(told, UserWarning, stacklevel=3)
    return done


def _advance(plan: Plan, done: Progress) -> Progress:
    """One chunk more; one whose spikes are not all there is run again, with more room or with more care."""
    size = min(plan.chunk, plan.count - done.step)
    capacity, pace = plan.spikes.capacity, done.pace
    state, memories, samples, spikes = _take(plan, done, size, pace)
    while not done.kept.complete(spikes, capacity):
        pace = paces.careful(pace, spikes.count, capacity)
        state, memories, samples, spikes = _take(plan, done, size, pace)
    home = flat(jax.tree.map(sharding.fetch, samples))
    return Progress(done.step + size, state, memories, done.kept.with_samples(home).with_spikes(spikes, capacity), pace)


def _take(plan: Plan, done: Progress, size: int, pace: ChunkSettings) -> tuple[State, dict, dict, SpikeBuffer]:
    """State, memories, samples [time, neuron] and spikes [neuron, k] after ``size`` steps more."""
    run_chunk = _chunk_of_many if pace.threads else _chunk
    state, memories, samples = run_chunk(
        plan.cells, plan.stimulus, done.state, done.memories, grid(done.step, size, plan.dt, plan.origin),
        dt=plan.dt, probes=plan.probes, spikes=plan.spikes, integrator=plan.integrator, axes=plan.axes, pace=pace,
        mesh=plan.mesh, fused=plan.fused,
    )  # fmt: skip
    spikes = memories.pop(plan.spikes.name)
    # Fetching waits for the chunk: that is what makes the bar true and Ctrl-C prompt.
    spikes = jax.tree.map(lambda x: sharding.fetch(x)[: plan.neurons], spikes)
    return state, memories, samples, spikes


def chunk(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, dt: float, probes: tuple,
    spikes: Spikes, integrator: Integrator, axes: Axes, pace: ChunkSettings, mesh: Any, fused: str = "",
) -> tuple[State, dict, dict]:  # fmt: skip
    """State, memories and samples after some steps; the spikes among the memories are this chunk's alone.

    With ``fused`` "kernel" they are taken by one kernel, with "interpret" by Pallas's interpreter.
    """
    room = dataclasses.replace(spikes, capacity=pace.room)
    roomy = tuple(room if probe == spikes else probe for probe in probes)

    def one(cell: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time) -> tuple:
        state, memories, samples = run_loop(
            cell, stimulus, state, memories, times, dt=dt, probes=roomy, integrator=integrator, window=pace.window,
            unroll=pace.unroll, ahead=pace.ahead,
        )  # fmt: skip
        return state, memories, thin(samples, roomy)

    def at_once(cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time) -> tuple:
        state, memories = kernels.many_steps(
            cells, stimulus, state, memories, times, dt=dt, probes=tuple(probe for probe in roomy if probe != room),
            spikes=room, integrator=integrator, axes=axes, window=pace.window, interpret=fused == "interpret",
        )  # fmt: skip
        return state, memories, {}

    def in_turn(*given: Any) -> tuple:
        return tree_turns.in_turn(
            one, *given, axes=axes, dt=dt, probes=roomy, integrator=integrator, window=pace.window
        )

    # Samples stay [time, neuron], as the loop writes them; the host turns them round.
    axes_in, axes_out = (axes.cells, axes.stimulus, axes.state, 0, None), (axes.state, 0, 1)
    side_by_side = jax.vmap(one, in_axes=axes_in, out_axes=axes_out)
    way = at_once if fused else in_turn if pace.in_turn else side_by_side

    def many(cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time) -> tuple:
        begin = jax.vmap(room.begin, in_axes=(axes.cells, axes.state))
        return way(cells, stimulus, state, memories | {room.name: begin(cells, state)}, times)

    return sharding.over_mesh(many, mesh, axes_in, axes_out)(cells, stimulus, state, memories, times)


_STATIC = ("dt", "probes", "spikes", "integrator", "axes", "pace", "mesh", "fused")
_chunk = host_jit(chunk, static_argnames=_STATIC)
_chunk_of_many = host_jit(chunk, static_argnames=_STATIC, threads=True)
