import json
import math

import jax
import numpy as np
import pytest

import membrax as mx
from membrax import channels, pytrees
from membrax.io.cell_json import cell_values, load_cell
from membrax.pytrees import pytree

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


def written(cell, path):
    path.write_text(json.dumps({"format": 1, **cell_values(cell)}), encoding="utf-8")
    return path


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_a_cell_comes_back_to_the_last_bit(make, tmp_path):
    cell = pytrees.strong(make())
    again = load_cell(written(cell, tmp_path / "cell.json"))
    assert jax.tree.structure(again) == jax.tree.structure(cell)
    for one, other in zip(jax.tree.leaves(cell), jax.tree.leaves(again), strict=True):
        assert one.dtype == other.dtype and not other.weak_type
        np.testing.assert_array_equal(one, other)


class Foreign:
    """No channel of the house; at module level, where a class name could find it."""


@pytree
class Mine(channels.Leak):
    """A user's channel."""


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
def test_only_classes_of_the_house_are_loaded(name, tmp_path):
    path = written(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    with pytest.raises(ValueError, match=r"only channels of membrax\.channels are loaded"):
        load_cell(changed(path, channels={"leak": name}))


def test_a_channel_of_the_users_is_refused_by_its_name(tmp_path):
    path = written(mx.Cell({"leak": Mine()}), tmp_path / "cell.json")
    with pytest.raises(ValueError, match=r"cell\.json: channel 'leak' is a .*Mine; only channels"):
        load_cell(path)


def test_a_scheme_of_functions_is_refused(tmp_path):
    rate = lambda v, env: v  # noqa: E731
    scheme = channels.markov.Scheme(("C", "O"), {("C", "O"): rate, ("O", "C"): rate}, {"O": 1.0})
    path = written(mx.Cell({"x": channels.markov.Markov(scheme)}), tmp_path / "cell.json")
    with pytest.raises(ValueError, match=r"x\.scheme, a Scheme, is nothing that a file holds"):
        load_cell(path)


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
        ({"leak.g": 0.3}, "holds no fitted cell"),
    ],
)
def test_numbers_that_make_no_cell_are_told(values, told, tmp_path):
    path = written(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    with pytest.raises(ValueError, match=told):
        load_cell(changed(path, cell=values))


@pytest.mark.parametrize("name", ["xyz", "point_radius", "parent", "counts", "length"])
def test_a_huge_whole_number_is_no_point_of_a_tree(name, tmp_path):
    tree = mx.morphology.ball_and_stick(10.0, 400.0, 100.0)
    kept = {"format": 1, **cell_values(mx.Cell({"leak": channels.Leak()}, morphology=tree))}
    values = kept["morphology"][name]
    kept["morphology"][name] = [[10**400, 0.0, 0.0], *values[1:]] if name == "xyz" else [10**400, *values[1:]]
    path = tmp_path / "cell.json"
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(ValueError, match=r"cell\.json: morphology is no tree as Fit\.save writes it"):
        load_cell(path)


def test_a_number_that_is_missing_is_told(tmp_path):
    path = written(mx.models.hodgkin_huxley(), tmp_path / "cell.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    del kept["cell"]["na.g"]
    path.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(ValueError, match=r"na\.g is missing"):
        load_cell(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"cell": {}}', '{"cell": [], "channels": {}}', '"cell"'])
def test_what_is_no_saved_fit_is_refused(text, tmp_path):
    path = tmp_path / "fit.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="holds no fitted cell"):
        load_cell(path)


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError):
        load_cell("nowhere.json")
