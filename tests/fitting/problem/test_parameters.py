import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.problem.parameters import Free, free

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
CELL = mx.models.hodgkin_huxley()
CORTICAL = mx.models.regular_spiking()


def one(low, high):
    return free(CELL, {"na.g": (low, high)})


def pairs():
    """Bounds of a conductance, on either scale."""
    lows = st.just(0.0) | st.floats(1e-6, 1e3)
    return st.tuples(lows, st.floats(1e-3, 1e3)).map(lambda x: (x[0], x[0] + x[1]))


# --- scales


@given(pairs(), st.floats(0.0, 1.0))
def test_a_place_becomes_a_value_between_the_bounds_and_back(pair, place):
    scale = one(*pair)
    value = scale.value(np.array([place]))
    slack = 1e-12 * max(1.0, pair[1])
    assert pair[0] - slack <= value[0] <= pair[1] + slack
    width = (pair[1] - pair[0]) / pair[1]
    np.testing.assert_allclose(scale.place(value), [place], rtol=0, atol=1e-12 / width)


@given(pairs(), st.floats(0.0, 1.0))
def test_jax_and_numpy_agree_on_a_value(pair, place):
    scale = one(*pair)
    value = scale.value(jnp.asarray([place], dtype=float))
    assert isinstance(value, jax.Array) and value.dtype == jnp.result_type(float)
    np.testing.assert_allclose(value, scale.value(np.array([place])), rtol=20 * EPS, atol=0 if pair[0] else 1e-6)


@pytest.mark.parametrize(
    "low, high, logarithmic",
    [
        (0.03, 3.0, True),
        (1.0, 10.0, True),
        (0.1, 1.0, True),
        (1.0, 9.99, False),
        (20.0, 120.0, False),
        (0.0, 3.0, False),
    ],
)
def test_positive_bounds_that_span_a_decade_are_logarithmic(low, high, logarithmic):
    assert one(low, high).logarithmic == (logarithmic,)
    middle = one(low, high).value(np.array([0.5]))[0]
    assert middle == pytest.approx(np.sqrt(low * high) if logarithmic else 0.5 * (low + high))


def test_bounds_below_zero_are_linear():
    assert free(CELL, {"leak.e": (-80.0, -4.0)}).logarithmic == (False,)
    assert free(CELL, {"leak.e": (-4.0, 80.0)}).logarithmic == (False,)


def test_values_outside_the_bounds_are_placed_at_them():
    scale = free(CELL, {"na.g": (1.0, 100.0), "leak.e": (-80.0, -40.0)})
    np.testing.assert_allclose(scale.place([[0.1, -90.0], [1e3, 0.0]]), [[0.0, 0.0], [1.0, 1.0]], atol=1e-15)


def test_scales_are_kept_apart_along_leading_axes():
    scale = free(CELL, {"na.g": (1.0, 100.0), "leak.e": (-80.0, -40.0)})
    places = np.random.default_rng(0).uniform(size=(3, 4, 2))
    values = scale.value(places)
    np.testing.assert_allclose(values[..., 0], 100.0 ** places[..., 0])
    np.testing.assert_allclose(values[..., 1], -80.0 + 40.0 * places[..., 1])
    np.testing.assert_allclose(scale.place(values), places, atol=1e-14)


def test_the_derivative_of_a_value_is_finite_at_both_bounds():
    scale = free(CELL, {"na.g": (1.0, 100.0), "leak.g": (0.0, 1.0)})
    for place in (jnp.zeros(2), jnp.ones(2)):
        slope = jax.jvp(scale.value, (place,), (jnp.ones(2),))[1]
        expected = np.array([np.log(100.0) * scale.value(np.asarray(place, dtype=float))[0], 1.0])
        np.testing.assert_allclose(slope, expected, rtol=1e-5)


def test_starts_are_uniform_reproducible_and_inside():
    scale = free(CELL, {"na.g": (1.0, 100.0), "leak.e": (-80.0, -40.0)})
    drawn = scale.draw(4000, 3)
    np.testing.assert_array_equal(drawn, scale.draw(4000, 3))
    assert not np.any(drawn == scale.draw(4000, 4))
    assert drawn.shape == (4000, 2) and drawn.min() >= 0 and drawn.max() <= 1
    np.testing.assert_allclose(drawn.mean(axis=0), 0.5, atol=0.03)
    np.testing.assert_allclose(np.var(drawn, axis=0), 1 / 12, atol=0.01)


def test_more_starts_keep_the_first_ones():
    scale = one(1.0, 100.0)
    np.testing.assert_array_equal(scale.draw(3, 0), scale.draw(64, 0)[:3])


# --- putting values into a cell


