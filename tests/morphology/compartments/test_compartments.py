"""Compartments: areas and resistances that are conserved however a tree is cut, the tree of nodes, and JAX's view."""

import dataclasses

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.test_util import check_grads

from membrax import replace
from membrax.morphology import (
    ball,
    ball_and_stick,
    binary_tree,
    cable,
    discretise,
    from_points,
    join,
    load_swc,
)

EPS = float(jnp.finfo(jnp.result_type(float)).eps)


@st.composite
def trees(draw):
    """Any tree of up to 12 points, of which one may be a soma, with some segments of no length."""
    count = draw(st.integers(2, 12))
    parent = [-1] + [draw(st.integers(0, k - 1)) for k in range(1, count)]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    xyz, radius = random.uniform(-50, 50, (count, 3)), random.uniform(0.2, 3.0, count)
    for k in range(2, count):
        if draw(st.booleans()) and draw(st.booleans()):
            xyz[k] = xyz[parent[k]]
    types = random.integers(2, 5, count)
    types[0] = draw(st.sampled_from([1, 3]))
    if parent.count(0) == count - 1 and types[0] == 1:
        xyz[1:] += 1.0
    return from_points(xyz, radius, types, parent)


@jax.jit
def everything(compartments):
    """Compiled in one piece, which is quicker than piece by piece for so many trees."""
    return compartments.area, compartments.half_resistance, compartments.conductance, compartments.matrix()


@hypothesis.settings(max_examples=10)
@given(trees(), st.integers(1, 4))
def test_any_tree_however_it_is_cut(tree, per_section):
    compartments = discretise(tree, per_section=per_section, axial_resistivity=150.0)
    area, halves, conductance, matrix = (np.asarray(values) for values in everything(compartments))
    assert area.sum() == pytest.approx(tree.area, rel=30 * EPS) and np.all(area > 0)
    check_resistance(tree, compartments.section, halves)
    check_nodes(compartments, conductance)
    check_laplacian(matrix)


def check_resistance(tree, owner, halves):
    """Along every section it is that of its frusta."""
    for section in tree.sections:
        mine = halves[owner == section.index]
        if section is tree.soma:
            assert np.all(mine == 0)
            continue
        a, b = tree.radius[section.points[:-1]], tree.radius[section.points[1:]]
        exact = 0.01 * 150.0 * np.sum(tree.segment_length[section.points[1:]] / (np.pi * a * b))
        assert mine.sum() == pytest.approx(exact, rel=100 * EPS, abs=1e-12)


def check_nodes(compartments, conductance):
    """They are a tree, compartments are numbered outward, and branch points are where they must be."""
    parent, depth, count = compartments.parent, compartments.depth, compartments.count
    hung = parent >= 0
    assert np.sum(~hung) == 1 and depth[~hung] == 0
    np.testing.assert_array_equal(depth[hung], depth[parent[hung]] + 1)
    assert np.all(conductance[hung] > 0) and conductance[~hung] == 0
    children = np.bincount(parent[hung], minlength=compartments.nodes)
    assert np.all(children[count:] >= 2)
    direct = (parent[:count] >= 0) & (parent[:count] < count)
    assert np.all(parent[:count][direct] < np.flatnonzero(direct))


def check_laplacian(matrix):
    """Symmetric, nothing gets lost, and only a uniform voltage drives no current."""
    scale = np.abs(matrix).max()
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_allclose(matrix.sum(axis=1), 0.0, atol=40 * EPS * scale)
    assert np.all(matrix - np.diag(np.diag(matrix)) <= 20 * EPS * scale)
    assert np.linalg.eigvalsh(matrix.astype(float))[0] >= -40 * EPS * scale


