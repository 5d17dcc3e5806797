import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population import chunk_settings
from membrax.population.chunk_settings import ChunkSettings, initial_settings
from membrax.population.host_buffers import HostBuffers, SpikeList, spike_table
from membrax.probes import SpikeBuffer

# 4 kHz: the voltage crosses its mean up to four times in a window of a millisecond.
FAST = stimuli.sine(40.0, 4000.0)
LEVEL = -64.9  # mV


@pytest.fixture(scope="module")
def leaky():
    """Three passive cells."""
    return mx.vary(
        mx.Cell(channels={"leak": mx.channels.Leak(g=0.3, e=LEVEL)}, v_init=LEVEL), {"leak.g": [0.2, 0.3, 0.4]}
    )


def test_crossings_in_one_window_are_all_kept(leaky, run):
    every_step = run(leaky, FAST, duration=10.0, record=[probes.spikes(LEVEL), probes.voltage()])
    result = run(leaky, FAST, duration=10.0, record=probes.spikes(LEVEL))
    assert result.spike_counts.min() >= 39
    assert np.array_equal(result.spike_counts, every_step.spike_counts)
    assert np.isfinite(result.spike_times).sum(axis=1).tolist() == result.spike_counts.tolist()
    assert result.spike_times == pytest.approx(every_step.spike_times, abs=1e-4)
    v = every_step.v
    known = [np.sum((row[:-1] < np.float32(LEVEL)) & (row[1:] >= np.float32(LEVEL))) for row in v]
    assert result.spike_counts.tolist() == known


def test_a_chunk_without_enough_places_runs_again(cells, run, monkeypatch):
    known = run(cells, 10.0, duration=60.0)
    monkeypatch.setattr(chunk_settings, "initial_settings", lambda *given, **named: ChunkSettings(40, 1, 1))
    result = run(cells, 10.0, duration=60.0)
    assert known.spike_counts.max() > 2
    assert np.array_equal(result.spike_counts, known.spike_counts)
    assert result.spike_times == pytest.approx(known.spike_times, abs=1e-4, nan_ok=True)


def test_initial_settings():
    assert initial_settings(1000, 0.025, 8000, 256) == ChunkSettings(80, chunk_settings.UNROLL, 50)
    assert initial_settings(1, 0.1, 100, 256) == ChunkSettings(20, 1, chunk_settings.FEWEST_PLACES, ahead=True)
    assert initial_settings(10, 0.1, 1000, 256) == ChunkSettings(20, chunk_settings.UNROLL_FEW, 25)
    assert initial_settings(1000, 0.025, 8000, 256, shared=True).ahead
    assert initial_settings(chunk_settings.MANY, 0.025, 8000, 256, spare_cores=True).threads
    assert not initial_settings(chunk_settings.MANY, 0.025, 8000, 256).threads
    assert not initial_settings(chunk_settings.MANY - 1, 0.025, 8000, 256, spare_cores=True).threads
    assert initial_settings(1, 1e-3, 100, 256).window == chunk_settings.MOST_STEPS
    assert initial_settings(1, 2.5, 10, 256).window == 1
    assert initial_settings(1, 0.025, 8000, 0).spike_capacity == 0


def test_a_retry_adds_places_before_it_shortens_windows():
    counts = np.array([0, 9])
    crowded = ChunkSettings(40, 2, 4).for_retry(counts, 256)
    assert crowded == ChunkSettings(40, 2, 16)
    assert crowded.for_retry(counts, 256) == ChunkSettings(1, 2, 16)
    assert ChunkSettings(40, 2, 4).for_retry(counts, 10).spike_capacity == 10


def empty(capacity, neurons=2):
    make = lambda path, dtype, sample: np.empty((neurons, 4, *sample), dtype)  # noqa: E731
    return HostBuffers(make, capacity, np.zeros(neurons, np.int64))


def buffer(steps, count):
    steps = np.array(steps, np.int32)
    return SpikeBuffer(steps, np.where(steps < 0, np.inf, 0.5).astype(np.float32), np.array(count))


def test_an_empty_place_or_a_full_buffer_is_incomplete():
    assert empty(8).complete(buffer([[3, 7], [-1, -1]], [2, 0]))
    assert not empty(8).complete(buffer([[-1, 7], [-1, -1]], [2, 0]))
    assert not empty(8).complete(buffer([[3, 7], [-1, -1]], [3, 0]))
    assert empty(2).complete(buffer([[3, 7], [-1, -1]], [3, 0]))
    assert empty(0).complete(buffer(np.zeros((2, 0)), [3, 0]))


def test_only_the_first_spikes_of_a_neuron_are_kept():
    buffers = empty(3).with_spikes(buffer([[3, 7], [1, -1]], [2, 1])).with_spikes(buffer([[12, 17], [11, -1]], [2, 1]))
    assert buffers.counts.tolist() == [4, 2]
    table = spike_table(list(buffers.spikes), 2, lambda step, fraction: step + fraction)
    assert np.array_equal(table, [[3.5, 7.5, 12.5], [1.5, 11.5, np.nan]], equal_nan=True)


def test_no_spikes_are_a_table_without_columns():
    assert spike_table([], 3, lambda step, fraction: step).shape == (3, 0)
    none = SpikeList(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert spike_table([none], 3, lambda step, fraction: step).shape == (3, 0)


def test_samples_are_appended_without_padding():
    buffers = empty(8).with_samples({"v": np.ones((1, 3))}).with_samples({"v": np.full((2, 3), 2.0)})
    assert buffers.recorded()["v"].tolist() == [[1.0, 2.0, 2.0]] * 2
