import numpy as np
import pytest
from matplotlib.patches import Circle

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
from membrax.plot import style
from membrax.plot.neurons.morphology import THINNEST, UNKNOWN, morphology


@pytest.fixture(scope="module")
def tree():
    """A soma, a thick dendrite to the right and upward in z, and an axon too thin to be visible."""
    dendrite = cable(200.0, (6.0, 3.0), direction=(4, 0, 3))
    return join(ball(20.0, name="small"), dendrite, cable(100.0, 1e-3, type="axon", direction=(0, -1, 0)))


@pytest.fixture(scope="module")
def compartments(tree):
    return discretise(tree, per_section=2)


def neuron(figure):
    """The lines of a neuron, and the circle of its soma."""
    ax = figure.axes[0]
    return ax.collections[0], next(patch for patch in ax.patches if isinstance(patch, Circle))


def test_types_have_colours_and_names(tree, tmp_path):
    figure = morphology(tree, path=tmp_path / "small")
    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert words == ["soma", "axon", "basal dendrite"]
    colours = {line.get_label(): line.get_color() for line in figure.axes[0].get_legend().get_lines()}
    lines, soma = neuron(figure)
    assert soma.get_facecolor()[:3] == pytest.approx(colours["soma"]) and soma.get_radius() == 20.0
    shown = {tuple(np.round(colour[:3], 6)) for colour in lines.get_colors()}
    assert shown == {tuple(np.round(colours[word], 6)) for word in ("axon", "basal dendrite")}
    assert figure.get_suptitle() == "small" and (tmp_path / "small.png").exists()
    assert figure.get_supxlabel() == "Soma of 5027 µm², 300 µm of neurite in 2 sections"


def test_widths_are_to_scale_with_a_least_width(tree):
    figure = morphology(tree)
    lines, _ = neuron(figure)
    ax = figure.axes[0]
    points = np.diff(ax.transData.transform([(0, 0), (1, 0)])[:, 0])[0] * 72 / figure.dpi
    assert sorted(lines.get_linewidth()) == pytest.approx([THINNEST, 2 * 4.5 * points], rel=1e-6)
    assert ax.get_aspect() == 1.0


@pytest.mark.parametrize(
    ("view", "tip"), [("xy", (176.0, 0.0)), ("xz", (176.0, 132.0)), ("zx", (132.0, 176.0)), ("yz", (0.0, 132.0))]
)
def test_planes(tree, view, tip):
    ends = np.concatenate(neuron(morphology(tree, view=view))[0].get_segments())
    assert np.min(np.linalg.norm(ends - tip, axis=1)) < 1e-9


def test_rotation_and_tilt_in_three_dimensions(tree):
    def ends(angles):
        figure = morphology(tree, view="3d", angles=angles)
        return np.concatenate(neuron(figure)[0].get_segments())

    tips = {(0.0, 0.0): (176.0, 0.0), (90.0, 0.0): (132.0, 0.0), (0.0, 90.0): (176.0, -132.0)}
    for angles, tip in tips.items():
        assert np.min(np.linalg.norm(ends(angles) - tip, axis=1)) < 1e-9
    letters = [text.get_text() for text in morphology(tree, view="3d").axes[0].texts]
    assert letters[-3:] == ["x", "y", "z"]


def test_distant_parts_are_pale_without_values(tree, compartments):
    lines, soma = neuron(morphology(tree, view="3d", angles=(0.0, 0.0)))
    near = np.argmax([np.ptp(segment[:, 0]) for segment in lines.get_segments()])  # the dendrite comes nearest
    assert lines.get_colors()[near][:3] == pytest.approx(neuron(morphology(tree))[0].get_colors()[near][:3])
    assert soma.get_facecolor()[0] > neuron(morphology(tree))[1].get_facecolor()[0]
    values = np.ones(compartments.count)
    flat, space = (morphology(compartments, values, view=view) for view in ("xy", "3d"))
    np.testing.assert_allclose(neuron(flat)[0].get_colors()[0], neuron(space)[0].get_colors()[0])


