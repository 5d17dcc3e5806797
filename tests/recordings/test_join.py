"""Recordings of one cell are joined; different units, cells and resting potentials are refused with the reason."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.recordings import JoinedRecording, Recording, example, join, load


def cell(name="steps", rest=-65.0, holding=0.0, samples=500, dt=0.1, sweeps=2, unit="nA", resistance=100.0):
    t = dt * np.arange(samples)
    i = holding + np.linspace(-0.1, 0.1, sweeps)[:, None] * ((t > 0.4 * t[-1]) & (t < 0.8 * t[-1]))
    return Recording(t, rest + resistance * (i - holding), i, unit=unit, name=name)


def test_long_and_short_protocols_are_two_parts():
    long = example()
    short = long.crop(long.t[0], long.t[0] + 20.0)
    joined = join([long, short])
    assert isinstance(joined, JoinedRecording) and joined.parts == (long, short) and joined.sweeps == 2
    assert joined.name == "squid example + squid example" and joined.unit == "uA/cm2"
    text = repr(joined)
    assert text.startswith("JoinedRecording('squid example + squid example': 2 sweeps in 2 parts)\n  Recording(")


@given(st.lists(st.sampled_from([300, 500]), min_size=1, max_size=6))
def test_neighbours_on_one_grid_become_one_part(lengths):
    cells = [cell(f"p{k}", rest=-65.0 + k, samples=n) for k, n in enumerate(lengths)]
    joined = join(cells)
    groups = [(n, len(list(group))) for n, group in itertools.groupby(lengths)]
    assert [(part.t.size, part.sweeps) for part in joined.parts] == [(n, 2 * count) for n, count in groups]
    assert joined.sweeps == 2 * len(lengths)
    every = iter(cells)
    for part, (_, count) in zip(joined.parts, groups, strict=True):
        members = list(itertools.islice(every, count))
        assert np.array_equal(part.v, np.concatenate([one.v for one in members]))
        assert part.name == " + ".join(one.name for one in members)
    assert sum("part" in note for note in joined.notes) == len(groups)


def test_a_joined_recording_joins_again():
    a, b, c = cell("a"), cell("b", samples=300), cell("c", rest=-64.0, samples=300)
    assert [part.sweeps for part in join([join([a, b]), c]).parts] == [2, 4]
    assert join([a], name="one").name == "one" and join([a]).parts == (a,)


def test_equal_notes_are_kept_once_and_others_with_a_name():
    cells = (cell("a"), cell("b", rest=-64.0))
    a, b = (dataclasses.replace(one, notes=("as recorded", f"from {one.name}")) for one in cells)
    assert join([a, b]).parts[0].notes == ("as recorded", "a: from a", "b: from b")


def test_different_units_are_refused():
    with pytest.raises(ValueError, match=r"'a' are in nA and those of 'b' in µA/cm²: divide by the cell's area"):
        join([cell("a"), cell("b", unit="uA/cm2")])


@pytest.mark.parametrize(
    ("first", "second"),
    [((-70, 0), (-40, 0)), ((-70, 0.1), (-40, -0.1)), ((-40, -0.1), (-70, 0.1)), ((-70, 0.005), (-50, 0.0))],
)
def test_contradictory_rests_are_refused(first, second):
    pair = [cell("a", *first), cell("b", *second, samples=300)]
    with pytest.raises(ValueError, match=r"at most 15 mV: .* rests at .* mV under .* nA.* join recordings of one cell"):
        join(pair)
    assert join(pair, largest=40.0).sweeps == 4


@pytest.mark.parametrize(("rest", "holding"), [(-58, 0.0), (-75, 0.0), (-85, -0.1), (-45, 0.2)])
def test_drift_and_holding_are_no_contradiction(rest, holding):
    assert join([cell("a"), cell("b", rest, holding, samples=300)]).sweeps == 4


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ("ephys_cell_509881736_sweep_number_39", "ephys_cell_518290966_sweep_number_57", True),
        ("Cell 3 steps", "2020-01-01 cell4", True),
        ("neuron-A", "neuron_b_ramp", True),
        ("cell_3_steps", "cell3_ramp", False),
        ("171116sh_0018", "171116sh_0016", False),
        ("cells_1", "cellular2", False),
        ("cell_3", "ramp_4", False),
    ],
)
def test_names_of_different_cells_are_refused(one, other, refused):
    pair = [cell(one), cell(other, samples=300)]
    if not refused:
        assert join(pair).sweeps == 4
        return
    with pytest.raises(ValueError, match=r"name different cells .*rename one by dataclasses\.replace"):
        join(pair)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "got none"),
        ("a.abf", "list of Recordings"),
        (["a.abf"], "load gives one"),
        (3, "list of"),
        ([None], "None"),
    ],
)
def test_anything_else_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        join(given)


def test_an_unknown_rest_is_a_note():
    noise = example()
    assert any("no resting potential" in note for note in join([noise]).notes)


def test_sweeps_of_a_part_have_their_origin():
    a, b, c = cell("a"), cell("b", rest=-64.0, sweeps=1), cell("c", samples=300)
    assert join([a, b, c]).notes == ("part 0: a (sweeps 0 to 1) and b (sweep 2)", "part 1: c")


def test_a_recording_that_is_given_twice_is_warned_of():
    with pytest.warns(UserWarning, match="'a' and 'again', the recordings 0 and 2 of those joined, have equal samples"):
        join([cell("a"), cell("b", rest=-64.0), cell("again")])


def test_real_protocols_of_one_cell(shared):
    joined = join([load(shared / f"171116sh_{n}.abf") for n in ("0018", "0016")])
    assert [part.sweeps for part in joined.parts] == [17, 11]


def test_real_cells_are_not_joined(shared):
    cells = [load(next((shared / "allen").glob(f"*{n}*.npz"))) for n in ("509881736", "518290966")]
    with pytest.raises(ValueError, match="name different cells"):
        join(cells)
