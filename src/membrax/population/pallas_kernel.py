"""A chunk as one kernel for a GPU: a block of neurons stays in registers for all of its steps.

XLA's loop starts several kernels for every step, and each reads and writes the population's state; this one reads it
once, takes all steps, and writes it once. It is made in Pallas of the functions of which the loop consists, so that
every channel, integrator and waveform that is a formula can be in it. What it can't hold are values that are looked
up: random numbers, sampled stimuli, samples of traces.

On an H100 it counted the same spikes as the loop and was 5 times as fast for up to ten thousand neurons, 1.8 times
for a hundred thousand, and 1.15 times for a million (experiments/results/gpu_measured.md). Most tests run on machines
without a GPU: in Pallas's interpreter, and by translating it for CUDA. A channel of a user's may do what Triton can't,
so that the kernel is off unless `run` is asked for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental import pallas as pl

from ..cell import Cell, State
from ..integrators import Integrator
from ..probes import SpikeNotes, Spikes, samplers
from ..stimuli import Stimulus
from ..stimuli.waveforms import Sampled
from ..timegrid import Time
from ..timeloop import one_step
from .setup import Axes, Plan

BLOCK = 128  # neurons in the registers of one program of the kernel: a power of 2
WARPS = 4  # of 32 threads, a neuron for each


def check(plan: Plan) -> None:
    """Refuse a run that the kernel can't hold.

    Raises:
        ValueError: says what is in the way.
    """
    if plan.cells.morphology is not None:
        raise ValueError("a fused run holds neurons of one compartment, but the cells have a morphology")
    if samplers(plan.probes):
        names = ", ".join(probe.name for probe in samplers(plan.probes))
        raise ValueError(f"a fused run keeps spikes and summaries and no samples, but is to record: {names}")
    if plan.stimulus.random or plan.state.key is not None:
        raise ValueError("a fused run holds no random numbers, but there is a random stimulus or a key")
    if any(isinstance(part, Sampled) for part in plan.stimulus.parts):
        raise ValueError("a fused run looks no samples up: its stimulus must be a formula, such as a step or a sine")


def many_steps(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, dt: float, probes: tuple,
    spikes: Spikes, integrator: Integrator, axes: Axes, window: int, interpret: bool,
) -> tuple[State, dict]:  # fmt: skip
    """The population's state and memories after some steps.

    Args:
        cells, stimulus, state, times, dt, integrator, axes: as the loop takes them.
        memories: of the watchers; that of ``spikes`` is written outside the kernel.
        probes: the watchers but ``spikes``.
        spikes: whose notes the kernel hands out, at the end of every window.
        window: steps; a divisor of how many there are, for the longest windows.
        interpret: whether to run in Pallas's interpreter, which any device can.
    """
    count, neurons = len(times.whole), len(state.v)
    window = next(size for size in range(window, 0, -1) if count % size == 0)
    trees = cells, stimulus, state, {probe.name: memories[probe.name] for probe in probes}
    where = axes.cells, axes.stimulus, axes.state, 0
    flat, structure = jax.tree.flatten(trees)
    batched = [many for tree, axes in zip(trees, where, strict=True) for many in _has_neurons(tree, axes)]
    step = _stepper(where, dt=dt, probes=probes, spikes=spikes, integrator=integrator)
    kernel = _kernel(step, structure, batched, window=window, windows=count // window, kind=state.v.dtype)
    moving, noted = _call(
        kernel, times, flat, batched, still=len(jax.tree.leaves(trees[:2])), windows=count // window,
        neurons=neurons, kinds=_kinds(state.v.dtype), interpret=interpret,
    )  # fmt: skip
    state, others = jax.tree.unflatten(jax.tree.structure(trees[2:]), moving)
    close = lambda memory, notes: (jax.vmap(spikes.close)(memory, notes), None)  # noqa: E731
    return state, others | {spikes.name: jax.lax.scan(close, memories[spikes.name], SpikeNotes(*noted))[0]}


def _stepper(where: tuple, *, dt: float, probes: tuple, spikes: Spikes, integrator: Integrator) -> Callable:
    """Step ``k`` of all neurons of a block: from what moves (state, memories, notes) to the same after it."""

    def step(k: Array, carry: tuple, still: tuple, instants: Time) -> tuple:
        def one(cell: Cell, stimulus: Stimulus, state: State, memories: dict, notes: SpikeNotes) -> tuple:
            t = jax.tree.map(lambda ref: ref[k], instants)
            after, seen = one_step(cell, stimulus, state, t, dt, integrator)
            # Triton's loop carries no literals, and half a step is one.
            after = dataclasses.replace(after, lag=after.lag + 0.0 * state.lag)
            return after, {p.name: p.watch(memories[p.name], seen) for p in probes}, spikes.watch(notes, seen)

        return jax.vmap(one, in_axes=(*where, 0), out_axes=(where[2], 0, 0))(*still, *carry)

    return step


def _kernel(
    step: Callable, structure: Any, batched: list[bool], *, window: int, windows: int, kind: Any
) -> Callable[..., None]:
    """What one program of the kernel does: load a block, take all windows of its steps, note spikes, store the end."""

    def kernel(whole: Any, fraction: Any, *refs: Any) -> None:
        given, moving, noted = refs[: len(batched)], refs[len(batched) : -4], refs[-4:]
        loaded = [ref[...] if many else ref[0] for ref, many in zip(given, batched, strict=True)]
        cells, stimulus, state, memories = jax.tree.unflatten(structure, loaded)

        def one_window(w: Array, carry: tuple) -> tuple:
            fresh = SpikeNotes(*(jnp.full((BLOCK,), -(k == 0), kind) for k, kind in enumerate(_kinds(kind))))
            within = lambda j, c: step(w * window + j, c, (cells, stimulus), Time(whole, fraction))  # noqa: E731
            *carry, notes = jax.lax.fori_loop(0, window, within, (*carry, fresh))
            for ref, value in zip(noted, (notes.step, notes.before, notes.after, notes.count), strict=True):
                ref[w, :] = value
            return tuple(carry)

        end = jax.lax.fori_loop(0, windows, one_window, (state, memories))
        leaves = jax.tree.leaves(end)
        for ref, leaf, many in zip(moving, leaves, batched[-len(leaves) :], strict=True):
            ref[... if many else 0] = leaf

    return kernel


def _kinds(kind: Any) -> tuple:
    """The types of a window's notes: step, v before and after, count."""
    return jnp.int32, kind, kind, jnp.int32


