"""Trees made by rule, and trees put together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.laws.cable import rall_ratio
from membrax.morphology import ball, ball_and_stick, binary_tree, cable, from_points, join


def test_a_ball_is_a_sphere():
    tree = ball(10.0)
    assert tree.area == pytest.approx(4 * np.pi * 100) and tree.length == 0 and len(tree.sections) == 1


def test_a_cable_and_a_taper():
    tree = cable(300.0, 2.0, type="axon", direction=(0, 3, 4))
    np.testing.assert_allclose(tree.xyz[-1], [0.0, 180.0, 240.0])
    assert tree.sections[0].label == "axon" and tree.area == pytest.approx(2 * np.pi * 2 * 300)
    taper = cable(300.0, (2.0, 1.0, 0.5))
    assert taper.radius.tolist() == [2.0, 1.0, 0.5]
    assert taper.area == pytest.approx(np.pi * (3 * np.hypot(150, 1) + 1.5 * np.hypot(150, 0.5)))


def test_a_stick_begins_at_the_balls_surface():
    tree = ball_and_stick(10.0, 500.0, 1.0)
    np.testing.assert_allclose(tree.xyz[:, 0], [0.0, 10.0, 510.0])
    assert [s.parent for s in tree.sections] == [-1, 0] and tree.length == pytest.approx(500.0)


@given(st.integers(3, 40))
def test_every_number_of_branches(branches):
    tree = binary_tree(branches, length=100.0, radius=2.0)
    parents = np.array([s.parent for s in tree.sections])
    assert len(parents) == branches and tree.length == pytest.approx(100.0 * branches)
    children = np.bincount(parents[1:], minlength=branches)
    assert set(children) == ({0, 2} if branches % 2 else {0, 2, 3} if branches > 4 else {0, 3})


def test_a_tree_of_a_hundred_branches():
    tree = binary_tree(100, length=50.0, radius=1.0)
    assert len(tree.sections) == 100
    assert len(binary_tree(100, length=50.0, radius=1.0, soma_radius=5.0).sections) == 101


def test_ralls_law_holds_by_default():
    tree = binary_tree(depth=3, length=100.0, radius=2.0)
    radii = [float(tree.radius[s.points[-1]]) for s in tree.sections]
    assert len(radii) == 7
    for parent in range(3):
        children = [radii[s.index] for s in tree.sections if s.parent == parent]
        assert float(rall_ratio(radii[parent], np.array(children))) == pytest.approx(1.0, rel=1e-6)


def test_branches_are_cylinders_though_their_radii_step():
    tree = binary_tree(depth=2, length=100.0, radius=2.0, ratio=0.5, length_ratio=0.25, soma_radius=8.0)
    areas = [s.area for s in tree.sections]
    assert areas == pytest.approx([4 * np.pi * 64, 2 * np.pi * 2 * 100, 2 * np.pi * 25, 2 * np.pi * 25])


def test_no_two_tips_of_a_binary_tree_lie_at_one_place():
    tree = binary_tree(depth=6, length=50.0, radius=1.0)
    tips = np.setdiff1d(np.arange(len(tree.parent)), tree.parent)
    places = tree.xyz[tips]
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(tips))
    assert len(tips) == 32 and apart.min() > 1.0


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5, 1.0])
def test_joining_along_a_section(fraction):
    trunk, branch = cable(100.0, (2.0, 1.5, 1.0)), cable(40.0, 0.5, type="axon", direction=(0, 1, 0))
    tree = join(trunk, branch, section=0, fraction=fraction)
    axon = tree.select("axon")[0]
    np.testing.assert_allclose(tree.xyz[axon.points[0]], [100 * fraction, 0, 0], atol=1e-12)
    assert axon.distance == pytest.approx(100 * fraction) and axon.length == pytest.approx(40.0)
    assert tree.area == pytest.approx(trunk.area + branch.area)  # the new point lies on the frustum
    assert tree.radius[axon.points[0]] == pytest.approx(2.0 - fraction)


def test_what_goes_on_alone_in_one_type_is_one_section():
    tree = join(cable(100.0, 2.0), cable(50.0, 1.0))
    assert len(tree.sections) == 1 and tree.length == pytest.approx(150.0)
    assert tree.area == pytest.approx(2 * np.pi * 2 * 100 + 2 * np.pi * 50)


def test_a_tree_that_was_joined_to_keeps_its_sections():
    tree = ball_and_stick(10.0, 200.0, 1.0)
    grown = join(join(tree, cable(80.0, 0.4, type="axon", direction=(-1, 0, 0))), cable(30.0, 0.3), section=1)
    assert sorted(s.length for s in grown.sections) == pytest.approx([20.0, 80.0, 230.0])
    assert len(tree.sections) == 2


WRONG = {
    "a length of 0": (lambda: cable(0.0, 1.0), "length must be above 0 µm, got 0 µm"),
    "a word": (lambda: cable("long", 1.0), "length must be a number in µm, got 'long'"),
    "a negative radius": (lambda: cable(10.0, (1.0, -1.0)), "radius must be finite and above 0 µm, got -1.0 µm"),
    "nowhere": (lambda: cable(10.0, 1.0, direction=(0, 0, 0)), "direction must be three finite numbers"),
    "two types": (lambda: cable(10.0, 1.0, type="dendrite"), "type must be one of basal dendrite, apical dendrite"),
    "a ball of 0": (lambda: ball(0.0), "radius must be finite and above 0 µm"),
    "neither": (lambda: binary_tree(length=1.0, radius=1.0), "give branches or depth, got branches=None"),
    "both": (lambda: binary_tree(3, depth=2, length=1.0, radius=1.0), "give branches or depth"),
    "two in a row": (lambda: binary_tree(2, length=1.0, radius=1.0), "branches must be 1 or at least 3"),
    "no branches": (lambda: binary_tree(0, length=1.0, radius=1.0), "branches must be a whole number .* got 0"),
    "half a level": (lambda: binary_tree(depth=1.5, length=1.0, radius=1.0), "depth must be a whole number"),
    "a ratio of 0": (lambda: binary_tree(3, length=1.0, radius=1.0, ratio=0), "ratio must be above 0, got 0"),
    "beyond the end": (lambda: join(cable(1, 1), cable(1, 1), fraction=1.5), "fraction must be in 0 … 1, got 1.5"),
    "no section": (lambda: join(cable(1, 1), cable(1, 1), section=1), "section must be a whole number of 0 … 0, got 1"),
    "two somas": (lambda: join(ball(1), ball(1)), "a tree has one soma, and the branch 'ball' has another"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(made, message):
    with pytest.raises(ValueError, match=message):
        made()


def test_a_soma_of_frusta_bears_neurites_where_it_begins():
    soma = from_points([[0, 0, 0], [0, 10, 0]], [4.0, 5.0], 1, [-1, 0])
    tree = join(soma, cable(50.0, 1.0))
    assert tree.sections[1].parent == 0 and tree.length == pytest.approx(50.0)