def test_a_cable_by_hand():
    compartments = discretise(cable(100.0, 1.0), per_section=4, axial_resistivity=150.0)
    np.testing.assert_allclose(compartments.area, 2 * np.pi * 25.0, rtol=10 * EPS)
    resistance = 0.01 * 150.0 * 25.0 / np.pi  # MΩ between neighbouring middles
    np.testing.assert_allclose(compartments.conductance, [0.0] + 3 * [1 / resistance], rtol=10 * EPS)
    np.testing.assert_allclose(compartments.half_resistance, np.full((4, 2), resistance / 2), rtol=10 * EPS)
    assert compartments.parent.tolist() == [-1, 0, 1, 2] and compartments.nodes == 4
    assert compartments.fraction.tolist() == [0.125, 0.375, 0.625, 0.875]
    np.testing.assert_allclose(compartments.path_distance, [12.5, 37.5, 62.5, 87.5])
    np.testing.assert_allclose(compartments.layout.xyz[:, 0], [12.5, 37.5, 62.5, 87.5])


def test_a_branching_by_hand():
    """A trunk of one compartment that ends in two: a star of three halves, of which the middle holds no charge."""
    compartments = discretise(binary_tree(3, length=100.0, radius=1.0, ratio=1.0), per_section=1)
    half = 0.01 * 100.0 * 50.0 / np.pi
    assert compartments.parent.tolist() == [-1, 3, 3, 0] and compartments.depth.tolist() == [0, 2, 2, 1]
    np.testing.assert_allclose(compartments.conductance, [0, 1 / half, 1 / half, 1 / half], rtol=10 * EPS)
    star = (np.eye(3) * 3 - 1) / (3 * half)
    np.testing.assert_allclose(compartments.matrix(), star, rtol=0, atol=20 * EPS / half)


def test_neurites_hang_on_the_soma_by_their_own_half():
    tree = join(ball_and_stick(10.0, 100.0, 1.0), cable(50.0, 0.5, type="axon", direction=(-1, 0, 0)))
    compartments = discretise(tree, per_section=1)
    assert compartments.parent.tolist() == [-1, 0, 0] and compartments.nodes == 3
    halves = 0.01 * 100.0 * np.array([50.0, 25.0 / 0.25]) / np.pi
    np.testing.assert_allclose(compartments.conductance, [0.0, *(1 / halves)], rtol=10 * EPS)
    assert float(compartments.area[0]) == pytest.approx(4 * np.pi * 100, rel=10 * EPS)
    assert compartments.path_distance.tolist() == pytest.approx([0.0, 50.0, 25.0])


def test_a_change_of_type_needs_no_branch_point():
    tree = join(cable(100.0, 1.0), cable(60.0, 0.5, type="axon"))
    compartments = discretise(tree, per_section=1)
    halves = 0.01 * 100.0 * np.array([50.0, 30.0 / 0.25]) / np.pi
    assert compartments.parent.tolist() == [-1, 0] and compartments.nodes == 2
    assert float(compartments.conductance[1]) == pytest.approx(1 / halves.sum(), rel=10 * EPS)


def test_sections_without_length_are_passed_over():
    """A neurite that forks at its first point: both hang on the soma; without a soma they meet at a branch point."""
    xyz, parent = [[0, 0, 0], [5, 0, 0], [15, 0, 0], [5, 10, 0]], [-1, 0, 1, 1]
    with_soma = discretise(from_points(xyz, [5, 1, 1, 1], [1, 3, 3, 3], parent), per_section=1)
    assert len(with_soma.tree.sections) == 4 and with_soma.parent.tolist() == [-1, 0, 0]
    without = discretise(from_points(xyz[1:], 1.0, 3, [-1, 0, 0]), per_section=1)
    assert without.parent.tolist() == [2, 2, -1] and without.count == 2
    with pytest.raises(ValueError, match="section 1 has no length, and so no compartment"):
        with_soma.site(1)


# --- how finely


def test_rules_of_cutting():
    tree = ball_and_stick(10.0, 100.0, 1.0)
    assert discretise(tree, max_length=100.0).count == 2
    assert discretise(tree, max_length=99.0).count == 3
    assert discretise(tree, max_length=0.1).count == 1001
    assert discretise(tree, per_section=7).count == 8


