import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Starts
from membrax.fitting.problem.problem import voltages
from membrax.fitting.uncertainty import assess
from membrax.fitting.uncertainty.covariance import covariance
from membrax.fitting.uncertainty.intervals import quantile, value
from membrax.fitting.uncertainty.linearisation import best_place, fitted_problem, linearise
from membrax.fitting.uncertainty.whiteness import whiteness

pytestmark = pytest.mark.slow

NOISE = 0.05  # mV, of the steps
VOLTAGES = jax.jit(voltages)


def run(cell, bounds, data, sweeps=None, **options):
    options = {"iterations": 12, "starts": 3, "progress": False, "method": "levenberg_marquardt", **options}
    return mx.fit(cell, bounds, data, sweeps, **options)


@pytest.fixture(scope="module")
def fitted(passive, bounds, steps):
    return run(passive, bounds, steps)


@pytest.fixture(scope="module")
def assessed(fitted):
    return assess(fitted)


def slow(steps, share=0.5):
    """The recording with a slow wave on it that no leak explains."""
    return dataclasses.replace(steps, v=steps.v + share * np.sin(steps.t / 2.0))


# --- a fit whose residuals are white noise


def test_errors_are_those_of_a_finite_difference_jacobian(fitted, assessed):
    problem = fitted_problem(fitted)
    place = best_place(fitted, problem.free)
    # Voltages move by some mV over a place: 0.02 of it is far above rounding, and their third derivative far below.
    step, units = 0.02, np.eye(2)
    at = lambda k, sign: np.asarray(VOLTAGES(jnp.asarray(place + sign * step * units[k], dtype=float), problem))  # noqa: E731
    slopes = np.stack([(at(k, 1) - at(k, -1)).ravel() / (2 * step) for k in range(2)], axis=-1).astype(float)
    variance = fitted.loss * slopes.shape[0] / (slopes.shape[0] - 2)
    expected = np.sqrt(np.diagonal(variance * np.linalg.inv(slopes.T @ slopes)))
    np.testing.assert_allclose(np.sqrt(np.diagonal(assessed.covariance)), expected, rtol=0.01)
    # leak.g is logarithmic from 0.02 to 0.5, capacitance linear from 0.5 to 2.
    assert assessed.errors["capacitance"] == pytest.approx(expected[1] * 1.5, rel=0.01)
    assert assessed.errors["leak.g"] == pytest.approx(expected[0] * np.log(25.0) * fitted.values["leak.g"], rel=0.01)
    assert assessed.factors == {"leak.g": pytest.approx(np.exp(expected[0] * np.log(25.0)), rel=1e-3)}


def test_intervals_have_the_width_of_students_t(assessed):
    reach = quantile(np.array([240.0]), 0.95)[0]
    assert reach == pytest.approx(1.9699, abs=1e-4)
    low, high = assessed.intervals["capacitance"]
    assert high - low == pytest.approx(2 * reach * assessed.errors["capacitance"], rel=1e-4)
    assert 0.5 * (low + high) == pytest.approx(assessed.values["capacitance"], rel=1e-6)


def test_a_logarithmic_parameter_has_one_factor_to_either_side(assessed):
    low, high = assessed.intervals["leak.g"]
    assert high / assessed.values["leak.g"] == pytest.approx(assessed.values["leak.g"] / low, rel=1e-6)


def test_a_fit_with_white_residuals_is_reliable(assessed, fitted):
    assert assessed.reliable and assessed.warnings == () and assessed.flags == {}
    assert assessed.estimator == "white" and assessed.level == 0.95 and assessed.inflation == pytest.approx(1.0)
    assert assessed.misfit == pytest.approx(NOISE, rel=0.15)
    assert assessed.noise.level == pytest.approx(NOISE, rel=0.25)
    assert assessed.units == {"leak.g": "mS/cm²", "capacitance": "µF/cm²"} and assessed.bounds == fitted.bounds
    assert len(assessed.ensemble) == 3


