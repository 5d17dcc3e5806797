"""Thousands of neurons through time: one jitted chunk of steps after another, from a loop on the host."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..cell import Cell, State
from ..instants import Instant, grid
from ..integrators import Integrator, staggered
from ..stimuli import Stimulus
from ..timeloop import begin_memories, first_samples, march, thin
from . import checkpoints, conclude
from . import plan as plans
from .plan import Axes, Plan, Progress
from .result import Result, flat


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
) -> Result:
    """Simulate a population.

    Args:
        cells: from `vary` (leaves [neuron]), or one cell when the stimulus is batched.
        stimulus: one for all, or made with arrays [neuron], one for each.
        duration: in ms, a multiple of ``dt``.
        dt: step in ms.
        record: probes, by default the spikes; spikes are counted in any case.
        state: where to start: a run's ``final``, or `rest` under `jax.vmap`; by default each ``v_init``.
        integrator: see `membrax.integrators`.
        devices: over which the neuron axis is spread; by default all that JAX has.
        chunk: ms between two looks at the host (progress, Ctrl-C, checkpoint); by default what fits memory.
        key: a random key or a seed; each neuron's random numbers are keyed on (neuron, step).
        progress: whether to show a bar.
        checkpoint: a file that is written after every chunk, and from which the same call goes on.

    Returns:
        A `Result`. Ctrl-C returns what is done so far, with a warning. Neurons whose parameters are out of bounds
        and neurons that diverge are named in a warning and marked in ``finite``; the others are untouched.

    Raises:
        ValueError: a duration or chunk that is no multiple of dt, a shared parameter out of bounds, different
            numbers of neurons in cells, stimulus and state, or a checkpoint of another run.
    """
    plan = plans.make(
        cells, stimulus, duration=duration, dt=dt, record=record, state=state, integrator=integrator,
        devices=devices, chunk=chunk, key=key,
    )  # fmt: skip
    done = begin(plan)
    mark = "" if checkpoint is None else checkpoints.identity(plan)
    if checkpoint is not None:
        done = checkpoints.load(checkpoint, mark, plan, done)
    return conclude.result(plan, _march_on(plan, done, progress, checkpoint, mark))


def begin(plan: Plan) -> Progress:
    """Nothing done yet."""
    memories, samples = _first(plan.cells, plan.state, probes=plan.probes, axes=plan.axes)
    first = {path: array[:, None] for path, array in flat(samples).items()}
    return Progress(0, plan.state, memories, [first])


@functools.partial(jax.jit, static_argnames=("probes", "axes"))
def _first(cells: Cell, state: State, *, probes: tuple, axes: Axes) -> tuple[dict, dict]:
    def one(cell: Cell, state: State) -> tuple[dict, dict]:
        return begin_memories(cell, state, probes), first_samples(cell, state, probes)

    return jax.vmap(one, in_axes=(axes.cells, axes.state))(cells, state)


def _march_on(plan: Plan, done: Progress, progress: bool, checkpoint: Any, mark: str) -> Progress:
    """All chunks that are left; Ctrl-C stops between two of them."""
    from tqdm.auto import tqdm

    look = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}]"
    bar = tqdm(total=plan.count * plan.dt, desc=f"{plan.neurons} neurons", disable=not progress, bar_format=look)
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
    """One chunk more."""
    size = min(plan.chunk, plan.count - done.step)
    state, memories, samples = _chunk(
        plan.cells, plan.stimulus, done.state, done.memories, grid(done.step, size, plan.dt, plan.origin),
        dt=plan.dt, probes=plan.probes, integrator=plan.integrator, axes=plan.axes,
    )  # fmt: skip
    kept = {path: np.moveaxis(array, 0, 1) for path, array in flat(samples).items()}
    # Waiting here is what makes the bar true and Ctrl-C prompt.
    return Progress(done.step + size, jax.block_until_ready(state), memories, [*done.samples, kept])


@functools.partial(jax.jit, static_argnames=("dt", "probes", "integrator", "axes"))
def _chunk(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Instant, *, dt: float, probes: tuple,
    integrator: Integrator, axes: Axes,
) -> tuple[State, dict, dict]:  # fmt: skip
    def one(cell: Cell, stimulus: Stimulus, state: State, memories: dict) -> tuple:
        state, memories, samples = march(
            cell, stimulus, state, memories, times, dt=dt, probes=probes, integrator=integrator
        )
        return state, memories, thin(samples, probes)

    # Samples stay [time, neuron], as the loop writes them; the host turns them round without a copy.
    many = jax.vmap(one, in_axes=(axes.cells, axes.stimulus, axes.state, 0), out_axes=(axes.state, 0, 1))
    return many(cells, stimulus, state, memories)
