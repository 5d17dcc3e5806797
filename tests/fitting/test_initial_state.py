"""Fits of sweeps that begin in another state than rest."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting.evaluation import model_voltages
from membrax.fitting.problem.initial_state import first_potential, start_of
from membrax.fitting.problem.target import target
from membrax.fitting.report.beginning import NOISE, SMALLEST, beginning
from membrax.fitting.report.report import report_sections
from membrax.fitting.report.warnings import fit_warnings
from membrax.timegrid import zero

INTERVAL, SAMPLES, ONSET, OFFSET = 0.05, 401, 60, 300  # ms; samples
BOUNDS = {"k.g": (1.0, 50.0)}
TRUTH = 10.0
# Gates half a step back and a step forward are those half a step later to third order in the step: 0.005 mV were
# measured on an upstroke of 90 mV/ms. Gates left where they are are 1 mV off.
BACK = 0.01  # mV


@pytest.fixture(scope="module")
def cell():
    """A squid axon with little potassium current: it rests far from ``v_init``."""
    return mx.replace(mx.models.hodgkin_huxley(), {"k.g": TRUTH, "na.g": 20.0, "leak.e": -75.0})


def recorded(cell, state=None, noise=0.0, sweeps=1, onset=ONSET):
    i = np.zeros((sweeps, SAMPLES))
    i[:, onset:OFFSET] = 2.0 + np.arange(sweeps)[:, None]
    currents = [mx.stimuli.from_samples(jnp.asarray(x[:-1]), INTERVAL) for x in i]
    duration = INTERVAL * (SAMPLES - 1)
    v = np.array([mx.simulate(cell, x, duration=duration, dt=INTERVAL, state=state).v for x in currents])
    return with_noise(mx.Recording(t=np.arange(SAMPLES) * INTERVAL, v=v, i=i, unit="uA/cm2", name="squid"), noise)


def with_noise(data, noise):
    """A recording with white noise of that standard deviation [mV]."""
    return dataclasses.replace(data, v=data.v + np.random.default_rng(3).normal(0.0, noise, data.v.shape))


@pytest.fixture(scope="module")
def off_rest(cell):
    """Simulated from ``v_init``, -65 mV."""
    assert float(mx.rest(cell).v) < -67.0
    return recorded(cell)


@pytest.fixture(scope="module")
def passing(cell):
    """A state in which nothing is steady, at time 0."""
    final = mx.simulate(cell, 30.0, duration=1.5, dt=INTERVAL).final
    return dataclasses.replace(final, time=zero())


@pytest.fixture(scope="module")
def at_rest(cell):
    return recorded(cell, mx.rest(cell))


def fit(cell, data, **options):
    settings = {"iterations": 12, "starts": 3, "progress": False, "method": "levenberg_marquardt"}
    return mx.fit(cell, BOUNDS, data, **settings, **options)


@pytest.mark.parametrize("given", ["recorded", -65.0, np.array([-65.0])], ids=["recorded", "number", "array"])
def test_the_truth_is_found_from_the_recorded_state(cell, off_rest, given):
    found = fit(cell, off_rest, initial_state=given)
    assert found.values["k.g"] == pytest.approx(TRUTH, rel=1e-3)
    np.testing.assert_allclose(found.v, off_rest.v, atol=2e-3)
    assert found.settings["initial_state"] == (given if isinstance(given, str) else np.asarray(given).tolist())


def test_a_given_state_is_that_of_a_simulation(cell, passing):
    data = recorded(cell, passing)
    found = fit(cell, data, initial_state=passing)
    assert found.values["k.g"] == pytest.approx(TRUTH, rel=1e-3)
    np.testing.assert_allclose(found.v, data.v, atol=BACK)
    assert found.settings["initial_state"].startswith("a state at")


def test_gates_in_the_middle_of_a_step_are_as_good(cell, passing):
    behind = mx.run(mx.vary(cell, {"k.g": jnp.full(1, TRUTH)}), 30.0, duration=1.5, dt=INTERVAL, progress=False).final
    behind = jax.tree.map(lambda x: x[0] if jnp.ndim(x) else x, dataclasses.replace(behind, time=zero()))
    assert float(behind.lag) == pytest.approx(0.5 * INTERVAL)
    one, two = (model_voltages(cell, recorded(cell), mx.integrators.staggered, None, x) for x in (passing, behind))
    np.testing.assert_allclose(one, two, atol=1e-3)


@pytest.mark.parametrize("scheme", ["staggered", "exponential_euler", "rk4"])
def test_every_scheme_begins_as_its_simulation(cell, passing, scheme):
    integrator = getattr(mx.integrators, scheme)
    data = recorded(cell)
    current = mx.stimuli.from_samples(jnp.asarray(data.i[0, :-1]), INTERVAL)
    settings = {"duration": INTERVAL * (SAMPLES - 1), "dt": INTERVAL, "integrator": integrator}
    own = mx.simulate(cell, current, state=passing, **settings).v
    np.testing.assert_allclose(model_voltages(cell, data, integrator, None, passing)[0], own, atol=BACK)


def test_each_sweep_has_its_own_potential(cell):
    data = recorded(cell, sweeps=3)
    v = model_voltages(cell, data, mx.integrators.staggered, None, [-65.0, -70.0, -60.0])
    np.testing.assert_array_equal(v[:, 0], np.float32([-65.0, -70.0, -60.0]))
    chosen = target(data, [2, 0], None, start_of([-65.0, -70.0, -60.0], cell, data))
    np.testing.assert_array_equal(chosen.start, np.float32([-60.0, -65.0]))


def test_both_modes_give_the_same_gradient(cell, off_rest):
    given = {"sweeps": 0, "initial_state": "recorded"}
    forward, reverse = (
        mx.fitting.value_and_grad(cell, {"k.g": 12.0, "leak.g": 0.25}, off_rest, ad_mode=mode, **given)
        for mode in ("forward", "reverse")
    )
    for path in forward.gradient:
        assert float(forward.gradient[path]) == pytest.approx(float(reverse.gradient[path]), rel=1e-3)
    truth = mx.fitting.value_and_grad(cell, {"k.g": TRUTH}, off_rest, **given)
    assert float(truth.loss) < 1e-6 < float(mx.fitting.value_and_grad(cell, {"k.g": TRUTH}, off_rest).loss)


def test_an_objective_begins_there_too(cell, off_rest):
    o = mx.fitting.objective(cell, BOUNDS, off_rest, initial_state="recorded")
    assert float(o.at({"k.g": TRUTH})) < 1e-6
    assert float(mx.fitting.objective(cell, BOUNDS, off_rest).at({"k.g": TRUTH})) > 0.01


def test_a_checkpoint_knows_the_initial_state(cell, off_rest, tmp_path):
    file = tmp_path / "fit.npz"
    found = fit(cell, off_rest, initial_state="recorded", checkpoint=file)
    assert fit(cell, off_rest, initial_state="recorded", checkpoint=file).values == found.values
    with pytest.raises(ValueError, match="no checkpoint of this fit"):
        fit(cell, off_rest, initial_state=-66.0, checkpoint=file)


def test_the_uncertainty_begins_as_the_fit(cell, off_rest):
    found = fit(cell, with_noise(off_rest, 0.1), initial_state=-65.0)
    result = mx.fitting.uncertainty.assess(found)
    assert result.misfit == pytest.approx(0.1, rel=0.15)
    assert abs(result.values["k.g"] - TRUTH) < 4 * result.errors["k.g"]
    band = mx.fitting.uncertainty.predictions(found, {"k.g": [TRUTH]})
    np.testing.assert_allclose(band.low, off_rest.v, atol=2e-3)


def test_a_potential_is_that_of_a_whole_tree():
    shape = mx.morphology.discretise(mx.morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=4)
    tree = mx.Cell({"leak": mx.channels.Leak(g=0.3, e=-75.0)}, morphology=shape)
    data = mx.Recording(t=np.arange(81) * 0.1, v=np.full((1, 81), -65.0), i=np.zeros((1, 81)), unit="nA")
    v = model_voltages(tree, data, mx.integrators.hines, None, -65.0)[0]
    own = mx.simulate(tree, duration=8.0, dt=0.05, integrator=mx.integrators.hines).v[::2, 0]
    np.testing.assert_allclose(v, own, atol=2e-3)
    state = mx.simulate(tree, 1.0, duration=2.0, dt=0.05).final
    state = dataclasses.replace(state, time=zero())
    own = mx.simulate(tree, duration=8.0, dt=0.05, integrator=mx.integrators.hines, state=state).v[::2, 0]
    np.testing.assert_allclose(model_voltages(tree, data, mx.integrators.hines, None, state)[0], own, atol=2e-3)


# --- the recorded potential


def test_without_noise_it_is_the_first_sample(off_rest):
    assert first_potential(off_rest.v[0], off_rest.i[0], INTERVAL) == off_rest.v[0, 0]


def test_noise_is_averaged_over_a_millisecond(cell):
    errors = [
        first_potential(noisy[0], data.i[0], INTERVAL) + 65.0
        for data in [recorded(cell)]
        for noisy in (data.v + np.random.default_rng(k).normal(0.0, 0.5, data.v.shape) for k in range(200))
    ]
    # A straight line through 21 samples has the error 2/√21 of one sample at its end.
    assert np.std(errors) == pytest.approx(0.5 * 2 / np.sqrt(21), rel=0.2)
    assert abs(np.mean(errors)) < 0.1


def test_samples_after_a_change_of_current_do_not_count(cell):
    data = recorded(cell, noise=0.5)
    early = np.roll(data.i[0], 4 - ONSET)
    assert first_potential(data.v[0], early, INTERVAL) == data.v[0, 0]


# --- the warning


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("onset", [20, 60, 200])  # samples: 1, 3 and 10 ms under the holding current
def test_sweeps_that_begin_off_rest_raise_a_warning(cell, off_rest, onset, noise):
    data = with_noise(recorded(cell, onset=onset), noise)
    message = r"sweep 0 begins at -6[45]\.\d mV, \d+\.\d mV above .* initial_state=\"recorded\", or crop"
    with pytest.warns(UserWarning, match=message) as caught:
        found = fit(cell, data)
    assert [str(one.message) for one in caught] == [found.notes[-1]]
    assert abs(found.values["k.g"] - TRUTH) > 0.05


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("onset", [20, 60, 200])
def test_sweeps_from_rest_raise_none(cell, onset, noise):
    found = fit(cell, with_noise(recorded(cell, mx.rest(cell), onset=onset), noise))
    assert not found.notes
    assert noise or found.values["k.g"] == pytest.approx(TRUTH, rel=1e-3)


def test_noise_from_the_recorded_state_raises_none(cell, off_rest):
    found = fit(cell, with_noise(off_rest, 0.5), initial_state="recorded")
    assert not found.notes and found.values["k.g"] == pytest.approx(TRUTH, rel=0.05)


@pytest.mark.slow
def test_one_of_several_sweeps_is_named(cell, at_rest, off_rest):
    v = np.concatenate([at_rest.v, off_rest.v, off_rest.v])
    data = mx.Recording(t=at_rest.t, v=v, i=np.repeat(at_rest.i, 3, axis=0), unit="uA/cm2")
    with pytest.warns(UserWarning, match="sweep 1 begins at -65.0 mV, .*, and so does 1 other sweep: the model"):
        fit(cell, data)
    assert not fit(cell, data, sweeps=0).notes


def test_a_given_state_off_the_recording_raises_a_warning(cell, at_rest):
    with pytest.warns(
        UserWarning, match=r"mV below the given initial state .*: initial_state=\"recorded\" begins every"
    ):
        fit(cell, at_rest, initial_state=-60.0)


def test_a_ramp_from_rest_raises_none(cell):
    i = np.linspace(0.0, 5.0, SAMPLES)[None]
    current = mx.stimuli.from_samples(jnp.asarray(i[0, :-1]), INTERVAL)
    v = mx.simulate(cell, current, duration=INTERVAL * (SAMPLES - 1), dt=INTERVAL, state=mx.rest(cell)).v
    data = mx.Recording(t=np.arange(SAMPLES) * INTERVAL, v=np.asarray(v)[None], i=i, unit="uA/cm2")
    assert not fit(cell, data).notes


def test_the_report_has_the_warning_once(cell, off_rest):
    with pytest.warns(UserWarning, match="begins at"):
        found = fit(cell, off_rest)
    (sentence,) = [one for one in fit_warnings(found, found.evaluate()) if "begins at" in one]
    assert sentence == f"S{found.notes[-1][1:]}."
    assert not [one for one in report_sections(found) if found.notes[-1] in str(one.text)]


@pytest.mark.parametrize(
    "file", ["171116sh_0016.abf", "171116sh_0018.abf", "17o05028_ic_steps.abf", "File_axon_5.abf", "allen"]
)
def test_real_cells_begin_at_rest(shared_data, file):
    folder = shared_data / "recordings"
    for path in sorted((folder / "allen").glob("*.npz")) if file == "allen" else [folder / file]:
        found = beginning(mx.recordings.load(path))
        assert np.all(np.abs(found.off) <= np.maximum(SMALLEST, NOISE * found.noise))
        assert np.all(found.held > 15.0)


@pytest.mark.parametrize("name", ["squid", "cortical"])
def test_the_examples_begin_at_rest(name):
    found = beginning(mx.recordings.example(name))
    assert np.all(np.abs(found.off) <= np.maximum(SMALLEST, NOISE * found.noise))


# --- bad input


@pytest.mark.parametrize(
    "given, message",
    [
        ("steady", 'initial_state must be "rest", "recorded", a potential in mV, .* got \'steady\''),
        (None, "initial_state must be .* got None"),
        (True, "initial_state must be .* got True"),
        ([-65.0, -66.0], "one for each of 1 sweeps, .*got"),
        (np.zeros((1, 2)), r"got the shape \(1, 2\)"),
        (np.nan, "initial_state must be finite, got nan mV"),
        (-650.0, "initial_state must be at least -200 mV and at most 200 mV, got -650 mV"),
    ],
)
def test_another_initial_state_is_refused(cell, off_rest, given, message):
    with pytest.raises(ValueError, match=message):
        fit(cell, off_rest, initial_state=given)


def test_the_state_of_another_cell_is_refused(cell, off_rest, passing):
    with pytest.raises(ValueError, match="must have the gates of this cell"):
        fit(cell, off_rest, initial_state=mx.rest(mx.models.wang_buzsaki()))
    with pytest.raises(ValueError, match="initial_state must be finite"):
        fit(cell, off_rest, initial_state=dataclasses.replace(passing, v=jnp.asarray(jnp.nan)))
