"""What electrodes see of a tree: sources of each compartment by hand, conserved charge, and LFPykit's matrices."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from membrax.laws.extracellular import line_sources, point_sources
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
from membrax.morphology.compartments.extracellular import lead_field

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
SIGMA = 0.3  # S/m
ONE = 1 / (4 * np.pi * SIGMA)  # mV/nA at 1 µm
AROUND = np.array([[50.0, 30, 0], [-40, 5, 12], [200, -300, 90], [25, 1, 0], [10, 0, 0], [0, 0, 0]])
TREE = binary_tree(7, length=80.0, radius=1.0, soma_radius=6.0)


def frustum_area(length, begin, end):
    return np.pi * (begin + end) * np.hypot(length, end - begin)


# --- each compartment by hand


def test_a_cable_is_its_lines():
    """Each compartment is one line, although its halves are laid out apart."""
    cut = discretise(cable(100.0, 2.0), per_section=4)
    edges = 25.0 * np.arange(5)[:, None] * np.array([1.0, 0, 0])
    expected = line_sources(AROUND, edges[:-1], edges[1:], conductivity=SIGMA, radius=2.0)
    np.testing.assert_allclose(lead_field(cut, AROUND), expected, rtol=100 * EPS)


def test_as_points_it_is_its_middles():
    cut = discretise(cable(100.0, 2.0), per_section=4)
    middles = np.array([12.5, 37.5, 62.5, 87.5])[:, None] * np.array([1.0, 0, 0])
    expected = point_sources(AROUND, middles, conductivity=0.2, radius=2.0)
    np.testing.assert_allclose(lead_field(cut, AROUND, conductivity=0.2, source="point"), expected, rtol=10 * EPS)


def test_a_bent_compartment_shares_its_current_by_area():
    """A thin leg of 40 µm, a taper of 30 µm round the corner: two lines, of the radii in their middles."""
    tree = from_points([[0, 0, 0], [40, 0, 0], [40, 30, 0]], [0.5, 0.5, 2.5], 3, [-1, 0, 1])
    found = lead_field(discretise(tree, per_section=1), AROUND)
    # Half of the 70 µm is 35 µm, so the halves are cut on the first leg, on which that changes nothing.
    areas = np.array([frustum_area(40.0, 0.5, 0.5), frustum_area(30.0, 0.5, 2.5)])
    each = line_sources(AROUND, tree.xyz[:-1], tree.xyz[1:], conductivity=SIGMA, radius=[0.5, 1.5])
    expected = each @ jnp.asarray(areas / areas.sum(), dtype=float)
    np.testing.assert_allclose(found[:, 0], expected, rtol=100 * EPS)


@pytest.mark.parametrize("source", ["line", "point"])
def test_the_soma_is_a_sphere(source):
    """A point from outside and of one potential within; the stick that hangs on it is none of it."""
    cut = discretise(ball_and_stick(10.0, 100.0, 1.0), per_section=2)
    at = [[0.0, 50, 0], [0, -3, 4], [0, 0, 0], [-10, 0, 0]]
    found = lead_field(cut, at, source=source)
    np.testing.assert_allclose(found[:, 0], ONE / np.array([50, 10, 10, 10]), rtol=20 * EPS)
    alone = lead_field(discretise(ball(10.0)), at, source=source)
    np.testing.assert_allclose(alone, found[:, :1], rtol=20 * EPS)


def test_a_soma_of_several_points_has_the_radius_of_its_area():
    """A cylinder of three points, 12 µm long and of 6 µm radius, has the area of the sphere of that radius."""
    tree = from_points([[5, -6, 0], [5, 0, 0], [5, 6, 0], [30, 0, 0], [60, 0, 0]], [6, 6, 6, 1, 1], [1, 1, 1, 3, 3],
                       [-1, 0, 1, 1, 3])  # fmt: skip
    found = lead_field(discretise(tree, per_section=1), [[5.0, 1, 0], [5, 0, 24]])
    np.testing.assert_allclose(found[:, 0], ONE / np.array([6, 24]), rtol=20 * EPS)


# --- the whole


def test_far_away_every_compartment_is_a_point_at_the_soma():
    cut = discretise(TREE, per_section=3)
    for source in ("line", "point"):
        found = lead_field(cut, [[0.0, 0, 1e6], [0, -1e6, 0]], source=source)
        np.testing.assert_allclose(found, ONE / 1e6, rtol=5e-4)


def test_lines_and_points_agree_at_some_lengths_distance():
    cut = discretise(TREE, max_length=10.0)
    at = [[150.0, 0, 400], [-300, 200, 50]]
    np.testing.assert_allclose(lead_field(cut, at), lead_field(cut, at, source="point"), rtol=2e-4)


def test_axial_currents_make_a_dipole():
    """What leaves one compartment enters others: φ falls with the square of the distance, as p cos/(4πσr²)."""
    cut = discretise(TREE, per_section=3)
    v = np.cos(0.7 * np.arange(cut.count))  # mV, any
    currents = -np.asarray(cut.matrix(), float) @ v  # nA out of each compartment
    assert abs(currents.sum()) < 100 * EPS * abs(currents).max()
    currents -= currents.mean()
    direction, r = np.array([2.0, -1, 2]) / 3, np.array([2e4, 4e4])
    phi = np.asarray(lead_field(cut, r[:, None] * direction), float) @ currents
    charge = abs(currents).sum()
    # Of cylinders and a sphere the mean places are the middles.
    moment = currents @ cut.layout.xyz
    expected = ONE * (moment @ direction) / r**2
    np.testing.assert_allclose(phi, expected, rtol=2e-2, atol=4 * EPS * ONE * charge / r[0])
    assert abs(expected[0]) > 100 * EPS * ONE * charge / r[0]  # so that the bound above is none


def test_an_even_current_is_independent_of_the_cut():
    """Of cylinders: the mean over the area is one of lines, which parts add up to."""
    seen = []
    for n in (1, 4):
        cut = discretise(TREE, per_section=n)
        seen.append(lead_field(cut, AROUND) @ (cut.area / cut.area.sum()))
    np.testing.assert_allclose(seen[0], seen[1], rtol=100 * EPS)


def test_only_places_relative_to_the_tree_matter():
    """Also in the coordinates of an atlas, where float32 has 8 nm at 100 mm."""
    shift = np.array([9e4, -4e4, 6e4])
    at = AROUND + 0.123
    moved = dataclasses.replace(TREE, xyz=TREE.xyz + shift)
    for source in ("line", "point"):
        here = lead_field(discretise(TREE, per_section=3), at, source=source)
        there = lead_field(discretise(moved, per_section=3), at + shift, source=source)
        np.testing.assert_allclose(here, there, rtol=1e-5 if EPS > 1e-10 else 1e-9)


# --- what JAX sees


def with_radii(cut, radius):
    return dataclasses.replace(cut, radius=radius)


def test_it_can_be_traced_and_batched():
    cut = discretise(TREE, per_section=2)
    here = lead_field(cut, AROUND, conductivity=0.4)
    there = jax.jit(lead_field)(cut, jnp.asarray(AROUND, dtype=float), conductivity=0.4)
    np.testing.assert_allclose(here, there, rtol=20 * EPS)
    scale = jnp.array([1.0, 2.0])
    many = jax.vmap(lambda s: lead_field(with_radii(cut, s * cut.radius), AROUND))(scale)
    np.testing.assert_allclose(many[1], lead_field(with_radii(cut, 2 * cut.radius), AROUND), rtol=20 * EPS)


@pytest.mark.parametrize("source", ["line", "point"])
def test_derivatives_by_radii_electrodes_and_conductivity(source):
    tree = join(ball_and_stick(8.0, 60.0, (2.0, 0.5)), cable(50.0, 0.5, direction=(0, 1, 1)))
    cut = discretise(tree, per_section=2)
    currents = jnp.asarray(np.cos(np.arange(cut.count)), dtype=float)

    @jax.jit
    def seen(radius, electrodes, conductivity):
        return lead_field(with_radii(cut, radius), electrodes, conductivity=conductivity, source=source) @ currents

    at = jnp.array([[20.0, 12, 3], [40, 0.1, 0.2], [3, 2, 0], [-90, 40, 10]])
    coarse = {"rtol": 3e-2, "atol": 1e-3, "eps": 1e-2} if EPS > 1e-10 else {"rtol": 1e-6, "atol": 1e-9, "eps": 1e-5}
    check_grads(seen, (cut.radius, at, jnp.array(0.3)), order=1, modes=("fwd", "rev"), **coarse)


@pytest.mark.parametrize("source", ["line", "point"])
def test_derivatives_are_finite_wherever_an_electrode_is(source):
    """In the soma's middle, at points, middles and ends of the tree, and on its axes."""
    cut = discretise(TREE, per_section=2)
    at = np.concatenate([TREE.xyz, cut.layout.xyz, [[-20.0, 0, 0]]])
    by = jax.jit(
        jax.grad(lambda *given: jnp.sum(lead_field(with_radii(cut, given[0]), given[1], source=source)), (0, 1))
    )
    assert all(np.all(np.isfinite(slope)) for slope in by(cut.radius, jnp.asarray(at, dtype=float)))
    assert np.all(np.isfinite(lead_field(cut, at, source=source)))


