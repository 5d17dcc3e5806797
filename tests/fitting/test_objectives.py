"""A loss of one's own as a function of a cell's parameters."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.fitting import losses, value_and_grad
from membrax.fitting.objectives import objective
from membrax.fitting.problem.problem import voltages

EXACT = jax.config.jax_enable_x64


def largest(v, recorded, interval):
    """A user's own loss: the largest difference, smoothly [mV]."""
    return jax.nn.logsumexp(10.0 * jnp.abs(v - recorded)) / 10.0


@pytest.fixture(scope="module")
def o(passive, bounds, steps):
    return objective(passive, bounds, steps, loss=largest)


@pytest.fixture(scope="module")
def places(o):
    return jnp.asarray(o.problem.free.draw(4, 1), dtype=float)


def test_the_value_is_the_loss_of_the_simulated_voltage(o, places):
    v = voltages(places[0], o.problem)
    expected = np.mean([largest(v[k], o.problem.data.v[k], 0.1) for k in range(2)])
    assert float(o(places[0])) == pytest.approx(expected, rel=1e-4)


def test_the_mean_square_is_that_of_value_and_grad(passive, bounds, steps, truth):
    square = objective(passive, bounds, steps)
    wrong = {"leak.g": 0.15, "capacitance": 1.0}
    found = value_and_grad(passive, wrong, steps)
    assert float(square.at(wrong)) == pytest.approx(float(found.loss), rel=1e-4)
    assert float(square.at(truth)) < 0.05**2 * 1.2 < float(square.at(wrong))


def test_a_batch_is_one_after_the_other(o, places):
    value, gradient = o.value_and_gradient(places)
    np.testing.assert_allclose(o(places), [o(p) for p in places], rtol=1e-4)
    np.testing.assert_allclose(value, o(places), rtol=1e-5)
    one = [o.value_and_gradient(p) for p in places]
    np.testing.assert_allclose(gradient, [g for _, g in one], rtol=1e-3, atol=1e-4)


def test_forward_reverse_and_jax_s_own_gradient_agree(o, places):
    there = {mode: o.value_and_gradient(places[0], mode) for mode in ("forward", "reverse")}
    value, gradient = jax.value_and_grad(o)(places[0])
    for found in there.values():
        assert float(found[0]) == pytest.approx(float(value), rel=1e-5)
        np.testing.assert_allclose(found[1], gradient, rtol=2e-3, atol=1e-3)


def test_the_gradient_is_a_finite_difference(o, places):
    step, tolerance = (1e-6, 1e-5) if EXACT else (3e-3, 2e-2)
    _, gradient = o.value_and_gradient(places[0])
    for k in range(2):
        up, down = (float(o(places[0].at[k].add(s * step))) for s in (1, -1))
        assert float(gradient[k]) == pytest.approx((up - down) / (2 * step), rel=tolerance)


def test_places_and_values_are_the_same_points(o, truth):
    place = o.place(truth)
    assert {name: float(x) for name, x in o.values(place).items()} == pytest.approx(truth, rel=1e-5)
    cell = o.cell(place)
    assert float(cell.channels["leak"].g) == pytest.approx(truth["leak.g"], rel=1e-5)
    many = o.place({"leak.g": [0.05, 0.1, 0.2], "capacitance": 1.0})
    assert many.shape == (3, 2) and o.at({"leak.g": [0.05, 0.1, 0.2], "capacitance": 1.0}).shape == (3,)


def test_sweeps_may_weigh_differently(passive, bounds, steps, places):
    alone = [float(objective(passive, bounds, steps, [k], largest)(places[0])) for k in (0, 1)]
    both = objective(passive, bounds, steps, [0, 1], largest, weights=[3.0, 1.0])
    assert float(both(places[0])) == pytest.approx(0.75 * alone[0] + 0.25 * alone[1], rel=1e-4)
    first = objective(passive, bounds, steps, [0, 1], largest, weights=[2.0, 0.0])
    assert float(first(places[0])) == pytest.approx(alone[0], rel=1e-4)


def test_a_loss_of_a_context_has_cell_current_and_sweep(passive, bounds, steps, truth):
    balance = objective(passive, bounds, steps, loss=losses.clamp_current(width=0.5))
    assert float(balance.at(truth)) < 0.2 * float(balance.at({"leak.g": 0.3, "capacitance": 0.8}))
    parts = losses.weighted(([1.0, 0.0], largest), ([0.0, 1.0], losses.mean_square))
    split = objective(passive, bounds, steps, loss=parts)
    expected = 0.5 * (
        float(objective(passive, bounds, steps, [0], largest).at(truth))
        + float(objective(passive, bounds, steps, [1]).at(truth))
    )
    assert float(split.at(truth)) == pytest.approx(expected, rel=1e-3)


