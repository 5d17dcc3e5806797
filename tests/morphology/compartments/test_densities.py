import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax import morphology, pytrees
from membrax.morphology import by_distance, by_region, sigmoid
from membrax.morphology.tree.labels import APICAL, AXON, BASAL, SOMA


@pytest.fixture(scope="module")
def layout():
    """A soma of one compartment, an axon, a basal dendrite and one of type 7, two compartments each."""
    xyz = [[0, 0, 0], [0, 10, 0], [0, 30, 0], [10, 0, 0], [50, 0, 0], [-10, 0, 0], [-40, 0, 0]]
    kinds, parents = [SOMA, AXON, AXON, BASAL, BASAL, 7, 7], [-1, 0, 1, 0, 3, 0, 5]
    tree = morphology.from_points(np.array(xyz, dtype=float), 1.0, kinds, parents)
    return morphology.discretise(tree, per_section=2).layout


def values(spread, layout):
    return np.asarray(spread.over(layout)).tolist()


# --- regions


def test_every_compartment_gets_the_value_of_its_region(layout):
    spread = by_region(soma=1.0, axon=2.0, dendrite=3.0, custom_7=4.0)
    by_type = {SOMA: 1.0, AXON: 2.0, BASAL: 3.0, APICAL: 3.0, 7: 4.0}
    assert values(spread, layout) == [by_type[kind] for kind in layout.type.tolist()]


def test_elsewhere_is_what_is_not_named(layout):
    assert values(by_region(axon=2.0, elsewhere=0.5), layout) == [2.0 if k == AXON else 0.5 for k in layout.type]
    assert values(by_region(elsewhere=0.5), layout) == [0.5] * layout.count
    assert values(by_region(elsewhere=9.0, soma=1.0, axon=2.0, basal=3.0, custom_7=4.0), layout)[0] == 1.0


def test_words_with_spaces_come_in_a_dictionary(layout):
    a = by_region({"basal dendrite": 3.0, "custom 7": 4.0}, elsewhere=0.0)
    assert values(a, layout) == values(by_region(basal_dendrite=3.0, custom_7=4.0, elsewhere=0.0), layout)


def test_a_region_may_itself_change_with_the_distance(layout):
    spread = by_region(soma=1.0, elsewhere=by_distance(lambda x, a: a * x, a=2.0))
    expected = np.where(layout.type == SOMA, 1.0, 2.0 * layout.path_distance)
    assert values(spread, layout) == pytest.approx(expected)


def test_a_value_of_one_region_is_a_leaf_with_bounds(layout):
    leak = mx.channels.Leak(g=by_region(soma=1.0, elsewhere=by_distance(lambda x, a: a * x, a=2.0)))
    leaves = pytrees.leaves(leak)
    assert list(leaves) == ["g.soma", "g.elsewhere.a", "e"]
    assert leaves["g.soma"].metadata["unit"] == "mS/cm²"


def test_the_derivative_by_a_region_is_where_it_is(layout):
    slope = jax.jacfwd(lambda g: by_region(axon=g, elsewhere=1.0).over(layout))(2.0)
    assert np.asarray(slope).tolist() == [float(k == AXON) for k in layout.type]


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        ({"soma": 1.0, "apical": 2.0, "elsewhere": 0.0}, "no apical; it has soma, axon, basal dendrite, custom 7"),
        ({"soma": 1.0, "axon": 2.0}, "no value for basal dendrite, custom 7: name it, or give elsewhere="),
        ({"basal": 1.0, "dendrite": 2.0, "elsewhere": 0.0}, "regions overlap: .* two of basal, dendrite"),
        ({"custom 7": 1.0, "custom_7": 2.0, "elsewhere": 0.0}, "regions overlap"),
        ({"axxon": 1.0, "elsewhere": 0.0}, "unknown type 'axxon': did you mean 'axon'"),
        ({"Soma": 1.0, "elsewhere": 0.0}, "unknown type 'Soma': did you mean 'soma'"),
    ],
)  # fmt: skip
def test_regions_that_the_tree_has_not_or_has_twice_are_refused(layout, regions, told):
    with pytest.raises(ValueError, match=told):
        by_region(regions).over(layout)


@pytest.mark.parametrize("regions", [{}, None, {"so.ma": 1.0}, {5: 1.0}, {None: 1.0}])
def test_names_that_are_none_are_refused(regions):
    with pytest.raises(ValueError, match="by_region needs regions such as"):
        by_region(regions)


def test_a_value_that_is_no_number_is_refused(layout):
    with pytest.raises(ValueError, match="must be a number"):
        mx.simulate(
            mx.Cell(
                {"leak": mx.channels.Leak(g=by_region(soma="much", elsewhere=0.0))}, morphology=morphology.ball(5.0)
            ),
            duration=0.1,
        )


@settings(max_examples=100)
@given(st.text(min_size=1, max_size=12))
@example("custom ²")
@example("custom 99999999999999999999999")
@example("custom")
@example("custom_")
@example("elsewhere ")
@example("values")
@example("g")
def test_odd_names_are_regions_or_refused_by_name(layout, name):
    try:
        found = by_region({name: 1.0, "soma": 2.0, "elsewhere": 0.0} if name != "elsewhere" else {name: 1.0})
        assert found.over(layout).shape == (layout.count,)
    except ValueError as error:
        told = str(error)
        assert (
            name.replace("_", " ") in told or repr(name.replace("_", " "))[1:-1] in told or name in told or "." in name
        )


