import numpy as np
import pytest

from membrax.plot.course.cable import ball_and_stick, ralls_law

X = np.linspace(0.0, 500.0, 101)


def test_the_soma_has_the_colour_of_the_first_value():
    figure = ball_and_stick(X, {"falling": 10.0 * np.exp(-X / 300), "rising": 10.0 * X / 500}, title="seen")
    top, bottom = figure.axes[:2]
    np.testing.assert_array_equal(bottom.get_lines()[0].get_ydata(), 10.0 * np.exp(-X / 300))
    bands, somas = top.collections, top.get_lines()
    assert len(bands) == len(somas) == 2
    assert bands[0].norm.vmin == 0.0 and bands[0].norm.vmax == pytest.approx(10.0)
    for band, soma, first in zip(bands, somas, (10.0, 0.0), strict=True):
        assert soma.get_color() == pytest.approx(band.cmap(band.norm(first)))
        assert np.ravel(band.get_array())[0] == pytest.approx(first, abs=0.1)
    assert [label.get_text() for label in top.get_yticklabels()] == ["falling", "rising"]
    assert bottom.get_xlabel() == "distance from the soma (µm)"
    assert bottom.get_ylabel() == "deviation from rest (mV)" and figure.get_suptitle() == "seen"


def test_negative_deviations_have_their_colours_too(tmp_path):
    figure = ball_and_stick(X, {"down": -X / 100}, path=tmp_path / "down")
    assert figure.axes[0].collections[0].norm.vmin == pytest.approx(-5.0)
    assert (tmp_path / "down.png").exists()


def test_the_bars_are_sums_of_the_three_halves_power():
    figure = ralls_law(2.0, [1.0, 1.5])
    parent, first, second = (patch for patch in figure.axes[1].patches)
    assert parent.get_width() == pytest.approx(2.0**1.5)
    assert first.get_width() == pytest.approx(1.0) and second.get_width() == pytest.approx(1.5**1.5)
    assert second.get_x() == pytest.approx(1.0)
    assert figure.get_suptitle() == f"The children's sum is {(1 + 1.5**1.5) / 2**1.5:.4g} times the parent's"
    assert [text.get_text() for text in figure.axes[0].texts] == ["1 µm", "1.5 µm", "2 µm"]


def test_thicknesses_of_branches_are_to_scale():
    from matplotlib.patches import Polygon

    branches = [patch for patch in ralls_law(2.0, 1.25).axes[0].patches if isinstance(patch, Polygon)]
    for patch, thick in zip(branches, (2.0, 1.25), strict=True):
        corners = patch.get_xy()
        assert np.hypot(*(corners[0] - corners[3])) == pytest.approx(thick)


def test_refusals():
    with pytest.raises(ValueError, match="two or more increasing distances"):
        ball_and_stick(X[::-1], {"v": X})
    with pytest.raises(ValueError, match="v must have one value"):
        ball_and_stick(X, {"v": X[1:]})
    with pytest.raises(ValueError, match="got a parent of 0 and children"):
        ralls_law(0.0, [1.0])
    with pytest.raises(ValueError, match="diameters must be above 0 µm"):
        ralls_law(1.0, [])
