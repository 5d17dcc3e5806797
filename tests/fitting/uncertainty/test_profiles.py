import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Starts
from membrax.fitting.uncertainty import assess, profiles

pytestmark = pytest.mark.slow


def with_more(found, values, bounds, **changes):
    """The fit as it would be with more parameters free, at the same cell."""
    values, bounds = {**found.values, **values}, {**found.bounds, **bounds}
    starts = Starts(found.starts.loss, {path: np.full(3, x) for path, x in values.items()})
    return dataclasses.replace(found, values=values, bounds=bounds, starts=starts, **changes)


@pytest.fixture(scope="module")
def found(passive, bounds, steps):
    return mx.fit(passive, bounds, steps, starts=3, iterations=12, method="levenberg_marquardt", progress=False)


@pytest.fixture(scope="module")
def drawn(found):
    return profiles(found)


def test_where_a_fit_is_nearly_linear_they_agree_with_the_standard_error(found, drawn):
    told = assess(found)
    for path, one in drawn.items():
        width = one.wald[1] - one.wald[0]
        assert one.wald == pytest.approx(told.intervals[path], rel=1e-6)
        np.testing.assert_allclose(one.interval, one.wald, atol=0.03 * width)
        assert one.best == pytest.approx(told.values[path]) and not one.deeper and one.stopped == ()
    assert {path: one.unit for path, one in drawn.items()} == told.units


def test_the_root_is_the_distance_in_standard_errors(drawn):
    for one in drawn.values():
        scale = np.log if one.logarithmic else np.asarray
        error = (scale(one.wald[1]) - scale(one.wald[0])) / 2 / one.most
        distance = (scale(one.values) - scale(one.best)) / error
        np.testing.assert_allclose(one.root, distance, atol=0.12)
        assert np.all(np.diff(one.values) > 0) and len(one.values) == 15


def test_the_loss_rises_to_its_threshold_at_the_ends(drawn):
    for one in drawn.values():
        at_ends = np.interp(one.interval, one.values, one.loss)
        np.testing.assert_allclose(at_ends, one.threshold, rtol=5e-3)
        assert one.loss.min() == pytest.approx(one.loss[7]) and one.root[7] == 0.0


def test_the_others_are_fitted_anew(found, drawn):
    """They follow the regression line of the covariance."""
    told = assess(found)
    slope = told.covariance[0, 1] / told.covariance[0, 0] * 1.5 / np.log(25.0)
    one = drawn["leak.g"]
    expected = told.values["capacitance"] + slope * np.log(one.values / one.best)
    np.testing.assert_allclose(one.others["capacitance"], expected, atol=0.1 * told.errors["capacitance"])


def test_parameters_may_be_asked_for(found, drawn):
    asked = profiles(found, ("capacitance", "leak.g"))
    assert list(asked) == ["capacitance", "leak.g"]
    assert asked["leak.g"].interval == pytest.approx(drawn["leak.g"].interval, rel=1e-5)
    with pytest.raises(ValueError, match=r"one of the free parameters leak.g, capacitance, got \['na.g'\]"):
        profiles(found, ["na.g"])
    with pytest.raises(ValueError, match=r"got \[\]"):
        profiles(found, [])


def test_what_is_not_identified_stays_flat(found):
    flat = profiles(with_more(found, {"area": 1000.0}, {"area": (100.0, 1e4)}), "area", points=5)["area"]
    assert flat.interval == (0.0, np.inf)
    assert flat.values[0] == pytest.approx(100.0, rel=1e-3) and flat.values[-1] == pytest.approx(1e4, rel=1e-3)
    assert np.abs(flat.root).max() < 0.1


@pytest.mark.slow
def test_a_common_factor_is_followed_until_another_parameter_has_no_room(found, steps):
    """leak.g, capacitance and area go together: the area's profile ends where the others come to their bounds."""
    nano = mx.Recording(t=steps.t, v=steps.v, i=steps.i * 1000.0 * 1e-5, unit="nA")
    bounds = {"capacitance": (0.5, 2.0), "area": (100.0, 1e4)}
    one = profiles(with_more(found, {"area": 1000.0}, bounds, data=nano), "area")["area"]
    factor = found.values["capacitance"] / np.array([2.0, 0.5])
    np.testing.assert_allclose(one.interval, 1000.0 * factor, rtol=0.03)
    assert "capacitance" in one.stopped


def test_a_profile_says_that_it_found_a_better_fit(found, monkeypatch):
    from membrax.fitting.uncertainty import minimum

    # Of a fit that is called a bottom wherever it is.
    monkeypatch.setattr(minimum, "OPEN", np.inf)
    error = assess(found).errors["leak.g"]
    off = dataclasses.replace(found, values={**found.values, "leak.g": found.values["leak.g"] + 2.0 * error})
    assert profiles(off, "leak.g")["leak.g"].deeper


@pytest.mark.parametrize("points", [4, 3, 8, 7.0, True, "many"])
def test_an_odd_number_of_points_is_asked_for(found, points):
    with pytest.raises(ValueError, match="points must be an odd number from 5 on"):
        profiles(found, points=points)


def test_refusals(found, steps):
    with pytest.raises(ValueError, match="needs a sum of squares, and this fit is by spike score"):
        profiles(dataclasses.replace(found, loss_name="spike score"))
    with pytest.raises(ValueError, match="level must be"):
        profiles(found, level=1.0)
    with pytest.raises(ValueError, match="estimator must be"):
        profiles(found, estimator="none")
    with pytest.raises(ValueError, match="found must be a Fit"):
        profiles(steps)


def test_a_parameter_at_its_bound_has_no_profile(found, monkeypatch):
    from membrax.fitting.uncertainty import minimum

    monkeypatch.setattr(minimum, "OPEN", np.inf)
    stuck = dataclasses.replace(found, values={**found.values, "capacitance": 2.0})
    with pytest.raises(ValueError, match="capacitance stands at its bound"):
        profiles(stuck, "capacitance")