def test_the_table_has_values_units_and_tests(assessed):
    text = assessed.table()
    for word in ("leak.g", "mS/cm²", "95 % interval", "Ljung–Box", "times the noise"):
        assert word in text
    assert "warning" not in text


def test_a_higher_level_is_wider(fitted, assessed):
    wide = assess(fitted, level=0.99)
    for path, (low, high) in assessed.intervals.items():
        assert wide.intervals[path][0] < low and wide.intervals[path][1] > high


def test_more_noise_is_more_uncertain(passive, bounds, steps, assessed):
    more = np.random.default_rng(1).normal(0.0, 3 * NOISE, steps.v.shape)
    louder = assess(run(passive, bounds, dataclasses.replace(steps, v=steps.v + more)))
    ratio = louder.errors["capacitance"] / assessed.errors["capacitance"]
    assert ratio == pytest.approx(np.sqrt(10.0), rel=0.2)


def test_directions_explain_the_covariance(assessed):
    """The covariance is the sum over its directions of their spread's square."""
    vectors = np.array([list(one.weights.values()) for one in assessed.directions])
    spread = np.array([one.spread for one in assessed.directions])
    assert spread[0] < spread[1]
    np.testing.assert_allclose((vectors.T * spread**2) @ vectors, assessed.covariance, rtol=1e-4)


def test_the_same_fit_gives_the_same_intervals(fitted, assessed):
    assert assess(fitted).intervals == assessed.intervals


# --- a fit that is not at the minimum yet


def test_it_is_polished_first(fitted, assessed):
    away = {path: x + 3.0 * assessed.errors[path] for path, x in fitted.values.items()}
    moved = assess(dataclasses.replace(fitted, values=away))
    for path, error in assessed.errors.items():
        assert moved.values[path] == pytest.approx(assessed.values[path], abs=0.1 * error)
        assert moved.errors[path] == pytest.approx(error, rel=0.02)
    assert any("not quite at its minimum" in note for note in moved.notes) and moved.reliable
    assert not any("minimum" in note for note in assessed.notes)


def test_polishing_leaves_a_bound(fitted, assessed):
    stuck = assess(dataclasses.replace(fitted, values={**fitted.values, "capacitance": 0.5}))
    assert stuck.values["capacitance"] == pytest.approx(assessed.values["capacitance"], rel=1e-3)
    assert stuck.flags == {}


# --- bounds, and parameters that are not identified


def with_more(fitted, values, bounds, **changes):
    """The fit as it would be with more parameters free, at the same cell."""
    values, bounds = {**fitted.values, **values}, {**fitted.bounds, **bounds}
    starts = Starts(fitted.starts.loss, {path: np.full(3, x) for path, x in values.items()})
    return dataclasses.replace(fitted, values=values, bounds=bounds, starts=starts, **changes)


def test_a_parameter_at_its_bound_is_fixed(fitted, passive, bounds, steps):
    """Recorded is a cell of 2.75 µF/cm², and 2 is the most that is allowed."""
    problem = fitted_problem(fitted)
    noise = np.random.default_rng(2).normal(0.0, NOISE, steps.v.shape)
    v = np.asarray(VOLTAGES(jnp.array([0.5, 1.5]), problem)) + noise
    fixed = assess(fit := run(passive, bounds, dataclasses.replace(steps, v=v)))
    assert fixed.flags["capacitance"] == "fixed at its bound"
    assert np.isnan(fixed.errors["capacitance"]) and np.isnan(fixed.intervals["capacitance"]).all()
    here = linearise(best_place(fit, problem.free), fitted_problem(fit))
    alone = covariance(here, np.array([True, False]), "blocks", whiteness(here.residuals).autocorrelation_time)
    assert fixed.covariance[0, 0] == pytest.approx(alone.matrix[0, 0], rel=1e-4)
    assert any("fixed at a bound: capacitance" in note for note in fixed.notes)
    assert not fixed.reliable  # a capacitance that is too small leaves a misfit beyond the noise


