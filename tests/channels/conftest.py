"""How rates are held against published formulas: 64-bit mantissas on a fine grid and about every singular point."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.channels import Env

# Where a published formula divides 0 by 0 or turns, absolute or relative to v_t = −55 mV.
CORNERS = [-84.0, -81.0, -65.0, -57.0, -55.0, -42.0, -40.0, -35.0, -34.0, -28.0, -27.0, -15.0, -13.0, 0.0]
NEAR = [0.0, *(sign * 10.0**k for sign in (-1, 1) for k in range(-6, -1))]
VOLTAGES = np.unique(np.float32([*np.arange(-200.0, 200.05, 0.1), *(c + d for c in CORNERS for d in NEAR)]))
VALUE, SLOPE = 1e-6, 1e-5
HAIR = np.longdouble(1e-5)  # mV, for the differences of published formulas


def quotient(x):
    """x/(eˣ − 1), without the hole at 0."""
    hole = x == 0
    return np.where(hole, 1.0, x / np.where(hole, 1.0, np.expm1(np.where(hole, 1.0, x))))


def exactly(published, v):
    """Values and slopes [rate, v] of a published pair of rates at float32 voltages."""
    with np.errstate(under="ignore"):
        v = v.astype(np.longdouble)
        low, middle, high = (np.array(published(v + offset)) for offset in (-HAIR, 0, HAIR))
        return middle, (high - low) / (2 * HAIR)


def ones(tree):
    """A tangent in which every derivative appears: the sum is finite if and only if each of them is."""
    return jax.tree.map(jnp.ones_like, tree)


def environment(celsius=6.3):
    return Env(celsius=jnp.asarray(celsius, dtype=float))


ADVANCE = jax.jit(lambda channel, gates, v, dt, celsius: channel.advance(gates, v, dt, environment(celsius)))
RATES = jax.jit(lambda channel, v, celsius: channel.rates(v, environment(celsius)))
STEADY = jax.jit(lambda channel, v, celsius: channel.init(v, environment(celsius)))
CURRENT = jax.jit(lambda channel, gates, v: channel.current(gates, v, environment()))


@jax.jit
def steady_current_and_slope(channel, v, celsius):
    env = environment(celsius)
    return jax.jvp(lambda v: channel.current(channel.init(v, env), v, env), (v,), (ones(v),))


@jax.jit
def sensitivities(channel, celsius, v):
    """Of rates, steady gates and their current, by every parameter, the temperature and v, in reverse mode."""

    def everything(channel, celsius, v):
        env = environment(celsius)
        gates = channel.init(v, env)
        return channel.rates(v, env), gates, channel.current(gates, v, env)

    def at(v):
        values, pull = jax.vjp(everything, channel, celsius, v)
        return pull(ones(values))

    return jax.vmap(at)(v)


@pytest.fixture
def env():
    """The environment of a patch at a temperature [°C]."""
    return environment


@pytest.fixture
def rates():
    """``rates(channel, v, celsius)``, compiled."""
    return RATES


@pytest.fixture
def steady():
    """``steady(channel, v, celsius)``: steady gates, compiled."""
    return STEADY


@pytest.fixture
def current():
    """``current(channel, gates, v)``, compiled."""
    return CURRENT


@pytest.fixture
def bernoulli():
    """x/(eˣ − 1), for published rates."""
    return quotient


@pytest.fixture
def agree():
    """Hold ``rates(v) -> (α, β)`` against published ones, in value and slope.

    The scale of a rate is its largest value where neurons live, −100…+60 mV; or, where that is larger, the sum of both
    rates at that voltage, which sets the time constant.
    """

    def check(ours, published):
        v = jnp.asarray(VOLTAGES, dtype=float)
        result = jax.jit(lambda v: jax.jvp(ours, (v,), (ones(v),)))(v)
        for value, exact, tolerance in zip(result, exactly(published, VOLTAGES), (VALUE, SLOPE), strict=True):
            value = np.asarray(value, dtype=float)
            assert np.isfinite(value).all()
            alive = np.abs(exact[:, (VOLTAGES > -100) & (VOLTAGES < 60)]).max(axis=1, keepdims=True)
            scale = np.maximum(alive, np.abs(exact).sum(axis=0))
            worst = np.max(np.abs(value - exact) / scale, axis=1)
            assert np.all(worst < tolerance), worst

    return check


@pytest.fixture
def shape_of_kinetics():
    """What holds for every gated channel, whatever its formulas."""

    def check(channel, celsius):
        v = jnp.asarray(VOLTAGES, dtype=float)
        rest = STEADY(channel, v, celsius)
        for gate, (alpha, beta) in RATES(channel, v, celsius).items():
            assert np.all((alpha >= 0) & (beta >= 0) & (alpha + beta > 0)), gate
            assert np.all((rest[gate] >= 0) & (rest[gate] <= 1)), gate
        for dt in (0.025, 1.0, 1e6):
            after = ADVANCE(channel, rest, v, dt, celsius)
            jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), after, rest)

    return check


@pytest.fixture
def steady_current():
    """``steady_current(channel, v, celsius)``: the current with steady gates, and its slope."""
    return steady_current_and_slope


@pytest.fixture
def gradients_are_finite():
    """Every derivative of rates, steady gates and current is finite at every voltage."""

    def check(channel, celsius):
        v = jnp.asarray(VOLTAGES, dtype=float)
        result = sensitivities(channel, jnp.asarray(celsius, dtype=float), v)
        assert all(np.isfinite(x).all() for x in jax.tree.leaves(result))

    return check
