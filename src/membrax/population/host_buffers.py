"""Buffers on the host: samples in arrays made for the whole run, spikes in one list for each chunk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..probes import SpikeBuffer
from .storage import StoredArray

MakeArray = Callable[[str, DTypeLike, tuple[int, ...]], np.ndarray | StoredArray]


class SpikeList(NamedTuple):
    """The spikes of one chunk, neuron by neuron, in the order of time: 12 bytes each."""

    neuron: np.ndarray  # int32
    step: np.ndarray  # int32, the state's count at the beginning of the step
    fraction: np.ndarray  # float32, of that step


@dataclasses.dataclass(frozen=True)
class HostBuffers:
    """Samples and spikes of a run between two chunks.

    Attributes:
        make: a function of (path, dtype, shape of a sample) → the array [neuron, time, …] for the whole run, in memory
            or in a store.
        capacity: spikes of a neuron that are kept.
        counts: spikes so far [neuron], kept or not.
        arrays: {path: such an array}, written in place, chunk by chunk.
        filled: {path: number of samples written}.
        spikes: a list for each chunk, of each neuron's first ``capacity`` spikes.
    """

    make: MakeArray
    capacity: int
    counts: np.ndarray
    arrays: dict[str, np.ndarray | StoredArray] = dataclasses.field(default_factory=dict)
    filled: dict[str, int] = dataclasses.field(default_factory=dict)
    spikes: tuple[SpikeList, ...] = ()

    def with_samples(self, samples: Mapping[str, np.ndarray]) -> HostBuffers:
        """The buffers with samples {path: [time, neuron, …]} appended."""
        arrays, filled = dict(self.arrays), dict(self.filled)
        for path, array in samples.items():
            if path not in arrays:
                arrays[path] = self.make(path, array.dtype, array.shape[2:])
            first = filled.get(path, 0)
            filled[path] = first + len(array)
            # Neurons that only pad a device's share are left out here.
            arrays[path][:, first : filled[path]] = np.swapaxes(array[:, : len(self.counts)], 0, 1)
        return dataclasses.replace(self, arrays=arrays, filled=filled)

    def with_spikes(self, buffer: SpikeBuffer) -> HostBuffers:
        """The buffers with the spikes of a chunk, up to ``capacity`` of each neuron."""
        free, places = np.maximum(self.capacity - self.counts, 0), buffer.steps.shape[1]
        taken = np.asarray(buffer.steps >= 0)
        if np.any(free < places):
            taken &= np.arange(places)[None, :] < free[:, None]
        at = np.flatnonzero(taken)
        spikes = SpikeList(
            (at // max(places, 1)).astype(np.int32),
            np.asarray(buffer.steps).ravel()[at],
            np.asarray(buffer.fractions).ravel()[at],
        )
        counts = self.counts + np.asarray(buffer.count)
        return dataclasses.replace(self, counts=counts, spikes=(*self.spikes, spikes) if len(at) else self.spikes)

    def complete(self, buffer: SpikeBuffer) -> bool:
        """Whether a chunk's buffer holds every spike that the run keeps."""
        wanted = np.clip(self.capacity - self.counts, 0, np.asarray(buffer.count))
        return bool(np.all(np.count_nonzero(buffer.steps >= 0, axis=1) >= wanted))

    def recorded(self) -> dict[str, np.ndarray | StoredArray]:
        """{path: array [neuron, time, …]} of the samples written so far; a store's arrays are cut to them."""
        return {path: _first(array, self.filled[path]) for path, array in self.arrays.items()}


def _first(array: np.ndarray | StoredArray, count: int) -> np.ndarray | StoredArray:
    if isinstance(array, np.ndarray):
        return array[:, :count]
    if array.shape[1] > count:
        array.resize((array.shape[0], count, *array.shape[2:]))
    return array


def spike_table(spikes: list[SpikeList], neurons: int, time_of: Callable[[np.ndarray, np.ndarray], Any]) -> np.ndarray:
    """Spike times [neuron, k] in float64, padded with NaN; k is the largest number of spikes of a neuron.

    Args:
        spikes: the lists in the order of time. The function empties this list, so that lists and table need not be in
            memory together.
        neurons: in the run.
        time_of: a function of (step, fraction) → ms.
    """
    totals = np.zeros(neurons, np.int64)
    for part in spikes:
        totals += np.bincount(part.neuron, minlength=neurons)
    # In columns, since early lists fill the first of them: the table takes memory as it grows.
    table = np.empty((neurons, int(totals.max(initial=0))), order="F")
    used = np.zeros(neurons, np.int64)
    spikes.reverse()
    while spikes:
        neuron, step, fraction = spikes.pop()
        count = np.bincount(neuron, minlength=neurons)
        # A neuron's spikes are adjacent: the index of its first spike is subtracted to number them from 0.
        begin = np.cumsum(count) - count
        table[neuron, np.arange(len(neuron)) - begin[neuron] + used[neuron]] = time_of(step, fraction)
        used += count
    for k in range(table.shape[1]):
        table[totals <= k, k] = np.nan
    return table


def flatten(tree: object, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays of nested dictionaries and dataclasses, on the host, by path: "gates/na/m"."""
    if dataclasses.is_dataclass(tree):
        tree = {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree)}
    if isinstance(tree, dict):
        inside = f"{prefix}/" if prefix else ""
        return {path: array for name, child in tree.items() for path, array in flatten(child, inside + name).items()}
    return {prefix: np.asarray(tree)}


def nest(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The nested dictionaries of arrays by path; the inverse of `flatten`."""
    tree: dict[str, Any] = {}
    for path, array in arrays.items():
        *folders, name = path.split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(folder, {})
        node[name] = array
    return tree
