import dataclasses
import json
import math

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax import channels, load_cell, morphology, pytrees, save_cell
from membrax.pytrees import pytree, static


@pytree
class Mine(channels.Leak):
    """A user's channel."""


CELLS = {
    "squid": mx.models.hodgkin_huxley,
    "cortical": mx.models.intrinsically_bursting,
    "low threshold": mx.models.low_threshold_spiking,
    "interneuron": mx.models.wang_buzsaki,
    "slow": lambda: mx.Cell(
        {
            "na": channels.slow_inactivation.SlowSodium(),
            "nap": channels.persistent.PersistentSodium(),
            "leak": channels.Leak(),
        },
        area=321.0,
    ),
    "random": lambda: mx.Cell({"na": channels.patch.Sodium(stream=7), "leak": channels.Leak()}),
    "synapse": lambda: mx.Cell({"leak": channels.Leak(), "in": channels.synapse.Exponential({"t0": 3.5, "t1": 9.25})}),
}


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_a_cell_comes_back_to_the_last_bit(make, tmp_path):
    cell = pytrees.strong(make())
    again = load_cell(save_cell(cell, tmp_path / "cell.json"))
    assert jax.tree.structure(again) == jax.tree.structure(cell)
    for one, other in zip(jax.tree.leaves(cell), jax.tree.leaves(again), strict=True):
        assert one.dtype == other.dtype and not other.weak_type
        np.testing.assert_array_equal(one, other)


# --- any cell


numbers = st.floats(0.01, 100.0)
widths = st.floats(1.0, 100.0)
laws = st.one_of(
    st.builds(morphology.linear, numbers, st.floats(0.0, 0.01)),
    st.builds(morphology.exponential, numbers, widths, numbers),
    st.builds(morphology.sigmoid, numbers, numbers, widths, widths),
)
regional = st.builds(lambda soma, other: morphology.by_region(soma=soma, elsewhere=other), numbers, numbers | laws)
trains = st.lists(st.floats(0.0, 1.0) | st.just(math.inf), max_size=3)


@st.composite
def cells(draw):
    """A patch or a tree of some channels, built by hand."""
    is_tree = draw(st.booleans())
    density = st.one_of(numbers, laws, regional, st.lists(numbers, min_size=4, max_size=4)) if is_tree else numbers
    density = density.map(lambda x: np.array(x) if isinstance(x, list) else x)
    kinds = {
        "na": lambda: channels.squid.Sodium(g=draw(density), shift=draw(numbers)),
        "k": lambda: channels.markov.Potassium(g=draw(density)),
        "receptor": lambda: channels.markov.DelCastilloKatz(concentration=draw(numbers)),
        "noisy": lambda: channels.patch.Sodium(stream=draw(st.integers(0, 9))),
        "syn": lambda: channels.synapse.Exponential(channels.synapse.arrivals(draw(trains)), tau=draw(numbers)),
        "mine": lambda: Mine(g=draw(density)),
    }
    chosen = draw(st.sets(st.sampled_from(list(kinds)), max_size=3))
    made = {"leak": channels.Leak(g=draw(density)), **{name: kinds[name]() for name in sorted(chosen)}}
    if not is_tree:
        return mx.Cell(made, capacitance=draw(numbers), area=draw(numbers))
    tree = morphology.ball_and_stick(draw(widths), draw(widths), draw(numbers), name="stick €")
    shape = morphology.discretise(tree, per_section=3, axial_resistivity=draw(numbers))
    shape = dataclasses.replace(shape, radius=shape.radius * draw(numbers), axial_resistivity=draw(numbers | regional))
    return mx.Cell(made, capacitance=draw(density), celsius=draw(numbers), morphology=shape)


def assert_same(again, cell):
    assert jax.tree.structure(again) == jax.tree.structure(cell)
    assert list(pytrees.leaves(again)) == list(pytrees.leaves(cell))
    for one, other in zip(jax.tree.leaves(cell), jax.tree.leaves(again), strict=True):
        assert one.dtype == other.dtype and not other.weak_type
        np.testing.assert_array_equal(one, other)


@settings(max_examples=100, deadline=None)
@given(cells())
def test_any_cell_comes_back_with_equal_numbers(tmp_path_factory, cell):
    cell = pytrees.strong(cell)
    path = save_cell(cell, tmp_path_factory.mktemp("any") / "cell.json")
    again = load_cell(path, channels=[Mine])
    assert_same(again, cell)
    if cell.morphology is not None:
        assert again.morphology.tree.name == "stick €"
        np.testing.assert_array_equal(again.morphology.conductance, cell.morphology.conductance)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(cells())