def _call(
    kernel: Callable, times: Time, flat: list, batched: list[bool], *, still: int, windows: int, neurons: int,
    kinds: tuple, interpret: bool,
) -> tuple[list, list]:  # fmt: skip
    """Runs the kernel over all blocks of neurons: what moved, and the notes [window, neuron].

    The first ``still`` of the leaves ``flat`` stay as they are; the last neuron fills up the last block.
    """
    padded = -(-neurons // BLOCK) * BLOCK
    share = pl.BlockSpec((BLOCK,), lambda i: (i,))
    everywhere = lambda length: pl.BlockSpec((length,), lambda i: (0,))  # noqa: E731
    spec = [share if many else everywhere(1) for many in batched]
    count = len(times.whole)
    shape = lambda leaf, many: jax.ShapeDtypeStruct((padded if many else 1,), leaf.dtype)  # noqa: E731
    fill = lambda leaf: jnp.concatenate([leaf, jnp.broadcast_to(leaf[-1:], (padded - neurons,))])  # noqa: E731
    rows = [jax.ShapeDtypeStruct((windows, padded), kind) for kind in kinds]
    results = pl.pallas_call(
        kernel,
        grid=(padded // BLOCK,),
        in_specs=[everywhere(count), everywhere(count), *spec],
        out_shape=[*map(shape, flat[still:], batched[still:]), *rows],
        out_specs=[*spec[still:], *[pl.BlockSpec((windows, BLOCK), lambda i: (0, i))] * len(rows)],
        interpret=interpret,
        **({} if interpret else _for_cuda()),
    )(times.whole, times.fraction, *(fill(x) if many else x[None] for x, many in zip(flat, batched, strict=True)))
    kept, noted = results[: -len(rows)], results[-len(rows) :]
    moved = [x[:neurons] if many else x[0] for x, many in zip(kept, batched[still:], strict=True)]
    return moved, [row[:, :neurons] for row in noted]


def _has_neurons(tree: Any, axes: Any) -> list[bool]:
    """Whether each leaf has a neuron axis."""
    leaves, structure = jax.tree.flatten(tree)
    return [True] * len(leaves) if isinstance(axes, int) else [a == 0 for a in structure.flatten_up_to(axes)]


def _for_cuda() -> dict[str, Any]:
    """What Triton is told of the kernel."""
    from jax.experimental.pallas import triton

    return {"compiler_params": triton.CompilerParams(num_warps=WARPS, num_stages=1)}
