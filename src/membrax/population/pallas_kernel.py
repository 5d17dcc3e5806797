"""A chunk as one kernel for a GPU: a block of neurons stays in registers for all of its steps.

XLA's loop starts several kernels for every step, and each reads and writes the population's state; this kernel reads
the state once, takes all steps, and writes it once. Pallas compiles the same functions as the loop, so that the kernel
supports every channel, integrator and waveform that is a formula. It does not support values from tables: random
numbers, sampled stimuli, samples of traces.

On an H100 it counted the same spikes as the loop and was 5 times as fast for up to ten thousand neurons, 1.8 times
for a hundred thousand, and 1.15 times for a million (experiments/results/gpu_measured.md). Most tests run on machines
without a GPU: in Pallas's interpreter, and by lowering for CUDA. A user's channel may use functions that Triton does
not have, so that the kernel is off by default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental import pallas as pl
from jax.typing import DTypeLike

from ..cell import Cell, State
from ..integrators import Integrator
from ..probes import LastSpike, Spikes, samplers, watchers
from ..stimuli import Stimulus
from ..stimuli.waveforms import Sampled
from ..timegrid import Time
from ..timeloop import one_step
from .axes import Axes
from .chunk_settings import ChunkSettings, spike_probe
from .setup import Setup

BLOCK = 128  # neurons in the registers of one program of the kernel: a power of 2
WARPS = 4  # of 32 threads, a neuron for each


def check(setup: Setup) -> None:
    """Refuse a run that the kernel does not support.

    Raises:
        ValueError: names the feature.
    """
    if setup.cells.morphology is not None:
        raise ValueError("fused=True supports neurons of one compartment, but the cells have a morphology")
    if samplers(setup.probes):
        names = ", ".join(probe.name for probe in samplers(setup.probes))
        raise ValueError(f"fused=True keeps spikes and summaries and no samples, but record has: {names}")
    if setup.further_spikes:
        raise ValueError("fused=True has one spike probe, but record has several")
    if setup.spikes.cubic:
        raise ValueError(
            f"fused=True has linear spike times, but record has interpolation={setup.spikes.interpolation!r}"
        )
    if setup.stimulus.random or setup.state.key is not None:
        raise ValueError("fused=True does not support random numbers, but there is a random stimulus or a key")
    if any(isinstance(part, Sampled) for part in setup.stimulus.parts):
        raise ValueError("fused=True does not support sampled stimuli; use step, ramp, sine or chirp")


def advance(
    cells: Cell, stimulus: Stimulus, state: State, memories: dict, times: Time, *, dt: float, probes: tuple,
    integrator: Integrator, axes: Axes, settings: ChunkSettings, interpret: bool,
) -> tuple[State, dict, dict]:  # fmt: skip
    """State, memories [neuron, …] and no samples after some steps.

    The kernel returns the notes of the spike probe at the end of every window; they are written into its memory
    afterwards. The memories of the other watching probes stay in registers.

    Args:
        cells, stimulus, state, memories, times, dt, probes, integrator, axes, settings: as of `chunk.chunk`.
        interpret: whether to run in Pallas's interpreter, which works on any device.
    """
    spikes = spike_probe(probes)
    others = tuple(probe for probe in watchers(probes) if probe is not spikes)
    count, neurons = len(times.whole), len(state.v)
    window = next(size for size in range(settings.window, 0, -1) if count % size == 0)
    trees = cells, stimulus, state, {probe.name: memories[probe.name] for probe in others}
    tree_axes = axes.cells, axes.stimulus, axes.state, 0
    flat, structure = jax.tree.flatten(trees)
    batched = [many for tree, axes in zip(trees, tree_axes, strict=True) for many in _has_neurons(tree, axes)]
    step = _stepper(tree_axes, dt=dt, probes=others, spikes=spikes, integrator=integrator)
    kernel = _kernel(step, structure, batched, window=window, windows=count // window, dtype=state.v.dtype)
    moved, notes = _call(
        kernel, times, flat, batched, fixed=len(jax.tree.leaves(trees[:2])), windows=count // window,
        neurons=neurons, dtypes=_note_dtypes(state.v.dtype), interpret=interpret,
    )  # fmt: skip
    state, kept = jax.tree.unflatten(jax.tree.structure(trees[2:]), moved)
    close = lambda memory, notes: (jax.vmap(spikes.close)(memory, notes), None)  # noqa: E731
    number, before, after, fired = notes
    written = jax.lax.scan(close, memories[spikes.name], LastSpike(number, before, after, fired))[0]
    return state, kept | {spikes.name: written}, {}


def _stepper(axes: tuple, *, dt: float, probes: tuple, spikes: Spikes, integrator: Integrator) -> Callable:
    """A function that takes step ``k`` of all neurons of a block; its carry is (state, memories, notes)."""

    def step(k: Array, carry: tuple, fixed: tuple, times: Time) -> tuple:
        def one(cell: Cell, stimulus: Stimulus, state: State, memories: dict, notes: LastSpike) -> tuple:
            t = jax.tree.map(lambda ref: ref[k], times)
            after, taken = one_step(cell, stimulus, state, t, dt, integrator)
            # Triton's loop carries no literals, and half a step is one.
            after = dataclasses.replace(after, lag=after.lag + 0.0 * state.lag)
            return after, {p.name: p.watch(memories[p.name], taken) for p in probes}, spikes.watch(notes, taken)

        return jax.vmap(one, in_axes=(*axes, 0), out_axes=(axes[2], 0, 0))(*fixed, *carry)

    return step


def _kernel(
    step: Callable, structure: Any, batched: list[bool], *, window: int, windows: int,
    dtype: DTypeLike,
) -> Callable[..., None]:  # fmt: skip
    """One program of the kernel: load a block of neurons, take all windows of steps, store notes and the last state."""
    dtypes = _note_dtypes(dtype)

    def kernel(whole: Any, fraction: Any, *refs: Any) -> None:
        inputs, outputs, notes_out = refs[: len(batched)], refs[len(batched) : -4], refs[-4:]
        loaded = [ref[...] if many else ref[0] for ref, many in zip(inputs, batched, strict=True)]
        cells, stimulus, state, memories = jax.tree.unflatten(structure, loaded)

        def one_window(w: Array, carry: tuple) -> tuple:
            none, v, _, count = (jnp.full((BLOCK,), -(k == 0), kind) for k, kind in enumerate(dtypes))
            empty = LastSpike(none, v, v, count)
            within = lambda j, c: step(w * window + j, c, (cells, stimulus), Time(whole, fraction))  # noqa: E731
            state, memories, notes = jax.lax.fori_loop(0, window, within, (*carry, empty))
            for ref, value in zip(notes_out, (notes.step, notes.before, notes.after, notes.count), strict=True):
                ref[w, :] = value
            return state, memories

        end = jax.lax.fori_loop(0, windows, one_window, (state, memories))
        leaves = jax.tree.leaves(end)
        for ref, leaf, many in zip(outputs, leaves, batched[-len(leaves) :], strict=True):
            ref[... if many else 0] = leaf

    return kernel


def _note_dtypes(dtype: DTypeLike) -> tuple:
    """The types of a window's notes: step, v before and after, count."""
    return jnp.int32, dtype, dtype, jnp.int32


