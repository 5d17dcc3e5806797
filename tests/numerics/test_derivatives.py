"""Slopes that are worked out once: the derivatives are those that JAX finds by itself, in both modes and twice over."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.laws.gating import bernoulli
from membrax.numerics.arithmetic import capped_exponential, quotient, reciprocal
from membrax.numerics.derivatives import evaluate_scalar, evaluate_separable

OWN = {"m": 0.3, "h": 0.7}
SHARED = ({"g": 120.0, "speed": 1.3}, -40.0, 0.025)
LOOSE = 20 * float(jnp.finfo(jnp.result_type(float)).eps)


def kinetics(own, channel, v, dt):
    """Two gates, neither of which knows of the other; ``g`` moves nothing."""
    rate = channel["speed"] * jnp.exp(0.02 * v)
    return {"m": own["m"] + dt * rate * (1.0 - own["m"]), "h": own["h"] / (1.0 + dt * rate * v**2)}


def membrane(gates, channel, v, dt):
    return v + dt * channel["g"] * gates["m"] ** 3 * gates["h"] * (50.0 - v) / (1.0 + dt * channel["speed"])


def arrays(tree):
    return jax.tree.map(lambda x: jnp.asarray(x, dtype=float), tree)


def wrapped(*given):
    return evaluate_scalar(membrane, evaluate_separable(kinetics, *given), *given[1:])


def plain(*given):
    return membrane(kinetics(*given), *given[1:])


GIVEN = arrays((OWN, *SHARED))
EVERY = tuple(range(4))


def alike(a, b, tolerance=LOOSE):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance), a, b)


@pytest.mark.parametrize("derivative", [jax.jacfwd, jax.jacrev, jax.grad])
def test_every_derivative_is_the_plain_one(derivative):
    alike(jax.jit(derivative(wrapped, EVERY))(*GIVEN), jax.jit(derivative(plain, EVERY))(*GIVEN))


def test_second_derivatives_too():
    result, known = (jax.jit(jax.hessian(f, EVERY))(*GIVEN) for f in (wrapped, plain))
    alike(result, known, 50 * LOOSE)


MODES = [(a, b) for a in (jax.jacfwd, jax.jacrev) for b in (jax.jacfwd, jax.jacrev)]


@pytest.mark.parametrize(("outer", "inner"), MODES)
def test_second_derivatives_of_a_loop_agree_in_every_mode(outer, inner):
    def looped(x, f):
        return jax.lax.scan(lambda c, _: (f(c), None), x, None, length=3)[0]

    at = jnp.asarray(-1.0, dtype=float)
    result = jax.jit(outer(inner(lambda x: looped(x, bernoulli))))(at)
    alike(result, jax.jit(jax.hessian(lambda x: looped(x, lambda c: c / jnp.expm1(c))))(at), 1e-4)


@pytest.mark.x64
def test_second_derivatives_are_those_of_the_gradient():
    cell = mx.models.hodgkin_huxley()
    end = lambda g: mx.simulate(mx.replace(cell, {"na.g": g}), 10.0, duration=4.0).v[-1]  # noqa: E731
    at, h, gradient = jnp.asarray(120.0), 1e-3, jax.jit(jax.grad(end))
    difference = float(gradient(at + h) - gradient(at - h)) / (2 * h)
    for outer, inner in MODES:
        assert float(jax.jit(outer(inner(end)))(at)) == pytest.approx(difference, rel=1e-5)


def test_closed_over_values_are_differentiated():
    own = arrays({"m": 0.3})

    def loss(a):
        return evaluate_separable(lambda own, v: {"m": own["m"] * a * v}, own, jnp.asarray(2.0))["m"] + evaluate_scalar(
            lambda v: a * a * v, jnp.asarray(3.0)
        )

    assert float(jax.grad(loss)(jnp.asarray(0.5))) == pytest.approx(0.6 + 3.0)
    assert float(jax.jit(jax.grad(loss))(jnp.asarray(0.5))) == pytest.approx(0.6 + 3.0)


def test_a_sum_over_a_vector_has_its_ordinary_derivative():
    def mixed(own, weights):
        return {"m": own["m"] * jnp.sum(weights**2)}

    weights = jnp.asarray([1.0, 2.0])
    slopes = jax.grad(lambda w: evaluate_separable(mixed, arrays({"m": 0.5}), w)["m"])(weights)
    alike(slopes, weights)


def test_many_at_once_each_with_its_own():
    many = jax.tree.map(lambda x: x * jnp.linspace(0.9, 1.1, 5), GIVEN)
    slope = jax.grad(wrapped, EVERY)
    slopes = jax.jit(jax.vmap(slope))(*many)
    alike(slopes, jax.jit(jax.vmap(jax.grad(plain, EVERY)))(*many))
    alike(jax.tree.map(lambda x: x[3], slopes), jax.jit(slope)(*jax.tree.map(lambda x: x[3], many)))


def test_arrays_are_taken_element_by_element():
    own, (channel, v, dt) = arrays(OWN), arrays(SHARED)
    v = jnp.linspace(-80.0, 20.0, 4) + v
    both = [jax.jacfwd(lambda v, f=f: f(v)["h"])(v) for f in (
        lambda v: evaluate_separable(kinetics, own, channel, v, dt),
        lambda v: kinetics(own, channel, v, dt))]  # fmt: skip
    alike(*both)
    sums = [jax.grad(lambda v, f=f: jnp.sum(f(v)))(v) for f in (
        lambda v: evaluate_scalar(membrane, own, channel, v, dt), lambda v: membrane(own, channel, v, dt))]  # fmt: skip
    alike(*sums)


def test_a_direction_costs_a_product_for_each_input_that_moves():
    _, push = jax.linearize(lambda v: evaluate_separable(kinetics, GIVEN[0], GIVEN[1], v, GIVEN[3]), GIVEN[2])
    operations = [e.primitive.name for e in jax.make_jaxpr(push)(1.0).eqns]
    assert sorted(operations) == ["mul", "mul"]
    _, push = jax.linearize(lambda channel: evaluate_separable(kinetics, GIVEN[0], channel, *GIVEN[2:]), GIVEN[1])
    assert len(jax.make_jaxpr(push)(GIVEN[1]).eqns) == 2  # by speed alone: no gate looks at g


def test_numbers_keys_and_counters_pass_through():
    def noisy(own, key, step, v):
        return {"m": own["m"] * v + jax.random.normal(jax.random.fold_in(key, step), ())}

    given = jax.random.key(0), jnp.asarray(3, jnp.int32), jnp.asarray(2.0)
    own = arrays({"m": 0.3})
    alike(evaluate_separable(noisy, own, *given), noisy(own, *given))
    assert float(jax.grad(lambda own: evaluate_separable(noisy, own, *given)["m"])(own)["m"]) == pytest.approx(2.0)


# --- quotients, reciprocals and held exponentials


def test_a_quotient_has_its_derivatives_in_both_arguments():
    x, y = jnp.asarray(0.7, dtype=float), jnp.asarray(1.9, dtype=float)
    alike(jax.hessian(quotient, (0, 1))(x, y), jax.hessian(lambda x, y: x / y, (0, 1))(x, y))
    alike(jax.grad(jax.grad(reciprocal))(y), 2 / y**3)
    assert float(jax.grad(quotient)(x, y)) == pytest.approx(1 / 1.9)


@pytest.mark.parametrize("x", [-1e30, -3.0, 0.0, 41.9, 42.1, 1e30])
def test_a_capped_exponential_is_constant_above_its_cap(x):
    held = lambda x: capped_exponential(x, 42.0)  # noqa: E731
    value, slope = jax.value_and_grad(held)(jnp.asarray(x, dtype=float))
    expected = np.exp(np.float64(np.minimum(x, 42.0)))
    assert float(value) == pytest.approx(expected, rel=1e-5)
    assert float(slope) == pytest.approx(expected if x <= 42.0 else 0.0, rel=1e-5)
    assert np.isnan(held(jnp.nan))
