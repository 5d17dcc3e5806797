"""What a run has to know before it starts: everything checked, laid out, and on its devices."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..cell import Cell, State, first_voltage, settle, state_at
from ..cell_checks import check_cell, check_state
from ..integrators import Integrator, check_integrator, of_many
from ..probes import Spikes, as_probes, samplers
from ..pytrees import is_concrete, strong
from ..stimuli import Stimulus, as_stimulus, batch_axes, batch_size, check_key
from ..timegrid import milliseconds, positive_scalar, steps
from ..timeloop import begin_drive, compartments_of, stride
from . import sharding, storage
from .chunk_settings import ChunkSettings
from .host_buffers import HostBuffers
from .vary import count_neurons, invalid, share_equal_leaves


class StaticAxes:
    """A tree of vmap axes, 0 and None, as a value that jit can hold as static."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        leaves, structure = jax.tree.flatten(tree, is_leaf=lambda x: x is None)
        self._identity = (tuple(leaves), structure)

    def __hash__(self) -> int:
        return hash(self._identity[0])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaticAxes) and self._identity == other._identity


class Axes(StaticAxes):
    """The vmap axes of cells, stimulus and state."""

    def __init__(self, cells: Cell, stimulus: Stimulus, state: State) -> None:
        self.cells, self.stimulus, self.state = cells, stimulus, state
        super().__init__((cells, stimulus, state))


@dataclasses.dataclass(frozen=True)
class Plan:
    """A run before its first step.

    Attributes:
        cells, stimulus, state: condensed, padded to equal shares and placed on the devices.
        axes: where their neuron axes are.
        neurons: without the padding.
        count, chunk: steps in all, and in one chunk.
        dt: ms.
        origin: time of the first state, ms in float64.
        spikes: the probe that counts spikes; one of ``probes``.
        mesh: the devices, or None for the only one.
        fused: "kernel" for a chunk that is one, "interpret" for the same on a device without Triton, or "".
        outlaws: {neuron: why} for parameters that were not finite or out of bounds.
    """

    cells: Cell
    stimulus: Stimulus
    state: State
    axes: Axes
    neurons: int
    count: int
    chunk: int
    dt: float
    origin: float
    probes: tuple
    spikes: Spikes
    integrator: Integrator
    mesh: jax.sharding.Mesh | None
    fused: str
    outlaws: dict[int, str]


@dataclasses.dataclass(frozen=True)
class Progress:
    """A run between two chunks.

    Attributes:
        step: steps done.
        state: the population, gates still half a step behind, so that the cut leaves no mark.
        memories: of the watching probes but the spikes, which go to the host after every chunk.
        kept: samples and spikes, on the host.
        pace: for the next chunk.
    """

    step: int
    state: State
    memories: dict[str, Any]
    kept: HostBuffers
    pace: ChunkSettings


def make(
    cells: Cell, stimulus: Any, *, duration: Any, dt: Any, record: Any, state: State | None, integrator: Integrator,
    devices: Any, chunk: Any, key: Any, stored: bool = False, fused: bool = False,
) -> Plan:  # fmt: skip
    """Check the arguments of `run` and lay them out.

    Raises:
        ValueError: see `run`.
    """
    count, dt = steps(duration, dt), positive_scalar(dt, "dt")
    check_cell(cells)
    if not is_concrete((cells, stimulus, state)):
        raise ValueError("run must be called outside jit, vmap and grad: it loops on the host; simulate can be traced")
    check_integrator(integrator)
    if state is not None:
        check_state(state, cells)
    probes, spikes = _with_spikes(as_probes(record), wanted=record is None)
    stimulus = strong(as_stimulus(stimulus))
    neurons = _agree(cells, stimulus, state)
    bad = invalid(cells)
    cells, cell_axes = share_equal_leaves(strong(cells))
    one_shape = not jax.tree.leaves((cell_axes.morphology, cell_axes.capacitance))  # None is no leaf
    integrator = of_many(integrator, cells, shared=one_shape)
    key = check_key(stimulus, key, getattr(state, "key", None))
    state = _start(cells, cell_axes, stimulus, state, neurons, key, integrator)
    compartments_of(cells, stimulus)  # which complains of sites that are not there
    axes = Axes(cell_axes, batch_axes(stimulus), sharding.state_axes(state))
    mesh = sharding.device_mesh(devices)
    place = lambda tree, where: sharding.place(tree, where, neurons, mesh)  # noqa: E731
    asked = None if chunk is None else steps(chunk, dt, name="chunk")
    rate = _values_per_step(state, probes)
    if not stored:
        _check_memory(rate * count * neurons)
    device = jax.local_devices()[0] if mesh is None else mesh.local_devices[0]
    fits, work = sharding.samples_that_fit(device), sharding.work_of_a_second(device) / state.v[0].size
    return Plan(
        place(cells, axes.cells), place(stimulus, axes.stimulus), place(state, axes.state), axes, neurons, count,
        sharding.chunk_steps(count, neurons, stride(probes), 1 / rate if rate else count, asked, fits, work), dt,
        float(milliseconds(state.time)), probes, spikes, integrator, mesh, _how(mesh) if fused else "", bad,
    )  # fmt: skip