def test_any_cell_comes_back_with_equal_voltages(tmp_path_factory, cell):
    again = load_cell(save_cell(cell, tmp_path_factory.mktemp("any") / "cell.json"), channels=[Mine])
    run = lambda cell: mx.simulate(cell, 1.0, duration=0.5, key=jax.random.key(0)).v  # noqa: E731
    np.testing.assert_array_equal(run(again), run(cell))


def test_a_tree_with_everything_comes_back_with_equal_voltages(tmp_path):
    made = {
        "na": channels.squid.Sodium(g=morphology.by_region(soma=120.0, elsewhere=morphology.exponential(80.0, 100.0))),
        "k": channels.markov.Potassium(g=morphology.sigmoid(36.0, 10.0, half=50.0, width=20.0)),
        "leak": channels.Leak(g=np.linspace(0.1, 0.3, 4)),
        "syn": channels.synapse.TwoExponential(channels.synapse.arrivals([0.25, math.inf])),
        "mine": Mine(),
    }
    shape = morphology.discretise(morphology.ball_and_stick(10.0, 200.0, 1.0), per_section=3)
    cell = mx.Cell(made, morphology=dataclasses.replace(shape, axial_resistivity=morphology.linear(80.0, 0.1)))
    again = load_cell(save_cell(cell, tmp_path / "cell.json"), channels=[Mine])
    run = lambda cell: mx.simulate(cell, mx.stimuli.step(1.0, unit="nA"), duration=2.0).v  # noqa: E731
    np.testing.assert_array_equal(run(again), run(cell))


class Foreign:
    """No channel of the house; at module level, where a class name could find it."""


