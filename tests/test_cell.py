"""Cells: replacing and varying parameters by path, bounds, names, and what a state holds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax import cell as cells
from membrax.cell_checks import check_parameters, check_parts
from membrax.channels import Leak, squid
from membrax.pytrees import find, leaves, strong

HH = mx.models.hodgkin_huxley()
PATHS = list(leaves(HH))
DTYPE = jnp.result_type(float)


def numbers(tree) -> dict:
    return {path: np.asarray(leaf.value).tolist() for path, leaf in leaves(tree).items()}


def is_strong(leaf) -> bool:
    return isinstance(leaf, jax.Array) and leaf.dtype == DTYPE and not leaf.weak_type


# --- replace


def test_replace_changes_what_it_names_and_keeps_the_rest():
    changed = mx.replace(HH, {"na.g": 100.0, "capacitance": 0.5, "channels.k.e": -80})
    assert numbers(changed) == numbers(HH) | {"na.g": 100.0, "capacitance": 0.5, "k.e": -80.0}
    assert numbers(HH)["na.g"] == 120.0


@given(st.dictionaries(st.sampled_from(PATHS), st.floats(0.125, 100.0, width=16)))
def test_replace_is_right_for_any_set_of_paths(changes):
    assert numbers(mx.replace(HH, changes)) == numbers(HH) | changes


def test_every_leaf_of_a_replaced_cell_is_a_strong_array():
    weak = mx.Cell({"leak": Leak(g=1, e=-65)}, capacitance=1, area=np.float64(500.0))
    assert all(map(is_strong, jax.tree.leaves(mx.replace(weak, {"leak.g": 2}))))
    assert all(map(is_strong, jax.tree.leaves(mx.replace(weak, {}))))


@pytest.mark.parametrize("value", [2, 2.0, np.float64(2.0), np.int32(2), np.asarray(2.0), jnp.asarray(2)])
def test_a_new_value_may_be_any_kind_of_number(value):
    new = find(mx.replace(HH, {"na.g": value}), "na.g")
    assert is_strong(new)
    assert new == 2.0


def test_a_list_or_array_makes_a_leaf_of_many():
    for value in ([1.0, 2.0], np.array([1, 2]), jnp.asarray([1.0, 2.0])):
        np.testing.assert_array_equal(find(mx.replace(HH, {"na.g": value}), "na.g"), [1.0, 2.0])


def test_a_whole_channel_may_be_replaced():
    changed = mx.replace(HH, {"leak": Leak(g=1.0, e=-60.0)})
    assert numbers(changed) == numbers(HH) | {"leak.g": 1.0, "leak.e": -60.0}
    changed = mx.replace(HH, {"channels": {"leak": Leak()}})
    assert list(changed.channels) == ["leak"]


def test_replace_works_on_any_tree():
    pulse = mx.replace(mx.channels.Leak(), {"e": -50.0})
    assert numbers(pulse)["e"] == -50.0


def test_replace_inside_the_transformations():
    leak = lambda g: mx.replace(HH, {"leak.g": g}).channels["leak"].g ** 2  # noqa: E731
    assert float(jax.jit(leak)(3.0)) == 9.0
    assert float(jax.grad(leak)(3.0)) == 6.0
    np.testing.assert_array_equal(jax.vmap(leak)(jnp.arange(3.0)), [0.0, 1.0, 4.0])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("na.gbar", "unknown path 'na.gbar': did you mean 'na.g'"),
        ("Na.g", "did you mean 'na.g'"),
        ("capacitence", "unknown path 'capacitence': did you mean 'capacitance'?"),
        ("K.e", "'k.e'"),
        ("temperature", "unknown path 'temperature'"),
        ("na.g.g", "unknown path 'na.g.g'"),
    ],
)
def test_an_unknown_path_names_the_near_matches(path, message):
    for change in (lambda: mx.replace(HH, {path: 1.0}), lambda: mx.vary(HH, {path: jnp.ones(2)})):
        with pytest.raises(ValueError) as error:
            change()
        assert message in str(error.value)


@pytest.mark.parametrize(
    "change",
    [lambda: mx.replace(HH, {"na": 100.0}), lambda: mx.vary(HH, {"na": jnp.ones(2)})],
    ids=["replace", "vary"],
)
def test_a_number_is_refused_where_a_channel_stands(change):
    with pytest.raises(ValueError):
        change()


def test_a_number_is_refused_where_all_channels_stand():
    with pytest.raises(ValueError, match="channels must be a dictionary"):
        mx.replace(HH, {"channels": 100.0})


@pytest.mark.parametrize("value", ["100", None, (1.0, 2.0), Leak(), {"g": 1.0}], ids=repr)
def test_what_is_no_number_is_refused_where_a_number_stands(value):
    with pytest.raises(ValueError):
        mx.replace(HH, {"na.g": value})


# --- bounds


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("na.g", -3.0, "na.g must be at least 0 mS/cm², got -3 mS/cm²"),
        ("capacitance", 0.0, "capacitance must be above 0 µF/cm², got 0 µF/cm²"),
        ("area", -1.0, "area must be above 0 µm², got -1 µm²"),
        ("celsius", -300, "celsius must be above -273.15 °C, got -300 °C"),
        ("na.speed", 0.0, "na.speed must be above 0, got 0"),
        ("k.e", np.nan, "k.e must be finite, got nan mV"),
        ("v_init", -np.inf, "v_init must be finite, got -inf mV"),
    ],
)
@pytest.mark.parametrize("door", ["replace", "simulate", "rest"])
def test_a_value_out_of_bounds_is_refused_with_its_bound(door, path, value, message):
    from membrax.pytrees import put

    use = {
        "replace": lambda: mx.replace(HH, {path: value}),
        "simulate": lambda: mx.simulate(put(HH, path, value), duration=1.0),
        "rest": lambda: mx.rest(put(HH, path, value)),
    }[door]
    with pytest.raises(ValueError) as error:
        use()
    assert str(error.value) == message


def test_a_closed_channel_and_an_odd_reversal_are_allowed():
    assert numbers(mx.replace(HH, {"na.g": 0.0, "k.e": 300.0, "celsius": -200.0}))["na.g"] == 0.0


def test_entries_of_a_varied_leaf_are_no_error_here():
    check_parameters(mx.replace(HH, {"na.g": [-3.0, np.nan, 1.0]}))


def test_traced_values_can_not_be_looked_at_and_pass():
    assert float(jax.jit(lambda g: mx.replace(HH, {"na.g": g}).channels["na"].g)(-3.0)) == -3.0


# --- names


@pytest.mark.parametrize("name", ["capacitance", "celsius", "v_init", "area", "channels"])
def test_a_channel_may_not_be_called_as_a_field_of_the_cell(name):
    with pytest.raises(ValueError, match=f"a channel may not be called '{name}': it is a field of Cell"):
        check_parameters(mx.Cell({name: Leak()}))
    with pytest.raises(ValueError, match="may not be called"):
        mx.simulate(mx.Cell({name: Leak()}), duration=1.0)


def test_every_field_of_the_cell_is_taken():
    import dataclasses

    for field in dataclasses.fields(mx.Cell):
        with pytest.raises(ValueError, match="is a field of Cell"):
            check_parts(mx.Cell({field.name: Leak()}))


@pytest.mark.parametrize("name", ["na.fast", "", ".", 7])
def test_a_channels_name_is_a_word_without_a_dot(name):
    with pytest.raises(ValueError, match="a channel's name must be a word without a dot, got"):
        check_parts(mx.Cell({name: Leak()}))


def test_channels_must_be_named():
    with pytest.raises(ValueError, match="channels must be a dictionary"):
        check_parts(mx.Cell([Leak()]))


def test_a_channel_may_be_called_as_its_own_parameter():
    cell = mx.Cell({"g": Leak(0.1, -70.0), "e": Leak(0.2, -50.0)})
    changed = numbers(mx.replace(cell, {"g.g": 3.0, "e.e": 4.0}))
    assert (changed["g.g"], changed["g.e"], changed["e.g"], changed["e.e"]) == pytest.approx((3.0, -70.0, 0.2, 4.0))


# --- the order of channels


def reversed_order(cell):
    return mx.Cell(dict(reversed(cell.channels.items())), cell.capacitance, cell.celsius, cell.v_init, cell.area)


def test_the_order_of_channels_carries_no_meaning():
    other = reversed_order(HH)
    assert list(other.channels) != list(HH.channels)
    one, two = (mx.simulate(cell, 10.0, duration=20.0) for cell in (HH, other))
    np.testing.assert_array_equal(one.v, two.v)
    assert mx.rest(HH).v == mx.rest(other).v
    assert numbers(mx.replace(other, {"na.g": 7.0})) == numbers(mx.replace(HH, {"na.g": 7.0}))


# --- vary


def test_vary_gives_every_leaf_a_neuron_axis():
    many = mx.vary(HH, {"na.g": np.array([1, 2, 3]), "k.e": [-70.0, -80.0, -90.0]})
    for path, leaf in leaves(many).items():
        assert is_strong(leaf.value), path
        assert leaf.value.shape == (3,), path
    changed = {"na.g": [1.0, 2.0, 3.0], "k.e": [-70.0, -80.0, -90.0]}
    assert numbers(many) == {path: [value] * 3 for path, value in numbers(HH).items()} | changed


def test_a_cell_of_python_numbers_may_be_varied():
    cell = mx.Cell({"leak": Leak(g=1, e=-65)})
    many = mx.vary(cell, {"leak.g": jnp.ones(2)})
    assert all(map(is_strong, jax.tree.leaves(many)))
    np.testing.assert_array_equal(jax.vmap(lambda c: c.channels["leak"].e)(many), [-65.0, -65.0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "vary needs at least one path"),
        ({"na.g": jnp.ones((2, 2))}, "the values of na.g must be an array [neuron], got the shape (2, 2)"),
        ({"na.g": 3.0}, "the values of na.g must be an array [neuron], got the shape ()"),
        ({"na.g": jnp.ones(0)}, "na.g must be a number or an array of numbers, got an empty array"),
        ({"na.g": jnp.ones(2), "k.g": jnp.ones(3)}, "need equal lengths, got na.g: 2, k.g: 3"),
    ],
)
def test_vary_says_what_it_can_not_vary(values, message):
    with pytest.raises(ValueError) as error:
        mx.vary(HH, values)
    assert message in str(error.value)


# --- states


def test_a_state_begins_with_steady_gates_at_time_zero():
    state = cells.state_at(HH, -50)
    alpha, beta = squid.n_rates(jnp.asarray(-50.0))
    assert float(state.gates["k"]["n"]) == pytest.approx(float(alpha / (alpha + beta)), rel=1e-6)
    assert (state.v, state.time.whole, state.time.fraction, state.step, state.lag) == (-50.0, 0.0, 0.0, 0, 0.0)
    assert state.gates["leak"] == {}


def test_settle_brings_the_gates_to_the_time_of_v():
    from membrax.laws.gating import gate_step
    from membrax.pytrees import put

    state = put(put(cells.state_at(HH, -50.0), "v", jnp.asarray(0.0)), "lag", jnp.asarray(0.0125))
    settled = cells.settle(strong(HH), state)
    alpha, beta = squid.n_rates(jnp.asarray(0.0))
    expected = gate_step(state.gates["k"]["n"], alpha, beta, 0.0125)
    assert float(settled.gates["k"]["n"]) == pytest.approx(float(expected), rel=1e-6)
    assert settled.lag == 0.0
    assert settled.v == 0.0


def test_the_ionic_current_is_the_sum_of_the_channels():
    state = cells.state_at(HH, -40.0)
    parts = cells.currents(HH, state.gates, state.v, cells.environment(HH))
    total = cells.ionic_current(HH, state.gates, state.v, cells.environment(HH))
    assert set(parts) == {"na", "k", "leak"}
    assert float(total) == pytest.approx(sum(map(float, parts.values())), rel=1e-6)
    assert float(parts["leak"]) == pytest.approx(0.3 * (-40.0 + 54.387), rel=1e-6)


def test_a_cell_without_channels_is_a_capacitor():
    empty = mx.Cell({})
    assert cells.ionic_current(empty, {}, jnp.asarray(-65.0), cells.environment(empty)) == 0.0
    assert float(mx.simulate(empty, 2.0, duration=10.0).v[-1]) == pytest.approx(-45.0, abs=1e-3)
