"""Persistent sodium: its published activation, and what it does to a cell below threshold."""

import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.channels import Leak
from membrax.channels.persistent import PersistentSodium
from membrax.pytrees import strong

CHANNEL = strong(PersistentSodium())


def test_kinetics_are_well_shaped(shape_of_kinetics):
    shape_of_kinetics(CHANNEL, 36.0)


def test_activation_is_the_published_one(env):
    v = jnp.asarray([-52.6 - 4.6 * np.log(3.0), -52.6, -52.6 + 4.6 * np.log(3.0)], dtype=float)
    opening, closing = CHANNEL.rates(v, env(36.0))["p"]
    np.testing.assert_allclose(opening / (opening + closing), [0.25, 0.5, 0.75], rtol=1e-5)
    np.testing.assert_allclose(1.0 / (opening + closing), 1.0, rtol=1e-6)


def test_ten_degrees_less_are_three_times_slower(env):
    v = jnp.asarray([-60.0, -40.0], dtype=float)
    warm, cold = (sum(CHANNEL.rates(v, env(celsius))["p"]) for celsius in (36.0, 26.0))
    np.testing.assert_allclose(warm / cold, 3.0, rtol=1e-5)


@pytest.mark.parametrize("current", [0.2, 0.4])
def test_the_input_resistance_grows_towards_threshold(current):
    """Without it steps of one size move a leaky membrane by one voltage; with it the later one moves it farther."""
    passive = mx.Cell({"leak": Leak(g=0.05, e=-70.0)}, capacitance=1.0, celsius=36.0, v_init=-70.0)
    cell = mx.Cell({"nap": PersistentSodium(), **passive.channels}, capacitance=1.0, celsius=36.0, v_init=-70.0)
    steady = lambda one, i: float(mx.rest(one, i).v)  # noqa: E731
    bent = steady(cell, current + 0.1) - steady(cell, current)
    assert bent > 1.1 * (steady(passive, current + 0.1) - steady(passive, current))