def is_batch(state: State, cells: Cell) -> bool:
    """Whether a state is of many neurons; of a tree, one has an axis already."""
    return jnp.ndim(state.v) > (cells.morphology is not None)


def _how(mesh: jax.sharding.Mesh | None) -> str:
    """How a fused chunk is run: as a kernel where there is a GPU."""
    device = jax.devices()[0] if mesh is None else mesh.devices.flat[0]
    return "kernel" if device.platform in ("gpu", "cuda", "rocm") else "interpret"


def _values_per_step(state: State, probes: tuple) -> float:
    """How many values a neuron's samplers keep in a step, on average."""
    gates = sum(len(gates) for gates in state.gates.values())
    sizes = {"gates": gates, "currents": len(state.gates) + 1}
    compartments = state.v[0].size
    return sum(sizes.get(probe.name, 1) * _looked_at(probe, compartments) / probe.every for probe in samplers(probes))


def _looked_at(probe: Any, compartments: int) -> int:
    """In how many compartments a sampler looks."""
    sites = getattr(probe, "sites", None)
    return compartments if sites is None else len(sites)


def _check_memory(values: float) -> None:
    """Refuse samples that don't fit into the host's memory.

    Raises:
        ValueError: says how much they would take, and what would do.
    """
    free, wanted = storage.bytes_free(), values * np.dtype(jnp.result_type(float)).itemsize
    if free is not None and wanted > free:
        raise ValueError(
            f"the samples would take {wanted / 1e9:.3g} GB, and {free / 1e9:.3g} GB of memory are free: thin them out, "
            'as in membrax.probes.voltage(every=40), or stream them to disk with store="traces.zarr"'
        )


def _with_spikes(probes: tuple, *, wanted: bool) -> tuple[tuple, Spikes]:
    """The probes with one that counts spikes among them; times are only kept if somebody asked for them."""
    spikes = next((probe for probe in probes if isinstance(probe, Spikes)), None)
    if spikes is not None:
        return probes, spikes
    spikes = Spikes() if wanted else Spikes(capacity=0)
    return (*probes, spikes), spikes


def _agree(cells: Cell, stimulus: Stimulus, state: State | None) -> int:
    """The one number of neurons.

    Raises:
        ValueError: cells, stimulus and state have different ones.
    """
    sizes = {"cells": count_neurons(cells), "stimulus": batch_size(stimulus)}
    if state is not None and is_batch(state, cells):
        sizes["state"] = len(state.v)
    told = {name: size for name, size in sizes.items() if size is not None}
    if len(set(told.values())) > 1:
        raise ValueError(f"numbers of neurons disagree: {', '.join(f'{n} {size}' for n, size in told.items())}")
    return next(iter(told.values()), 1)


def _start(
    cells: Cell, axes: Cell, stimulus: Stimulus, state: State | None, neurons: int, key: Any, integrator: Integrator
) -> State:
    """The population's first state; with a key, each neuron gets one of its own from it."""
    held = StaticAxes(axes)
    if state is None:
        state = _at_v_init(cells, jnp.arange(neurons), axes=held)
    state = sharding.as_population(strong(state), neurons, many=is_batch(state, cells))
    if not integrator.staggered:
        state = _settled(cells, state, axes=StaticAxes((axes, sharding.state_axes(state))))
    if key is not None:
        state = dataclasses.replace(state, key=sharding.keys_of(key, neurons))
    if not stimulus.random:
        return dataclasses.replace(state, drive=((),) * len(stimulus.parts))
    drive = jax.vmap(lambda s: begin_drive(stimulus, s).drive, in_axes=(sharding.state_axes(state),))
    return dataclasses.replace(state, drive=drive(state))


@functools.partial(jax.jit, static_argnames="axes")
def _at_v_init(cells: Cell, neurons: Any, *, axes: StaticAxes) -> State:
    return jax.vmap(lambda cell, _: state_at(cell, first_voltage(cell)), in_axes=(axes.tree, 0))(cells, neurons)


@functools.partial(jax.jit, static_argnames="axes")
def _settled(cells: Cell, state: State, *, axes: StaticAxes) -> State:
    return jax.vmap(settle, in_axes=axes.tree, out_axes=axes.tree[1])(cells, state)
