import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Starts
from membrax.fitting.uncertainty import assess, profiles

pytestmark = pytest.mark.slow


def with_more(fitted, values, bounds, **changes):
    """The fit as it would be with more parameters free, at the same cell."""
    values, bounds = {**fitted.values, **values}, {**fitted.bounds, **bounds}
    starts = Starts(fitted.starts.loss, {path: np.full(3, x) for path, x in values.items()})
    return dataclasses.replace(fitted, values=values, bounds=bounds, starts=starts, **changes)


@pytest.fixture(scope="module")
def fitted(passive, bounds, steps):
    return mx.fit(passive, bounds, steps, starts=3, iterations=12, method="levenberg_marquardt", progress=False)


@pytest.fixture(scope="module")
def drawn(fitted):
    return profiles(fitted)


def test_intervals_of_a_nearly_linear_fit_are_walds(fitted, drawn):
    assessed = assess(fitted)
    for path, one in drawn.items():
        width = one.wald[1] - one.wald[0]
        assert one.wald == pytest.approx(assessed.intervals[path], rel=1e-6)
        np.testing.assert_allclose(one.interval, one.wald, atol=0.03 * width)
        assert one.best == pytest.approx(assessed.values[path]) and not one.deeper and one.at_bounds == ()
    assert {path: one.unit for path, one in drawn.items()} == assessed.units


def test_the_root_is_the_distance_in_standard_errors(drawn):
    for one in drawn.values():
        scale = np.log if one.logarithmic else np.asarray
        error = (scale(one.wald[1]) - scale(one.wald[0])) / 2 / one.critical_root
        distance = (scale(one.values) - scale(one.best)) / error
        np.testing.assert_allclose(one.root, distance, atol=0.12)
        assert np.all(np.diff(one.values) > 0) and len(one.values) == 15


def test_the_loss_rises_to_its_threshold_at_the_ends(drawn):
    for one in drawn.values():
        at_ends = np.interp(one.interval, one.values, one.loss)
        np.testing.assert_allclose(at_ends, one.threshold, rtol=5e-3)
        assert one.loss.min() == pytest.approx(one.loss[7]) and one.root[7] == 0.0


def test_the_others_are_fitted_anew(fitted, drawn):
    """They follow the regression line of the covariance."""
    assessed = assess(fitted)
    slope = assessed.covariance[0, 1] / assessed.covariance[0, 0] * 1.5 / np.log(25.0)
    one = drawn["leak.g"]
    expected = assessed.values["capacitance"] + slope * np.log(one.values / one.best)
    np.testing.assert_allclose(one.others["capacitance"], expected, atol=0.1 * assessed.errors["capacitance"])


def test_profiles_of_requested_parameters(fitted, drawn):
    requested = profiles(fitted, ("capacitance", "leak.g"))
    assert list(requested) == ["capacitance", "leak.g"]
    assert requested["leak.g"].interval == pytest.approx(drawn["leak.g"].interval, rel=1e-5)
    with pytest.raises(ValueError, match=r"paths must be of the free parameters leak.g, capacitance, got \['na.g'\]"):
        profiles(fitted, ["na.g"])
    with pytest.raises(ValueError, match=r"got \[\]"):
        profiles(fitted, [])


def test_the_profile_of_an_unidentified_parameter_is_flat(fitted):
    flat = profiles(with_more(fitted, {"area": 1000.0}, {"area": (100.0, 1e4)}), "area", points=5)["area"]
    assert flat.interval == (0.0, np.inf)
    assert flat.values[0] == pytest.approx(100.0, rel=1e-3) and flat.values[-1] == pytest.approx(1e4, rel=1e-3)
    assert np.abs(flat.root).max() < 0.1


@pytest.mark.slow
def test_a_common_factor_ends_where_another_reaches_its_bound(fitted, steps):
    """leak.g, capacitance and area go together: the area's profile ends where the others reach their bounds."""
    nano = mx.Recording(t=steps.t, v=steps.v, i=steps.i * 1000.0 * 1e-5, unit="nA")
    bounds = {"capacitance": (0.5, 2.0), "area": (100.0, 1e4)}
    one = profiles(with_more(fitted, {"area": 1000.0}, bounds, data=nano), "area")["area"]
    factor = fitted.values["capacitance"] / np.array([2.0, 0.5])
    np.testing.assert_allclose(one.interval, 1000.0 * factor, rtol=0.03)
    assert "capacitance" in one.at_bounds


def test_a_profile_shows_a_better_fit(fitted, monkeypatch):
    from membrax.fitting.uncertainty import minimum

    # Every place counts as a minimum.
    monkeypatch.setattr(minimum, "OPEN", np.inf)
    error = assess(fitted).errors["leak.g"]
    off = dataclasses.replace(fitted, values={**fitted.values, "leak.g": fitted.values["leak.g"] + 2.0 * error})
    assert profiles(off, "leak.g")["leak.g"].deeper


@pytest.mark.parametrize("points", [4, 3, 8, 7.0, True, "many"])
def test_points_are_an_odd_number(fitted, points):
    with pytest.raises(ValueError, match=r"points must be (an odd|a whole) number of at least 5"):
        profiles(fitted, points=points)


def test_refusals(fitted, steps):
    with pytest.raises(ValueError, match="needs a sum of squares, and this fit is by spike score"):
        profiles(dataclasses.replace(fitted, loss_name="spike score"))
    with pytest.raises(ValueError, match="level must be"):
        profiles(fitted, level=1.0)
    with pytest.raises(ValueError, match="estimator must be"):
        profiles(fitted, estimator="none")
    with pytest.raises(ValueError, match="fit must be a Fit"):
        profiles(steps)


def test_a_parameter_at_its_bound_has_no_profile(fitted, monkeypatch):
    from membrax.fitting.uncertainty import minimum

    monkeypatch.setattr(minimum, "OPEN", np.inf)
    stuck = dataclasses.replace(fitted, values={**fitted.values, "capacitance": 2.0})
    with pytest.raises(ValueError, match="capacitance is at its bound"):
        profiles(stuck, "capacitance")
