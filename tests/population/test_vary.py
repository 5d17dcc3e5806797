import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.population.vary import count_neurons, invalid, share_equal_leaves


def test_every_leaf_gets_a_neuron_axis(cell):
    cells = mx.vary(cell, {"na.g": [100.0, 110, 120]})
    assert all(leaf.shape == (3,) and leaf.dtype == jnp.result_type(float) for leaf in jax.tree.leaves(cells))
    assert np.array_equal(cells.channels["na"].g, [100.0, 110.0, 120.0])
    assert np.array_equal(cells.channels["k"].g, [36.0] * 3)


def test_several_paths_go_together(cell):
    cells = mx.vary(cell, {"na.g": np.arange(4.0), "capacitance": 1.0 + np.arange(4)})
    assert np.array_equal(cells.channels["na"].g + 1.0, cells.capacitance)
    assert count_neurons(cells) == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "vary needs at least one path"),
        ({"na.gg": [1.0]}, "unknown path 'na.gg': did you mean 'na.g'"),
        ({"na.g": 100.0}, r"the values of na.g must be an array \[neuron\], got the shape \(\)"),
        ({"na.g": np.ones((2, 2))}, r"must be an array \[neuron\], got the shape \(2, 2\)"),
        ({"na.g": []}, "na.g must be a number or an array of numbers, got an empty array"),
        ({"na.g": [1.0, 2.0], "k.g": [1.0]}, "need equal lengths, got na.g: 2, k.g: 1"),
    ],
)
def test_bad_values_are_refused(cell, values, message):
    with pytest.raises(ValueError, match=message):
        mx.vary(cell, values)


def test_a_parameter_outside_its_bounds_in_the_cell_is_refused(cell):
    with pytest.raises(ValueError, match="area must be above 0 µm², got 0 µm²"):
        mx.vary(mx.Cell(channels=cell.channels, area=0.0), {"na.g": [1.0]})


def test_count_neurons_refuses_uneven_leaves(cell):
    assert count_neurons(cell) is None
    cells = mx.vary(cell, {"na.g": [100.0, 120.0]})
    with pytest.raises(ValueError, match=r"leaves disagree on the number of neurons: .*capacitance: 3"):
        count_neurons(mx.pytrees.put(cells, "capacitance", jnp.ones(3)))
    with pytest.raises(ValueError, match=r"one neuron axis, but capacitance has the shape \(3, 1\)"):
        count_neurons(mx.pytrees.put(cells, "capacitance", jnp.ones((3, 1))))


def test_equal_leaves_become_numbers(cell):
    cells = mx.vary(cell, {"na.g": [100.0, 120.0], "k.g": [36.0, 36.0], "leak.g": [np.nan, np.nan]})
    shared, axes = share_equal_leaves(cells)
    assert shared.channels["na"].g.shape == (2,)
    assert axes.channels["na"].g == 0
    assert shared.channels["k"].g.shape == ()
    assert axes.channels["k"].g is None
    assert shared.channels["leak"].g.shape == (2,)  # NaN is like nothing, not even itself


def test_invalid_entries_are_named_and_shared_ones_refused(cell):
    cells = mx.vary(cell, {"na.g": [100.0, -1.0, np.nan, 0.0], "capacitance": [1.0, 1.0, 0.0, 1.0]})
    messages = invalid(cells)
    assert messages == {
        1: "na.g must be at least 0 mS/cm², got -1 mS/cm²",
        2: "na.g must be finite, got nan mS/cm²",
    } or messages == {
        1: "na.g must be at least 0 mS/cm², got -1 mS/cm²",
        2: "capacitance must be above 0 µF/cm², got 0 µF/cm²",
    }
    with pytest.raises(ValueError, match="capacitance must be above 0"):
        invalid(mx.pytrees.put(cell, "capacitance", -1.0))
