import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.patches import Circle

import membrax as mx
from membrax.plot import style
from membrax.plot.neurons.paths import far_tips, half_rise_times, path_to
from membrax.plot.neurons.travelling import THINNEST

KICK = mx.stimuli.step(1.0, 0.2, 0.7, unit="nA")


@pytest.fixture(scope="module")
def tree():
    """A soma with a long dendrite that forks once, one child longer, and a short one to the left."""
    xyz = [[0, 0, 0], [5, 0, 0], [205, 0, 0], [305, 80, 0], [265, -60, 0], [-5, 0, 0], [-105, 0, 50]]
    radius = [5, 1.5, 1.5, 1.0, 1.0, 1.0, 1.0]
    return mx.morphology.from_points(xyz, radius, [1, 3, 3, 3, 3, 3, 3], [-1, 0, 1, 2, 2, 0, 5], name="three tips")


@pytest.fixture(scope="module")
def cell(tree):
    channels = mx.models.hodgkin_huxley().channels
    return mx.Cell(channels=channels, celsius=6.3, morphology=mx.morphology.discretise(tree, max_length=25.0))


@pytest.fixture(scope="module")
def trace(cell):
    return mx.simulate(cell, KICK, duration=5.0, dt=0.05)


def trees(figure):
    """The axes of the trees."""
    return [ax for ax in figure.axes if ax.get_title().endswith("ms")]


def below(figure):
    return next(ax for ax in figure.axes if ax.get_xlabel() == "time (ms)")


def test_trees_are_coloured_by_their_voltages(cell, trace):
    figure = mx.plot.travelling(trace, cell, [0.0, 1.5, 3.0], limits=(-80.0, 40.0))
    assert [ax.get_title() for ax in trees(figure)] == ["0.0 ms", "1.5 ms", "3.0 ms"]
    for ax, k in zip(trees(figure), (0, 30, 60), strict=True):
        shades = style.graded()((np.asarray(trace.v[k]) + 80.0) / 120.0)
        shown = {tuple(np.round(colour, 4)) for colour in ax.collections[0].get_colors()}
        assert shown == {tuple(np.round(shade, 4)) for shade in shades}  # the sphere's line has no length
        (soma,) = [patch for patch in ax.patches if isinstance(patch, Circle)]
        np.testing.assert_allclose(soma.get_facecolor(), shades[0], atol=1e-6)
        assert ax.get_aspect() == 1.0
    assert figure.get_suptitle() == "three tips"
    (bar,) = [ax for ax in trees_and_bars(figure) if ax.get_ylabel() == "membrane potential (mV)"]
    assert bar.get_ylim() == pytest.approx((-80.0, 40.0))


def trees_and_bars(figure):
    return [*figure.axes, *(child for ax in figure.axes for child in ax.child_axes)]


def test_voltages_of_soma_and_tips(cell, trace):
    ax = below(mx.plot.travelling(trace, cell, [1.0, 2.0]))
    soma, *tips = ax.get_lines()
    np.testing.assert_allclose(soma.get_xdata(), trace.t)
    np.testing.assert_allclose(soma.get_ydata(), trace.v[:, 0])
    sites = [cell.morphology.site(section, 1.0) for section in (2, 4, 3)]  # the farthest, the left, the rest
    assert [line.get_label() for line in tips] == [f"{cell.morphology.path_distance[k]:.0f} µm away" for k in sites]
    for line, k in zip(tips, sites, strict=True):
        np.testing.assert_allclose(line.get_ydata(), trace.v[:, k])
    marks = [segment[0][0] for segment in ax.collections[0].get_segments()]
    assert marks == pytest.approx([1.0, 2.0])


def test_rings_mark_the_tips_in_their_colours(cell, trace):
    figure = mx.plot.travelling(trace, cell, [1.0, 2.0], tips=[3, (2, 0.5)], view="zx")
    rings = [line for line in trees(figure)[0].get_lines() if line.get_marker() == "o"]
    sites = [cell.morphology.site(3, 1.0), cell.morphology.site(2, 0.5)]
    for ring, k, line in zip(rings, sites, below(figure).get_lines()[1:], strict=True):
        np.testing.assert_allclose(ring.get_xydata()[0], cell.morphology.layout.xyz[k, [2, 0]])
        assert ring.get_markeredgecolor() == line.get_color()
    assert not [line for line in trees(figure)[1].get_lines() if line.get_marker() == "o"]


def test_six_times_from_the_first_to_the_last_rise(cell, trace):
    shown = [float(ax.get_title().split()[0]) for ax in trees(mx.plot.travelling(trace, cell.morphology))]
    rises = half_rise_times(trace.t, np.asarray(trace.v))
    assert len(shown) == 6 and np.ptp(np.diff(shown)) < 0.11
    assert shown[0] == pytest.approx(rises.min(), abs=0.06) and shown[-1] == pytest.approx(rises.max(), abs=0.06)


def test_lines_have_a_least_width(cell, trace):
    for ax in trees(mx.plot.travelling(trace, cell, [1.0, 2.0])):
        assert min(ax.collections[0].get_linewidth()) >= THINNEST


