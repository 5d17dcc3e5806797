"""How a population lies in memory: which arrays have a neuron axis, on which devices, in chunks of how many steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..cell import State
from . import storage

WHOLE, SPLIT = jax.sharding.PartitionSpec(), jax.sharding.PartitionSpec("neuron")

# Neuron-steps between two looks at the clock: about a second on a core, and on a GPU. Small enough for a lively
# progress bar and for Ctrl-C, large enough that starting a chunk and bringing its spikes home cost little.
NEURON_STEPS_PER_CHUNK, ON_A_GPU = 1e8, 1e10
SAMPLES_PER_CHUNK = 3e7  # values a chunk may keep on the device: 120 MB in float32; less where memory is small
SHARE = 16  # of a device's free memory, at most that part for what one chunk keeps


def state_axes(state: State) -> State:
    """The vmap axes of a population's state: neurons share the clock, and nothing else."""
    axes = jax.tree.map(lambda _: 0, state)
    clock = jax.tree.map(lambda _: None, (state.time, state.step, state.lag))
    return State(axes.v, axes.gates, *clock, key=axes.key, drive=axes.drive)


def as_population(state: State, count: int, many: bool) -> State:
    """A state as `run` keeps it: a neuron axis on all but the clock; without ``many`` it is given to every neuron.

    Raises:
        ValueError: neurons that stand at different times.
    """
    clock = jax.tree.map(_common, (state.time, state.step, state.lag))
    each = lambda x: x if many else jnp.broadcast_to(x, (count, *jnp.shape(x)))  # noqa: E731
    v, gates, drive = jax.tree.map(each, (state.v, state.gates, state.drive))
    key = state.key if many or state.key is None else keys_of(state.key, count)
    return State(v, gates, *clock, key=key, drive=drive)


def keys_of(key: Any, count: int) -> Any:
    """A random key for each neuron, from one and the neuron's number [neuron]."""
    return jax.vmap(lambda number: jax.random.fold_in(key, number))(jnp.arange(count))


def _common(x: Array) -> Array:
    if not jnp.ndim(x):
        return x
    times = np.asarray(x)
    if (times != times[0]).any():
        raise ValueError("the neurons of the state stand at different times; a population shares one clock")
    return jnp.asarray(times[0])