def test_the_d_lambda_rule_by_hand():
    """λ at 100 Hz of a cable of 2 µm, 100 Ω·cm and 1 µF/cm² is 1e5 √(2/(4π · 100 · 100 · 1)) = 398.9 µm."""
    for length, count in ((50.0, 1), (83.0, 3), (84.0, 3), (500.0, 13), (1000.0, 25)):
        expected = 2 * int((length / (0.1 * 398.94) + 0.9) / 2) + 1
        assert discretise(cable(length, 1.0)).count == expected
        assert abs(expected - count) <= 2
    lam = 1e5 * np.sqrt(4.0 / (4 * np.pi * 50.0 * 200.0 * 2.0))
    told = discretise(
        cable(900.0, 2.0), fraction_of_lambda=0.05, frequency=50.0, axial_resistivity=200.0, capacitance=2.0
    )
    assert told.count == 2 * int((900.0 / (0.05 * lam) + 0.9) / 2) + 1
    assert float(told.axial_resistivity) == 200.0


def test_the_d_lambda_rule_as_in_neuron(shared_data):
    """nseg of NEURON 9.0.2 for this file, Import3d, d_lambda = 0.1 at 100 Hz, Ra = 100 Ω·cm, cm = 1 µF/cm²."""
    tree = load_swc(shared_data / "morphologies" / "neuromorpho__mp_ma_40984_gc2.CNG.swc")
    counts = sorted(discretise(tree).layout.counts.tolist())
    assert counts == 12 * [1] + 5 * [3] + 3 * [5] + 2 * [7] + 2 * [9] + 2 * [11] + [13] + 2 * [15]


WRONG = {
    "no tree": (lambda: discretise("cell.swc"), "tree must be a Tree, .* got str"),
    "two rules": (
        lambda: discretise(ball(1.0), max_length=1.0, per_section=2),
        "give one of max_length, per_section and fraction_of_lambda, got max_length and per_section",
    ),
    "no length": (lambda: discretise(ball(1.0), max_length=0.0), "max_length must be above 0 µm, got 0 µm"),
    "half a compartment": (lambda: discretise(ball(1.0), per_section=1.5), "per_section must be a whole number"),
    "a word": (lambda: discretise(ball(1.0), frequency="high"), "frequency must be a number in Hz, got 'high'"),
    "no frequency": (lambda: discretise(ball(1.0), frequency=0.0), "frequency must be above 0 Hz, got 0 Hz"),
    "no resistivity": (lambda: discretise(ball(1.0), axial_resistivity=-1.0), "above 0 Ω·cm, got -1 Ω·cm"),
    "nowhere": (lambda: discretise(ball(1.0)).site(1), "section must be a whole number of 0 … 0, got 1"),
    "beyond": (lambda: discretise(ball(1.0)).site(0, 1.2), "fraction must be in 0 … 1, got 1.2"),
    "no type": (lambda: discretise(ball(1.0)).select("nerve"), "unknown type 'nerve'"),
}


