import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.evaluation import model_voltages


def test_every_sweep_of_the_recording_is_simulated(passive, steps, truth):
    cell = mx.replace(passive, truth)
    v = model_voltages(cell, steps, mx.integrators.staggered, None)
    assert v.shape == steps.v.shape
    assert np.sqrt(np.mean((v - steps.v) ** 2)) == pytest.approx(0.05, rel=0.2)
    fine = model_voltages(cell, steps, mx.integrators.staggered, 0.0125)
    np.testing.assert_allclose(v, fine, atol=0.01)


def test_the_recorded_voltage_does_not_affect_the_model(passive, steps):
    other = dataclasses.replace(steps, v=steps.v + 30.0)
    one, two = (model_voltages(passive, data, mx.integrators.staggered, None) for data in (steps, other))
    np.testing.assert_array_equal(one, two)