def changed(path, **changes):
    kept = json.loads(path.read_text(encoding="utf-8"))
    for part, values in changes.items():
        kept[part] = {**kept[part], **values}
    path.write_text(json.dumps(kept), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "pospischil.Sodium",
        "membrax.channels.leak.Array",
        "membrax.channels.leak.pytree",
        "membrax.channels.slow_inactivation.Sodium",  # imported there, at home elsewhere
        "membrax.channels.markov.Kinetic",
        "membrax.channels.nowhere.Leak",
        "membrax.channels.leak.Leek",
        "membrax.channels.leak..Leak",
        "membrax.cell.Cell",
        "membrax.channels.leak.Leak ",
        "",
        7,
        None,
        ["membrax.channels.leak.Leak"],
    ],
)
def test_a_file_names_only_channels_of_membrax(name, tmp_path):
    path = save_cell(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    refusal = "pass its class, as in load_cell|does not have|must have the name of a class"
    with pytest.raises(ValueError, match=rf"cell\.json: channel 'leak' .*({refusal})"):
        load_cell(changed(path, channels={"leak": name}))
    with pytest.raises(ValueError, match="channel 'leak'"):
        load_cell(path, channels=[Mine])


def test_a_class_of_the_users_is_passed(tmp_path):
    cell = mx.Cell({"leak": Mine(g=0.125), "na": channels.squid.Sodium()})
    path = save_cell(cell, tmp_path / "cell.json")
    with pytest.raises(ValueError, match=r"is a .*\.Mine: pass its class, as in load_cell\(path, channels=\[Mine\]\)"):
        load_cell(path)
    again = load_cell(path, channels=[Mine])
    assert type(again.channels["leak"]) is Mine and again.channels["leak"].g == 0.125
    elsewhere = changed(path, channels={"leak": "__main__.outer.<locals>.Mine"})
    assert type(load_cell(elsewhere, channels=[Mine]).channels["leak"]) is Mine


def test_classes_of_one_name_are_told_by_their_module(tmp_path):
    other = pytree(type("Mine", (channels.Leak,), {"__module__": "another"}))
    path = save_cell(mx.Cell({"a": Mine(), "b": other()}), tmp_path / "cell.json")
    again = load_cell(path, channels=[other, Mine])
    assert type(again.channels["a"]) is Mine and type(again.channels["b"]) is other


@pytest.mark.parametrize("classes", ["Mine", Mine, [Mine()], [Foreign], [3], None])
def test_what_is_no_list_of_classes_is_refused(classes, tmp_path):
    path = save_cell(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    with pytest.raises(ValueError, match="channels must be"):
        load_cell(path, channels=classes)


# --- cells that no file can hold


@pytree
class WithFunction(channels.Leak):
    """A channel with a function among its fields."""

    function: object = static(default=math.sin)


@pytree
class WithPart(channels.Leak):
    """A channel with another dataclass in a field."""

    part: object = channels.Leak()


class Plain:
    """A channel that is no dataclass."""

    init = lambda self, v, env: {}  # noqa: E731
    advance = lambda self, gates, v, dt, env: gates  # noqa: E731
    current = lambda self, gates, v, env: 0.0 * v  # noqa: E731


def scheme():
    rate = lambda v, env: v  # noqa: E731
    scheme = channels.markov.Scheme(("C", "O"), {("C", "O"): rate, ("O", "C"): rate}, {"O": 1.0})
    return mx.Cell({"x": channels.markov.Markov(scheme)})


def falling():
    leak = channels.Leak(g=morphology.by_distance(lambda x, a: a + 0.0 * x, a=0.1))
    return mx.Cell({"leak": leak}, morphology=morphology.ball(5.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (scheme, "can't be saved: x.scheme is a Scheme, which a file can't hold: build this cell in Python"),
        (falling, "can't be saved: leak.g is a function of the distance, which a file can't hold"),
        (lambda: mx.Cell({"x": WithFunction()}), "can't be saved: x.function is a builtin_function_or_method"),
        (lambda: mx.Cell({"x": WithPart()}), "can't be saved: x.part is a Leak"),
        (
            lambda: mx.Cell({"x": Plain()}),
            "channel 'x' is of the class Plain, .* with @membrax.pytree",
        ),
        (lambda: mx.Cell({"x": channels.Leak(g=-1.0)}), "x.g must be at least 0 mS/cm², got -1"),
        (lambda: mx.vary(mx.models.hodgkin_huxley(), {"na.g": [1.0, 2.0]}), "save_cell takes one neuron"),
        (lambda: 3, "cell must be a membrax.Cell"),
    ],
)
def test_a_cell_that_would_not_come_back_is_refused(make, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        save_cell(make(), tmp_path / "cell.json")
    assert not list(tmp_path.iterdir())


def test_a_traced_cell_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JAX traces this cell"):
        jax.jit(lambda cell: save_cell(cell, tmp_path / "cell.json") and 0.0)(mx.models.hodgkin_huxley())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"leak.g": {"value": None}}, "leak.g must be a finite number, got None"),
        ({"leak.g": {"value": math.nan}}, "leak.g must be a finite number"),
        ({"leak.g": {"value": "0.3"}}, "leak.g must be a finite number"),
        ({"leak.g": {"value": True}}, "leak.g must be a finite number"),
        ({"leak.g": {"value": 10**400}}, "leak.g must be a finite number, got 1000"),
        ({"leak.g": {"value": [1, -(10**400)]}}, "leak.g must be a finite number, got -1000"),
        ({"leak.g": {"value": -1.0}}, "leak.g must be at least 0 mS/cm²"),
        ({"capacitance": {"value": 0.0}}, "capacitance must be above 0"),
        ({"leak.h": {"value": 1.0}}, "there is no leak.h in this cell"),
        ({"leak.g": 0.3}, "it holds no cell"),
    ],
)
def test_numbers_that_make_no_cell_are_told(values, told, tmp_path):
    path = save_cell(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    with pytest.raises(ValueError, match=told):
        load_cell(changed(path, cell=values))


@pytest.mark.parametrize("name", ["xyz", "point_radius", "parent", "counts", "length"])
def test_a_huge_whole_number_is_no_point_of_a_tree(name, tmp_path):
    tree = mx.morphology.ball_and_stick(10.0, 400.0, 100.0)
    path = save_cell(mx.Cell({"leak": channels.Leak()}, morphology=tree), tmp_path / "cell.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    values = kept["morphology"][name]
    kept["morphology"][name] = [[10**400, 0.0, 0.0], *values[1:]] if name == "xyz" else [10**400, *values[1:]]
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(ValueError, match=r"cell\.json: morphology is no tree as save_cell writes it"):
        load_cell(path)


def test_a_number_that_is_missing_is_told(tmp_path):
    path = save_cell(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    del kept["cell"]["na.g"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(ValueError, match=r"na\.g is missing"):
        load_cell(path)


NO_CELLS = {
    "": "is no JSON file",
    "{": "is no JSON file",
    "[]": "must hold a JSON object, got a list",
    "7": "must hold a JSON object, got a int",
    '"cell"': "must hold a JSON object, got a str",
    '{"cell": {}}': "has no format number",
    '{"format": 2, "cell": {}, "channels": {}, "structure": {}}': "has format 2, and membrax .* reads format 1: update",
    '{"format": 1, "cell": {}}': "it holds no cell, as save_cell and Fit.save write it",
    '{"format": 1, "cell": [], "channels": {}, "structure": {}}': "it holds no cell",
    '{"format": 1, "cell": {}, "channels": {"a": {}}, "structure": {}}': "channel 'a' must have the name of a class",
    '{"format": 1, "cell": {}, "channels": {}, "structure": {}}': "capacitance is missing",
}


@pytest.mark.parametrize("text", NO_CELLS)
def test_what_is_no_saved_cell_is_refused(text, tmp_path):
    path = tmp_path / "fit.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=NO_CELLS[text]):
        load_cell(path)


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError):
        load_cell("nowhere.json")