def test_an_unidentified_parameter_is_named(fitted, assessed):
    lost = assess(with_more(fitted, {"area": 1000.0}, {"area": (100.0, 1e4)}))
    assert lost.intervals["area"] == (0.0, np.inf) and np.isinf(lost.errors["area"])
    assert lost.flags == {"area": "not identified"}
    assert any(note == "the voltage does not depend on 1.00 area" for note in lost.notes)
    assert lost.errors["capacitance"] == pytest.approx(assessed.errors["capacitance"], rel=0.02)
    assert np.isinf(lost.directions[-1].spread) and lost.directions[-1].combination == "1.00 area"


def test_a_common_factor_of_everything_is_named(fitted, steps):
    nano = mx.Recording(t=steps.t, v=steps.v, i=steps.i * 1000.0 * 1e-5, unit="nA")
    bounds = {"capacitance": (0.2, 5.0), "area": (300.0, 3000.0)}
    lost = assess(with_more(fitted, {"area": 1000.0}, bounds, data=nano))
    assert lost.flags == dict.fromkeys(("leak.g", "capacitance", "area"), "not identified")
    (direction,) = [one for one in lost.directions if np.isinf(one.spread)]
    # leak.g and capacitance go down by the factor by which the area goes up, each over the length of its scale.
    expected = np.array([-1.0, -1.0, 1.0]) / np.log([25.0, 25.0, 10.0])
    np.testing.assert_allclose(list(direction.weights.values()), expected / np.linalg.norm(expected), atol=0.01)


# --- a misfit that is more than noise


def test_a_slow_misfit_widens_the_intervals_and_warns(passive, bounds, steps, assessed):
    fit = run(passive, bounds, slow(steps))
    uncertain = assess(fit)
    assert uncertain.estimator == "blocks" and not uncertain.reliable
    assert any("times the noise" in warning for warning in uncertain.warnings)
    assert "warning: the misfit is" in uncertain.table()
    white = assess(fit, estimator="white")
    for path in bounds:
        assert uncertain.errors[path] > white.errors[path] > 3.0 * assessed.errors[path]


@pytest.mark.slow
def test_correlated_noise_is_no_misfit(passive, bounds, steps):
    """As large as the noise of the quiet baseline says, though neighbouring samples differ by less."""
    shape = (2, 2401)
    t = np.arange(shape[1]) * 0.1
    i = np.broadcast_to(np.where((t > 60.0) & (t < 160.0), 1.0, 0.1), shape)
    current = mx.stimuli.from_samples(jnp.asarray(i[0, :-1]), 0.1)
    cell = mx.replace(passive, {"leak.g": 0.1, "capacitance": 1.25})
    v = mx.simulate(cell, current, duration=240.0, dt=0.05, state=mx.rest(cell, 0.1), record=mx.probes.voltage(2)).v
    noise = np.random.default_rng(3).normal(size=shape)
    for k in range(1, shape[1]):
        noise[:, k] = 0.8 * noise[:, k - 1] + 0.6 * noise[:, k]
    data = mx.Recording(t=t, v=np.asarray(v) + NOISE * noise, i=i, unit="uA/cm2")
    correlated = assess(run(passive, bounds, data))
    assert correlated.estimator == "blocks" and correlated.reliable
    assert correlated.inflation == pytest.approx(9.0, rel=0.6)  # (1 + ρ)/(1 − ρ), for a slow enough response
    for path, (low, high) in correlated.intervals.items():
        assert (
            low - correlated.errors[path]
            < float({"leak.g": 0.1, "capacitance": 1.25}[path])
            < high + correlated.errors[path]
        )


def test_a_single_start_at_the_best_loss_warns(fitted):
    best = int(np.argmin(fitted.starts.loss))
    loss = np.where(np.arange(3) == best, fitted.loss, 9.0)
    lonely = dataclasses.replace(fitted, starts=Starts(loss, fitted.starts.values))
    assert any("only one of 3 starts" in warning for warning in assess(lonely).warnings)