@pytest.mark.parametrize(("made", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(made, message):
    with pytest.raises(ValueError, match=message):
        made()


def test_where_things_are():
    tree = join(ball_and_stick(10.0, 100.0, 1.0), cable(50.0, 0.5, type="axon", direction=(-1, 0, 0)))
    compartments = discretise(tree, max_length=10.0)
    assert compartments.site(0) == 0 and compartments.site(tree.sections[1], 0.0) == 1
    assert compartments.site(1, 1.0) == 10 and compartments.site(1, 0.55) == 6 and compartments.site(2, 0.5) == 13
    assert compartments.select("axon").tolist() == [11, 12, 13, 14, 15]
    assert compartments.select("dendrite", beyond=30.0, within=60.0).tolist() == [4, 5, 6]
    assert set(compartments.type[compartments.select("soma")]) == {1}
    assert repr(compartments) == (
        "<Compartments of ball and stick: 16 in 3 sections, 0 branch points, 11 levels>"
    )  # fmt: skip


# --- what JAX sees


def test_two_equal_cuts_are_compiled_once():
    traced = []

    @jax.jit
    def total(compartments):
        traced.append(compartments.count)
        return jnp.sum(compartments.area)

    def cut(n):
        return discretise(binary_tree(7, length=100.0, radius=1.0), per_section=n)

    assert float(total(cut(2))) == float(total(cut(2))) and traced == [14]
    total(cut(3))
    assert traced == [14, 21]
    assert cut(2).layout == cut(2).layout and cut(2).layout != cut(3).layout and hash(cut(2).layout)


def test_areas_and_conductances_follow_the_radii():
    compartments = discretise(ball_and_stick(10.0, 200.0, (2.0, 0.5)), per_section=3)
    thick = dataclasses.replace(compartments, radius=2 * compartments.radius, length=2 * compartments.length)
    np.testing.assert_allclose(thick.area, 4 * compartments.area, rtol=20 * EPS)
    np.testing.assert_allclose(thick.conductance, 2 * compartments.conductance, rtol=20 * EPS)
    stiff = dataclasses.replace(compartments, axial_resistivity=jnp.full(compartments.count, 200.0))
    np.testing.assert_allclose(stiff.conductance, 0.5 * compartments.conductance, rtol=20 * EPS)


def test_replacing_by_path():
    compartments = discretise(cable(100.0, 1.0), per_section=2)
    stiff = replace(compartments, {"axial_resistivity": 300.0, "radius": [2.0, 2.0]})
    np.testing.assert_allclose(stiff.conductance, 4 / 3 * compartments.conductance, rtol=20 * EPS)
    with pytest.raises(ValueError, match="axial_resistivity must be above 0 Ω·cm, got -1 Ω·cm"):
        replace(compartments, {"axial_resistivity": -1.0})
    with pytest.raises(ValueError, match="unknown path 'diameter'"):
        replace(compartments, {"diameter": 1.0})


def test_a_population_of_radii():
    compartments = discretise(binary_tree(3, length=100.0, radius=1.0), per_section=2)
    scale = jnp.linspace(0.5, 2.0, 4)
    many = dataclasses.replace(compartments, radius=scale[:, None] * compartments.radius[None, :])
    axes = jax.tree.map(lambda _: None, compartments)
    axes = dataclasses.replace(axes, radius=0)
    areas = jax.vmap(lambda c: jnp.sum(c.area), in_axes=(axes,))(many)
    np.testing.assert_allclose(areas, scale * jnp.sum(compartments.area), rtol=30 * EPS)


def test_derivatives_of_area_and_resistance():
    tree = from_points(
        [[0, 0, 0], [5, 0, 0], [25, 0, 0], [25, 0, 0], [60, 0, 0], [25, 30, 0]],
        [5.0, 2.0, 1.5, 0.7, 0.7, 1.0], [1, 3, 3, 3, 3, 3], [-1, 0, 1, 2, 3, 2],
    )  # fmt: skip
    compartments = discretise(tree, per_section=3)

    @jax.jit
    def told(radius, length, resistivity):
        c = dataclasses.replace(compartments, radius=radius, length=length, axial_resistivity=resistivity)
        return jnp.sum(c.area * jnp.linspace(0.0, 1.0, c.count)) / 1e2, c.half_resistance[1:].sum(), c.conductance * 1e2

    at = (compartments.radius, compartments.length + 1.0, compartments.axial_resistivity / 100.0)
    check_grads(told, at, order=1, modes=("rev",), rtol=2e-2, atol=2e-2, eps=1e-2)
    gradient = jax.grad(lambda length: told(at[0], length, at[2])[0])(compartments.length)
    assert np.all(np.isfinite(gradient))  # also where a segment has no length


@pytest.mark.x64
def test_what_is_known_of_a_cut_in_float64():
    tree = binary_tree(15, length=77.0, radius=1.3, soma_radius=6.0)
    for n in (1, 2, 5):
        compartments = discretise(tree, per_section=n)
        assert float(compartments.area.sum()) == pytest.approx(tree.area, rel=1e-13)
        matrix = np.asarray(compartments.matrix())
        np.testing.assert_allclose(matrix.sum(axis=1), 0.0, atol=1e-13 * matrix.max())
