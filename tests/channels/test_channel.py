"""What all channels share, and the leak."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.channels import Gated, Leak, pospischil, squid, wang_buzsaki
from membrax.channels.channel import scaled
from membrax.laws.gating import gate_step
from membrax.pytrees import pytree, strong


def test_a_leak_is_ohmic_and_has_no_gates(env):
    leak, v = strong(Leak(g=0.3, e=-54.0)), jnp.asarray([-154.0, -54.0, 46.0])
    assert leak.init(v, env()) == {}
    assert leak.advance({}, v, 0.1, env()) == {}
    np.testing.assert_allclose(leak.current({}, v, env()), [-30.0, 0.0, 30.0], rtol=1e-6)


CHANNELS = [Leak, squid.Sodium, squid.Potassium, wang_buzsaki.Sodium, wang_buzsaki.Potassium] + [
    getattr(pospischil, name) for name in ("Sodium", "Potassium", "M", "CalciumL", "CalciumT")
]


@pytest.mark.parametrize("kind", CHANNELS, ids=lambda kind: f"{kind.__module__.rsplit('.')[-1]}.{kind.__name__}")
def test_a_channel_is_ohmic_exactly_when_it_says_so(kind, env, steady):
    channel = strong(kind())
    gates = jax.tree.map(lambda x: jnp.full_like(x, 0.5), steady(channel, jnp.asarray(-60.0), 6.3))
    slope = jax.jit(jax.vmap(jax.grad(lambda v: channel.current(gates, v, env()))))(jnp.linspace(-90.0, 40.0, 14))
    assert (float(np.ptp(slope)) <= 1e-5 * float(np.abs(slope).max())) == getattr(channel, "ohmic", False)


def test_a_channel_without_rates_says_so(env):
    @pytree
    class Mute(Gated):
        g: jax.Array = 1.0

    with pytest.raises(NotImplementedError, match="Mute must implement rates"):
        Mute().init(jnp.zeros(()), env())


def test_a_gated_channel_advances_each_gate_by_itself(env, rates):
    channel, v = strong(squid.Sodium()), jnp.asarray(-30.0)
    gates = {"m": jnp.asarray(0.2), "h": jnp.asarray(0.7)}
    after = jax.jit(channel.advance)(gates, v, 0.05, env())
    for gate, (alpha, beta) in rates(channel, v, 6.3).items():
        assert float(after[gate]) == pytest.approx(float(gate_step(gates[gate], alpha, beta, 0.05)), rel=1e-6)


def test_scaled_keeps_the_steady_state():
    alpha, beta = scaled((jnp.asarray(0.4), jnp.asarray(1.2)), jnp.asarray(5.0))
    assert (float(alpha), float(beta)) == pytest.approx((2.0, 6.0))


def test_the_derivative_of_a_step_at_no_time_is_the_kinetics(env, rates):
    channel, v = strong(squid.Potassium()), jnp.linspace(-100.0, 50.0, 31)
    gates = {"n": jnp.full(31, 0.3)}
    slope = jax.jit(jax.jacfwd(lambda dt: channel.advance(gates, v, dt, env())["n"]))(0.0)
    alpha, beta = (np.asarray(x) for x in rates(channel, v, 6.3)["n"])
    np.testing.assert_allclose(slope, alpha * 0.7 - beta * 0.3, rtol=1e-5)
