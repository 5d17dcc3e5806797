import numpy as np
import pytest

import membrax as mx

LABELS = ("$g_K$ (mS/cm²)", "$g_{Na}$ (mS/cm²)", "spikes")


def test_every_number_is_at_its_place():
    x, y = np.linspace(20.0, 50.0, 4), np.linspace(60.0, 180.0, 3)
    values = np.arange(12.0).reshape(3, 4)
    figure = mx.plot.heatmap(x, y, values, labels=LABELS)
    ax, bar = figure.axes
    picture = ax.get_images()[0]
    np.testing.assert_array_equal(picture.get_array(), values)
    assert picture.origin == "lower"
    left, right, bottom, top = picture.get_extent()
    # The middle of the first rectangle is the first parameter, that of the last the last.
    assert [left + (right - left) / 8, right - (right - left) / 8] == pytest.approx([20.0, 50.0])
    assert [bottom + (top - bottom) / 6, top - (top - bottom) / 6] == pytest.approx([60.0, 180.0])
    assert (ax.get_xlabel(), ax.get_ylabel(), bar.get_ylabel()) == LABELS
    assert figure.get_suptitle() == "12 neurons, one at each point"


def test_it_is_saved(tmp_path):
    mx.plot.heatmap([0.0, 1.0], [0.0, 1.0], np.eye(2), labels=LABELS, path=tmp_path / "plane")
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")


def test_refusals():
    with pytest.raises(ValueError, match=r"values must be \[row, column\] = \(3, 2\).*got the shape \(2, 3\)"):
        mx.plot.heatmap(np.arange(2.0), np.arange(3.0), np.zeros((2, 3)), labels=LABELS)
    with pytest.raises(ValueError, match=r"values must be .* 2 or more each"):
        mx.plot.heatmap([1.0], [1.0, 2.0], np.zeros((2, 1)), labels=LABELS)
    with pytest.raises(ValueError, match="labels must name x, y and the number"):
        mx.plot.heatmap([0.0, 1.0], [0.0, 1.0], np.eye(2), labels=("x", "y"))