def test_put_changes_the_named_leaves_only():
    cell = mx.replace(CELL, {})
    scale = free(cell, {"na.g": (1.0, 100.0), "capacitance": (0.5, 2.0)})
    changed = scale.put(cell, jnp.array([7.0, 1.5]))
    assert (float(changed.channels["na"].g), float(changed.capacitance)) == (7.0, 1.5)
    back = scale.put(changed, jnp.array([cell.channels["na"].g, cell.capacitance]))
    assert jax.tree.structure(back) == jax.tree.structure(cell)
    assert jax.tree.leaves(back) == jax.tree.leaves(cell)


def test_tied_paths_move_as_one():
    scale = free(CORTICAL, {"na.v_t, kd.v_t": (-75.0, -35.0), "m.g": (0.0, 1.0)})
    assert len(scale) == 2
    cell = scale.put(mx.replace(CORTICAL, {}), jnp.array([-50.0, 0.5]))
    assert float(cell.channels["na"].v_t) == float(cell.channels["kd"].v_t) == -50.0
    assert float(cell.channels["m"].g) == 0.5


def test_a_path_may_name_the_dictionary_it_lies_in():
    scale = free(CELL, {"channels.na.g": (1.0, 100.0)})
    assert float(scale.put(CELL, jnp.array([7.0])).channels["na"].g) == 7.0


def test_free_parameters_are_hashable_and_equal_by_value():
    assert hash(one(1.0, 2.0)) == hash(one(1.0, 2.0)) and one(1.0, 2.0) == one(1.0, 2.0) != one(1.0, 3.0)


# --- bad bounds


@pytest.mark.parametrize(
    "bounds, message",
    [
        ({}, "needs free parameters"),
        (None, "needs free parameters"),
        ([("na.g", (1, 2))], "needs free parameters"),
        ({"na.gg": (1, 2)}, r"unknown path 'na.gg': did you mean 'na.g'"),
        ({"nonsense": (1, 2)}, "unknown path 'nonsense'"),
        ({"na.g, k.gg": (1, 2)}, r"unknown path 'k.gg'"),
        ({"na.g,": (1, 2)}, "unknown path ''"),
        ({"": (1, 2)}, "unknown path ''"),
        ({"na": (1, 2)}, "na is no number"),
        ({"channels": (1, 2)}, "channels is no number"),
        ({3: (1, 2)}, "path"),
        ({"na.g": (250, 20)}, r"na.g must be in order.*\(250, 20\) \(swapped\?\)"),
        ({"na.g": (20, 20)}, "na.g must be in order"),
        ({"na.g": (20, np.nan)}, "na.g must be finite"),
        ({"na.g": (20, np.inf)}, "na.g must be finite"),
        ({"leak.e": (-np.inf, 0)}, "leak.e must be finite"),
        ({"na.g": (20, 1e40)}, "na.g must be"),  # infinite in float32
        ({"na.g": (1e-50, 1)}, "na.g must be"),  # and zero, whose logarithm no scale has
        ({"na.g": (-1, 20)}, "na.g must be at least 0 mS/cm², got -1"),
        ({"capacitance": (0, 2)}, "capacitance must be above 0 µF/cm², got 0"),
        ({"celsius": (-300, 20)}, "celsius must be above -273.15 °C"),
        ({"na.g": 20}, "na.g must be two numbers"),
        ({"na.g": (20,)}, "na.g must be two numbers"),
        ({"na.g": (20, 30, 40)}, "na.g must be two numbers"),
        ({"na.g": ("low", "high")}, "na.g must be two numbers"),
        ({"na.g": "12"}, "na.g must be two numbers"),
        ({"na.g": None}, "na.g must be two numbers"),
        ({"na.g": (1j, 2)}, "na.g must be two numbers"),
        ({"na.g": (1, 2), "na.g, k.g": (1, 2)}, "na.g is free twice"),
        ({"na.g, na.g": (1, 2)}, "na.g is free twice"),
        ({"na.g": (1, 2), "channels.na.g": (1, 2)}, "na.g is free twice"),
    ],
)
def test_bad_bounds_are_told_apart(bounds, message):
    with pytest.raises(ValueError, match=message):
        free(CELL, bounds)


def test_tied_paths_obey_the_bounds_of_each():
    with pytest.raises(ValueError, match="capacitance must be above 0"):
        free(CELL, {"na.g, capacitance": (0.0, 2.0)})


NUMBERS = st.one_of(st.integers(), st.floats(), st.none(), st.text(max_size=3), st.booleans())


@given(st.one_of(NUMBERS, st.lists(NUMBERS, max_size=3), st.tuples(NUMBERS, NUMBERS)))
def test_any_bounds_are_taken_or_refused_by_a_value_error(pair):
    try:
        scale = free(CELL, {"na.g": pair})
    except ValueError as error:
        assert "na.g" in str(error)
    else:
        assert isinstance(scale, Free) and 0 <= scale.low[0] < scale.high[0] < np.inf


@given(st.text(max_size=12))
def test_any_name_is_a_path_or_refused_by_a_value_error(name):
    try:
        free(CELL, {name: (1.0, 2.0)})
    except ValueError:
        return
    assert name.strip()
