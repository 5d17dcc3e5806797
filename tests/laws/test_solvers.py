"""Five solvers of the RC membrane: their order, their stability, and what each does in one step."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.laws import rc, solvers
from membrax.laws.solvers import amplification, order, solve, stability_limit

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
MEMBRANE = {"conductance": 0.1, "reversal": -65.0, "capacitance": 1.0}
METHODS = (
    solvers.forward_euler, solvers.backward_euler, solvers.crank_nicolson, solvers.exponential_euler,
    solvers.runge_kutta,
)  # fmt: skip
FACTORS = {
    solvers.forward_euler: lambda z: 1 - z,
    solvers.backward_euler: lambda z: 1 / (1 + z),
    solvers.crank_nicolson: lambda z: (1 - z / 2) / (1 + z / 2),
    solvers.exponential_euler: lambda z: np.exp(-z),
    solvers.runge_kutta: lambda z: 1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24,
}
each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)


def sinusoid(t):
    return 2.0 * jnp.sin(2e-3 * math.pi * 40.0 * t)


EXACT = jax.jit(lambda t: rc.sinusoid(t, 2.0, 40.0, v0=-60.0, **MEMBRANE))


# --- one step


@each_method
def test_the_amplification_is_the_textbooks(method):
    z = np.array([0.0, 1e-3, 0.1, 0.5, 1.0, 2.0, 2.7, 10.0, 40.0])
    expected = FACTORS[method](z)
    terms = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
    np.testing.assert_array_less(np.abs(amplification(method, z) - expected), 8 * EPS * terms)


@each_method
def test_a_run_is_powers_of_the_amplification(method):
    z, steps = 0.3, 12
    v = solve(method, 0.0, steps=steps, dt=3.0, v0=-45.0, **MEMBRANE)
    expected = -65.0 + 20.0 * FACTORS[method](z) ** np.arange(steps + 1)
    np.testing.assert_allclose(v, expected, atol=60 * 65 * EPS)


@each_method
def test_the_fixed_point_stays(method):
    v = solve(method, 1.5, steps=20, dt=1.0, v0=-50.0, **MEMBRANE)
    np.testing.assert_allclose(v, -50.0, atol=20 * 65 * EPS)


def test_exponential_euler_is_exact_for_constant_current():
    t = np.arange(6) * 7.0
    expected = rc.step(t, 2.0, v0=-80.0, **MEMBRANE)
    np.testing.assert_allclose(
        solve(solvers.exponential_euler, 2.0, steps=5, dt=7.0, v0=-80.0, **MEMBRANE), expected, atol=20 * 80 * EPS
    )


@each_method
def test_a_capacitor_alone_integrates_a_constant_current(method):
    v = solve(method, 0.5, steps=10, dt=0.5, conductance=0.0, reversal=-65.0, capacitance=2.0)
    np.testing.assert_allclose(v, -65.0 + 0.125 * np.arange(11), atol=20 * 65 * EPS)


# --- order


@pytest.mark.x64
@each_method
def test_the_order_is_the_slope_of_the_error(method):
    errors = []
    for steps in (100, 200, 400):
        v = solve(method, sinusoid, steps=steps, dt=50.0 / steps, v0=-60.0, **MEMBRANE)
        exact = EXACT(np.arange(steps + 1) * (50.0 / steps))
        errors.append(np.abs(np.asarray(v - exact)).max())
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(slopes, order(method), atol=0.06)


@pytest.mark.x64
@each_method
def test_the_amplification_error_is_one_power_above_the_order(method):
    z = np.array([0.08, 0.04])
    error = np.abs(np.asarray(amplification(method, z)) - np.exp(-z))
    if method is solvers.exponential_euler:
        assert np.all(error <= 2 * EPS)
    else:
        assert np.log2(error[0] / error[1]) == pytest.approx(order(method) + 1, abs=0.1)


# --- stability


@pytest.mark.parametrize("method", [solvers.forward_euler, solvers.runge_kutta], ids=lambda m: m.__name__)
def test_a_method_is_bounded_up_to_its_limit_and_then_grows(method):
    tau, limit = 10.0, stability_limit(method)
    below, above = (
        np.asarray(solve(method, 0.0, steps=3000, dt=share * limit * tau, v0=-64.0, **MEMBRANE)) + 65.0
        for share in (0.997, 1.003)
    )
    assert np.all(np.abs(below) <= 1.0 + 1e-3)
    assert np.abs(above[-1]) > 100.0


@each_method
def test_the_limit_is_where_the_factor_leaves_one(method):
    limit = stability_limit(method)
    if math.isinf(limit):
        assert np.all(np.abs(amplification(method, 10.0 ** np.linspace(-3, 6, 91))) < 1.0)
        return
    assert abs(float(amplification(method, limit))) == pytest.approx(1.0, abs=32 * EPS)
    assert abs(float(amplification(method, limit * 1.001))) > 1.0
    assert np.all(np.abs(amplification(method, np.linspace(0.001, 0.999, 200) * limit)) < 1.0)


def test_of_the_implicit_methods_only_crank_nicolson_rings():
    ringing, calm = (
        np.asarray(solve(m, 0.0, steps=10, dt=100.0, v0=-45.0, **MEMBRANE)) + 65.0
        for m in (solvers.crank_nicolson, solvers.backward_euler)
    )
    assert np.all(ringing[:-1] * ringing[1:] < 0.0)
    assert np.all(np.diff(calm) <= 0.0) and np.all(calm >= 0.0)


# --- in JAX


@each_method
def test_it_compiles_batches_and_differentiates(method):
    def end(g, i):
        return solve(method, i, steps=30, dt=0.5, conductance=g, reversal=-65.0, capacitance=1.0)[-1]

    g = jnp.asarray([0.0, 0.05, 0.2], dtype=float)
    slopes = jax.jit(jax.vmap(jax.grad(end, argnums=(0, 1)), (0, None)))(g, 1.0)
    gain = [float(rc.step(15.0, 1.0, conductance=x, reversal=0.0, capacitance=1.0)) for x in np.asarray(g)]
    np.testing.assert_allclose(slopes[1], gain, rtol=0.05)
    assert np.isfinite(slopes[0]).all()


def test_many_membranes_at_once():
    g = np.array([0.0, 0.1, 0.3])
    v = solve(solvers.backward_euler, 1.0, steps=4, dt=1.0, conductance=g, reversal=-65.0, capacitance=1.0)
    assert v.shape == (5, 3)
    alone = solve(solvers.backward_euler, 1.0, steps=4, dt=1.0, conductance=0.3, reversal=-65.0, capacitance=1.0)
    np.testing.assert_allclose(v[:, 2], alone, rtol=4 * EPS)


def test_refusals():
    with pytest.raises(ValueError, match=r"dt must be above 0 ms, got -1\.0 ms"):
        solve(solvers.forward_euler, 0.0, steps=3, dt=-1.0, **MEMBRANE)
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        solve(solvers.forward_euler, 0.0, steps=-1, dt=1.0, **MEMBRANE)
    with pytest.raises(ValueError, match="expected one of forward_euler, backward_euler"):
        order(max)