# --- what is refused

CUT = discretise(ball(5.0))
ORIGIN = [[0.0, 0, 0]]
REFUSED = {  # what else is given -> what is said
    "no compartments": (
        {"compartments": ball(5.0)},
        "compartments must be those of membrax.morphology.discretise, got",
    ),
    "one place": ({"electrodes": [0.0, 0, 0]}, "electrodes must have the shape [electrode, 3], got (3,)"),
    "two axes": ({"electrodes": [[0.0, 0]]}, "electrodes must have the shape [electrode, 3], got (1, 2)"),
    "words": ({"electrodes": "tip"}, "electrodes must be numbers [electrode, 3] in µm, got 'tip'"),
    "ragged": ({"electrodes": [[0.0], [1, 2]]}, "electrodes must be numbers [electrode, 3] in µm"),
    "nan": ({"electrodes": [[0, 0, 0], [0, np.nan, 0]]}, "must be finite, got [ 0. nan  0.] µm for electrode 1"),
    "no conductivity": ({"conductivity": 0.0}, "conductivity must be finite and above 0 S/m, got 0 S/m"),
    "an infinite one": ({"conductivity": np.inf}, "conductivity must be finite and above 0 S/m, got inf S/m"),
    "three of them": ({"conductivity": [0.3] * 3}, "conductivity must be one number, got the shape (3,)"),
    "a word": ({"conductivity": "cortex"}, "conductivity must be a number, got 'cortex'"),
    "an unknown source": ({"source": "sphere"}, "source must be 'line' or 'point', got 'sphere'"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused(given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        lead_field(**{"compartments": CUT, "electrodes": ORIGIN, **given})


def test_shapes_are_refused_while_tracing_too():
    with pytest.raises(ValueError, match="must have the shape"):
        jax.jit(lambda at: lead_field(CUT, at))(jnp.zeros(3))


# --- another program

FILES = ["neuromorpho__mp_ma_40984_gc2.CNG", "jaxley__morph_ca1_n120_250_single_point_soma", "morphio__no_soma"]


def segments(cut):
    """All parts of a cut tree as straight segments: ends, end radii and compartment, in float64, from its points."""
    tree, parts = cut.tree, cut.layout.parts
    inner, outer = tree.before[parts.point], parts.point
    at = lambda values, share: values[inner] + (share * (values[outer] - values[inner]).T).T  # noqa: E731
    ends = at(tree.xyz, parts.begin), at(tree.xyz, parts.end)
    return (*ends, at(tree.radius, parts.begin), at(tree.radius, parts.end), parts.half // 2)


@pytest.fixture(scope="module", params=FILES)
def published(request, shared_data):
    tree = load_swc(shared_data / "morphologies" / f"{request.param}.swc")
    random = np.random.default_rng(0)
    near = tree.xyz[random.integers(len(tree.xyz), size=20)]
    at = np.concatenate(
        [near, near + random.normal(scale=3.0, size=near.shape), near + random.normal(0, 300.0, (20, 3))]
    )
    return discretise(tree, max_length=20.0), at


def geometry(lfpykit, begin, end, diameter):
    return lfpykit.CellGeometry(*(np.stack([begin[:, k], end[:, k]], axis=1) for k in range(3)), diameter)


def test_lines_as_in_lfpykit(published):
    """Its line sources of all parts, added up by their areas, and its root as a point.

    Its units are ours: mV, nA, µm and S/m. It too holds the distance from the axis at a segment's mean radius, along
    the whole axis, and that from the root's middle at the root's radius.
    """
    lfpykit = pytest.importorskip("lfpykit")
    cut, at = published
    begin, end, inner, outer, owner = segments(cut)
    soma = cut.tree.soma is not None
    if soma:
        # One segment in the place of the soma's parts, of which LFPykit takes the middle and the radius.
        middle, r = cut.layout.xyz[0], np.sqrt(float(cut.area[0]) / (4 * np.pi))
        keep = owner > 0
        across = np.array([r, 0, 0])
        begin, end = np.vstack([middle - across, begin[keep]]), np.vstack([middle + across, end[keep]])
        inner, outer, owner = (np.append(x, y[keep]) for x, y in ((r, inner), (r, outer), (0, owner)))
    cell = geometry(lfpykit, begin, end, 2 * np.stack([inner, outer], axis=1))
    x, y, z = at.T.copy()
    each = lfpykit.LineSourcePotential(cell, x=x, y=y, z=z, sigma=SIGMA).get_transformation_matrix()
    if soma:
        root = geometry(lfpykit, begin[:1], end[:1], np.array([2 * r]))
        each[:, :1] = lfpykit.PointSourcePotential(root, x=x, y=y, z=z, sigma=SIGMA).get_transformation_matrix()
    areas = frustum_area(np.linalg.norm(end - begin, axis=1), inner, outer)
    whole = np.bincount(owner, areas)
    expected = np.stack([np.bincount(owner, row * areas / whole[owner]) for row in each])
    np.testing.assert_allclose(lead_field(cut, at), expected, rtol=2e-4 if EPS > 1e-10 else 1e-11)


def test_points_as_in_lfpykit(published):
    """Its point sources of one segment per compartment around our middles, as thick as the cylinder of its area."""
    lfpykit = pytest.importorskip("lfpykit")
    cut, at = published
    begin, end, *_, owner = segments(cut)
    length = np.bincount(owner, np.linalg.norm(end - begin, axis=1), minlength=cut.count)
    area = np.asarray(cut.area, float)
    with np.errstate(divide="ignore"):
        diameter = area / (np.pi * length)
    if cut.tree.soma:
        diameter[0] = np.sqrt(area[0] / np.pi)
    across = np.array([[1.0, 2, 3]])
    cell = geometry(lfpykit, cut.layout.xyz - across, cut.layout.xyz + across, diameter)
    x, y, z = at.T.copy()
    expected = lfpykit.PointSourcePotential(cell, x=x, y=y, z=z, sigma=SIGMA).get_transformation_matrix()
    np.testing.assert_allclose(lead_field(cut, at, source="point"), expected, rtol=2e-4 if EPS > 1e-10 else 1e-12)
