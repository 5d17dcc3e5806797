import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting import Starts
from membrax.fitting.uncertainty import ensemble, predictions
from membrax.fitting.uncertainty.directions import combination, directions
from membrax.fitting.uncertainty.ensemble import likelihood_ratio

pytestmark = pytest.mark.slow

LOSS = np.array([3.0, 1.0, np.inf, 1.05, 1.2])
VALUES = {"leak.g": np.array([0.3, 0.1, 0.5, 0.12, 0.2]), "capacitance": np.array([1.0, 1.2, 2.0, 1.3, 0.9])}


@pytest.fixture(scope="module")
def fitted(passive, bounds, steps):
    return mx.fit(passive, bounds, steps, [0], starts=3, iterations=12, method="levenberg_marquardt", progress=False)


@pytest.fixture(scope="module")
def scored(fitted):
    return dataclasses.replace(fitted, loss=1.0, starts=Starts(LOSS, VALUES))


def test_starts_within_the_tolerance_best_first(scored):
    equals = ensemble(scored)
    assert equals.starts.tolist() == [1, 3] and equals.tolerance == 1.1 and len(equals) == 2
    assert equals.spread == {"leak.g": (0.1, 0.12), "capacitance": (1.2, 1.3)}
    assert ensemble(scored, 5.0).starts.tolist() == [1, 3, 4, 0]
    assert ensemble(scored, 1.0).starts.tolist() == [1]


def test_a_score_of_0_has_an_ensemble(scored):
    perfect = dataclasses.replace(scored, starts=Starts(np.array([0.0, 0.1, 0.0, np.inf, 2.0]), VALUES))
    assert ensemble(perfect).starts.tolist() == [0, 2]


@pytest.mark.parametrize("tolerance", [0.99, np.nan, np.inf, -1.0])
def test_a_tolerance_is_at_least_one(scored, tolerance):
    with pytest.raises(ValueError, match=r"tolerance .* must be (at least 1|finite)"):
        ensemble(scored, tolerance)


def test_the_tolerance_of_the_f_test():
    # F(2, 30) = 3.3158 at 95 % (any table of F).
    assert likelihood_ratio(2, 30.0, 1.0, 0.95) == pytest.approx(1 + 2 / 30 * 3.3158, rel=1e-4)
    assert likelihood_ratio(2, 30.0, 9.0, 0.95) == pytest.approx(1 + 9 * 2 / 30 * 3.3158, rel=1e-4)


@given(st.integers(1, 20), st.floats(50.0, 1e6), st.floats(0.5, 0.99))
def test_the_tolerance_falls_with_the_number_of_samples(parameters, freedom, level):
    ratio = likelihood_ratio(parameters, freedom, 1.0, level)
    assert 1.0 < likelihood_ratio(parameters, 2 * freedom, 1.0, level) < ratio


# --- predictions


def test_the_best_values_predict_the_voltage_of_the_fit(fitted):
    predicted = predictions(fitted, {path: [x] for path, x in fitted.values.items()})
    np.testing.assert_allclose(predicted.low, fitted.v, atol=1e-4)
    np.testing.assert_array_equal(predicted.low, predicted.high)
    np.testing.assert_array_equal(predicted.spread, 0.0)
    assert predicted.spikes.tolist() == [[0, 0]] and predicted.finite.tolist() == [True]


def test_members_that_differ_spread_their_predictions(fitted):
    values = {"leak.g": np.linspace(0.08, 0.12, 11), "capacitance": np.full(11, 1.25)}
    predicted = predictions(fitted, values)
    assert predicted.finite.shape == (11,) and np.all(predicted.finite) and np.all(predicted.spread > 0.1)
    assert np.all(predicted.low <= predicted.high)
    ends = [predictions(fitted, {path: x[[k]] for path, x in values.items()}).low for k in (0, -1)]
    # A passive cell's response is the smaller the leakier it is.
    np.testing.assert_allclose(predicted.low, np.minimum(*ends), atol=1e-3)
    np.testing.assert_allclose(predicted.high, np.maximum(*ends), atol=1e-3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"leak.g": [0.1]}, "values must be those of leak.g, capacitance, got leak.g"),
        ({"leak.g": [0.1, 0.2], "capacitance": [1.0]}, "of one length"),
        ({"leak.g": [], "capacitance": []}, "of one length"),
    ],
)
def test_predictions_refuse(fitted, values, message):
    with pytest.raises(ValueError, match=message):
        predictions(fitted, values)


# --- directions


def test_directions_of_independent_parameters_are_those():
    names = ("a", "b", "c, d")
    scored = directions(np.diag([4.0, 100.0, 1.0]), 0.5, 1.0, names, np.ones(3, dtype=bool))
    assert [one.combination for one in scored] == ["1.00 b", "1.00 a", "1.00 (c, d)"]
    assert [one.spread for one in scored] == pytest.approx([0.05, 0.25, 0.5])
    assert [one.eigenvalue for one in scored] == pytest.approx([400.0, 16.0, 4.0])
    wide = directions(np.diag([4.0, 100.0, 1.0]), 0.5, 9.0, names, np.ones(3, dtype=bool))
    assert [one.spread for one in wide] == pytest.approx([0.15, 0.75, 1.5])


def test_compensating_parameters_are_stiff_and_sloppy():
    scored = directions(np.array([[1.0, 0.99], [0.99, 1.0]]), 1.0, 1.0, ("a", "b"), np.ones(2, dtype=bool))
    assert scored[0].eigenvalue == pytest.approx(1.99) and scored[1].eigenvalue == pytest.approx(0.01)
    assert scored[0].weights["a"] * scored[0].weights["b"] > 0 > scored[1].weights["a"] * scored[1].weights["b"]


def test_fixed_and_unidentified_parameters():
    gram = np.diag([4.0, 0.0, 1e-12])
    scored = directions(gram, 1.0, 1.0, ("a", "b", "c"), np.array([True, False, True]), null=1)
    assert [one.spread for one in scored] == [0.5, np.inf] and set(scored[0].weights) == {"a", "c"}


def test_a_combination_leaves_small_parts_unnamed():
    assert combination({"a": -0.5, "b": 0.8, "c": 0.1}) == "0.80 b − 0.50 a"
    assert combination({"a": -1.0}) == "− 1.00 a"
