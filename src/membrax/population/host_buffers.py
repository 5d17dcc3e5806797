"""What a run has brought home to the host: samples in arrays made for the whole run, spikes as long lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..probes import SpikeBuffer


class SpikeList(NamedTuple):
    """The spikes of one chunk, neuron by neuron, in time's order: 12 bytes each."""

    neuron: np.ndarray  # int32
    step: np.ndarray  # int32, the state's count at the beginning of the step
    fraction: np.ndarray  # float32, of that step


@dataclasses.dataclass(frozen=True)
class HostBuffers:
    """The host's side of a run between two chunks.

    Attributes:
        make: a function of (path, dtype, shape of a sample) → the array [neuron, time, …] for a whole run, in memory
            or in a store.
        arrays: {path: such an array}, written in place, chunk by chunk.
        filled: {path: samples that are written}.
        counts: spikes so far [neuron], kept or not.
        spikes: a list for each chunk, of each neuron's first ``capacity`` spikes.
    """

    make: Callable[[str, Any, tuple[int, ...]], Any]
    arrays: dict[str, Any]
    filled: dict[str, int]
    counts: np.ndarray
    spikes: tuple[SpikeList, ...] = ()

    def with_samples(self, samples: dict[str, np.ndarray]) -> HostBuffers:
        """With samples {path: [time, neuron, …]} written behind those that are there."""
        arrays, filled = dict(self.arrays), dict(self.filled)
        for path, array in samples.items():
            if path not in arrays:
                arrays[path] = self.make(path, array.dtype, array.shape[2:])
            first = filled.get(path, 0)
            filled[path] = first + len(array)
            # Neurons that only fill a device's share are left out here.
            arrays[path][:, first : filled[path]] = np.swapaxes(array[:, : len(self.counts)], 0, 1)
        return dataclasses.replace(self, arrays=arrays, filled=filled)

    def with_spikes(self, buffer: SpikeBuffer, capacity: int) -> HostBuffers:
        """With a chunk's spikes, as far as each neuron's first ``capacity`` go."""
        room, places = np.maximum(capacity - self.counts, 0), buffer.steps.shape[1]
        there = buffer.steps >= 0
        if np.any(room < places):
            there &= np.arange(places)[None, :] < room[:, None]
        flat = np.flatnonzero(there)
        found = SpikeList(
            (flat // max(places, 1)).astype(np.int32), buffer.steps.ravel()[flat], buffer.fractions.ravel()[flat]
        )
        counts = self.counts + buffer.count
        return dataclasses.replace(self, counts=counts, spikes=(*self.spikes, found) if len(flat) else self.spikes)

    def complete(self, buffer: SpikeBuffer, capacity: int) -> bool:
        """Whether a chunk's buffer holds every spike that is to be kept."""
        wanted = np.clip(capacity - self.counts, 0, buffer.count)
        return bool(np.all(np.count_nonzero(buffer.steps >= 0, axis=1) >= wanted))

    def recorded(self) -> dict[str, Any]:
        """{path: array [neuron, time]}, as far as it is written; arrays of a store are cut there."""
        return {path: _first(array, self.filled[path]) for path, array in self.arrays.items()}


def _first(array: Any, count: int) -> Any:
    if isinstance(array, np.ndarray):
        return array[:, :count]
    if array.shape[1] > count:
        array.resize((array.shape[0], count, *array.shape[2:]))
    return array


def spike_table(spikes: list[SpikeList], neurons: int, time_of: Callable[[np.ndarray, np.ndarray], Any]) -> np.ndarray:
    """Spike times [neuron, k] in float64, padded with NaN, as wide as the neuron with the most of them.

    Args:
        spikes: the lists in time's order, which is emptied: they and the whole table need not fit side by side.
        neurons: in the run.
        time_of: a function of (step, fraction) → ms.
    """
    totals = np.zeros(neurons, np.int64)
    for part in spikes:
        totals += np.bincount(part.neuron, minlength=neurons)
    # By columns, since early lists fill the first of them: memory is taken as the table grows.
    table = np.empty((neurons, int(totals.max(initial=0))), order="F")
    used = np.zeros(neurons, np.int64)
    spikes.reverse()
    while spikes:
        neuron, step, fraction = spikes.pop()
        count = np.bincount(neuron, minlength=neurons)
        # Each neuron's spikes stand together: its first spike's index is subtracted to number them from 0.
        begin = np.cumsum(count) - count
        table[neuron, np.arange(len(neuron)) - begin[neuron] + used[neuron]] = time_of(step, fraction)
        used += count
    for k in range(table.shape[1]):
        table[totals <= k, k] = np.nan
    return table
