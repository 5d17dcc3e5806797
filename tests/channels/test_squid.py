"""The squid axon's channels against Hodgkin & Huxley (1952), written afresh."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.channels import squid
from membrax.pytrees import put, strong

CHANNELS = {"na": strong(squid.Sodium()), "k": strong(squid.Potassium())}


def published(bernoulli):
    """Equations 12–13, 20–21 and 23–24, with their depolarisation −V = v + 65 mV."""
    u = lambda v: v + 65  # noqa: E731
    tenth, hundredth = np.longdouble("0.1"), np.longdouble("0.01")
    return {
        # 0.1 (25 − u)/(exp((25 − u)/10) − 1) = (0.1·10) x/(eˣ − 1), x = (25 − u)/10
        "m": lambda v: (10 * tenth * bernoulli((25 - u(v)) / 10), 4 * np.exp(-u(v) / 18)),
        "h": lambda v: (7 * hundredth * np.exp(-u(v) / 20), 1 / (np.exp((30 - u(v)) / 10) + 1)),
        "n": lambda v: (10 * hundredth * bernoulli((10 - u(v)) / 10), np.longdouble("0.125") * np.exp(-u(v) / 80)),
    }


@pytest.mark.parametrize(("channel", "gate"), [("na", "m"), ("na", "h"), ("k", "n")])
def test_rates_are_published_ones_at_the_papers_temperature(channel, gate, agree, bernoulli, env):
    agree(lambda v: CHANNELS[channel].rates(v, env(6.3))[gate], published(bernoulli)[gate])


@pytest.mark.parametrize("name", CHANNELS)
def test_kinetics_are_well_shaped(name, shape_of_kinetics):
    shape_of_kinetics(CHANNELS[name], 6.3)


@pytest.mark.parametrize("name", CHANNELS)
def test_every_gradient_is_finite(name, gradients_are_finite):
    gradients_are_finite(CHANNELS[name], 6.3)


@pytest.mark.parametrize(("gate", "rates", "limit"), [
    ("m", squid.m_rates, (-40.0, 1.0, 0.05)), ("n", squid.n_rates, (-55.0, 0.1, 0.005)),
])  # fmt: skip
def test_at_the_singular_voltage_the_rate_is_its_limit(gate, rates, limit):
    v, value, slope = limit
    alpha, dalpha = jax.jvp(lambda v: rates(v)[0], (jnp.asarray(v),), (jnp.ones(()),))
    assert float(alpha) == pytest.approx(value, rel=1e-6)
    assert float(dalpha) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", CHANNELS)
def test_no_voltage_that_rest_may_try_breaks_the_current(name, steady_current):
    result = steady_current(CHANNELS[name], jnp.linspace(-1000.0, 1000.0, 2001), 6.3)
    assert np.isfinite(result).all()


def test_steady_gates_at_rest_are_the_familiar_numbers(steady):
    gates = {**steady(CHANNELS["na"], -65.0, 6.3), **steady(CHANNELS["k"], -65.0, 6.3)}
    expected = {"m": 0.0529, "h": 0.5961, "n": 0.3177}
    assert {gate: round(float(x), 4) for gate, x in gates.items()} == expected


def test_q10_of_three_triples_every_rate_in_ten_degrees(rates):
    v = jnp.linspace(-100.0, 50.0, 31)
    for channel in CHANNELS.values():
        cold, warm = rates(channel, v, 6.3), rates(channel, v, 16.3)
        jax.tree.map(lambda c, w: np.testing.assert_allclose(w, 3.0 * np.asarray(c), rtol=1e-6), cold, warm)


def test_shift_moves_the_rates_and_speed_scales_them(rates):
    v = jnp.linspace(-100.0, 50.0, 31)
    for channel in CHANNELS.values():
        changed = put(put(channel, "shift", jnp.asarray(7.0)), "speed", jnp.asarray(2.0))
        moved, plain = rates(changed, v + 7.0, 6.3), rates(channel, v, 6.3)
        jax.tree.map(lambda m, p: np.testing.assert_allclose(m, 2.0 * np.asarray(p), rtol=2e-6), moved, plain)


def test_currents_are_ohmic_in_their_gates():
    v, m, h, n = (jnp.asarray(x) for x in (-20.0, 0.5, 0.4, 0.6))
    assert float(CHANNELS["na"].current({"m": m, "h": h}, v, None)) == pytest.approx(120 * 0.5**3 * 0.4 * -70, rel=1e-6)
    assert float(CHANNELS["k"].current({"n": n}, v, None)) == pytest.approx(36 * 0.6**4 * 57, rel=1e-6)


def test_currents_vanish_at_their_reversal_potential():
    one = jnp.ones(())
    assert CHANNELS["na"].current({"m": one, "h": one}, jnp.asarray(50.0), None) == 0.0
    assert CHANNELS["k"].current({"n": one}, jnp.asarray(-77.0), None) == 0.0


@pytest.mark.x64
@pytest.mark.parametrize("name", CHANNELS)
def test_gradients_are_finite_differences(name, env):
    channel = strong(CHANNELS[name])
    f = jax.jit(lambda channel, v: (channel.rates(v, env()), channel.current(channel.init(v, env()), v, env())))
    for v in (-65.0, -55.0, -40.0, 20.0):
        check_grads(f, (channel, jnp.asarray(v)), order=1, modes=("fwd", "rev"), eps=1e-5, rtol=1e-5)