def test_equal_starts_outside_the_intervals_warn(fitted):
    values = {**fitted.starts.values, "capacitance": np.array([0.8, 1.25, 1.9])}
    twins = dataclasses.replace(fitted, starts=Starts(fitted.starts.loss, values))
    assert any("outside the interval of capacitance" in warning for warning in assess(twins).warnings)


# --- a fit on spikes


def test_a_fit_on_spikes_has_the_spread_of_its_starts(fitted):
    loss = np.array([1.0, 1.05, 1.09, 3.0])
    values = {"leak.g": np.array([0.1, 0.12, 0.09, 0.4]), "capacitance": np.array([1.2, 1.3, 1.1, 0.6])}
    spikes = dataclasses.replace(fitted, method="cmaes", loss=1.0, loss_name="spike score", starts=Starts(loss, values))
    assessed = assess(spikes)
    assert assessed.estimator == "ensemble" and np.isnan(assessed.level) and not assessed.reliable
    assert assessed.intervals == {"leak.g": (0.09, 0.12), "capacitance": (1.1, 1.3)}
    assert assessed.errors["capacitance"] == pytest.approx(0.1) and np.isnan(assessed.covariance).all()
    assert "no least-squares estimate" in assessed.warnings[0] and "3 of 4 starts" in assessed.warnings[0]
    assert "spread of the starts" in assessed.table()
    few = assess(spikes, tolerance=1.06)
    assert np.isnan(few.intervals["leak.g"]).all() and "more starts" in few.warnings[-1]


# --- refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 95}, "level must be above 0 and below 1, got 95"),
        ({"level": 0.0}, "level must be"),
        ({"level": "high"}, "level must be"),
        ({"estimator": "sandwich"}, "estimator must be one of white, blocks or None, got 'sandwich'"),
        ({"tolerance": 0.9}, "tolerance .* must be at least 1, got 0.9"),
    ],
)
def test_refusals(fitted, options, message):
    with pytest.raises(ValueError, match=message):
        assess(fitted, **options)


def test_a_recording_is_no_fit(steps):
    with pytest.raises(ValueError, match=r"fit must be a Fit, as membrax\.fit returns, got Recording"):
        assess(steps)


def test_a_best_cell_that_diverges_is_refused(fitted):
    nowhere = dataclasses.replace(fitted, values={**fitted.values, "capacitance": np.nan})
    with pytest.raises(ValueError, match="not finite"):
        assess(nowhere)


# --- scales


def test_values_outside_the_bounds_keep_their_scale(fitted):
    free = fitted_problem(fitted).free
    assert value(free, 0, 0.5) == pytest.approx(0.1) and value(free, 0, 2.0) == pytest.approx(12.5)
    assert value(free, 1, -1.0) == pytest.approx(-1.0)
    assert value(free, 0, -np.inf) == 0.0 and value(free, 1, np.inf) == np.inf


# --- spikes, precision


@pytest.mark.slow
def test_intervals_of_a_squid_axon_are_narrow(squid, firing):
    bounds = {"na.g": (20.0, 250.0), "k.g": (5.0, 80.0), "leak.g": (0.03, 3.0)}
    data = firing(1, 25.0)
    assessed = assess(run(squid, bounds, data, iterations=40, starts=4))
    truth = {"na.g": 120.0, "k.g": 36.0, "leak.g": 0.3}
    assert assessed.reliable and assessed.misfit == pytest.approx(0.5, rel=0.1)
    for path, x in truth.items():
        assert abs(assessed.values[path] - x) < 4.0 * assessed.errors[path] < 0.05 * x


@pytest.mark.x64
def test_sensitivities_are_derivatives(fitted):
    problem = fitted_problem(fitted)
    place = best_place(fitted, problem.free)
    fit, step = linearise(place, problem), 1e-5
    for k, unit in enumerate(np.eye(2)):
        above, below = (linearise(place + sign * step * unit, problem).residuals for sign in (1, -1))
        np.testing.assert_allclose((above - below) / (2 * step), fit.slopes[..., k], rtol=1e-6, atol=1e-8)
