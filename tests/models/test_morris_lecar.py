"""The fibre of Morris & Lecar (1981): two types of excitability, and its phase plane."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.models.morris_lecar import morris_lecar_nullclines, morris_lecar_rates

HOPF, SNIC = mx.models.morris_lecar(), mx.models.morris_lecar_type1()
REST = jax.jit(lambda cell, i: mx.rest(cell, i).v)


def train(cell, current, duration=3000.0):
    trace = mx.simulate(cell, current, duration=duration, dt=0.1)
    return np.asarray(trace.spikes[: int(trace.spike_count)], dtype=float)


def test_parameters_are_the_published_ones():
    for cell, g_ca, half, scale, phi in ((HOPF, 4.4, 2.0, 30.0, 0.04), (SNIC, 4.0, 12.0, 17.4, 0.067)):
        ca, k, leak = (cell.channels[name] for name in ("ca", "k", "leak"))
        assert [float(x) for x in (ca.g, ca.e, ca.half, ca.scale)] == pytest.approx([g_ca, 120.0, -1.2, 18.0])
        assert [float(x) for x in (k.g, k.e, k.half, k.scale, k.phi)] == pytest.approx([8.0, -84.0, half, scale, phi])
        assert [float(x) for x in (leak.g, leak.e, cell.capacitance)] == pytest.approx([2.0, -60.0, 20.0])


def test_it_rests_near_minus_sixty():
    assert float(REST(HOPF, 0.0)) == pytest.approx(-60.855, abs=1e-3)
    assert float(REST(SNIC, 0.0)) == pytest.approx(-59.474, abs=1e-3)


def test_type_one_begins_at_any_rate_above_40():
    # The published saddle-node is at 39.96 µA/cm².
    assert len(train(SNIC, 39.5)) == 0
    near, far = (np.diff(train(SNIC, i))[-1] for i in (40.2, 50.0))
    assert near > 4 * far > 0
    # 1/√(I − I_SN) as on every invariant circle.
    one, four = (np.diff(train(SNIC, 39.96315 + d, 6000.0))[-1] for d in (0.05, 0.2))
    assert one / four == pytest.approx(2.0, rel=0.1)


def test_type_two_begins_with_a_rate_of_its_own():
    intervals = [np.diff(train(HOPF, i))[-1] for i in (90.0, 100.0, 150.0)]
    assert max(intervals) < 1.6 * min(intervals)
    assert max(intervals) < 150.0
    assert len(train(HOPF, 85.0)) <= 2


def test_nullclines_are_the_zeros_of_the_vector_field():
    v = jnp.linspace(-70.0, 40.0, 111)
    fast, slow = morris_lecar_nullclines(HOPF, v, 60.0)
    np.testing.assert_allclose(morris_lecar_rates(HOPF, v, fast, 60.0)[0], 0.0, atol=2e-5)
    np.testing.assert_allclose(morris_lecar_rates(HOPF, v, slow, 60.0)[1], 0.0, atol=1e-7)
    w = 0.5 * (1 + np.tanh((np.asarray(v, dtype=float) - 2) / 30))
    np.testing.assert_allclose(slow, w, atol=1e-6)


def test_a_simulation_follows_the_vector_field():
    trace = mx.simulate(HOPF, 95.0, duration=50.0, dt=0.01, record=mx.probes.gates())
    v, w = np.asarray(trace.v, dtype=float), np.asarray(trace.recorded["gates"]["k"]["w"], dtype=float)
    dv, dw = morris_lecar_rates(HOPF, v, w, 95.0)
    np.testing.assert_allclose(dv[100:-100:50], np.gradient(v, 0.01)[100:-100:50], atol=5e-3)
    # float32 differences of w over 0.1 ms
    np.testing.assert_allclose(dw[100:-100:50], ((w[10:] - w[:-10]) / 0.1)[95:-95:50], atol=1e-5)


def test_each_call_gives_a_cell_of_its_own():
    assert mx.models.morris_lecar() is not mx.models.morris_lecar()
