"""Thinned traces keep what is seen: extremes, spikes, ends, corners of a current."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from membrax.viewer.thinning import corners, near_spikes, thin


@given(st.integers(1, 5000), st.integers(4, 400), st.integers(0, 2**16))
def test_thinning_keeps_extremes_and_ends(samples, points, seed):
    v = np.random.default_rng(seed).normal(size=samples)
    at = thin(v, points)
    assert np.all(np.diff(at) > 0) and at[0] == 0 and at[-1] == samples - 1
    assert v[at].max() == v.max() and v[at].min() == v.min()
    assert len(at) <= max(points + 4, 4)


def test_every_bin_keeps_its_lowest_and_highest_sample():
    v = np.sin(np.arange(10_000) / 7.0)
    kept = np.isin(np.arange(10_000), thin(v, 1000))
    for bin in np.split(np.arange(10_000), 500):
        assert {v[bin].min(), v[bin].max()} <= set(v[bin][kept[bin]])


def test_samples_near_a_spike_all_stay():
    v = np.zeros(100_000)
    near = near_spikes(v.size, np.array([50_000]), 0.05, 1000)
    assert near.sum() == 200  # 2 ms before and 8 ms after, every 0.05 ms
    assert set(np.flatnonzero(near)) <= set(thin(v, 1000, near))
    assert not near_spikes(v.size, np.array([50_000]), 0.05, 100).any()


def test_a_current_of_steps_and_ramps_is_exact():
    t = np.arange(20_000)
    i = np.where((t > 5000) & (t < 9000), 0.3, 0.0) + np.interp(t, [10_000, 15_000], [0.0, 1.0])
    at = corners(i, 1000)
    assert len(at) < 12
    np.testing.assert_allclose(np.interp(t, at, i[at]), i, atol=1e-9)
    noise = np.random.default_rng(0).normal(size=20_000)
    assert len(corners(noise, 1000)) <= 1004
