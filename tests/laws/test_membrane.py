"""The membrane as a circuit: charge balance, the RC step and the bounded voltage step."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax.laws.membrane import (
    bounded_voltage_step,
    charge_balance,
    corrected_voltage,
    membrane_time_constant,
    step_response,
)

EPS = float(jnp.finfo(jnp.result_type(float)).eps)


@jax.jit
def response(t, current, conductance=0.1, reversal=-65.0, capacitance=1.0):
    return step_response(t, current, conductance=conductance, reversal=reversal, capacitance=capacitance)


def exact_step_response(t, current, conductance, reversal, capacitance):
    t, i, g, e, c = (mpmath.mpf(float(x)) for x in (t, current, conductance, reversal, capacitance))
    if t <= 0:
        return float(e)
    return float(e + (i * t / c if g == 0 else -i / g * mpmath.expm1(-t * g / c)))


# --- charge balance


def test_only_injected_and_inward_current_depolarise():
    assert charge_balance(0.0, 2.0, capacitance=0.5) == 4.0
    assert charge_balance(2.0, 0.0, capacitance=0.5) == -4.0
    assert charge_balance(3.0, 3.0, capacitance=0.5) == 0.0


def test_the_time_constant_is_capacitance_over_conductance():
    assert float(membrane_time_constant(0.1, 1.0)) == pytest.approx(10.0, rel=1e-6)
    np.testing.assert_allclose(membrane_time_constant(np.array([0.1, 1, 10]), 2.0), [20.0, 2.0, 0.2], rtol=1e-6)


# --- the RC step


def test_after_one_time_constant_the_step_is_63_percent():
    v = response(10.0, 1.5)
    assert float(v) == pytest.approx(-65.0 + 15.0 * (1 - np.exp(-1)), rel=1e-6)


def test_the_step_begins_at_zero_and_ends_at_ohms_law():
    np.testing.assert_array_equal(response(np.array([-1e6, -1.0, 0.0]), 1.5), -65.0)
    assert float(response(1e6, 1.5)) == pytest.approx(-50.0, rel=1e-6)


@given(st.floats(-10.0, 1e4), st.floats(-100.0, 100.0), st.just(0.0) | st.floats(1e-6, 1e3), st.floats(1e-2, 1e2))
def test_the_step_is_the_exponential_for_any_membrane(t, current, conductance, capacitance):
    arguments = [np.float32(x) for x in (t, current, conductance, -65.0, capacitance)]
    expected = exact_step_response(*arguments)
    t, current, conductance, reversal, capacitance = (jnp.asarray(x, dtype=float) for x in arguments)
    v = response(t, current, conductance, reversal, capacitance)
    assert float(v) == pytest.approx(expected, rel=1e-6, abs=1e-6 * (65.0 + abs(expected + 65.0)))


def test_without_a_leak_the_step_is_a_ramp_with_finite_slopes():
    value, slopes = jax.jit(jax.value_and_grad(lambda g, c: response(10.0, 2.0, g, -65.0, c), (0, 1)))(0.0, 1.0)
    assert float(value) == -45.0
    # To first order in g the ramp i t/C loses i g t²/2C².
    np.testing.assert_allclose(slopes, [-2.0 * 100.0 / 2, -20.0], rtol=1e-6)


def test_slopes_are_finite_before_during_and_after_the_step():
    t = jnp.asarray([-5.0, 0.0, 1e-9, 1e-3, 0.0999, 0.1, 0.1001, 10.0, 1e6], dtype=float)
    slopes = jax.jit(jax.vmap(jax.grad(response, argnums=(0, 1, 2, 3, 4)), (0, None, None, None, None)))(
        t, 1.0, 0.1, -65.0, 1.0
    )
    assert all(np.isfinite(x).all() for x in slopes)


def test_the_series_and_the_exponential_meet():
    t = jnp.linspace(0.05, 0.2, 301)
    # From 0 mV, where no digit is lost to the offset.
    expected = [exact_step_response(x, 1.5, np.float32(0.1), 0.0, 1.0) for x in np.asarray(t)]
    np.testing.assert_allclose(response(t, 1.5, np.float32(0.1), 0.0), expected, rtol=1e-6)


def test_the_step_obeys_the_charge_balance():
    t = jnp.linspace(0.1, 50.0, 20)
    v, dv = jax.jit(jax.vmap(jax.value_and_grad(lambda t: response(t, 1.5))))(t)
    np.testing.assert_allclose(dv, charge_balance(0.1 * (v + 65.0), 1.5, capacitance=1.0), atol=3e-6)


def test_the_step_is_linear_in_the_current():
    t = np.linspace(0.0, 60.0, 13)
    one, two = (np.asarray(response(t, i)) + 65.0 for i in (1.0, -2.0))
    np.testing.assert_allclose(two, -2.0 * one, atol=2e-5)


# --- the bounded step in voltage


@given(seed=st.integers(0, 2**32 - 1))
def test_no_step_overshoots_the_reversal_potential(seed):
    rng = np.random.default_rng(seed)
    v, e = (jnp.asarray(x, dtype=float) for x in rng.uniform(-200.0, 100.0, (2, 10_000)))
    rate, dt = (jnp.asarray(x, dtype=float) for x in 10.0 ** rng.uniform(-6.0, 6.0, (2, 10_000)))
    after = np.asarray(OHMIC_STEP(v, e, rate, dt))
    slack = 4 * EPS * (np.abs(v) + np.abs(e))
    assert np.all((after >= np.minimum(v, e) - slack) & (after <= np.maximum(v, e) + slack))


OHMIC_STEP = jax.jit(lambda v, e, rate, dt: bounded_voltage_step(v, rate * (e - v), rate, dt))


def test_without_a_slope_the_step_is_forward_euler():
    assert float(bounded_voltage_step(-65.0, 3.0, 0.0, 0.5)) == -63.5


def test_steps_are_crank_nicolson_up_to_two_time_constants():
    z = np.array([0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0])
    kept = np.maximum((1 - z / 2) / (1 + z / 2), 0.0)
    after = bounded_voltage_step(np.full(7, -60.0), 5.0 * z, z, 1.0)  # dt = 1 ms, target −55 mV
    np.testing.assert_allclose(after, -55.0 - 5.0 * kept, rtol=1e-6)


def test_a_negative_slope_is_floored_at_twice_forward_euler():
    after = bounded_voltage_step(np.full(4, -60.0), np.full(4, 2.0), np.array([-0.5, -1.0, -1.9, -1e6]), 1.0)
    np.testing.assert_allclose(after, [-60.0 + 2.0 / 0.75, -56.0, -56.0, -56.0], rtol=1e-6)


def test_the_slopes_are_finite_at_the_seams():
    slope = jnp.asarray([-1e6, -2.0, -1.0, 0.0, 2.0, 2.0 + 1e-6, 1e6], dtype=float)
    gradients = jax.jit(jax.vmap(jax.grad(bounded_voltage_step, argnums=(0, 1, 2, 3)), (None, None, 0, None)))
    gradient = gradients(-60.0, 3.0, slope, 1.0)
    assert all(np.isfinite(x).all() for x in gradient)


@pytest.mark.x64
def test_the_corrector_adds_half_the_curvature_within_limits():
    end = np.float32([-1.0, 0.0, 1e6, -1e6, 1e6])  # dv/dt at the end; the line from the beginning leads to −1 there
    after = np.float32([-58.0, -58.0, -58.0, -58.0, -60.0])
    line = -60.0 + 0.0 * after, (3.0, 2.0)
    result = corrected_voltage(line[0], after, line[1], (end, 2.0), 0.1)
    np.testing.assert_allclose(result, [-58.0, -58.0 + 0.05 / 1.1, -56.0, -59.0, -60.0], rtol=1e-6)


def test_the_voltage_step_has_a_third_order_error():
    z = np.array([0.1, 0.05, 0.025])
    error = np.abs(bounded_voltage_step(np.full(3, 1.0), -z, z, 1.0) - np.exp(-z))
    np.testing.assert_allclose(error / z**3, 1 / 12, rtol=0.15)
    np.testing.assert_allclose(np.log2(error[:-1] / error[1:]), 3.0, atol=0.1)


@pytest.mark.x64
def test_the_gradients_of_the_step_are_finite_differences():
    for g in (0.0, 1e-4, 0.1):
        f = jax.jit(lambda t, i, e, c, g=g: response(t, i, g, e, c))
        check_grads(f, (3.0, 1.5, -65.0, 1.0), order=2, modes=("fwd", "rev"), eps=1e-4, rtol=1e-4)
    f = jax.jit(lambda t, g: response(t, 1.5, g))
    check_grads(f, (3.0, 0.1), order=2, modes=("fwd", "rev"), eps=1e-4, rtol=1e-4)
