"""Settings of a chunk: its length, windows of steps between two writings of spikes, unrolling, places for spikes."""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
import numpy as np

from ..probes import Spikes
from ..sharding import Device
from . import storage

LONGEST_WINDOW = 2.0  # ms; a neuron that fires twice in a window makes `for_retry` shorten it
MOST_STEPS = 80  # in a window, where dt is small
# Steps in one iteration of the loop, by measurement: 4 is 1.02 to 1.09 times as fast as 1 from a thousand neurons on,
# but a third as fast for one, whose loop XLA then no longer compiles as one function; 2 is best for ten.
UNROLL, UNROLL_FEW = 4, 2
FEW = 100  # neurons
MANY = 50_000  # neurons, from which on a second core gains more by threads than they cost; devices gain more still
MS_PER_SPIKE, FEWEST_PLACES = 4.0, 4  # a chunk has places for a spike every 4 ms; `for_retry` adds places

# Neuron-steps in a chunk: about a second on a core, and on a GPU. Small enough for a lively progress bar and for
# Ctrl-C, large enough that the start of a chunk and the transfer of its spikes cost little.
NEURON_STEPS_PER_CHUNK, ON_A_GPU = 1e8, 1e10
SAMPLES_PER_CHUNK = 3e7  # values that a chunk may keep on the device: 120 MB in float32; less where memory is small
SHARE = 16  # the samples of one chunk take at most 1/16 of a device's free memory


@dataclasses.dataclass(frozen=True)
class ChunkSettings:
    """How a chunk takes its steps; the settings change no result.

    Attributes:
        window: steps between two writings of spikes, so that a step costs a register and not a scattered write.
        unroll: steps in one iteration of the innermost loop.
        spike_capacity: places for spikes of a neuron in one chunk.
        ahead: whether the stimulus of all steps is evaluated before the first step.
        threads: whether a CPU may share each operation among its cores.
        tree_batches: whether trees advance in batches with the neurons last in every array, which suits a CPU's cache.
    """

    window: int
    unroll: int
    spike_capacity: int
    ahead: bool = False
    threads: bool = False
    tree_batches: bool = False

    def for_chunk(self, probes: tuple) -> tuple:
        """The probes of one chunk: the first spike probe gets ``spike_capacity`` places and is emptied at the end."""
        spikes = spike_probe(probes)
        emptied = dataclasses.replace(spikes, chunk_capacity=self.spike_capacity)
        return tuple(emptied if probe is spikes else probe for probe in probes)

    def for_retry(self, counts: np.ndarray, capacity: int) -> ChunkSettings:
        """The settings for another run of a chunk whose buffers lack spikes.

        A neuron that fired more often than there are places gets more places. Otherwise a neuron fired twice in a
        window, and the windows become single steps.

        Args:
            counts: spikes of each neuron in the chunk [neuron].
            capacity: spikes of a neuron that the whole run keeps.
        """
        most = min(capacity, int(counts.max(initial=0)))
        if most > self.spike_capacity:
            return dataclasses.replace(self, spike_capacity=min(capacity, 2 ** math.ceil(math.log2(most))))
        return dataclasses.replace(self, window=1)


def spike_probe(probes: tuple) -> Spikes:
    """The first spike probe; the probes of a run have one."""
    return next(probe for probe in probes if isinstance(probe, Spikes))


def initial_settings(
    neurons: int, dt: float, chunk: int, capacity: int, *, shared: bool = False, spare_cores: bool = False,
    tree_batches: bool = False,
) -> ChunkSettings:  # fmt: skip
    """Windows of two milliseconds, and places for a spike every four.

    Args:
        neurons: on one device.
        dt: ms.
        chunk: steps.
        capacity: spikes of a neuron that the whole run keeps.
        shared: whether all neurons get the same stimulus, which then takes one number per step.
        spare_cores: whether there are several cores for each device.
        tree_batches: whether trees advance in batches.
    """
    window = max(1, min(round(LONGEST_WINDOW / dt), MOST_STEPS))
    unroll = 1 if neurons == 1 or tree_batches else UNROLL_FEW if neurons < FEW else UNROLL
    places = min(capacity, max(FEWEST_PLACES, math.ceil(chunk * dt / MS_PER_SPIKE)))
    threads = spare_cores and neurons >= MANY and not tree_batches
    return ChunkSettings(window, unroll, places, shared or neurons == 1, threads, tree_batches)


def chunk_steps(
    count: int, neurons: int, block: int, every: float, requested: int | None, samples: float = SAMPLES_PER_CHUNK,
    work: float = NEURON_STEPS_PER_CHUNK,
) -> int:  # fmt: skip
    """The number of steps in a chunk: a multiple of the samplers' block; equal chunks where that is possible.

    Args:
        count: steps in the run.
        neurons: in the population.
        block: steps after which every sampler has just sampled.
        every: steps in which a neuron keeps one value.
        requested: steps from the caller, or None.
        samples: values that a chunk may keep.
        work: neuron-steps of a chunk.
    """
    fits = int(min(work, samples * every) / neurons)
    wanted = requested or max(1, min(count, fits))
    wanted = max(block, wanted - wanted % block)
    if requested or wanted >= count:
        return wanted
    # Equal chunks compile once: a divisor of the run a little below is better than a shorter last chunk.
    equal = (chunk for chunk in range(wanted, wanted // 2, -block) if count % chunk == 0)
    return next(equal, wanted)


def neuron_steps_per_chunk(device: Device) -> float:
    """The neuron-steps that a device takes in about a second."""
    return NEURON_STEPS_PER_CHUNK if device.platform == "cpu" else ON_A_GPU


def samples_per_chunk(device: Device) -> float:
    """The values that one chunk may keep, from the free memory of the device, or of the host for a CPU."""
    statistics = device.memory_stats() or {}
    limit = statistics.get("bytes_limit")
    free = storage.bytes_free() if limit is None else limit - statistics.get("bytes_in_use", 0)
    size = jnp.dtype(jnp.result_type(float)).itemsize
    return SAMPLES_PER_CHUNK if free is None else max(1.0, min(SAMPLES_PER_CHUNK, free / SHARE / size))
