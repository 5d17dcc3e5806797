"""The channels of Morris & Lecar (1981), as Rinzel & Ermentrout (1998) write them, written afresh."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.channels import morris_lecar as ml
from membrax.pytrees import put, strong

CA, K = strong(ml.Calcium()), strong(ml.Potassium())
V = np.linspace(-120.0, 80.0, 401)


def published(v):
    steady, rate = 0.5 * (1 + np.tanh((v - 2) / 30)), 0.04 * np.cosh((v - 2) / 60)
    return rate * steady, rate * (1 - steady)


def test_the_rates_of_w_are_the_published_ones(env):
    v = np.linspace(-100.0, 60.0, 1601)
    alpha, beta = K.rates(jnp.asarray(v, dtype=float), env())["w"]
    for ours, exact in zip((alpha, beta), published(v), strict=True):
        np.testing.assert_allclose(ours, exact, atol=1e-6 * np.abs(exact).max())


def test_calcium_opens_at_once(current):
    expected = 4.4 * 0.5 * (1 + np.tanh((V + 1.2) / 18)) * (V - 120)
    np.testing.assert_allclose(current(CA, {}, jnp.asarray(V, dtype=float)), expected, atol=1e-5 * 250)


def test_potassium_is_ohmic(current):
    np.testing.assert_allclose(
        current(K, {"w": 0.3}, jnp.asarray(V, dtype=float)), 8 * 0.3 * (V + 84), rtol=1e-5, atol=1e-4
    )


def test_kinetics_are_well_shaped(shape_of_kinetics):
    shape_of_kinetics(K, 22.0)


def test_every_gradient_is_finite(gradients_are_finite):
    gradients_are_finite(K, 22.0)


@pytest.mark.parametrize("channel", [CA, K], ids=["ca", "k"])
def test_no_voltage_that_rest_may_try_breaks_the_current(channel, steady_current):
    assert np.isfinite(steady_current(channel, jnp.linspace(-1000.0, 1000.0, 2001), 22.0)).all()


def test_phi_scales_both_rates_and_moves_no_curve(env):
    v = jnp.asarray(V, dtype=float)
    slow, fast = (put(K, "phi", jnp.asarray(phi, dtype=float)).rates(v, env())["w"] for phi in (0.04, 0.08))
    for a, b in zip(slow, fast, strict=True):
        np.testing.assert_allclose(2 * np.asarray(a), b, rtol=1e-5)


def test_calcium_has_a_region_of_negative_slope(current):
    assert float(jax.grad(lambda v: current(CA, {}, v))(-10.0)) < 0.0