def chunk_steps(
    count: int, neurons: int, block: int, every: float, asked: int | None, samples: float = SAMPLES_PER_CHUNK,
    work: float = NEURON_STEPS_PER_CHUNK,
) -> int:  # fmt: skip
    """How many of ``count`` steps a chunk takes: a multiple of the samplers' block, equal chunks if there are any.

    Args:
        count: steps in all.
        neurons: in the population.
        block: steps between two looks of the samplers.
        every: steps in which a neuron keeps one value, for the memory they take.
        asked: steps the caller wants, or None.
        samples: values that a chunk may keep.
        work: neuron-steps of a chunk.
    """
    fits = int(min(work, samples * every) / neurons)
    wanted = asked or max(1, min(count, fits))
    wanted = max(block, wanted - wanted % block)
    if asked or wanted >= count:
        return wanted
    # Equal chunks compile once: look for a divisor a little below before settling for a shorter last chunk.
    equal = (chunk for chunk in range(wanted, wanted // 2, -block) if count % chunk == 0)
    return next(equal, wanted)


def work_of_a_second(device: Any) -> float:
    """The neuron-steps of one chunk on a device."""
    return NEURON_STEPS_PER_CHUNK if device.platform == "cpu" else ON_A_GPU


def samples_that_fit(device: Any) -> float:
    """The values that one chunk may keep on a device, from what it says of its memory; a host says it for its CPUs."""
    told = device.memory_stats() or {}
    free = told["bytes_limit"] - told.get("bytes_in_use", 0) if "bytes_limit" in told else storage.bytes_free()
    size = jnp.dtype(jnp.result_type(float)).itemsize
    return SAMPLES_PER_CHUNK if free is None else max(1.0, min(SAMPLES_PER_CHUNK, free / SHARE / size))


def device_mesh(devices: Any) -> jax.sharding.Mesh | None:
    """A mesh over the given devices, the first so many, or all; None where JAX has only one.

    Raises:
        ValueError: more than there are, or something that is no list of devices.
    """
    known = jax.devices()
    if isinstance(devices, int | np.integer) and not isinstance(devices, bool):
        if not 1 <= devices <= len(known):
            raise ValueError(f"devices must be from 1 to {len(known)}, as many as JAX has, got {devices}{_more(known)}")
        devices = known[:devices]
    try:
        chosen = known if devices is None else list(devices)
        np.array([device.id for device in chosen])
    except (TypeError, AttributeError):
        told = "devices must be a list such as jax.devices()[:2], or a number of them"
        raise ValueError(f"{told}, got {devices!r}") from None
    if not chosen:
        raise ValueError("devices must name at least one device, got an empty list")
    if devices is None and len(chosen) == 1:
        return None
    return jax.sharding.Mesh(np.array(chosen), ("neuron",))


def _more(known: list) -> str:
    """How to get more CPU devices, where that is what there is."""
    line = 'jax.config.update("jax_num_cpu_devices", 2)'
    return f"; for several CPU devices run {line} before anything else of JAX" if known[0].platform == "cpu" else ""


def place(tree: Any, axes: Any, neurons: int, mesh: jax.sharding.Mesh | None) -> Any:
    """The tree with its neuron axes spread over the mesh, the last neuron repeated until the shares are equal."""
    if mesh is None:
        return tree
    extra = -neurons % mesh.size
    split, whole = (jax.sharding.NamedSharding(mesh, spec) for spec in (SPLIT, WHOLE))

    def filled(leaf: Array, axis: int | None) -> Array:
        return leaf if axis is None or not extra else jnp.concatenate([leaf, jnp.repeat(leaf[-1:], extra, axis=0)])

    tree = map_with_axes(filled, tree, axes)
    where = map_with_axes(lambda _, axis: whole if axis is None else split, tree, axes)
    if whole.is_fully_addressable:
        # All leaves at once, and where a host can see them, as the host sees them: both save milliseconds.
        return jax.device_put(jax.tree.map(_seen, tree), where)
    return jax.tree.map(put, tree, where)


def _seen(leaf: Any) -> Any:
    """An array in the host's own memory as one of NumPy's, which is cut into shares several times as fast."""
    numeric = not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(leaf) if numeric and jax.default_backend() == "cpu" else leaf


def put(leaf: Array, sharding: jax.sharding.Sharding) -> Array:
    """The leaf on its devices, of which other processes may hold some and have the same leaf."""
    if sharding.is_fully_addressable:
        return jax.device_put(leaf, sharding)
    if not leaf.is_fully_addressable:
        return jax.jit(lambda x: x, out_shardings=sharding)(leaf)
    # device_put would ask all processes, leaf by leaf, whether they agree.
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(put(jax.random.key_data(leaf), sharding), impl=jax.random.key_impl(leaf))
    return jax.make_array_from_callback(leaf.shape, sharding, np.asarray(leaf).__getitem__)


def over_mesh(function: Callable, mesh: jax.sharding.Mesh | None, axes_in: tuple, axes_out: Any) -> Callable:
    """``function`` on each device's share of the neurons by itself; no device waits for another.

    Args:
        function: of arrays with neuron axes.
        mesh: from `device_mesh`; None leaves the function as it is.
        axes_in: a tree of neuron axes, 0, 1 or None, for each argument.
        axes_out: the tree of those of what is returned, or its beginning.
    """
    if mesh is None:
        return function
    spec = lambda axis: {None: WHOLE, 0: SPLIT, 1: jax.sharding.PartitionSpec(None, "neuron")}[axis]  # noqa: E731
    specs = lambda tree: jax.tree.map(spec, tree, is_leaf=lambda x: x is None)  # noqa: E731
    return jax.shard_map(function, mesh=mesh, in_specs=specs(axes_in), out_specs=specs(axes_out), check_vma=False)


def fetch(array: Any) -> np.ndarray:
    """The whole array on this host, though other processes may hold parts of it; all of them must ask for it."""
    if getattr(array, "is_fully_addressable", True) or array.is_fully_replicated:
        return np.asarray(array)
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(array, tiled=True))


def without_padding(tree: Any, axes: Any, neurons: int) -> Any:
    """The tree with its first ``neurons`` neurons."""
    return map_with_axes(lambda leaf, axis: leaf if axis is None else leaf[:neurons], tree, axes)


def map_with_axes(function: Callable[[Array, int | None], Any], tree: Any, axes: Any) -> Any:
    """``function(leaf, axis)`` on every leaf; `jax.tree.map` would take an axis None for a missing subtree."""
    leaves, structure = jax.tree.flatten(tree)
    where = structure.flatten_up_to(axes)
    return jax.tree.unflatten(structure, [function(x, axis) for x, axis in zip(leaves, where, strict=True)])
