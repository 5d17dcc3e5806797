"""Simulation of thousands of neurons: a loop on the host over jitted chunks of steps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
from jax import Array

from .. import sharding
from ..cell import Cell, State
from ..cell_plausibility import warn_of_driven_spikes, warn_of_units
from ..integrators import Integrator, staggered
from ..io.file_format import check_writable
from ..probes import ProbesLike
from ..sharding import Device
from ..stimuli import StimulusLike, as_stimulus
from ..stimuli.held_samples import warn_of_held_samples
from . import checkpoints, pallas_kernel, storage
from . import chunk as chunks
from .host_buffers import flatten
from .progress import Progress, begin
from .result import PopulationResult, finish
from .setup import Setup, set_up

BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}]"


def run(
    cells: Cell,
    stimulus: StimulusLike = None,
    *,
    duration: float,
    dt: float = 0.025,
    record: ProbesLike = None,
    state: State | None = None,
    integrator: Integrator = staggered,
    devices: int | Sequence[Device] | None = None,
    chunk: float | None = None,
    key: Array | int | None = None,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    store: str | Path | None = None,
    fused: bool = False,
) -> PopulationResult:
    """Simulate a population.

    Args:
        cells: from `vary` (leaves [neuron]), or one cell when the stimulus is batched.
        stimulus: one for all neurons, or made with arrays [neuron], one for each. A bare array is refused, since
            its axis may be time.
        duration: in ms, a multiple of ``dt``.
        dt: step in ms.
        record: probes, by default the spikes, whose times are kept in any case. The first of several spike probes
            gives ``spike_times``, the times of the others are in ``recorded`` by their names.
        state: the initial state: the ``final`` of a run, or `rest` under `jax.vmap`; by default each ``v_init``.
        integrator: see `membrax.integrators`.
        devices: the devices that share the neurons, or their number; by default all that JAX has. Under
            `jax.distributed` these include the devices of other processes; all processes then make the same call and
            get the same result.
        chunk: ms between two returns to the host (progress, Ctrl-C, checkpoint); by default as much as fits memory.
        key: a random key or a seed; each neuron's random numbers are keyed on (neuron, step).
        progress: whether to show a progress bar.
        checkpoint: a file that is written after every chunk; the same call resumes from it.
        store: a new ``.zarr`` folder or ``.h5`` file for samples that don't fit into memory, written during the run;
            ``recorded`` then holds its arrays, which are read when they are sliced.
        fused: whether a chunk is one kernel that holds its neurons in registers, for a GPU; on one it was 5 times as
            fast for up to ten thousand neurons, and still faster for a million. It keeps spikes and summaries under
            stimuli that are formulas. Elsewhere it is interpreted, which is slow.

    Returns:
        A `PopulationResult`. Ctrl-C returns the part that is done, with a warning. A warning names the first
        neurons whose parameters are out of bounds or that diverge; `simulate` names the others. ``finite`` is false for
        all of these neurons; their numbers are in the result too, so select by it. The other neurons are unaffected.

    Raises:
        ValueError: a duration or chunk that is no multiple of dt, a shared parameter out of bounds, different
            numbers of neurons in cells, stimulus and state, a checkpoint of another run, samples that don't fit into
            memory without a store, a store that exists already, or features that a fused run does not support.
        OSError: a checkpoint that can't be written; raised before the run.
    """
    if checkpoint is not None:
        check_writable(Path(checkpoint))
    setup = set_up(
        cells, stimulus, duration=duration, dt=dt, record=record, state=state, integrator=integrator,
        devices=devices, chunk=chunk, key=key, stored=store is not None, fused=fused,
    )  # fmt: skip
    warn_of_units(cells)
    warn_of_held_samples(as_stimulus(stimulus), setup.origin + duration)
    if fused:
        pallas_kernel.check(setup)
    group, identity = None, ""
    if store is not None:
        group = storage.open_store(store, again=checkpoint is not None and Path(checkpoint).exists())
    done = begin(setup, group)
    if checkpoint is not None:
        identity = checkpoints.identity(setup)
        done = checkpoints.load(checkpoint, identity, setup, done)
    result = finish(setup, _run_chunks(setup, done, progress, checkpoint, identity), group)
    if setup.spikes.threshold == 0.0:
        warn_of_driven_spikes(cells, int(np.sum(result.spike_counts)))
    return result


def _run_chunks(setup: Setup, done: Progress, bar: bool, checkpoint: str | Path | None, identity: str) -> Progress:
    """The progress after all remaining chunks; Ctrl-C stops between two of them."""
    from tqdm.auto import tqdm

    quiet = not bar or jax.process_index() > 0
    shown = tqdm(total=setup.count * setup.dt, desc=f"{setup.neurons} neurons", disable=quiet, bar_format=BAR)
    try:
        with shown:
            shown.update(done.step * setup.dt)
            while done.step < setup.count:
                before, done = done.step, _advance(setup, done)
                shown.update((done.step - before) * setup.dt)
                if checkpoint is not None:
                    checkpoints.save(checkpoint, identity, done)
    except KeyboardInterrupt:
        message = f"interrupted: {done.step * setup.dt:g} of {setup.count * setup.dt:g} ms are kept"
        warnings.warn(message, UserWarning, stacklevel=3)
    return done


def _advance(setup: Setup, done: Progress) -> Progress:
    """The progress after one more chunk; a chunk with missing spikes runs again with more places or shorter windows."""
    size = min(setup.chunk, setup.count - done.step)
    settings, buffers = done.settings, done.buffers
    while True:
        state, memories, emptied, samples = chunks.run_chunk(setup, done, settings, size)
        spikes = emptied[setup.spikes.name]
        if buffers.complete(spikes):
            break
        settings = settings.for_retry(spikes.count, setup.spikes.capacity)
    samples = flatten(jax.tree.map(sharding.fetch, samples))
    return Progress(done.step + size, state, memories, buffers.with_samples(samples).with_spikes(spikes), settings)