def test_numbers_of_a_loss_change_without_a_new_compilation(passive, bounds, steps, places):
    traced = []

    def scaled(v, recorded, interval, *, scale):
        traced.append(1)
        return losses.mean_square(v, recorded) * scale

    o = objective(passive, bounds, steps, loss=jax.tree_util.Partial(scaled, scale=1.0))
    first = float(o(places[0]))
    seen = len(traced)
    other = dataclasses.replace(o, loss=jax.tree_util.Partial(scaled, scale=3.0))
    assert float(other(places[0])) == pytest.approx(3.0 * first, rel=1e-5) and len(traced) == seen


def test_settings_may_stay_fixed(passive, bounds, steps, places):
    fixed = objective(passive, bounds, steps, loss=functools.partial(losses.huber, scale=1e6))
    assert float(fixed(places[0])) == pytest.approx(0.5 * float(objective(passive, bounds, steps)(places[0])), rel=1e-3)


def test_an_optimiser_of_one_s_own_finds_the_truth(passive, bounds, steps, truth):
    import optax

    o = objective(passive, bounds, steps, loss=losses.mean_square)
    adam, place = optax.adam(0.05), jnp.full((2,), 0.5)
    state = adam.init(place)
    for _ in range(150):
        with jax.numpy_dtype_promotion("standard"):
            step, state = adam.update(o.value_and_gradient(place)[1], state, place)
        place = jnp.clip(place + step, 0.0, 1.0)
    assert {name: float(x) for name, x in o.values(place).items()} == pytest.approx(truth, rel=0.02)


# --- what is refused


def two(v, recorded, interval):
    return jnp.stack([v[0], recorded[0]])


WRONG = {
    "no function": ({"loss": 3.0}, r"loss must be a function loss\(v, recorded, interval\), got 3.0"),
    "two numbers": ({"loss": two}, r"loss must give one number per sweep, got the shape \(2,\)"),
    "no recording": ({"data": np.zeros(3)}, "data must be a Recording"),
    "no cell": ({"cell": None}, "cell must be a membrax.Cell"),
    "a path": ({"bounds": {"leak.gg": (0, 1)}}, "leak.g"),
    "bounds": ({"bounds": {"leak.g": (1, 0)}}, "in order"),
    "a sweep": ({"sweeps": [5]}, "there is no sweep 5"),
    "a step": ({"dt": 0.03}, "whole fraction of the sampling interval"),
    "weights": ({"weights": [1.0]}, r"weights must be one for each of 2 sweeps, got the shape \(1,\)"),
    "no weight": ({"weights": [0.0, 0.0]}, "not all 0"),
    "weights of a sum": ({"loss": losses.weighted(([1.0, 1.0, 1.0], largest))}, "for 3 sweeps, but 2 are fitted"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_objective_is_refused_in_words(passive, bounds, steps, case):
    change, told = WRONG[case]
    with pytest.raises(ValueError, match=told):
        objective(**({"cell": passive, "bounds": bounds, "data": steps} | change))


@pytest.mark.parametrize("place", [0.5, np.zeros(3), np.zeros((1, 1, 2)), "a", np.zeros((0, 2))])
def test_what_is_no_place_is_refused(o, place):
    with pytest.raises(ValueError, match="place must be"):
        o(place)


def test_a_derivative_is_forward_or_reverse(o, places):
    with pytest.raises(ValueError, match="ad_mode must be one of forward, reverse or None"):
        o.value_and_gradient(places, "sideways")


@settings(max_examples=20)
@given(st.floats().filter(lambda x: not 0.02 <= x <= 0.5))
def test_values_outside_their_bounds_are_refused(o, value):
    with pytest.raises(ValueError, match=r"leak\.g must be between its bounds 0.02 and 0.5, got"):
        o.place({"leak.g": value, "capacitance": 1.0})


@pytest.mark.parametrize(
    "values, told",
    [
        ({"leak.g": 0.1}, "capacitance is free and needs a value"),
        ({"leak.g": 0.1, "capacitance": 1.0, "leak.e": -60.0}, "unknown parameter 'leak.e'"),
        ({"leak.g": [0.1, 0.2], "capacitance": [1.0] * 3}, r"arrays \[candidate\] of one length"),
        ({"leak.g": "a", "capacitance": 1.0}, "leak.g must be a number"),
        ([0.1, 1.0], "expected a dictionary"),
    ],
)
def test_what_are_no_values_is_refused(o, values, told):
    with pytest.raises(ValueError, match=told):
        o.at(values)