# --- distance


def test_a_function_of_the_distance_is_called_once(layout):
    spread = by_distance(lambda x, at_soma, slope: at_soma + slope * x, at_soma=0.1, slope=1e-3)
    assert values(spread, layout) == pytest.approx(0.1 + 1e-3 * layout.path_distance)
    assert list(pytrees.leaves(mx.channels.Leak(g=spread))) == ["g.at_soma", "g.slope", "e"]


def test_a_function_may_give_one_number(layout):
    assert values(by_distance(lambda x, a: a, a=3.0), layout) == [3.0] * layout.count


def test_the_derivative_by_its_parameters(layout):
    found = jax.grad(lambda s: jnp.sum(by_distance(lambda x, s: jnp.exp(-x / s), s=s).over(layout)))(20.0)
    x = layout.path_distance
    assert float(found) == pytest.approx(np.sum(x / 400.0 * np.exp(-x / 20.0)), rel=1e-4)


def test_a_function_must_return_a_number_for_each_distance(layout):
    with pytest.raises(ValueError, match="by_distance needs a function of the distance in µm, got 3"):
        by_distance(3.0)
    with pytest.raises(ValueError, match=rf"a number for each of {layout.count} distances, got the shape \(2,\)"):
        by_distance(lambda x: x[:2]).over(layout)


def test_parameters_may_have_any_name(layout):
    spread = by_distance(lambda x, parameters, values: parameters + values * x, parameters=1.0, values=0.5)
    leak = mx.channels.Leak(g=spread)
    assert values(leak.g, layout) == pytest.approx(1.0 + 0.5 * layout.path_distance)
    assert pytrees.find(pytrees.put(leak, "g.values", 2.0), "g.values") == 2.0


# --- named laws


LAWS = {
    "linear": (morphology.linear(0.5, -1e-3), lambda x: 0.5 - 1e-3 * x),
    "exponential": (morphology.exponential(1.0, 50.0), lambda x: np.exp(-x / 50.0)),
    "exponential with an offset": (
        morphology.exponential(1.2174, -1.0 / 0.0031, offset=-0.8696),
        lambda x: -0.8696 + 2.087 * np.exp(0.0031 * x),
    ),
    "sigmoid": (
        morphology.sigmoid(2.0, 8.0, half=20.0, width=5.0),
        lambda x: 2.0 + 6.0 / (1.0 + np.exp(-(x - 20.0) / 5.0)),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_follows_its_formula(layout, name):
    law, formula = LAWS[name]
    np.testing.assert_allclose(values(law, layout), formula(layout.path_distance), rtol=1e-6)
    again = pickle.loads(pickle.dumps(law))
    assert jax.tree.structure(again) == jax.tree.structure(law) and values(again, layout) == values(law, layout)


def test_parameters_of_laws_are_leaves_with_units():
    regions = by_region(soma=1.0, apical=morphology.exponential(2.0, 50.0), elsewhere=morphology.sigmoid(1, 2, 3, 4))
    leaves = pytrees.leaves(mx.channels.Leak(g=regions))
    units = {path: leaf.metadata["unit"] for path, leaf in leaves.items()}
    assert units["g.apical.at_soma"] == units["g.elsewhere.distal"] == "mS/cm²"
    assert units["g.apical.length"] == units["g.elsewhere.half"] == "µm"
    assert leaves["g.elsewhere.width"].metadata["above"] == 0.0
    assert "at_least" not in leaves["g.apical.offset"].metadata


def test_a_law_is_replaced_varied_and_differentiated():
    leak = mx.channels.Leak(g=morphology.exponential(0.3, 200.0))
    cell = mx.Cell({"leak": leak}, morphology=morphology.ball_and_stick(10.0, 400.0, 1.0))
    assert pytrees.find(mx.replace(cell, {"leak.g.length": 50.0}), "leak.g.length") == 50.0
    assert mx.vary(cell, {"leak.g.at_soma": [0.1, 0.2]}).channels["leak"].g.length.shape == (2,)
    voltage = lambda length: mx.simulate(mx.replace(cell, {"leak.g.length": length}), duration=1.0).v[-1, 0]  # noqa: E731
    assert np.isfinite(jax.grad(voltage)(100.0))
    with pytest.raises(ValueError, match=r"leak\.g must be at least 0 mS/cm², got -"):
        mx.simulate(mx.replace(cell, {"leak.g.offset": -1.0}), duration=1.0)
    with pytest.raises(ValueError, match="length must be a number"):
        morphology.exponential(1.0, "far")


@pytest.mark.parametrize("width", [0.0, -20.0])
def test_the_parameters_of_a_law_have_bounds(width):
    law = by_region(soma=0.3, elsewhere=sigmoid(0.1, 0.4, 100.0, width))
    cell = mx.Cell({"leak": mx.channels.Leak(g=law)}, morphology=mx.morphology.ball_and_stick(8.0, 200.0, 1.0))
    with pytest.raises(ValueError, match=r"leak\.g\.elsewhere\.width must be above 0 µm"):
        mx.simulate(cell, duration=1.0)


@pytest.mark.parametrize("values", [float("nan"), "x", True, ["a"]])
def test_regions_are_a_dictionary(values):
    with pytest.raises(ValueError, match="by_region needs a dictionary"):
        by_region(values)
