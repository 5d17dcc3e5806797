import dataclasses

import numpy as np
import pytest

from membrax.fitting.uncertainty import Direction, Ensemble, Profile, Uncertainty
from membrax.fitting.uncertainty.noise import Noise
from membrax.plot.fits.uncertainty import profiles, uncertainty

NAMES = ("na.g", "leak.e", "capacitance", "area")
NAN = float("nan")


@pytest.fixture(scope="module")
def result():
    """Two parameters known, one at its bound, one not identified."""
    correlation = np.full((4, 4), NAN)
    correlation[:2, :2] = [[1.0, -0.7], [-0.7, 1.0]]
    return Uncertainty(
        values=dict(zip(NAMES, (120.0, -54.4, 2.0, 900.0), strict=True)),
        units=dict(zip(NAMES, ("mS/cm²", "mV", "µF/cm²", "µm²"), strict=True)),
        bounds=dict(zip(NAMES, ((20.0, 250.0), (-80.0, -40.0), (0.5, 2.0), (100.0, 1e4)), strict=True)),
        errors=dict(zip(NAMES, (1.0, 0.1, NAN, np.inf), strict=True)),
        factors={"na.g": 1.01, "area": np.inf},
        intervals=dict(zip(NAMES, ((118.0, 122.03), (-54.6, -54.2), (NAN, NAN), (0.0, np.inf)), strict=True)),
        level=0.95,
        estimator="white",
        covariance=correlation,
        correlation=correlation,
        directions=(
            Direction(1e6, 1e-3, {"na.g": 0.8, "leak.e": -0.6, "area": 0.0}),
            Direction(1e2, 0.1, {"na.g": 0.6, "leak.e": 0.8, "area": 0.0}),
            Direction(0.0, np.inf, {"na.g": 0.0, "leak.e": 0.0, "area": 1.0}),
        ),
        misfit=0.5,
        noise=Noise(0.5, 0.5, NAN),
        whiteness=None,
        inflation=1.0,
        ensemble=Ensemble(np.array([0]), np.array([0.25]), {}, 1.01, "here"),
        flags={"capacitance": "fixed at its bound", "area": "not identified"},
        notes=(),
        warnings=("there is one",),
    )


@pytest.fixture(scope="module")
def results():
    values = np.linspace(116.0, 124.0, 15)
    root = (values - 120.0) * 1.2
    one = Profile(
        "na.g", "mS/cm²", values, 0.25 + 1e-4 * root**2, root, {}, 120.0, (118.4, 121.6), 0.2504, 1.96, (118.0, 122.0),
        0.95, False, False, ("k.g",),
    )  # fmt: skip
    return {f"p{k}": dataclasses.replace(one, path=f"p{k}") for k in range(5)}


def titled(figure, text):
    (ax,) = [ax for ax in figure.axes if text in ax.get_title(loc="left")]
    return ax


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_every_interval_as_text(result):
    ax = titled(uncertainty(result), "Intervals")
    assert words(ax) == [
        "120.0 (118.0 to 122.0) mS/cm²",
        "−54.40 (−54.60 to −54.20) mV",
        "2 µF/cm², fixed at its bound",
        "900 µm², not identified",
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(NAMES)


def test_widths_are_relative_to_the_bounds(result):
    ax = titled(uncertainty(result), "Intervals")
    x = [line.get_xdata()[0] for line in ax.get_lines()[:4]]
    assert x[0] == pytest.approx(100 * np.log(122.03 / 118.0) / np.log(12.5))
    assert x[1] == pytest.approx(100 * 0.4 / 40.0)
    assert np.isnan(x[2])
    assert x[3] == ax.get_xlim()[1] and ax.get_lines()[3].get_marker() == ">"
    assert ax.get_xscale() == "log"


def test_correlations_and_directions(result):
    figure = uncertainty(result)
    squares = titled(figure, "Correlations").images[0].get_array()
    np.testing.assert_array_equal(np.ma.filled(squares, NAN), result.correlation)
    ax = titled(figure, "Directions")
    weights = np.ma.filled(ax.images[0].get_array(), NAN)[:, [0, 1, 3]]
    np.testing.assert_array_equal(weights, [[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.1", "10", "∞"]
    assert {"0.8", "−0.6", "1.0"} <= set(words(ax))


def test_estimator_and_warnings(result):
    figure = uncertainty(result)
    assert figure.get_suptitle() == "95 % intervals of 4 parameters, from white residuals"
    assert figure.get_supxlabel() == "Warnings: there is one."
    assert not uncertainty(dataclasses.replace(result, warnings=())).get_supxlabel()


def test_a_spread_of_starts_has_no_directions(result):
    spread = dataclasses.replace(result, estimator="ensemble", level=NAN, directions=())
    figure = uncertainty(spread)
    assert len(figure.axes) == 1
    assert figure.get_suptitle() == "Spread of 4 parameters, from the starts that fit equally well"


def test_many_parameters_have_no_numbers_in_squares(result):
    names = [f"p{k}" for k in range(12)]
    every = lambda x: dict.fromkeys(names, x)  # noqa: E731
    many = dataclasses.replace(
        result, values=every(1.0), units=every(""), bounds=every((0.0, 2.0)), intervals=every((0.9, 1.1)), flags={},
        correlation=np.eye(12), directions=(Direction(1.0, 1.0, every(0.3)),) * 12,
    )  # fmt: skip
    assert words(titled(uncertainty(many), "Correlations")) == []


def test_profiles_with_their_threshold_and_ends(results):
    figure = profiles(results)
    ax = titled(figure, "p3")
    dashed, solid = ax.get_lines()[:2]
    np.testing.assert_allclose(solid.get_ydata(), results["p3"].root ** 2)
    np.testing.assert_allclose(dashed.get_ydata()[[0, -1]], ((dashed.get_xdata()[[0, -1]] - 120.0) / 2.0 * 1.96) ** 2)
    assert ax.get_xlabel() == "mS/cm²\nk.g reaches its bound"
    (ends,) = ax.collections
    np.testing.assert_allclose([segment[0, 0] for segment in ends.get_segments()], [118.4, 121.6])
    assert len([ax for ax in figure.axes if ax.axison]) == 5


def test_an_open_profile_has_one_end(results):
    half = dataclasses.replace(results["p0"], interval=(118.4, np.inf), wald=(-np.inf, np.inf))
    (ends,) = titled(profiles({"p0": half}), "p0").collections
    assert len(ends.get_segments()) == 1


def test_they_save(result, results, tmp_path):
    uncertainty(result, path=tmp_path / "uncertainty.png")
    profiles(results, path=tmp_path / "profiles.png")
    for name in ("uncertainty", "profiles"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(result, results):
    with pytest.raises(ValueError, match=r"draws an Uncertainty.*got dict"):
        uncertainty(results)
    with pytest.raises(ValueError, match=r"draws profiles, as from membrax\.fitting\.uncertainty\.profiles, got \{\}"):
        profiles({})
    with pytest.raises(ValueError, match=r"draws profiles.*got Uncertainty"):
        profiles({"na.g": result})
