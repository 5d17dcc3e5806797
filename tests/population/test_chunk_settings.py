import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population import chunk_settings
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


def test_a_chunk_that_runs_out_of_room_is_run_again_with_enough(cells, run, monkeypatch):
    known = run(cells, 10.0, duration=60.0)
    monkeypatch.setattr(chunk_settings, "first", lambda *given, **named: chunk_settings.ChunkSettings(40, 1, 1))
    found = run(cells, 10.0, duration=60.0)
    assert known.spike_counts.max() > 2
    assert np.array_equal(found.spike_counts, known.spike_counts)
    assert found.spike_times == pytest.approx(known.spike_times, abs=1e-4, nan_ok=True)


def test_paces():
    assert chunk_settings.first(1000, 0.025, 8000, 256) == chunk_settings.ChunkSettings(80, chunk_settings.UNROLL, 50)
    assert chunk_settings.first(1, 0.1, 100, 256) == chunk_settings.ChunkSettings(
        20, 1, chunk_settings.LEAST_ROOM, ahead=True
    )
    assert chunk_settings.first(10, 0.1, 1000, 256) == chunk_settings.ChunkSettings(20, chunk_settings.UNROLL_FEW, 25)
    assert chunk_settings.first(1000, 0.025, 8000, 256, shared=True).ahead
    assert chunk_settings.first(chunk_settings.MANY, 0.025, 8000, 256, spare_cores=True).threads
    assert not chunk_settings.first(chunk_settings.MANY, 0.025, 8000, 256).threads
    assert not chunk_settings.first(chunk_settings.MANY - 1, 0.025, 8000, 256, spare_cores=True).threads
    assert chunk_settings.first(1, 1e-3, 100, 256).window == chunk_settings.MOST_STEPS
    assert chunk_settings.first(1, 2.5, 10, 256).window == 1
    assert chunk_settings.first(1, 0.025, 8000, 0).room == 0
    crowded = chunk_settings.careful(chunk_settings.ChunkSettings(40, 2, 4), np.array([0, 9]), 256)
    assert crowded == chunk_settings.ChunkSettings(40, 2, 16)  # more room first
    assert chunk_settings.careful(crowded, np.array([0, 9]), 256) == chunk_settings.ChunkSettings(
        1, 2, 16
    )  # then every step
    assert chunk_settings.careful(chunk_settings.ChunkSettings(40, 2, 4), np.array([0, 9]), 10).room == 10


def kept(neurons=2):
    return HostBuffers(
        lambda path, dtype, sample: np.empty((neurons, 4, *sample), dtype), {}, {}, np.zeros(neurons, np.int64)
    )


def buffer(steps, count):
    steps = np.array(steps, np.int32)
    return SpikeBuffer(steps, np.where(steps < 0, np.nan, 0.5).astype(np.float32), np.array(count))


def test_a_hole_or_a_full_buffer_is_incomplete():
    assert kept().complete(buffer([[3, 7], [-1, -1]], [2, 0]), 8)
    assert not kept().complete(buffer([[-1, 7], [-1, -1]], [2, 0]), 8)
    assert not kept().complete(buffer([[3, 7], [-1, -1]], [3, 0]), 8)
    assert kept().complete(buffer([[3, 7], [-1, -1]], [3, 0]), 2)
    assert kept().complete(buffer(np.zeros((2, 0)), [3, 0]), 0)


def test_only_the_first_spikes_of_a_neuron_are_kept():
    some = kept().with_spikes(buffer([[3, 7], [1, -1]], [2, 1]), 3).with_spikes(buffer([[12, 17], [11, -1]], [2, 1]), 3)
    assert some.counts.tolist() == [4, 2]
    table = spike_table(list(some.spikes), 2, lambda step, fraction: step + fraction)
    assert np.array_equal(table, [[3.5, 7.5, 12.5], [1.5, 11.5, np.nan]], equal_nan=True)


def test_no_spikes_are_a_table_without_columns():
    assert spike_table([], 3, lambda step, fraction: step).shape == (3, 0)
    empty = SpikeList(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert spike_table([empty], 3, lambda step, fraction: step).shape == (3, 0)


def test_samples_stand_behind_each_other_without_padding():
    some = kept().with_samples({"v": np.ones((1, 3))}).with_samples({"v": np.full((2, 3), 2.0)})
    assert some.recorded()["v"].tolist() == [[1.0, 2.0, 2.0]] * 2
