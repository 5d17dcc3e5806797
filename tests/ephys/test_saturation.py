"""Samples at the limit of an amplifier, and recordings without such samples."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.saturation import clipped

DT = 0.05
T = np.arange(6000) * DT


def trace(noise=0.1, quantum=0.0, seed=0):
    """Spikes on a slow wave, with noise, in steps of a converter."""
    v = -65.0 + 8.0 * np.sin(2 * np.pi * T / 200.0)
    v += 95.0 * np.exp(-0.5 * np.square((T[:, None] - [60.0, 140.0, 230.0]) / 0.5)).sum(axis=1)
    v += np.random.default_rng(seed).normal(0.0, noise, T.size)
    return (np.round(v / quantum) * quantum if quantum else v)[None]


@pytest.mark.parametrize("quantum", [0.0, 0.03, 0.3, 1.0])
@pytest.mark.parametrize("noise", [0.0, 0.05, 0.5])
def test_ordinary_recording_is_not_clipped(noise, quantum):
    assert not clipped(trace(noise, quantum)).any()


@pytest.mark.parametrize("quantum", [0.0, 0.03])
def test_cut_spikes_are_found(quantum):
    v = np.minimum(trace(quantum=quantum), 9.9)
    result = clipped(v)
    assert result.sum() == np.sum(v == v.max()) > 20
    assert np.all(v[result] == v.max())


def test_slowly_reached_limit_is_found():
    v = np.maximum(trace(), -72.0)
    result = clipped(v)
    assert np.all(v[result] == -72.0) and result.sum() > 0.8 * np.sum(v == -72.0)


def test_simulated_rest_is_no_limit():
    v = np.full((1, T.size), -65.0)
    v[0, 2000:] += 10.0 * (1 - np.exp(-(T[2000:] - T[2000]) / 20.0))
    assert not clipped(v).any() and not clipped(-v).any()


def test_flat_sweep_is_no_limit():
    v = np.concatenate([trace(), np.full((1, T.size), 50.0)])
    assert not clipped(v).any()
    assert not clipped(np.full((2, 100), -65.0)).any()


def test_real_recordings_before_and_after_clipping(shared_data):
    folder = shared_data / "recordings"
    for file in [*sorted(folder.glob("*.abf")), *sorted((folder / "allen").glob("*.npz"))]:
        v = mx.recordings.load(file).v
        assert not clipped(v).any(), file.name
        cut = np.minimum(v, v.max() - 15.0)
        assert clipped(cut).sum() > 0.5 * np.sum(cut == cut.max()), file.name
