"""Neurons on several devices: neuron axes are spread over a mesh; arrays go to its devices and back to the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec, Sharding

T = TypeVar("T")


class Device(Protocol):
    """A device of JAX."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def platform(self) -> str:
        """Such as "cpu", "gpu" or "tpu"."""
        ...

    def memory_stats(self) -> dict[str, Any] | None:
        """Bytes in use and the like, where the device reports them."""
        ...


WHOLE, SPLIT = PartitionSpec(), PartitionSpec("neuron")


def device_mesh(devices: int | Sequence[Device] | None) -> Mesh | None:
    """A mesh of the given devices, of the first ``devices`` of them, or of all; None where JAX has only one device.

    Raises:
        ValueError: a number that JAX does not have, or a value that is no list of devices.
    """
    known = jax.devices()
    chosen = known if devices is None else _chosen(devices, known)
    if not chosen:
        raise ValueError("devices must name at least one device, got an empty list")
    if devices is None and len(chosen) == 1:
        return None
    return Mesh(np.array(chosen), ("neuron",))


def _chosen(devices: int | Sequence[Device], known: list[Device]) -> list[Device]:
    if isinstance(devices, int | np.integer) and not isinstance(devices, bool):
        if not 1 <= devices <= len(known):
            raise ValueError(f"devices must be from 1 to {len(known)}, as many as JAX has, got {devices}{_more(known)}")
        return known[:devices]
    message = f"devices must be a list such as jax.devices()[:2], or a number of them, got {devices!r}"
    if isinstance(devices, bool | str):
        raise ValueError(message)
    try:
        chosen = list(devices)
        np.array([device.id for device in chosen])
    except (TypeError, AttributeError):
        raise ValueError(message) from None
    return chosen


def _more(known: list[Device]) -> str:
    """The end of a message: how to get more devices, where they are CPUs."""
    line = 'jax.config.update("jax_num_cpu_devices", 2)'
    return f"; for several CPU devices run {line} before anything else of JAX" if known[0].platform == "cpu" else ""


def first_device(mesh: Mesh | None) -> Device:
    """A device of this process that runs a part of the population."""
    return jax.local_devices()[0] if mesh is None else mesh.local_devices[0]


def place(tree: T, axes: object, neurons: int, mesh: Mesh | None) -> T:
    """The pytree with its neuron axes spread over the mesh; the last neuron is repeated until all shares are equal."""
    if mesh is None:
        return tree
    extra = -neurons % mesh.size
    split, whole = (NamedSharding(mesh, spec) for spec in (SPLIT, WHOLE))

    def padded(leaf: Array, axis: int | None) -> Array:
        return leaf if axis is None or not extra else jnp.concatenate([leaf, jnp.repeat(leaf[-1:], extra, axis=0)])

    tree = map_with_axes(padded, tree, axes)
    shardings = map_with_axes(lambda _, axis: whole if axis is None else split, tree, axes)
    if whole.is_fully_addressable:
        # One call for all leaves, and NumPy arrays where the host has the memory: both save milliseconds.
        return jax.device_put(jax.tree.map(_on_host, tree), shardings)
    return jax.tree.map(put, tree, shardings)


def _on_host(leaf: Array) -> Array | np.ndarray:
    """An array in the host's own memory as a NumPy array, which is cut into shares several times as fast."""
    numeric = not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(leaf) if numeric and jax.default_backend() == "cpu" else leaf


def put(leaf: Array, sharding: Sharding) -> Array:
    """The leaf on its devices; other processes may own some of them and hold the same leaf."""
    if sharding.is_fully_addressable:
        return jax.device_put(leaf, sharding)
    if not leaf.is_fully_addressable:
        return jax.jit(lambda x: x, out_shardings=sharding)(leaf)
    # device_put would compare the leaf between all processes, leaf by leaf.
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.wrap_key_data(put(jax.random.key_data(leaf), sharding), impl=jax.random.key_impl(leaf))
    return jax.make_array_from_callback(leaf.shape, sharding, np.asarray(leaf).__getitem__)


def over_mesh(function: Callable, mesh: Mesh | None, axes_in: tuple, axes_out: object) -> Callable:
    """``function`` on each device's share of the neurons; no device waits for another.

    Args:
        function: of arrays with neuron axes.
        mesh: from `device_mesh`; None returns the function unchanged.
        axes_in: a pytree of neuron axes, 0, 1 or None, for each argument.
        axes_out: the pytree of those of the returned arrays, or a prefix of it.
    """
    if mesh is None:
        return function
    spec = lambda axis: {None: WHOLE, 0: SPLIT, 1: PartitionSpec(None, "neuron")}[axis]  # noqa: E731
    specs = lambda tree: jax.tree.map(spec, tree, is_leaf=lambda x: x is None)  # noqa: E731
    return jax.shard_map(function, mesh=mesh, in_specs=specs(axes_in), out_specs=specs(axes_out), check_vma=False)


def fetch(array: Array | np.ndarray) -> np.ndarray:
    """The whole array on this host; where other processes hold parts of it, all processes must call this."""
    if not isinstance(array, Array) or array.is_fully_addressable or array.is_fully_replicated:
        return np.asarray(array)
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(array, tiled=True))


def map_with_axes(function: Callable[[Array, int | None], Any], tree: Any, axes: object) -> Any:
    """``function(leaf, axis)`` of every leaf; `jax.tree.map` would read an axis None as a missing subtree."""
    leaves, structure = jax.tree.flatten(tree)
    flat_axes = structure.flatten_up_to(axes)
    return jax.tree.unflatten(structure, [function(x, axis) for x, axis in zip(leaves, flat_axes, strict=True)])