def test_half_rise_times_between_samples():
    t, v = np.arange(4.0), np.array([[-60.0, 0.0, 5.0], [-60.0, 1.0, 5.0], [0.0, 3.0, 5.0], [20.0, 4.0, 5.0]])
    np.testing.assert_allclose(
        half_rise_times(t, v), [1 + 40 / 60, 1.5, 0.0]
    )  # of −60 … 20 it is −20, of 0 … 4 it is 2


def test_a_path_goes_through_the_branch_point(cell):
    c = cell.morphology
    nodes = path_to(c, c.site(2, 1.0))
    assert nodes[0] == 0 and nodes[-1] == c.site(2, 1.0)
    assert set(c.section[nodes[nodes < c.count]]) == {0, 1, 2} and np.sum(nodes >= c.count) == 1
    assert np.all(np.diff(c.path_distance[nodes[nodes < c.count]]) > 0)


def test_default_tips_share_little_of_their_paths():
    c = mx.morphology.discretise(mx.morphology.binary_tree(depth=3, length=100.0, radius=2.0), per_section=3)
    first, second, third = (c.section[k] for k in far_tips(c, 3))
    assert {(first - 1) // 2, (second - 1) // 2} == {1, 2}  # on either side of the first fork
    assert third not in (first, second)
    assert len(far_tips(c, 9)) == 4


def test_the_path_to_a_tip_over_distance_and_time(cell, trace):
    figure = mx.plot.along_path(trace, cell, tip=3)
    ax, bar = figure.axes
    c = cell.morphology
    on = [k for k in range(c.count) if c.section[k] in (0, 1, 3)]
    mesh = ax.collections[0]
    np.testing.assert_allclose(mesh.get_array(), np.asarray(trace.v)[:, on].T)
    assert ax.get_ylim() == pytest.approx((0.0, c.path_distance[on[-1]])) and ax.get_xlim() == (0.0, 5.0)
    front, branching = ax.get_lines()
    np.testing.assert_allclose(front.get_ydata(), c.path_distance[on])
    np.testing.assert_allclose(front.get_xdata(), half_rise_times(trace.t, np.asarray(trace.v)[:, on]))
    assert branching.get_ydata() == pytest.approx([200.0, 200.0])
    v = np.asarray(trace.v)[:, on]
    np.testing.assert_allclose(bar.get_ylim(), (v.min(), v.max()), rtol=1e-5)
    assert figure.get_suptitle() == "three tips, from the soma to a tip"


def test_the_default_is_the_farthest_tip(cell, trace):
    far, given = mx.plot.along_path(trace, cell), mx.plot.along_path(trace, cell, tip=2)
    assert far.axes[0].get_ylim() == given.axes[0].get_ylim()


SHAPES = [mx.morphology.ball(10.0), mx.morphology.cable(300.0, 1.0), mx.morphology.cable(90, 1, direction=(0, 1, 0))]


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_without_branches_are_drawn(shape, trace, tmp_path):
    c = mx.morphology.discretise(shape, per_section=3)
    still = dataclasses.replace(trace, v=jnp.full((101, c.count), -65.0))
    figure = mx.plot.travelling(still, c, path=tmp_path / "still")
    assert len(trees(figure)) == 1 and (tmp_path / "still.png").exists()
    assert figure.get_size_inches()[1] < 8.0


def test_it_saves(cell, trace, tmp_path):
    mx.plot.along_path(trace, cell, path=tmp_path / "path.png")
    assert (tmp_path / "path.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(cell, trace):
    sites = mx.simulate(cell, KICK, duration=5.0, dt=0.05, record=mx.probes.voltage(sites=[0]))
    with pytest.raises(ValueError, match=r"draws a Trace.*got Cell"):
        mx.plot.travelling(cell, trace)
    with pytest.raises(ValueError, match=r"Cell with a morphology.*got Tree"):
        mx.plot.travelling(trace, cell.morphology.tree)
    with pytest.raises(ValueError, match=r"Cell with a morphology.*got Cell"):
        mx.plot.along_path(trace, mx.models.hodgkin_huxley())
    with pytest.raises(ValueError, match=rf"all its {cell.morphology.count} compartments.*got the shape \(101, 1\)"):
        mx.plot.travelling(sites, cell)
    with pytest.raises(ValueError, match=rf"got the shape \(2, 101, {cell.morphology.count}\)"):
        mx.plot.along_path(jax.tree.map(lambda x: jnp.stack([x] * 2), trace), cell)
    for times in ([1.0, 6.0], [np.nan], []):
        with pytest.raises(ValueError, match=r"times must lie within the trace, 0 … 5 ms"):
            mx.plot.travelling(trace, cell, times)
    with pytest.raises(ValueError, match="section must be a whole number of 0 … 4, got 9"):
        mx.plot.along_path(trace, cell, tip=9)
    with pytest.raises(ValueError, match="limits must be two increasing numbers"):
        mx.plot.along_path(trace, cell, limits=(0, -1))
    with pytest.raises(ValueError, match="view must be one of"):
        mx.plot.travelling(trace, cell, view="up")
    ball = mx.morphology.discretise(mx.morphology.ball(10.0))
    with pytest.raises(ValueError, match="the path must have two or more compartments"):
        mx.plot.along_path(dataclasses.replace(trace, v=trace.v[:, :1]), ball)
