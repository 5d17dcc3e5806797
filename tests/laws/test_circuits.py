"""Equivalent circuits against Kirchhoff's laws, and their units against SI."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jax.test_util import check_grads

from membrax.laws import circuits
from membrax.units import density

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
SQUID = {"conductance": np.array([120.0, 36.0, 0.3]), "reversal": np.array([50.0, -77.0, -54.387])}
ABOVE_ZERO = hnp.arrays(float, (4, 5), elements=st.floats(2**-20, 2**20, width=32))
POTENTIALS = hnp.arrays(float, (4, 5), elements=st.integers(-1024, 1024).map(lambda n: n / 8))  # none subnormal


def default(x):
    return jnp.asarray(x, dtype=float)


# --- Thévenin and Norton


@given(ABOVE_ZERO, POTENTIALS, st.floats(-200.0, 200.0, width=32))
def test_equivalent_circuits_have_the_current_of_all_branches(g, e, v):
    total, potential, resistance = circuits.thevenin(g, e)
    current, conductance = circuits.norton(g, e)
    expected, scale = np.sum(g * (v - e), axis=-1), np.sum(g * (abs(v) + np.abs(e)), axis=-1)
    np.testing.assert_array_less(np.abs(total * (v - potential) - expected), 10 * EPS * scale + 1e-300)
    np.testing.assert_array_less(np.abs(conductance * v - current - expected), 10 * EPS * scale + 1e-300)
    np.testing.assert_allclose(resistance * total, 1.0, rtol=4 * EPS)


def test_two_equal_branches_rest_at_their_mean():
    assert float(circuits.thevenin(np.array([0.5, 0.5]), np.array([-90.0, 50.0])).potential) == pytest.approx(-20.0)


def test_a_branch_without_conductance_is_not_there():
    with_it = circuits.thevenin(np.append(SQUID["conductance"], 0.0), np.append(SQUID["reversal"], 1e6))
    np.testing.assert_allclose(with_it, circuits.thevenin(**SQUID), rtol=2 * EPS)


def test_zero_conductance_has_only_a_norton_equivalent():
    g, e = default([[0.0, 0.0], [1.0, 3.0]]), default([-65.0, -77.0])
    total, potential, resistance = jax.jit(jax.vmap(circuits.thevenin, (0, None)))(g, e)
    np.testing.assert_array_equal(total, [0.0, 4.0])
    np.testing.assert_array_equal(np.isnan(potential), [True, False])
    np.testing.assert_array_equal(resistance, [np.inf, 0.25])
    np.testing.assert_array_equal(circuits.norton(g[0], e), [0.0, 0.0])
    slope = jax.jit(jax.jacrev(lambda g: circuits.thevenin(g, e)._replace(potential=0.0)))(g[0])
    np.testing.assert_array_equal(slope.conductance, [1.0, 1.0])
    np.testing.assert_array_equal(slope.resistance, [0.0, 0.0])
    neighbour = jax.jit(jax.grad(lambda g: circuits.thevenin(g, e).potential[1]))(g)
    assert np.isfinite(neighbour[1]).all()


# --- series and parallel


@given(hnp.arrays(float, 6, elements=st.floats(2**-10, 2**10, width=32)))
def test_series_resistance_is_parallel_conductance(r):
    apart = float(circuits.in_series(r))
    assert 1.0 / float(circuits.conductance_in_series(1.0 / r)) == pytest.approx(apart, rel=10 * EPS)
    together = float(circuits.in_parallel(r))
    assert 1.0 / float(circuits.conductance_in_parallel(1.0 / r)) == pytest.approx(together, rel=10 * EPS)
    assert together <= r.min() * (1 + 4 * EPS) and apart >= r.max() * (1 - 4 * EPS)
    assert 1.0 / together == pytest.approx(float(np.sum(1.0 / r)), rel=10 * EPS)


def test_a_short_circuit_an_open_one_and_an_interruption():
    assert float(circuits.in_parallel(np.array([5.0, 0.0, 3.0]))) == 0.0
    assert float(circuits.in_parallel(np.array([5.0, np.inf]))) == pytest.approx(5.0)
    assert float(circuits.in_parallel(np.array([np.inf, np.inf]))) == np.inf
    assert float(circuits.conductance_in_series(np.array([0.0, 2.0]))) == 0.0


def test_their_slopes_are_finite_at_a_short_circuit():
    slope = jax.jit(jax.grad(circuits.in_parallel))(default([5.0, 0.0, 3.0]))
    np.testing.assert_array_equal(slope, [0.0, 1.0, 0.0])


def test_myelin_of_many_membranes_has_little_capacitance():
    assert float(circuits.capacitance_in_series(np.full(200, 1.0))) == pytest.approx(1 / 200)
    assert float(circuits.capacitance_in_parallel(np.array([1.0, 2.5]))) == 3.5


# --- dividers


@given(ABOVE_ZERO, POTENTIALS)
def test_the_shares_add_up_and_obey_ohms_law(r, whole):
    whole = whole[:, 0]
    over = np.asarray(circuits.voltage_divider(whole, r))
    np.testing.assert_allclose(over.sum(axis=-1), whole, rtol=10 * EPS)
    np.testing.assert_allclose(over, whole[:, None] / r.sum(axis=-1, keepdims=True) * r, rtol=10 * EPS, atol=1e-30)
    through = np.asarray(circuits.current_divider(whole, 1.0 / r))
    np.testing.assert_allclose(through.sum(axis=-1), whole, rtol=10 * EPS)
    # All branches lie at one voltage.
    np.testing.assert_allclose(through * r, (through * r)[:, :1] * np.ones(5), rtol=10 * EPS, atol=1e-30)


def test_dividers_share_by_resistance_and_by_conductance():
    np.testing.assert_array_equal(circuits.voltage_divider(60.0, np.array([10.0, 20.0])), [20.0, 40.0])
    np.testing.assert_array_equal(circuits.current_divider(3.0, np.array([0.0, 2.0])), [0.0, 3.0])
    assert np.isnan(circuits.current_divider(3.0, np.zeros(2))).all()


# --- by area


def test_a_sphere_of_twenty_micrometres_in_si():
    area = np.pi * 20.0**2  # µm², 1e-12 m²
    total = circuits.specific_to_total
    # 1 mS/cm² is 10 S/m²; 1 µF/cm² 1e-2 F/m²; 1 µA/cm² 1e-2 A/m²; 1 Ω·cm² 1e-4 Ω·m².
    assert float(total(area=area, conductance=0.3)) == pytest.approx(0.3 * 10 * area * 1e-12 * 1e9, rel=4 * EPS)
    assert float(total(area=area, capacitance=0.9)) == pytest.approx(0.9e-2 * area * 1e-12 * 1e12, rel=4 * EPS)
    assert float(total(area=area, current=5.0)) == pytest.approx(5e-2 * area * 1e-12 * 1e9, rel=4 * EPS)
    assert float(total(area=area, resistance=2e4)) == pytest.approx(2e4 * 1e-4 / (area * 1e-12) * 1e-6, rel=4 * EPS)


@pytest.mark.parametrize("name", ["conductance", "capacitance", "current", "resistance"])
def test_there_and_back(name):
    area, value = 10.0 ** np.linspace(-1, 5, 7), np.linspace(-2.0, 3.0, 7)
    total = circuits.specific_to_total(area=area, **{name: value})
    np.testing.assert_allclose(circuits.total_to_specific(area=area, **{name: total}), value, rtol=4 * EPS)


def test_the_current_is_that_of_the_table_of_units():
    ours = float(circuits.total_to_specific(area=700.0, current=0.02))
    assert ours == pytest.approx(density(0.02, 700.0), rel=4 * EPS)


def test_the_total_time_constant_is_the_specific_one():
    area = 543.0
    c, r = circuits.specific_to_total(area=area, capacitance=1.0), circuits.specific_to_total(area=area, resistance=2e4)
    assert float(c * r) * 1e-3 == pytest.approx(20.0, rel=4 * EPS)  # pF·MΩ = µs


@pytest.mark.parametrize("named", [{}, {"charge": 1.0}, {"current": 1.0, "resistance": 2.0}])
def test_one_quantity_at_a_time(named):
    with pytest.raises(ValueError, match="expected one of conductance, capacitance, current, resistance by its name"):
        circuits.specific_to_total(area=1.0, **named)


@pytest.mark.x64
def test_gradients_are_finite_differences():
    g, e = (default(x) for x in SQUID.values())
    for law in (circuits.thevenin, circuits.norton):
        check_grads(jax.jit(lambda *a, law=law: list(law(*a))), (g, e), order=1, modes=("fwd", "rev"), rtol=1e-5)
    for law in (circuits.in_series, circuits.in_parallel):
        check_grads(jax.jit(law), (g,), order=1, modes=("fwd", "rev"), rtol=1e-5)
    check_grads(jax.jit(circuits.voltage_divider), (default(3.0), g), order=1, modes=("fwd", "rev"), rtol=1e-5)


def test_an_infinite_share_is_the_whole():
    np.testing.assert_array_equal(circuits.voltage_divider(10.0, [1.0, np.inf]), [0.0, 10.0])
    np.testing.assert_array_equal(circuits.current_divider(10.0, [np.inf, 3.0]), [10.0, 0.0])
    assert np.isnan(circuits.voltage_divider(10.0, [np.inf, np.inf, 1.0])).all()
    np.testing.assert_array_equal(jax.grad(lambda v: circuits.voltage_divider(v, [1.0, np.inf])[1])(10.0), 1.0)


def test_a_short_circuit_outweighs_a_negative_resistance():
    assert float(circuits.in_parallel([-1.0, 0.0, 2.0])) == 0.0
    slope = jax.grad(lambda r: circuits.in_parallel(r))(default([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(slope, [0.0, 1.0, 0.0])
