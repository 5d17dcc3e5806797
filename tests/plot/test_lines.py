import numpy as np
import pytest

from membrax.plot.lines import lines

X = np.linspace(1.0, 100.0, 50)


def test_lines_points_and_levels_are_in_their_places():
    figure = lines(
        X, {"fast": 1 / X, "slow": 2 / X}, xlabel="x (ms)", ylabel="y (mV)", points={"fast": (X[::10], 1 / X[::10])},
        levels={"half": 0.5}, log="xy", title="seen",
    )  # fmt: skip
    ax = figure.axes[0]
    fast, slow = ax.get_lines()[:2]
    np.testing.assert_array_equal(fast.get_ydata(), 1 / X)
    np.testing.assert_array_equal(slow.get_ydata(), 2 / X)
    dots = next(line for line in ax.get_lines() if line.get_marker() == "o" and len(line.get_xdata()))
    np.testing.assert_array_equal(dots.get_xdata(), X[::10])
    assert dots.get_color() == fast.get_color() != slow.get_color()
    level = ax.get_lines()[-1]
    assert set(level.get_ydata()) == {0.5} and level.get_linestyle() == "--"
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel(), figure.get_suptitle()) == ("x (ms)", "y (mV)", "seen")
    assert sorted(text.get_text() for text in ax.get_legend().get_texts()) == ["fast", "slow"]
    assert [text.get_text() for text in ax.texts] == ["half"]


def test_one_line_needs_no_legend(tmp_path):
    figure = lines(X, {"alone": X}, xlabel="x", ylabel="y", path=tmp_path / "one")
    assert figure.axes[0].get_legend() is None and figure.axes[0].get_xscale() == "linear"
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_refusals():
    with pytest.raises(
        ValueError, match=r"short must have one value for each of x, got the shapes \(49,\) and \(50,\)"
    ):
        lines(X, {"short": X[1:]}, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match=r"a dictionary \{name: values\}"):
        lines(X, {}, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match=r"got 'z'"):
        lines(X, {"a": X}, xlabel="x", ylabel="y", log="z")