def test_values_of_compartments(compartments):
    values = np.array([-70.0, -60.0, -50.0, np.nan, -40.0])
    figure = morphology(compartments, values, label="membrane potential (mV)")
    bar = figure.axes[1]
    assert bar.get_ylabel() == "membrane potential (mV)" and bar.get_ylim() == pytest.approx((-70.0, -40.0))
    lines, soma = neuron(figure)
    shade = style.graded()
    assert soma.get_facecolor()[:3] == pytest.approx(shade(0.0)[:3])
    shown = {tuple(np.round(colour[:3], 6)) for colour in lines.get_colors()}
    expected = [shade(1 / 3)[:3], shade(2 / 3)[:3], UNKNOWN, shade(1.0)[:3]]
    assert shown == {tuple(np.round(colour, 6)) for colour in expected}
    assert figure.get_supxlabel().endswith("in 2 sections, 5 compartments")


def test_halves_of_compartments_meet(compartments):
    segments = neuron(morphology(compartments, compartments.path_distance))[0].get_segments()
    ends = {tuple(np.round(end, 6)) for segment in segments for end in segment}
    along = [(16 + 160 * part, 0.0) for part in (0, 0.25, 0.5, 0.75, 1)]
    assert ends >= {tuple(np.round(place, 6)) for place in along} and len(segments) == 8


def test_values_of_points_and_limits(tree):
    figure = morphology(tree, tree.path_distance, limits=(0.0, 400.0))
    assert figure.axes[1].get_ylim() == (0.0, 400.0)
    colours = {tuple(np.round(colour, 6)) for colour in neuron(figure)[0].get_colors()}
    assert colours == {tuple(np.round(style.graded()(part), 6)) for part in (0.25, 0.5)}


def test_grey_lines_link_soma_and_neurites(tree):
    links = morphology(tree).axes[0].collections[1].get_segments()
    assert sorted(np.round(link[1], 6).tolist() for link in links) == [[0.0, -20.0], [16.0, 0.0]]


def test_custom_types_have_colours_of_their_own():
    tree = from_points([[0, 0, 0], [10, 0, 0], [20, 0, 0], [30, 0, 0]], 1.0, [7, 7, 8, 9], [-1, 0, 1, 2])
    lines = morphology(tree).axes[0].get_legend().get_lines()
    assert len({line.get_color() for line in lines}) == 3 and lines[0].get_label() == "custom 7"


@pytest.mark.parametrize("shape", [ball(10.0), cable(500.0, 1.0), cable(300.0, 2.0, direction=(0, 1, 0))])
def test_shapes_without_width_or_height_are_drawn(shape):
    figure = morphology(shape, np.zeros(len(shape.parent)))
    width, height = figure.get_size_inches()
    assert 2.0 < width <= style.WIDTH and 1.5 < height <= 7.0
    figure.draw_without_rendering()


def test_a_published_neuron(shared_data):
    tree = load_swc(shared_data / "morphologies" / "jaxley__morph_ca1_n120.swc")
    figure = morphology(tree)
    assert len(neuron_lines(figure)) == np.sum(tree.segment_length > 0)
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words == ["100 µm"]
    width, height = figure.get_size_inches()
    assert height > width  # taller than wide, as it is


def neuron_lines(figure):
    return figure.axes[0].collections[0].get_segments()


WRONG = {
    "no neuron": (lambda: morphology([1, 2]), "this figure draws a Tree or Compartments .* got list"),
    "unknown view": (lambda: morphology(ball(1.0), view="up"), "view must be one of xy, xz, .* and 3d, got 'up'"),
    "one axis twice": (lambda: morphology(ball(1.0), view="xx"), "got 'xx'"),
    "too few values": (
        lambda: morphology(discretise(binary_tree(3, length=9.0, radius=1.0), per_section=2), [1.0, 2.0]),
        r"values must have one number per compartment, 6, got the shape \(2,\)",
    ),
    "values of another shape": (
        lambda: morphology(ball_and_stick(5.0, 50.0, 1.0), np.zeros(2)),
        r"values must have one number per point, 3, got the shape \(2,\)",
    ),
    "decreasing limits": (
        lambda: morphology(ball(1.0), [0.0], limits=(1, 0)),
        r"limits must be two increasing numbers",
    ),
}


@pytest.mark.parametrize(("made", "message"), WRONG.values(), ids=WRONG)
def test_refusals(made, message):
    with pytest.raises(ValueError, match=message):
        made()
