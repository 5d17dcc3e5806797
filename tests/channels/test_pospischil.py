"""The cortical channels against Pospischil et al. (2008) and the authors' NEURON files, written afresh."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.channels import pospischil
from membrax.pytrees import put, strong

CHANNELS = {name: strong(getattr(pospischil, name)()) for name in ("Sodium", "Potassium", "M", "CalciumL", "CalciumT")}
GATES = {"m": "Sodium", "h": "Sodium", "n": "Potassium", "p": "M", "q": "CalciumL", "r": "CalciumL", "u": "CalciumT"}
d = np.longdouble


def from_steady_state(steady, tau):
    """α and β of a gate whose closed fraction is given apart, so that no digit is lost."""
    opened, closed = steady
    return opened / tau, closed / tau


def published(bernoulli):
    """With V_T = −55 mV and at 36 °C; V_x = 2 mV for the low-threshold calcium current, tau_max = 1000 ms."""

    def tau_u(v):
        x = v + 2
        tau = d("30.8") + (d("211.4") + np.exp((x + d("113.2")) / 5)) / (1 + np.exp((x + 84) / d("3.2")))
        return tau / d(3) ** d("1.2")

    def open_and_closed(x):
        return 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(x))

    return {
        # 0.32 (13 − V + V_T)/(exp((13 − V + V_T)/4) − 1) and 0.28 (V − V_T − 40)/(exp((V − V_T − 40)/5) − 1)
        "m": lambda v: (d("0.32") * 4 * bernoulli((-42 - v) / 4), d("0.28") * 5 * bernoulli((v + 15) / 5)),
        "h": lambda v: (d("0.128") * np.exp((-38 - v) / 18), 4 / (1 + np.exp((-15 - v) / 5))),
        "n": lambda v: (d("0.032") * 5 * bernoulli((-40 - v) / 5), d("0.5") * np.exp((-45 - v) / 40)),
        "p": lambda v: from_steady_state(
            open_and_closed((v + 35) / 10), 1000 / (d("3.3") * np.exp((v + 35) / 20) + np.exp(-(v + 35) / 20))
        ),
        "q": lambda v: (
            d("0.055") * d("3.8") * bernoulli((-27 - v) / d("3.8")), d("0.94") * np.exp((-75 - v) / 17),
        ),
        "r": lambda v: (d("0.000457") * np.exp((-13 - v) / 50), d("0.0065") / (np.exp((-15 - v) / 28) + 1)),
        "u": lambda v: from_steady_state(open_and_closed(-(v + 2 + 81) / 4), tau_u(v)),
    }  # fmt: skip


@pytest.mark.parametrize("gate", GATES)
def test_the_channel_has_the_published_rates_at_36_degrees(gate, agree, bernoulli, env):
    agree(lambda v: CHANNELS[GATES[gate]].rates(v, env(36.0))[gate], published(bernoulli)[gate])


@pytest.mark.parametrize("name", CHANNELS)
def test_kinetics_are_well_shaped(name, shape_of_kinetics):
    shape_of_kinetics(CHANNELS[name], 36.0)


@pytest.mark.parametrize("name", CHANNELS)
def test_every_gradient_is_finite(name, gradients_are_finite):
    gradients_are_finite(CHANNELS[name], 36.0)


@pytest.mark.parametrize(("gate", "which", "v", "value", "slope"), [
    ("m", 0, -42.0, 1.28, 0.16), ("m", 1, -15.0, 1.4, -0.14), ("n", 0, -40.0, 0.16, 0.016),
    ("q", 0, -27.0, 0.209, 0.0275),
])  # fmt: skip
def test_at_the_singular_voltage_the_rate_is_its_limit(gate, which, v, value, slope, env):
    rate = lambda v: CHANNELS[GATES[gate]].rates(v, env(36.0))[gate][which]  # noqa: E731
    ours, derivative = jax.jvp(rate, (jnp.asarray(v),), (jnp.ones(()),))
    assert float(ours) == pytest.approx(value, rel=1e-6)
    assert float(derivative) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", [n for n in CHANNELS])
def test_no_voltage_that_rest_may_try_breaks_the_current(name, steady_current):
    result = steady_current(CHANNELS[name], jnp.linspace(-1000.0, 1000.0, 2001), 36.0)
    assert np.isfinite(result).all()


@pytest.mark.parametrize("name", ["Sodium", "Potassium"])
def test_v_t_moves_every_rate(name, rates):
    channel, v = CHANNELS[name], jnp.linspace(-100.0, 50.0, 31)
    moved, plain = rates(put(channel, "v_t", jnp.asarray(-63.0)), v - 8.0, 36.0), rates(channel, v, 36.0)
    jax.tree.map(lambda m, p: np.testing.assert_allclose(m, p, rtol=5e-6), moved, plain)


Q10 = {
    "Sodium": (3.0, 36.0),
    "Potassium": (3.0, 36.0),
    "M": (2.3, 36.0),
    "CalciumL": (1.0, 36.0),
    "CalciumT": (3.0, 24.0),
}


@pytest.mark.parametrize("name", Q10)
def test_temperature_speeds_the_rates_by_its_q10(name, rates):
    v, (q10, measured) = jnp.linspace(-100.0, 50.0, 31), Q10[name]
    home, warmer = (rates(CHANNELS[name], v, measured + t) for t in (0.0, 10.0))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, q10 * np.asarray(a), rtol=2e-6), home, warmer)


@pytest.mark.parametrize(
    ("path", "gates"), [("speed_m", {"m"}), ("speed_h", {"h"}), ("shift_m", {"m"}), ("shift_h", {"h"})]
)
def test_sodium_moves_its_gates_apart(path, gates, rates):
    channel, v = CHANNELS["Sodium"], jnp.linspace(-100.0, 50.0, 31)
    before, after = rates(channel, v, 36.0), rates(put(channel, path, jnp.asarray(2.0)), v, 36.0)
    assert {gate for gate in before if not np.array_equal(before[gate], after[gate])} == gates


@pytest.mark.parametrize("name", ["M", "CalciumL", "CalciumT"])
def test_shift_moves_the_calcium_and_m_currents_to_the_right(name, steady, current):
    channel, v = CHANNELS[name], jnp.linspace(-99.0, 51.0, 31)
    moved = put(channel, "shift", channel.shift + 5.0)
    gates, after = steady(channel, v, 36.0), steady(moved, v + 5.0, 36.0)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=5e-6), after, gates)
    chords = [np.asarray(current(c, gates, w) / (w - c.e)) for c, w in ((moved, v + 5.0), (channel, v))]
    np.testing.assert_allclose(*chords, rtol=1e-5)


def test_the_m_time_constant_has_its_published_maximum(rates):
    alpha, beta = rates(CHANNELS["M"], jnp.linspace(-100.0, 20.0, 1201), 36.0)["p"]
    assert float(np.max(1 / np.asarray(alpha + beta))) == pytest.approx(1000.0 / (2 * 3.3**0.5), rel=1e-4)


def test_t_inactivation_is_slow_only_when_hyperpolarised(rates):
    alpha, beta = rates(CHANNELS["CalciumT"], jnp.asarray([-130.0, 0.0]), 24.0)["u"]
    # τ goes to 30.8 ms when depolarised: the constant stands outside the fraction.
    np.testing.assert_allclose(1 / (alpha + beta), [30.8 + 211.4, 30.8], rtol=1e-3)


def test_currents_are_the_published_products(current):
    at = lambda name, *gates: float(current(CHANNELS[name], dict.fromkeys(gates, 0.5), -20.0))  # noqa: E731
    s = 1 / (1 + np.exp(-(-20 + 2 + 57) / 6.2))
    assert at("Sodium", "m", "h") == pytest.approx(50 / 16 * -70)
    assert at("Potassium", "n") == pytest.approx(5 / 16 * 80)
    assert at("M", "p") == pytest.approx(0.07 / 2 * 80)
    assert at("CalciumL", "q", "r") == pytest.approx(0.17 / 8 * -140)
    assert at("CalciumT", "u") == pytest.approx(0.4 * s**2 / 2 * -140)


@pytest.mark.x64
@pytest.mark.parametrize("name", CHANNELS)
def test_gradients_are_finite_differences(name, env):
    channel = strong(CHANNELS[name])
    f = jax.jit(lambda c, v: (c.rates(v, env(30.0)), c.current(c.init(v, env(30.0)), v, env(30.0))))
    for v in (-70.0, -42.0, -27.0, -15.0):
        check_grads(f, (channel, jnp.asarray(v)), order=1, modes=("fwd", "rev"), eps=1e-5, rtol=1e-5)


@pytest.mark.parametrize("tau_max", [1.0, 1e3, 1e5])
def test_slopes_of_the_m_current_hold_at_wild_voltages(tau_max):
    opening = lambda v, tau: pospischil.p_rates(v, tau)[0]  # noqa: E731
    v = jnp.linspace(-1000.0, 1000.0, 4001)
    by_v, by_tau = jax.jit(jax.vmap(jax.grad(opening, (0, 1)), (0, None)))(v, jnp.asarray(tau_max))
    assert np.isfinite(by_v).all() and np.isfinite(by_tau).all()
    high = (np.asarray(v) > 150.0) & (np.asarray(v) < 450.0)  # where α = 3.3 e^((v + 35)/20)/tau_max
    exact = 3.3 * np.exp((np.asarray(v, dtype=float)[high] + 35.0) / 20.0) / tau_max
    np.testing.assert_allclose(by_v[high], exact / 20.0, rtol=1e-4)
    np.testing.assert_allclose(by_tau[high], -exact / tau_max, rtol=1e-4)
