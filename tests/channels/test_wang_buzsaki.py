"""The interneuron's channels against Wang & Buzsáki (1996), written afresh."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.channels import wang_buzsaki as wb
from membrax.pytrees import put, strong

CHANNELS = {"na": strong(wb.Sodium()), "k": strong(wb.Potassium())}
PHI = 5


def published(bernoulli):
    """Page 6403: α_m = −0.1 (V + 35)/(exp(−0.1 (V + 35)) − 1), and so on; h and n are then multiplied by φ."""
    d = np.longdouble
    return {
        "m": lambda v: (d("0.1") * 10 * bernoulli(-(v + 35) / 10), 4 * np.exp(-(v + 60) / 18)),
        "h": lambda v: (d("0.07") * np.exp(-(v + 58) / 20), 1 / (np.exp(-(v + 28) / 10) + 1)),
        "n": lambda v: (d("0.01") * 10 * bernoulli(-(v + 34) / 10), d("0.125") * np.exp(-(v + 44) / 80)),
    }


def test_activation_rates_are_the_published_ones(agree, bernoulli):
    agree(wb.m_rates, published(bernoulli)["m"])


@pytest.mark.parametrize(("channel", "gate"), [("na", "h"), ("k", "n")])
def test_the_other_rates_are_sped_up_by_phi(channel, gate, agree, bernoulli, env):
    fast = lambda v: tuple(PHI * x for x in published(bernoulli)[gate](v))  # noqa: E731
    agree(lambda v: CHANNELS[channel].rates(v, env())[gate], fast)


@pytest.mark.parametrize("name", CHANNELS)
def test_kinetics_are_well_shaped(name, shape_of_kinetics):
    shape_of_kinetics(CHANNELS[name], 37.0)


@pytest.mark.parametrize("name", CHANNELS)
def test_every_gradient_is_finite(name, gradients_are_finite):
    gradients_are_finite(CHANNELS[name], 37.0)


@pytest.mark.parametrize(("rates", "v", "value", "slope"), [
    (wb.m_rates, -35.0, 1.0, 0.05), (wb.n_rates, -34.0, 0.1, 0.005),
])  # fmt: skip
def test_at_the_singular_voltage_the_rate_is_its_limit(rates, v, value, slope):
    alpha, dalpha = jax.jvp(lambda v: rates(v)[0], (jnp.asarray(v),), (jnp.ones(()),))
    assert float(alpha) == pytest.approx(value, rel=1e-6)
    assert float(dalpha) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", ["na", "k"])
def test_no_voltage_that_rest_may_try_breaks_the_current(name, steady_current):
    result = steady_current(CHANNELS[name], jnp.linspace(-1000.0, 1000.0, 2001), 37.0)
    assert np.isfinite(result).all()


def test_sodium_activation_is_instantaneous(steady, current, bernoulli):
    v = np.linspace(-90.0, 40.0, 31)
    alpha, beta = published(bernoulli)["m"](v.astype(np.longdouble))
    expected = 35.0 * (alpha / (alpha + beta)) ** 3 * 0.4 * (v - 55.0)
    assert set(steady(CHANNELS["na"], -65.0, 37.0)) == {"h"}
    np.testing.assert_allclose(current(CHANNELS["na"], {"h": 0.4}, jnp.asarray(v, dtype=float)), expected, rtol=3e-6)


def test_sodium_has_a_region_of_negative_slope(current):
    assert jax.grad(lambda v: current(CHANNELS["na"], {"h": 1.0}, v))(-50.0) < 0.0


def test_temperature_does_not_matter(rates):
    v = jnp.linspace(-100.0, 50.0, 31)
    for channel in CHANNELS.values():
        jax.tree.map(np.testing.assert_array_equal, rates(channel, v, 6.3), rates(channel, v, 37.0))


def test_shift_moves_rates_and_activation_equally(steady, current):
    v = jnp.linspace(-100.0, 50.0, 31)
    for channel in CHANNELS.values():
        moved, gates = put(channel, "shift", jnp.asarray(7.0)), steady(channel, v, 37.0)
        after = steady(moved, v + 7.0, 37.0)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-6), after, gates)
        # Off the reversal potentials, which the shift leaves where they are.
        chords = [np.asarray(current(c, gates, w) / (w - c.e)) for c, w in ((moved, v + 7.1), (channel, v + 0.1))]
        np.testing.assert_allclose(*chords, rtol=1e-5)


def test_potassium_is_ohmic_in_its_gate():
    assert float(CHANNELS["k"].current({"n": jnp.asarray(0.5)}, jnp.asarray(-50.0), None)) == pytest.approx(9 / 16 * 40)


@pytest.mark.x64
@pytest.mark.parametrize("name", CHANNELS)
def test_gradients_are_finite_differences(name, env):
    channel = strong(CHANNELS[name])
    f = jax.jit(lambda channel, v: (channel.rates(v, env()), channel.current(channel.init(v, env()), v, env())))
    for v in (-65.0, -35.0, -34.0, 20.0):
        check_grads(f, (channel, jnp.asarray(v)), order=1, modes=("fwd", "rev"), eps=1e-5, rtol=1e-5)
