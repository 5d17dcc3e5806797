"""Setup of a run: the checked arguments, laid out on the devices, before the first step."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh

from .. import sharding
from ..cell import Cell, State, first_voltage, settle, state_at
from ..cell_checks import check_cell, check_state
from ..compilation import cores
from ..integrators import Integrator, check_integrator, for_population, hines
from ..probes import ProbesLike, Spikes, as_probes, samplers
from ..pytrees import is_concrete, strong
from ..sharding import Device
from ..stimuli import Stimulus, StimulusLike, as_stimulus, batch_axes, batch_size, check_key
from ..stimuli.stimulus import IN_TIME
from ..timegrid import milliseconds, steps
from ..timeloop import begin_drive, stimulated_compartments, stride
from . import chunk_settings, storage
from .axes import Axes, StaticAxes, as_population, keys_of, state_axes
from .chunk_settings import ChunkSettings
from .vary import count_neurons, invalid, share_equal_leaves

GPU = ("gpu", "cuda", "rocm")


@dataclasses.dataclass(frozen=True)
class Setup:
    """A run before its first step.

    Attributes:
        cells, stimulus, state: with shared leaves as single numbers, padded to equal shares and placed on the devices.
        axes: their neuron axes.
        neurons: their number without the padding.
        count, chunk: steps in the run, and in one chunk.
        dt: ms.
        origin: time of the first state, ms in float64.
        probes: one of them is a spike probe.
        mesh: the devices, or None for JAX's only device.
        fused: "kernel" for a chunk that is one kernel, "interpret" for the same without Triton, or "".
        invalid: {neuron: message} for parameters that are not finite or out of bounds.
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
    integrator: Integrator
    mesh: Mesh | None
    fused: str
    invalid: dict[int, str]

    @property
    def spikes(self) -> Spikes:
        """The probe that counts spikes."""
        return chunk_settings.spike_probe(self.probes)

    @property
    def further_spikes(self) -> tuple[Spikes, ...]:
        """The spike probes after the first, whose times are in ``recorded``."""
        return tuple(probe for probe in self.probes if isinstance(probe, Spikes))[1:]

    def initial_settings(self) -> ChunkSettings:
        """The settings of the first chunk."""
        devices, local_devices = (1, 1) if self.mesh is None else (self.mesh.size, len(self.mesh.local_devices))
        share, on_cpu = -(-self.neurons // devices), sharding.first_device(self.mesh).platform == "cpu"
        trees = self.cells.morphology is not None and self.integrator == hines
        settings = chunk_settings.initial_settings(
            share, self.dt, self.chunk, self.spikes.capacity, shared=self._shared_stimulus(),
            spare_cores=cores() >= 2 * local_devices,
            tree_batches=on_cpu and trees and share > 1,
        )  # fmt: skip
        # Only the first probe's buffer is checked for two spikes in one window.
        return dataclasses.replace(settings, window=1) if self.further_spikes else settings

    def _shared_stimulus(self) -> bool:
        """Whether all neurons get the same current density."""
        one_area = self.axes.cells.area is None or "nA" not in self.stimulus.part_units
        return one_area and not any(axis == 0 for axis in jax.tree.leaves(self.axes.stimulus))


def set_up(
    cells: Cell, stimulus: StimulusLike = None, *, duration: float, dt: float = 0.025,
    record: ProbesLike = None, state: State | None = None, integrator: Integrator,
    devices: int | Sequence[Device] | None = None, chunk: float | None = None, key: Array | int | None = None,
    stored: bool = False, fused: bool = False,
) -> Setup:  # fmt: skip
    """Check the arguments of `run` and place them on the devices.

    Args:
        cells, stimulus, duration, dt, record, state, integrator, devices, chunk, key, fused: as of `run`.
        stored: whether samples go into a store and so need no memory.

    Raises:
        ValueError: see `run`.
    """
    count, dt = steps(duration, dt), float(dt)
    _check(cells, stimulus, state, integrator)
    probes = _with_spikes(as_probes(record))
    stimulus = strong(as_stimulus(stimulus))
    neurons = _common_count(cells, stimulus, state)
    messages = invalid(cells)
    cells, cell_axes = share_equal_leaves(strong(cells))
    one_shape = not jax.tree.leaves((cell_axes.morphology, cell_axes.capacitance))  # None is no leaf
    integrator = for_population(integrator, cells, shared=one_shape)
    random_key = check_key(stimulus, key, getattr(state, "key", None))
    state = _first_state(cells, cell_axes, stimulus, state, neurons, random_key, integrator)
    stimulated_compartments(cells, stimulus)  # raises for sites that the morphology does not have
    axes = Axes(cell_axes, batch_axes(stimulus), state_axes(state))
    mesh = sharding.device_mesh(devices)
    requested = None if chunk is None else steps(chunk, dt, name="chunk")
    rate = _values_per_step(state, probes)
    if not stored:
        _check_memory(rate * count * neurons)
    size = _chunk_size(count, neurons, state, probes, rate, requested, sharding.first_device(mesh))
    place = functools.partial(sharding.place, neurons=neurons, mesh=mesh)
    return Setup(
        place(cells, axes.cells), place(stimulus, axes.stimulus), place(state, axes.state), axes, neurons, count, size,
        dt, float(milliseconds(state.time)), probes, integrator, mesh, kernel_mode(mesh) if fused else "", messages,
    )  # fmt: skip


def _check(cells: Cell, stimulus: object, state: State | None, integrator: Integrator) -> None:
    check_cell(cells)
    if not is_concrete((cells, stimulus, state)):
        raise ValueError("run must be called outside jit, vmap and grad: it loops on the host; simulate can be traced")
    check_integrator(integrator)
    if state is not None:
        check_state(state, cells)


def is_batch(state: State, cells: Cell) -> bool:
    """Whether a state has a neuron axis; the state of one tree has an axis of compartments."""
    return jnp.ndim(state.v) > (cells.morphology is not None)


def kernel_mode(mesh: Mesh | None) -> str:
    """The mode of a fused chunk: "kernel" on a GPU, "interpret" elsewhere."""
    return "kernel" if sharding.first_device(mesh).platform in GPU else "interpret"


def _chunk_size(
    count: int, neurons: int, state: State, probes: tuple, rate: float, requested: int | None, device: Device
) -> int:
    """The number of steps in a chunk on a device."""
    work = chunk_settings.neuron_steps_per_chunk(device) / state.v[0].size
    samples = chunk_settings.samples_per_chunk(device)
    every = 1 / rate if rate else count
    return chunk_settings.chunk_steps(count, neurons, stride(probes), every, requested, samples, work)


def _values_per_step(state: State, probes: tuple) -> float:
    """The mean number of values that a neuron's samplers keep in a step."""
    gates = sum(len(gates) for gates in state.gates.values())
    sizes = {"gates": gates, "currents": len(state.gates) + 1}
    compartments = state.v[0].size
    return sum(
        sizes.get(probe.name, 1) * _sampled_compartments(probe, compartments) / probe.every
        for probe in samplers(probes)
    )


def _sampled_compartments(probe: object, compartments: int) -> int:
    sites = getattr(probe, "sites", None)
    return compartments if sites is None else len(sites)


def _check_memory(values: float) -> None:
    """Refuse samples that don't fit into the host's memory.

    Raises:
        ValueError: gives the memory that they need and the ways out.
    """
    free, wanted = storage.bytes_free(), values * np.dtype(jnp.result_type(float)).itemsize
    if free is not None and wanted > free:
        raise ValueError(
            f"the samples would take {wanted / 1e9:.3g} GB, and {free / 1e9:.3g} GB of memory are free: thin them out, "
            'as in membrax.probes.voltage(every=40), or stream them to disk with store="traces.zarr"'
        )


def _with_spikes(probes: tuple) -> tuple:
    """The probes with a spike probe among them."""
    return probes if any(isinstance(probe, Spikes) for probe in probes) else (*probes, Spikes())


def _common_count(cells: Cell, stimulus: Stimulus, state: State | None) -> int:
    """The number of neurons.

    Raises:
        ValueError: cells, stimulus and state have different ones.
    """
    sizes = {"cells": count_neurons(cells), "stimulus": batch_size(stimulus)}
    if state is not None and is_batch(state, cells):
        sizes["state"] = len(state.v)
    known = {name: size for name, size in sizes.items() if size is not None}
    if len(set(known.values())) > 1:
        counts = ", ".join(f"{n} {size}" for n, size in known.items())
        raise ValueError(f"numbers of neurons disagree: {counts}{f'; {IN_TIME}' if 'stimulus' in known else ''}")
    return next(iter(known.values()), 1)


def _first_state(
    cells: Cell, axes: Cell, stimulus: Stimulus, state: State | None, neurons: int, key: Array | None,
    integrator: Integrator,
) -> State:  # fmt: skip
    """The population's first state; each neuron gets a random key of its own from ``key``."""
    first = _at_v_init(cells, jnp.arange(neurons), axes=StaticAxes(axes)) if state is None else state
    first = as_population(strong(first), neurons, many=is_batch(first, cells))
    if not integrator.staggered:
        first = _settled(cells, first, axes=StaticAxes((axes, state_axes(first))))
    if key is not None:
        first = dataclasses.replace(first, key=keys_of(key, neurons))
    if not stimulus.random:
        return dataclasses.replace(first, drive=((),) * len(stimulus.parts))
    drive = jax.vmap(lambda s: begin_drive(stimulus, s).drive, in_axes=(state_axes(first),))
    return dataclasses.replace(first, drive=drive(first))


@functools.partial(jax.jit, static_argnames="axes")
def _at_v_init(cells: Cell, neurons: Array, *, axes: StaticAxes) -> State:
    return jax.vmap(lambda cell, _: state_at(cell, first_voltage(cell)), in_axes=(axes.tree, 0))(cells, neurons)


@functools.partial(jax.jit, static_argnames="axes")
def _settled(cells: Cell, state: State, *, axes: StaticAxes) -> State:
    return jax.vmap(settle, in_axes=axes.tree, out_axes=axes.tree[1])(cells, state)
