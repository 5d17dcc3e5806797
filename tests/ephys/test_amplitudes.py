"""Amplitudes of injected currents: of families of steps, noise, test pulses and other shapes."""

import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.amplitudes import amplitudes, relative_amplitudes

T = np.arange(400) * 0.5
FAMILY = np.arange(7) * 4.0 - 4.0
STEPS = FAMILY[:, None] * ((T > 50.0) & (T < 150.0))


def steps(sizes, shape=None):
    """A recording of one current at many sizes [nA], with a constant voltage."""
    shape = (T > 50.0) & (T < 150.0) if shape is None else shape
    i = np.asarray(sizes)[:, None] * np.asarray(shape, float)[None]
    return mx.Recording(t=T, v=np.full(i.shape, -65.0), i=i, unit="nA")


# --- in the unit of the current


def test_amplitudes_of_steps_are_their_sizes():
    np.testing.assert_allclose(amplitudes(STEPS), FAMILY)
    noisy = STEPS + np.random.default_rng(0).normal(0, 0.3, STEPS.shape)
    np.testing.assert_allclose(amplitudes(noisy), FAMILY, atol=0.1)


def test_single_equal_and_noisy_currents_have_no_amplitude():
    assert amplitudes(STEPS[:1]) is None
    assert amplitudes(STEPS[[1, 1]]) is None
    assert amplitudes(np.random.default_rng(0).normal(0, 1, (5, 1000))) is None


def test_amplitudes_of_a_real_recording(shared_data):
    recording = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf")
    np.testing.assert_allclose(amplitudes(recording.i), np.arange(17) * 0.025 - 0.1, atol=1e-6)


# --- relative to the largest current


def test_sizes_of_one_shape_are_multiples_of_the_largest():
    np.testing.assert_allclose(relative_amplitudes(steps([-0.1, 0.0, 0.1, 0.2])), [-0.5, 0.0, 0.5, 1.0], atol=1e-12)


def test_another_shape_has_no_size():
    data = steps([0.1, 0.2, 0.3])
    i = data.i.copy()
    i[1] = 0.2 * (T > 100.0)
    result = relative_amplitudes(dataclasses.replace(data, i=i))
    assert np.isnan(result[1]) and np.isfinite(result[[0, 2]]).all()


def test_shared_test_pulse_is_no_part_of_the_shape():
    family = steps([-0.1, 0.0, 0.1, 0.2])
    same = dataclasses.replace(family, i=family.i - 0.3 * ((T > 10.0) & (T < 40.0)))
    np.testing.assert_allclose(relative_amplitudes(same), relative_amplitudes(family), atol=1e-12)


@pytest.mark.parametrize("how", ["noise", "jitter"])
def test_repeats_of_one_current_stay_repeats(how):
    random, i = np.random.default_rng(4), steps([0.2] * 10).i
    if how == "noise":
        i = i + 0.01 * random.normal(size=i.shape)
    else:
        i = np.stack([np.roll(one, random.integers(0, 2)) for one in i])
    repeats = dataclasses.replace(steps([0.2] * 10), i=i)
    np.testing.assert_allclose(relative_amplitudes(repeats), 1.0, atol=0.02)


def test_step_from_the_first_sample_on_keeps_its_sign():
    from_the_start = steps([-0.1, 0.0, 0.1, 0.2, 0.3], T < 100.0)
    np.testing.assert_allclose(relative_amplitudes(from_the_start), np.array([-1, 0, 1, 2, 3]) / 3, atol=1e-12)


def test_noise_without_a_direction_has_no_size():
    assert np.isnan(relative_amplitudes(steps([0.1, 0.2], np.sin(T)))).all()


def test_another_holding_current_is_another_stimulus():
    data = steps([0.1, 0.2, 0.2, 0.3])
    moved = dataclasses.replace(data, i=data.i - np.array([0.0, 0.0, 0.3, 0.0])[:, None])
    assert np.isnan(relative_amplitudes(moved)).tolist() == [False, False, True, False]


@pytest.mark.parametrize("noise", [0.002, 0.006])
def test_noise_of_a_measured_current_leaves_sizes_unchanged(noise):
    data = steps([0.0, 0.1, 0.2, 0.3])
    noisy = dataclasses.replace(data, i=data.i + np.random.default_rng(4).normal(0.0, noise, data.i.shape))
    np.testing.assert_allclose(relative_amplitudes(noisy), [0.0, 1 / 3, 2 / 3, 1.0], atol=0.01)


def test_small_current_of_another_shape_is_no_noise():
    data = steps([0.1, 0.2, 0.3, 0.3])
    i = data.i.copy()
    i[3] = 0.03 * (T > 150.0)
    assert np.isnan(relative_amplitudes(dataclasses.replace(data, i=i))).tolist() == [False, False, False, True]