def _call(
    kernel: Callable, times: Time, flat: list[Array], batched: list[bool], *, fixed: int, windows: int, neurons: int,
    dtypes: tuple, interpret: bool,
) -> tuple[list, list]:  # fmt: skip
    """The leaves of state and memories after all blocks of neurons have run, and the notes [window, neuron].

    The first ``fixed`` of the leaves ``flat`` do not change; the last neuron pads the last block.
    """
    padded = -(-neurons // BLOCK) * BLOCK
    share = pl.BlockSpec((BLOCK,), lambda i: (i,))
    everywhere = lambda length: pl.BlockSpec((length,), lambda i: (0,))  # noqa: E731
    spec = [share if many else everywhere(1) for many in batched]
    count = len(times.whole)
    shape = lambda leaf, many: jax.ShapeDtypeStruct((padded if many else 1,), leaf.dtype)  # noqa: E731
    fill = lambda leaf: jnp.concatenate([leaf, jnp.broadcast_to(leaf[-1:], (padded - neurons,))])  # noqa: E731
    rows = [jax.ShapeDtypeStruct((windows, padded), dtype) for dtype in dtypes]
    results = pl.pallas_call(
        kernel,
        grid=(padded // BLOCK,),
        in_specs=[everywhere(count), everywhere(count), *spec],
        out_shape=[*map(shape, flat[fixed:], batched[fixed:]), *rows],
        out_specs=[*spec[fixed:], *[pl.BlockSpec((windows, BLOCK), lambda i: (0, i))] * len(rows)],
        interpret=interpret,
        **({} if interpret else _cuda_options()),
    )(times.whole, times.fraction, *(fill(x) if many else x[None] for x, many in zip(flat, batched, strict=True)))
    leaves, notes = results[: -len(rows)], results[-len(rows) :]
    moved = [x[:neurons] if many else x[0] for x, many in zip(leaves, batched[fixed:], strict=True)]
    return moved, [row[:, :neurons] for row in notes]


def _has_neurons(tree: object, axes: object) -> list[bool]:
    """Whether each leaf has a neuron axis."""
    leaves, structure = jax.tree.flatten(tree)
    return [True] * len(leaves) if isinstance(axes, int) else [a == 0 for a in structure.flatten_up_to(axes)]


def _cuda_options() -> dict[str, Any]:
    """The options of Triton's compiler."""
    from jax.experimental.pallas import triton

    return {"compiler_params": triton.CompilerParams(num_warps=WARPS, num_stages=1)}
