"""Currents with inactivation that outlasts a spike: their limits are the currents they extend."""

import jax.numpy as jnp
import numpy as np
import pytest

from membrax.channels.pospischil import Potassium, Sodium
from membrax.channels.slow_inactivation import SlowPotassium, SlowSodium, slow_rates
from membrax.pytrees import strong

SODIUM, POTASSIUM = strong(SlowSodium()), strong(SlowPotassium())


@pytest.mark.parametrize("channel", [SODIUM, POTASSIUM])
def test_kinetics_are_well_shaped(channel, shape_of_kinetics):
    shape_of_kinetics(channel, 36.0)


def test_fast_gates_are_those_of_the_plain_currents(env):
    v = jnp.linspace(-90.0, 40.0, 27)
    for slow, plain in ((SODIUM, strong(Sodium())), (POTASSIUM, strong(Potassium()))):
        mine, theirs = slow.rates(v, env(36.0)), plain.rates(v, env(36.0))
        for gate, pair in theirs.items():
            np.testing.assert_allclose(mine[gate], pair, rtol=1e-6)


def test_a_gate_is_open_at_rest_and_shut_while_depolarised():
    numbers = [jnp.asarray(x, dtype=float) for x in (-30.0, 6.0, 20.0, 200.0)]
    opening, closing = slow_rates(jnp.asarray([-80.0, -30.0, 20.0], dtype=float), *numbers)
    np.testing.assert_allclose(opening[1], 0.5 / 200.0, rtol=1e-6)
    np.testing.assert_allclose(closing[1], 0.5 / 20.0, rtol=1e-6)
    steady = opening / (opening + closing)
    assert steady[0] > 0.99 and steady[2] < 1e-3


def test_currents_without_inactivation_are_the_plain_ones(env):
    v, gates = jnp.asarray(-20.0, dtype=float), {"m": 0.8, "h": 0.3, "n": 0.6, "s": 1.0, "l": 1.0}
    gates = {name: jnp.asarray(x, dtype=float) for name, x in gates.items()}
    at = env(36.0)
    np.testing.assert_allclose(SODIUM.current(gates, v, at), strong(Sodium()).current(gates, v, at), rtol=1e-6)
    plain = strong(Potassium(e=-90.0))
    np.testing.assert_allclose(POTASSIUM.current(gates, v, at), plain.current(gates, v, at), rtol=1e-6)


def test_only_a_part_of_the_potassium_current_inactivates(env):
    v, at = jnp.asarray(0.0, dtype=float), env(36.0)
    gates = lambda l: {"n": jnp.asarray(1.0, dtype=float), "l": jnp.asarray(l, dtype=float)}  # noqa: E731
    shut, open_ = (float(POTASSIUM.current(gates(x), v, at)) for x in (0.0, 1.0))
    assert shut == pytest.approx((1.0 - float(POTASSIUM.part)) * open_, rel=1e-6)
