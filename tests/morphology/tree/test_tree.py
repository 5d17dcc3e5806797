"""Trees: sections, lengths, areas, distances, choices and words."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.morphology import LABELS, from_points, load_swc

#        soma, a dendrite that forks into one that stays and one that turns into an axon
XYZ = [[0, 0, 0], [5, 0, 0], [15, 0, 0], [15, 8, 0], [25, 0, 0], [31, 0, 0]]
TYPE, PARENT = [1, 4, 4, 4, 4, 2], [-1, 0, 1, 2, 2, 4]
RADIUS = [5.0, 1.0, 1.0, 0.5, 1.0, 0.25]


@pytest.fixture(scope="module")
def tree():
    return from_points(XYZ, RADIUS, TYPE, PARENT, name="small")


def test_sections_end_at_branchings_tips_and_changes_of_type(tree):
    told = [(s.label, s.parent, s.points.tolist()) for s in tree.sections]
    assert told == [
        ("soma", -1, [0]), ("apical dendrite", 0, [1, 2]), ("apical dendrite", 1, [2, 3]),
        ("apical dendrite", 1, [2, 4]), ("axon", 3, [4, 5]),
    ]  # fmt: skip


def test_lengths_areas_and_distances(tree):
    assert [s.length for s in tree.sections] == pytest.approx([10.0, 10.0, 8.0, 10.0, 6.0])
    assert tree.length == pytest.approx(34.0)
    frusta = [2 * np.pi * 10, np.pi * 1.5 * np.hypot(8, 0.5), 2 * np.pi * 10, np.pi * 1.25 * np.hypot(6, 0.75)]
    assert [s.area for s in tree.sections] == pytest.approx([100 * np.pi, *frusta])
    assert tree.area == pytest.approx(100 * np.pi + sum(frusta))
    # Between the soma and its first point there is no neurite, and no distance.
    assert tree.path_distance.tolist() == pytest.approx([0.0, 0.0, 10.0, 18.0, 20.0, 26.0])
    assert [s.distance for s in tree.sections] == pytest.approx([0.0, 0.0, 10.0, 10.0, 20.0])


def test_choosing_sections(tree):
    def chosen(*args, **named):
        return [s.index for s in tree.select(*args, **named)]

    assert chosen() == [0, 1, 2, 3, 4]
    assert chosen("apical") == chosen("apical dendrite") == chosen(4) == chosen("dendrite") == [1, 2, 3]
    assert chosen(["soma", "axon"]) == [0, 4] and chosen("basal") == []
    assert chosen("apical", beyond=6.0) == [2, 3] and chosen(beyond=6.0, within=14.0) == [2]
    with pytest.raises(ValueError, match="unknown type 'apicel': did you mean 'apical'"):
        tree.select("apicel")
    with pytest.raises(ValueError, match=r"a type must be a word such as 'apical' or a number .* got -1"):
        tree.select(-1)


def test_types_in_words():
    assert LABELS == {0: "undefined", 1: "soma", 2: "axon", 3: "basal dendrite", 4: "apical dendrite"}


def test_words(tree):
    assert repr(tree) == (
        "<Tree small: soma of 314 µm², 4 sections of neurite: axon 6 µm, apical dendrite 28 µm>"
    )  # fmt: skip
    lines = str(tree).splitlines()
    assert lines[0] == "small: 6 points"
    assert " ".join(lines[1].split()) == "type sections length (µm) area (µm²) radius (µm) reach (µm)"
    assert lines[-1].split()[:3] == ["all", "5", "44"]
    assert [line.split()[0] for line in lines[2:]] == ["soma", "axon", "apical", "all"]
    assert repr(tree.sections[2]) == (
        "<Section 2: apical dendrite, from section 1, 8 µm long, 37.77 µm², 2 points>"
    )  # fmt: skip


def test_the_notebooks_table_escapes_what_a_file_may_say(tree):
    page = dataclasses.replace(tree, name="<b>", repairs=("a < b",))._repr_html_()
    assert "&lt;b&gt;: 6 points" in page and "<li>a &lt; b</li>" in page and page.count("<tr>") == 5


def test_nobody_changes_a_tree(tree):
    with pytest.raises(ValueError, match="read-only"):
        tree.radius[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        tree.name = "other"
    points = np.array(XYZ, dtype=float)
    made = from_points(points, RADIUS, TYPE, PARENT)
    points[:] = 0.0
    assert made.xyz[1, 0] == 5.0


@given(st.permutations(range(6)))
def test_the_order_of_the_points_does_not_matter(order):
    place = np.argsort(order)
    parent = [-1 if PARENT[k] < 0 else int(place[PARENT[k]]) for k in order]
    mixed = from_points(np.array(XYZ)[order], np.array(RADIUS)[order], np.array(TYPE)[order], parent)
    tree = from_points(XYZ, RADIUS, TYPE, PARENT)
    assert np.all(mixed.parent < np.arange(6))
    told = [
        sorted((s.type, round(s.length, 9), round(s.area, 9), s.distance) for s in t.sections) for t in (mixed, tree)
    ]
    assert told[0] == told[1]


WRONG = {
    "two coordinates": ({"xyz": [[0, 0]] * 6}, r"xyz must have the shape \[point, 3\], got \(6, 2\)"),
    "no points": ({"xyz": np.zeros((0, 3))}, r"xyz must have the shape \[point, 3\], got \(0, 3\)"),
    "words": ({"xyz": "here"}, "xyz must be numbers, got 'here'"),
    "nan": ({"xyz": np.where(np.arange(18).reshape(6, 3) == 7, np.nan, XYZ)}, "xyz must be finite, .* at point 2"),
    "a radius of 0": ({"radius": [5, 1, 0, 1, 1, 1]}, "radius must be finite and above 0 µm, got 0.0 µm at point 2"),
    "radii too few": ({"radius": [5, 1]}, r"radius must have one value per point, 6, got the shape \(2,\)"),
    "half a type": ({"type": 1.5}, "type must be whole numbers, got 1.5"),
    "an endless parent": ({"parent": [np.inf] * 6}, "parent must be whole numbers"),
    "a negative type": ({"type": -3}, "type must be at least 0, got -3 at point 0"),
    "a parent that is not there": ({"parent": [-1, 0, 1, 2, 2, 6]}, "parent must be −1 .* … 5, got 6 at point 5"),
    "a circle": ({"parent": [-1, 3, 1, 2, 2, 4]}, r"those of the points \[1, 3, 2\] form a cycle"),
    "two roots": ({"parent": [-1, 0, 1, 2, -1, 4]}, r"one root \(parent −1\), got 2: points \[0, 4\]"),
    "a soma on a neurite": ({"type": [1, 4, 4, 1, 4, 2]}, "the parent of its point 3, 2, is a neurite"),
    "no length": ({"xyz": np.zeros((6, 3)), "type": 3}, "a soma or a length above 0 µm; all 6 points"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        from_points(**{"xyz": XYZ, "radius": RADIUS, "type": TYPE, "parent": PARENT, **changes})


def test_a_published_neuron(shared_data):
    """Against NEURON 9.0.2's Import3d of the same file: 29 sections, area 4119.970 µm², soma 1818.616 µm²."""
    tree = load_swc(shared_data / "morphologies" / "neuromorpho__mp_ma_40984_gc2.CNG.swc")
    assert len(tree.sections) == 29
    assert tree.area == pytest.approx(4119.970, abs=1e-3) and tree.soma.area == pytest.approx(1818.616, abs=1e-3)
