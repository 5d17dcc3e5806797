"""The shapes of rates, α/β against x∞/τ, temperature, and the bounded step of a gate."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax.laws.gating import (
    LARGEST_EXPONENT,
    bernoulli,
    exponential,
    gate_step,
    linoid,
    q10_factor,
    rates,
    sigmoid,
    steady_state,
    time_constant,
)

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
SEAMS = [sign * (seam + sign * offset) for sign in (-1, 1) for seam in (0.0, 0.5, LARGEST_EXPONENT) for offset in
         (0.0, 1e-30, 1e-10, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1)]  # fmt: skip
ARGUMENTS = np.unique(np.array([*np.linspace(-80.0, 80.0, 1601), *SEAMS], dtype=np.float32))


def exact_bernoulli(x):
    with mpmath.workdps(60):
        x = mpmath.mpf(float(x)) + mpmath.mpf("1e-20")
        return x / mpmath.expm1(x)


def exact_slope(x):
    with mpmath.workdps(60):
        h = mpmath.mpf("1e-15")
        x = mpmath.mpf(float(x)) + mpmath.mpf("1e-20")
        return ((x + h) / mpmath.expm1(x + h) - (x - h) / mpmath.expm1(x - h)) / (2 * h)


SLOPES = jax.jit(jax.vmap(jax.grad(bernoulli)))


# --- x/(eˣ − 1)


def test_the_bernoulli_function_is_right_to_a_few_roundings():
    x = jnp.asarray(ARGUMENTS, dtype=float)
    expected = np.array([float(exact_bernoulli(y)) for y in ARGUMENTS])
    ours = np.asarray(jax.jit(bernoulli)(x), dtype=float)
    # Relative to the value itself, not to scale, until the exponent is held.
    near = ARGUMENTS < LARGEST_EXPONENT
    relative = np.abs(ours - expected)[near] / expected[near]
    assert np.max(relative / np.maximum(1.0, np.abs(ARGUMENTS[near]))) < 4 * max(EPS, 1e-9)
    assert np.all(np.abs(ours - expected)[~near] < 1e-15)


def test_the_bernoulli_slope_is_right_to_one_in_1e5():
    x = jnp.asarray(ARGUMENTS, dtype=float)
    expected = np.array([float(exact_slope(y)) for y in ARGUMENTS])
    ours = np.asarray(SLOPES(x), dtype=float)
    assert np.max(np.abs(ours - expected)) < 2e-6  # of 1, its largest value
    near = ARGUMENTS < 10
    np.testing.assert_allclose(ours[near], expected[near], rtol=1e-5)


def test_bernoulli_and_derivatives_are_exact_at_zero():
    value, slope, curvature = BERNOULLI_AND_DERIVATIVES(0.0)
    assert value == 1.0
    assert slope == -0.5
    assert float(curvature) == pytest.approx(1 / 6, rel=1e-6)


@pytest.mark.parametrize("mode", [jax.jacfwd, jax.jacrev])
def test_both_modes_give_the_same_slope(mode):
    x = jnp.asarray([-90.0, -0.5, 0.0, 0.3, 0.5, 61.0, 90.0], dtype=float)
    np.testing.assert_allclose(jnp.diagonal(jax.jit(mode(bernoulli))(x)), SLOPES(x))


@given(st.floats(-1e6, 1e6, width=32))
def test_any_argument_has_a_finite_value_slope_and_curvature(x):
    value, slope, curvature = BERNOULLI_AND_DERIVATIVES(x)
    assert float(value) >= 0.0
    assert float(value) >= -x * (1 - 1e-6)
    assert -1.0 - 1e-6 <= float(slope) <= 0.0
    assert np.isfinite(curvature)


BERNOULLI_AND_DERIVATIVES = jax.jit(lambda x: (bernoulli(x), jax.grad(bernoulli)(x), jax.grad(jax.grad(bernoulli))(x)))


def test_the_bernoulli_function_reflects():
    x = np.linspace(-20.0, 20.0, 81)
    np.testing.assert_allclose(bernoulli(-x) - bernoulli(x), x, atol=3e-6)


# --- the three shapes


def test_linoid_is_one_in_the_middle_and_a_line_far_above():
    v = jnp.asarray([-40.0, 460.0, -540.0], dtype=float)
    np.testing.assert_allclose(linoid(v, -40.0, 10.0), [1.0, 50.0, 0.0], rtol=1e-6, atol=1e-15)
    np.testing.assert_allclose(linoid(v, -40.0, -10.0), [1.0, 0.0, 50.0], rtol=1e-6, atol=1e-15)


def test_the_exponential_is_capped_at_extreme_voltages():
    v = jnp.asarray([-1e30, -65.0, -55.0, 1e30], dtype=float)
    np.testing.assert_allclose(exponential(v, -65.0, 10.0), [0.0, 1.0, np.e, np.exp(42.0)], rtol=1e-5)
    slopes = jax.jit(jax.vmap(jax.grad(lambda v: exponential(v, -65.0, 10.0))))(v)
    np.testing.assert_allclose(slopes, [0.0, 0.1, 0.1 * np.e, 0.0], rtol=1e-6)


def test_a_sigmoid_is_one_half_at_half_and_may_fall():
    v = jnp.linspace(-1000.0, 1000.0, 201)
    up, down = sigmoid(v, -35.0, 10.0), sigmoid(v, -35.0, -10.0)
    assert float(sigmoid(-35.0, -35.0, 10.0)) == 0.5
    assert np.all(np.diff(up) >= 0.0)
    np.testing.assert_allclose(up + down, 1.0, atol=2 * EPS)
    assert np.isfinite(jax.jit(jax.vmap(jax.grad(lambda v: sigmoid(v, -35.0, 10.0))))(v)).all()


# --- α, β and x∞, τ; temperature


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_rates_and_steady_state_are_two_ways_to_say_the_same(alpha, beta):
    steady, tau = alpha / (alpha + beta), 1.0 / (alpha + beta)
    assert float(steady_state(alpha, beta)) == pytest.approx(steady, rel=1e-12)
    assert float(time_constant(alpha, beta)) == pytest.approx(tau, rel=1e-12)
    back = rates(steady_state(alpha, beta), time_constant(alpha, beta))
    np.testing.assert_allclose(back, (alpha, beta), rtol=0, atol=1e-12 * (alpha + beta))


def test_q10_is_the_factor_of_ten_degrees():
    assert q10_factor(6.3, 6.3, 3.0) == 1.0
    assert float(q10_factor(16.3, 6.3, 3.0)) == pytest.approx(3.0, rel=1e-6)
    assert float(q10_factor(-3.7, 6.3, 3.0)) == pytest.approx(1 / 3, rel=1e-6)
    assert float(q10_factor(36.0, 24.0, 3.0)) == pytest.approx(3.0**1.2, rel=1e-6)
    assert float(q10_factor(37.0, 24.0, 1.0)) == 1.0


@given(st.floats(0.0, 45.0), st.floats(0.0, 45.0), st.floats(0.0, 45.0), st.floats(0.5, 5.0))
def test_two_warmings_are_one(low, middle, high, q10):
    twice = float(q10_factor(middle, low, q10) * q10_factor(high, middle, q10))
    assert float(q10_factor(high, low, q10)) == pytest.approx(twice, rel=1e-5)


# --- one bounded step


def in_bounds(x) -> bool:
    x = np.asarray(x)
    return bool(np.all(np.isfinite(x) & (x >= 0.0) & (x <= 1.0)))


RELAX = jax.jit(gate_step)


def extremes():
    gates = [0.0, 1e-45, 1e-38, 1e-7, 0.5, 1.0 - 2**-24, 1.0]
    speeds = [0.0, 1e-45, 1e-38, 1e-20, 1e-6, 1.0, 3.0, 1e6, 1e20]
    steps = [1e-6, 0.0125, 0.025, 1.0, 1e6]
    grid = np.meshgrid(gates, speeds, speeds, steps)
    return [np.asarray(x.ravel(), dtype=np.float32) for x in grid]


@pytest.mark.parametrize("step", [gate_step, RELAX, jax.vmap(gate_step)], ids=["op by op", "jit", "vmap"])
def test_gates_stay_in_bounds_at_every_extreme(step):
    assert in_bounds(step(*(jnp.asarray(x) for x in extremes())))


@given(seed=st.integers(0, 2**32 - 1), edge=st.sampled_from(["inside", "zero", "one"]))
@example(seed=0, edge="one")
def test_gates_stay_in_bounds_for_any_rate_and_step(seed, edge):
    rng = np.random.default_rng(seed)
    size = 20_000
    near = 10.0 ** rng.uniform(-8, 0, size)
    x = {"inside": rng.uniform(0, 1, size), "zero": near, "one": 1.0 - near}[edge]
    alpha, beta = 10.0 ** rng.uniform(-20, 20, (2, size)) * (rng.uniform(size=(2, size)) > 0.1)
    dt = 10.0 ** rng.uniform(-6, 6, size)
    # Half of them where a step is about one time constant long and rounding decides.
    dt = np.where(
        rng.uniform(size=size) < 0.5, dt, np.clip(rng.uniform(0, 5, size) / (alpha + beta + 1e-20), 1e-6, 1e6)
    )
    arguments = [jnp.asarray(np.float32(y)) for y in (np.clip(x, 0, 1), alpha, beta, dt)]
    assert in_bounds(RELAX(*arguments))


@given(seed=st.integers(0, 2**32 - 1))
def test_a_gate_moves_towards_its_steady_state_and_not_past_it(seed):
    rng = np.random.default_rng(seed)
    x, steady = rng.uniform(0, 1, (2, 5_000))
    total, dt = 10.0 ** rng.uniform(-3, 6, 5_000), 10.0 ** rng.uniform(-6, 3, 5_000)
    arguments = [jnp.asarray(y, dtype=float) for y in (x, steady * total, (1 - steady) * total, dt)]
    after = np.asarray(RELAX(*arguments), dtype=float)
    assert np.all((after >= np.minimum(x, steady) - 4 * EPS) & (after <= np.maximum(x, steady) + 4 * EPS))


def test_many_steps_in_a_compiled_loop_stay_in_bounds():
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.integers(0, 2, 4096), dtype=float)
    alpha, beta, dt = (jnp.asarray(10.0 ** rng.uniform(-3, 3, (200, 4096)), dtype=float) for _ in range(3))
    walk = jax.jit(lambda x: jax.lax.scan(lambda x, r: (gate_step(x, *r),) * 2, x, (alpha, beta, dt))[1])
    assert in_bounds(walk(x))


def test_the_steady_state_is_a_fixed_point():
    rng = np.random.default_rng(1)
    alpha, beta, dt = (jnp.asarray(10.0 ** rng.uniform(-4, 4, 5_000), dtype=float) for _ in range(3))
    steady = steady_state(alpha, beta)
    np.testing.assert_allclose(RELAX(steady, alpha, beta, dt), steady, rtol=8 * EPS)


def test_a_gate_without_rates_keeps_its_value_to_the_bit():
    x = jnp.linspace(0.0, 1.0, 101)
    np.testing.assert_array_equal(RELAX(x, 0.0, 0.0, 1e6), x)


def test_a_step_over_two_time_constants_ends_at_steady_state():
    x = jnp.linspace(0.0, 1.0, 11)
    for dt in (2.0, 5.0, 1e5):
        np.testing.assert_allclose(RELAX(x, 0.3, 0.7, dt), 0.3, rtol=4 * EPS)


def test_the_slope_at_no_time_is_the_kinetics():
    x, alpha, beta = jnp.linspace(0.0, 1.0, 11), 0.7, 2.3
    slope = jax.jit(jax.jacfwd(lambda dt: gate_step(x, alpha, beta, dt)))(0.0)
    np.testing.assert_allclose(slope, alpha * (1 - x) - beta * x, atol=4 * EPS)


def test_gradients_of_the_step_are_finite_at_seam_and_extremes():
    arguments = [np.concatenate([x, y]) for x, y in zip(extremes(), ([0.2], [1.0], [1.0], [1.0]), strict=True)]
    moderate = arguments[3] * (arguments[1] + arguments[2]) < 1e15
    arguments = [jnp.asarray(x[moderate], dtype=float) for x in arguments]
    slopes = jax.jit(jax.vmap(jax.grad(gate_step, argnums=(0, 1, 2, 3))))(*arguments)
    assert all(np.isfinite(x).all() for x in slopes)


# --- order, in float64


@pytest.mark.x64
def test_one_step_is_the_exponential_to_third_order():
    z, steady, x = np.array([0.2, 0.1, 0.05, 0.025]), 0.3, 0.9
    ours = gate_step(np.full(4, x), steady * z, (1 - steady) * z, 1.0)
    error = np.asarray(ours) - (steady + (x - steady) * np.exp(-z))
    # (1 − z/2)/(1 + z/2) = e⁻ᶻ − z³/12 + O(z⁴)
    np.testing.assert_allclose(error / (-(x - steady) * z**3 / 12), 1.0, atol=z.max())
    np.testing.assert_allclose(np.log2(error[:-1] / error[1:]), 3.0, atol=0.2)


@pytest.mark.x64
def test_a_run_at_constant_voltage_is_second_order():
    alpha, beta, duration, x = 0.6, 1.1, 3.0, 0.95
    errors = []
    for count in (15, 30, 60, 120):
        gate = x
        for _ in range(count):
            gate = gate_step(gate, alpha, beta, duration / count)
        steady = alpha / (alpha + beta)
        errors.append(abs(float(gate) - (steady + (x - steady) * np.exp(-(alpha + beta) * duration))))
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2.0, atol=0.05)


@pytest.mark.x64
def test_gradients_are_finite_differences():
    quotient = jax.jit(bernoulli)
    for x in (-3.0, -1e-3, 0.0, 0.2, 3.0):
        check_grads(quotient, (x,), order=2, modes=("fwd", "rev"), eps=1e-5, rtol=1e-4)
    check_grads(jax.jit(gate_step), (0.3, 0.5, 0.9, 0.1), order=2, modes=("fwd", "rev"), eps=1e-5, rtol=1e-4)
    check_grads(jax.jit(q10_factor), (20.0, 6.3, 3.0), order=2, modes=("fwd", "rev"), eps=1e-4, rtol=1e-4)
