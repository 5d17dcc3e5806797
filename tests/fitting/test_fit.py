import dataclasses
import importlib
import json

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.optimisers.adam import Adam
from membrax.fitting.optimisers.cmaes import CMAES
from membrax.fitting.optimisers.levenberg_marquardt import LevenbergMarquardt

METHODS = {"levenberg_marquardt": LevenbergMarquardt, "adam": Adam, "cmaes": CMAES}
ITERATIONS = {"levenberg_marquardt": 12, "adam": 6, "cmaes": 3}

# `starts`, the number of free parameters and the shape of the data decide what is compiled: the tests share them.
STARTS = 3


def run(cell, bounds, data, sweeps=0, *, method="levenberg_marquardt", **options):
    options = {"iterations": ITERATIONS.get(str(method)), "starts": STARTS, "progress": False, **options}
    return mx.fit(cell, bounds, data, sweeps, method=method, **options)


@pytest.fixture(scope="module")
def found(passive, bounds, steps):
    return run(passive, bounds, steps)


def interrupt(monkeypatch, method, at):
    """Ctrl-C in the iteration numbered `at`, counted from 0."""
    kind = METHODS[method]
    whole = kind.iterate

    def iterate(self, problem, search, iteration):
        if iteration == at:
            raise KeyboardInterrupt
        return whole(self, problem, search, iteration)

    monkeypatch.setattr(kind, "iterate", iterate)


def equal(one, other):
    """Bit for bit."""
    assert one.values == other.values and one.loss == other.loss
    np.testing.assert_array_equal(one.starts.loss, other.starts.loss)
    for path, values in one.starts.values.items():
        np.testing.assert_array_equal(values, other.starts.values[path])


# --- the result


def test_the_truth_is_found(found, truth):
    assert found.values == pytest.approx(truth, rel=0.05)
    assert found.loss == pytest.approx(0.05**2, rel=0.3)
    assert found.loss_name == "mean squared error [mV²]" and found.method == "levenberg_marquardt"


def test_every_start_is_kept_and_the_best_is_the_result(found, bounds):
    assert found.starts.loss.shape == (STARTS,) and set(found.starts.values) == set(bounds)
    best = int(np.argmin(found.starts.loss))
    assert found.loss == found.starts.loss[best]
    for path, (low, high) in bounds.items():
        values = found.starts.values[path]
        assert values.shape == (STARTS,) and found.values[path] == values[best]
        assert np.all((low <= values) & (values <= high))


def test_the_cell_has_the_values_and_the_rest_of_the_model(found, passive):
    assert float(found.cell.channels["leak"].g) == pytest.approx(found.values["leak.g"], rel=1e-6)
    assert float(found.cell.capacitance) == pytest.approx(found.values["capacitance"], rel=1e-6)
    assert float(found.cell.channels["leak"].e) == float(passive.channels["leak"].e)
    assert found.cell.capacitance.dtype == jnp.result_type(float)


def test_the_loss_is_that_of_the_best_cell(found, steps):
    assert found.loss == pytest.approx(found.evaluate(by="sweep").rows[0].rms ** 2, rel=1e-3)
    assert found.loss == pytest.approx(np.mean((found.v[0] - steps.v[0]) ** 2), rel=1e-3)


def test_the_other_sweeps_are_held_out(found, steps):
    assert found.sweeps == [0]
    training, held_out = found.evaluate(by="sweep").rows
    assert training.training and not held_out.training and found.held_out == [1]
    assert found.v.shape == steps.v.shape
    assert held_out.rms < 0.1  # the noise, and little more
    assert "held-out" in found.table() and "training" in found.table()


def test_any_sweep_may_be_the_fitted_one(passive, bounds, steps, truth):
    other = run(passive, bounds, steps, [1])
    assert other.sweeps == [1] and [row.training for row in other.evaluate(by="sweep").rows] == [False, True]
    assert other.values == pytest.approx(truth, rel=0.05)


def test_the_same_seed_gives_the_same_fit_and_another_does_not(passive, bounds, steps, found):
    equal(run(passive, bounds, steps), found)
    one, other = (run(passive, bounds, steps, seed=seed, iterations=1) for seed in (0, 1))
    assert not np.any(other.starts.loss == one.starts.loss)


def test_the_cell_given_is_left_alone(passive, bounds, steps, found):
    assert float(passive.channels["leak"].g) == pytest.approx(0.2)


def test_python_numbers_make_the_same_cell(bounds, steps, found):
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.2, e=-65.0)}, capacitance=1.0, v_init=-65.0)
    equal(run(cell, bounds, steps), found)


def test_one_start_and_one_iteration_will_do(passive, bounds, steps):
    least = run(passive, bounds, steps, starts=1, iterations=1)
    assert np.isfinite(least.loss) and least.starts.loss.shape == (1,)


# --- at the bounds


@pytest.mark.parametrize(
    "value, low, high, near",
    [
        (0.2, 0.2, 0.5, True),
        (0.5, 0.2, 0.5, True),
        (0.2002, 0.2, 0.5, True),
        (0.21, 0.2, 0.5, False),
        (0.35, 0.2, 0.5, False),
        (0.1, 1e-3, 1e3, False),  # two decades above the lower bound
        (1.005e-3, 1e-3, 1e3, True),
        (995.0, 1e-3, 1e3, True),
        (900.0, 1e-3, 1e3, False),
        (-80.0, -80.0, -40.0, True),
    ],
)
def test_values_at_a_bound_are_named(found, value, low, high, near):
    result = dataclasses.replace(found, values={"leak.g": value}, bounds={"leak.g": (low, high)})
    assert result.at_bounds == (["leak.g"] if near else [])


# --- the report


def test_nanoamperes_into_an_area_are_the_same_fit(passive, bounds, steps, found):
    area = 2000.0
    cell = mx.replace(passive, {"area": area})
    nano = mx.Recording(t=steps.t, v=steps.v, i=steps.i * area * 1e-5, unit="nA")
    assert run(cell, bounds, nano).values == pytest.approx(found.values, rel=1e-3)


def test_the_report_is_complete_strict_json(found, steps, bounds, tmp_path):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    path = found.save(tmp_path / "deeper" / "result.json")
    text = path.read_text(encoding="utf-8")
    report = json.loads(text, parse_constant=refuse)
    assert report["values"] == pytest.approx(found.values)
    assert report["bounds"] == {path: list(pair) for path, pair in bounds.items()}
    assert report["loss"] == {"name": found.loss_name, "value": pytest.approx(found.loss)}
    assert report["method"] == "levenberg_marquardt" and report["training_sweeps"] == [0]
    assert report["recording"]["name"] == "steps" and report["recording"]["sweeps"] == 2
    assert report["starts"]["loss"] == pytest.approx(found.starts.loss.tolist())
    assert set(report["starts"]["values"]) == set(bounds)
    assert report["cell"]["capacitance"]["unit"] == "µF/cm²"
    assert report["cell"]["leak.g"]["value"] == pytest.approx(found.values["leak.g"], rel=1e-6)
    assert set(report["cell"]) >= {"leak.g", "leak.e", "capacitance", "celsius", "v_init", "area"}
    assert report["channels"] == {"leak": "membrax.channels.leak.Leak"}
    assert [row["pulse"]["sweep"] for row in report["evaluation"]["rows"]] == [0, 1]
    assert report["evaluation"]["rows"][0]["model"]["latency"] is None  # no spikes
    assert {"training", "held_out"} <= set(report["evaluation"]) and {"at_bounds", "notes"} <= set(report)
    assert report["settings"]["membrax"] == mx.__version__
    assert {"seed", "starts", "iterations", "dt", "integrator", "jax"} <= set(report["settings"])
    assert "µF/cm²" in text and text.count("\n") > 20  # readable: no escapes, one item a line


def test_starts_that_were_lost_are_null_and_noted(passive, bounds, steps, found, monkeypatch, tmp_path):
    begin = LevenbergMarquardt.begin
    spoil = lambda self, problem, place, seed: begin(self, problem, place.at[1].set(jnp.nan))  # noqa: E731
    monkeypatch.setattr(LevenbergMarquardt, "begin", spoil)
    result = run(passive, bounds, steps)
    assert result.starts.loss[1] == np.inf and any("1 of 3 starts" in note for note in result.notes)
    np.testing.assert_array_equal(result.starts.loss[[0, 2]], found.starts.loss[[0, 2]])
    report = json.loads(result.save(tmp_path / "result.json").read_text(encoding="utf-8"))
    assert report["starts"]["loss"][1] is None and report["starts"]["values"]["leak.g"][1] is None


def test_no_start_that_stays_finite_is_an_error(passive, bounds, steps):
    """The holding current pulls the leaky cell beyond any resting potential."""
    away = dataclasses.replace(steps, i=np.full_like(steps.i, 1e5))
    for method in METHODS:
        with pytest.raises(ValueError, match="no start stayed finite"):
            run(passive, bounds, away, method=method)


# --- interrupted, and taken up again


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupted_fit_returns_the_best_so_far(monkeypatch, passive, bounds, steps, method):
    interrupt(monkeypatch, method, at=2)
    with pytest.warns(UserWarning, match=f"the best of 2 of {ITERATIONS[method]} iterations is kept"):
        result = run(passive, bounds, steps, method=method)
    assert np.isfinite(result.loss) and result.starts.loss.shape == (STARTS,)


def test_an_interrupt_before_there_is_anything_is_passed_on(monkeypatch, passive, bounds, steps):
    interrupt(monkeypatch, "levenberg_marquardt", at=0)
    with pytest.raises(KeyboardInterrupt):
        run(passive, bounds, steps)


def test_an_interrupt_begins_no_second_search(monkeypatch, passive, bounds, steps):
    interrupt(monkeypatch, "levenberg_marquardt", at=1)
    interrupt(monkeypatch, "cmaes", at=0)
    v = steps.v.copy()
    v[0, 50:55] = 20.0  # a spike that no leak fires
    spiking = dataclasses.replace(steps, v=v)
    with pytest.warns(UserWarning, match="the best of 1 of 12 iterations"):
        result = run(passive, bounds, spiking, method=None, iterations=12)
    assert result.method == "levenberg_marquardt"


@pytest.mark.parametrize("method", METHODS)
def test_a_fit_taken_up_again_gives_the_same_numbers(monkeypatch, tmp_path, passive, bounds, steps, method):
    file = tmp_path / "fit.npz"
    whole = run(passive, bounds, steps, method=method)
    with monkeypatch.context() as patch:
        interrupt(patch, method, at=2)
        with pytest.warns(UserWarning, match="interrupted"):
            part = run(passive, bounds, steps, method=method, checkpoint=file)
    assert file.exists() and not list(tmp_path.glob("*.part"))
    assert not np.array_equal(part.starts.loss, whole.starts.loss)
    with monkeypatch.context() as patch:
        interrupt(patch, method, at=1)  # what was done is not done again
        equal(run(passive, bounds, steps, method=method, checkpoint=file), whole)
    with monkeypatch.context() as patch:
        interrupt(patch, method, at=0)  # and a complete one runs no more
        equal(run(passive, bounds, steps, method=method, checkpoint=str(file)), whole)


def test_a_checkpoint_of_another_fit_is_refused(monkeypatch, tmp_path, passive, bounds, steps):
    file = tmp_path / "fit.npz"
    run(passive, bounds, steps, checkpoint=file)
    kept = file.read_bytes()
    moved = dataclasses.replace(steps, v=steps.v + 1e-3)
    others = [
        lambda: run(passive, bounds, steps, seed=1, checkpoint=file),
        lambda: run(passive, bounds, steps, starts=2, checkpoint=file),
        lambda: run(passive, bounds, steps, iterations=13, checkpoint=file),
        lambda: run(passive, bounds, steps, method="adam", checkpoint=file),
        lambda: run(passive, bounds, moved, checkpoint=file),
        lambda: run(passive, bounds, steps, 1, checkpoint=file),
        lambda: run(passive, bounds, steps, dt=0.1, checkpoint=file),
        lambda: run(passive, bounds, steps, integrator=mx.integrators.exponential_euler, checkpoint=file),
        lambda: run(passive, {**bounds, "leak.g": (0.02, 0.6)}, steps, checkpoint=file),
        lambda: run(mx.replace(passive, {"leak.e": -66.0}), bounds, steps, checkpoint=file),
    ]
    for other in others:
        with pytest.raises(ValueError, match="is no checkpoint of this fit"):
            other()
    assert file.read_bytes() == kept


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, passive, bounds, steps, content):
    file = tmp_path / "fit.npz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="checkpoint"):
        run(passive, bounds, steps, checkpoint=file)
    assert file.read_bytes() == content


# --- the choice of a method


def test_many_parameters_are_fitted_by_adam(monkeypatch, passive, bounds, steps):
    assert run(passive, bounds, steps, method=None, iterations=6).method == "levenberg_marquardt"
    monkeypatch.setattr(importlib.import_module("membrax.fitting.fit"), "FEW", 1)
    assert run(passive, bounds, steps, method=None, iterations=6).method == "adam"


def test_a_silent_model_is_fitted_again_on_spikes(monkeypatch, passive, bounds, steps):
    v = steps.v.copy()
    v[0, 50:55] = 20.0
    spiking = dataclasses.replace(steps, v=v)
    result = run(passive, bounds, spiking, method=None, iterations=2)
    assert result.method == "cmaes" and result.loss_name == "spike score"
    assert any("does not fire" in note for note in result.notes)
    assert run(passive, bounds, spiking, iterations=12).method == "levenberg_marquardt"  # not after a method by name


def test_a_method_is_a_value_or_its_name(passive, bounds, steps, found):
    method = mx.fitting.LevenbergMarquardt(iterations=ITERATIONS["levenberg_marquardt"])
    equal(mx.fit(passive, bounds, steps, 0, method=method, starts=STARTS, progress=False), found)


@pytest.mark.parametrize("settings", [{"iterations": 3}, {"ad_mode": "forward"}])
def test_settings_of_a_value_are_given_there(passive, bounds, steps, settings):
    with pytest.raises(ValueError, match=r"iterations and ad_mode are settings of the method Adam\(iterations=2"):
        mx.fit(passive, bounds, steps, method=mx.fitting.Adam(iterations=2), progress=False, **settings)


# --- notes


@pytest.mark.parametrize("name", ["leak.g", "channels.leak.g"])
def test_a_common_factor_without_effect_warns(monkeypatch, passive, steps, name):
    interrupt(monkeypatch, "levenberg_marquardt", at=0)
    bounds = {name: (0.02, 0.5), "capacitance": (0.5, 2.0), "area": (500.0, 2000.0)}
    amperes = mx.Recording(t=steps.t, v=steps.v, i=0.01 * steps.i, unit="nA")
    with pytest.warns(UserWarning, match="a common factor"), pytest.raises(KeyboardInterrupt):
        run(passive, bounds, amperes)


def test_an_area_without_effect_warns(monkeypatch, passive, steps):
    interrupt(monkeypatch, "levenberg_marquardt", at=0)
    message = r"area is free, but the recording's current is a density \(uA/cm2\)"
    with pytest.warns(UserWarning, match=message), pytest.raises(KeyboardInterrupt):
        run(passive, {"leak.g": (0.02, 0.5), "area": (500.0, 2000.0)}, steps)


def test_a_warning_is_among_the_notes(passive, steps):
    with pytest.warns(UserWarning, match="area is free") as record:
        result = run(passive, {"leak.g": (0.02, 0.5), "area": (500.0, 2000.0)}, steps)
    assert str(record[0].message) in result.notes


def test_progress_shows_the_best_loss(capfd, passive, bounds, steps):
    run(passive, bounds, steps, progress=True)
    shown = capfd.readouterr().err
    assert "3 starts" in shown and "12/12" in shown and "best 0.00" in shown


# --- bad input


@pytest.mark.parametrize(
    "options, message",
    [
        ({"bounds": {}}, "needs free parameters"),
        ({"bounds": {"leak.gg": (1, 2)}}, "unknown path"),
        ({"bounds": {"leak.g": (2, 1)}}, "swapped"),
        ({"sweeps": 2}, "there is no sweep 2: sweeps go from 0 to 1"),
        ({"sweeps": [0, 0]}, "names a sweep twice"),
        ({"sweeps": []}, "at least one sweep"),
        ({"sweeps": "first"}, "sweep"),
        (
            {"method": "newton"},
            r"method must be one of levenberg_marquardt, adam, cmaes or an .*, got 'newton'",
        ),
        ({"method": ""}, "method must be one of"),
        ({"starts": 0}, "starts must be a whole number of at least 1, got 0"),
        ({"starts": 2.0}, "starts must be a whole number"),
        ({"starts": True}, "starts must be a whole number"),
        ({"iterations": 0}, "iterations must be a whole number of at least 1, got 0"),
        ({"iterations": 1.5}, "iterations must be a whole number"),
        ({"iterations": True}, "iterations must be a whole number"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": None}, "seed"),
        ({"seed": 2**40, "method": "cmaes"}, "seed"),
        ({"dt": 0.03}, "whole fraction of the sampling interval 0.1 ms"),
        ({"dt": -0.1}, "dt must be above 0 ms"),
        ({"dt": "fine"}, "dt must be a number"),
        ({"integrator": "staggered"}, "integrator"),
        ({"data": 3}, "data"),
        ({"data": np.zeros((2, 3))}, "data"),
        ({"cell": "hodgkin_huxley"}, "cell"),
        ({"cell": None}, "cell"),
    ],
)
def test_bad_input_is_a_clear_error(passive, bounds, steps, options, message):
    given = {"cell": passive, "bounds": bounds, "data": steps, "sweeps": 0, **options}
    with pytest.raises(ValueError, match=message):
        run(given.pop("cell"), given.pop("bounds"), given.pop("data"), given.pop("sweeps"), **given)


def test_a_population_of_cells_is_refused(bounds, passive, steps):
    with pytest.raises(
        ValueError, match=r"fitting takes one neuron, but leak\.g has the shape .*: use one cell at a time"
    ):
        run(mx.vary(passive, {"leak.g": jnp.array([0.1, 0.2])}), bounds, steps)


FITS = {
    "fit": lambda cell, data: mx.fit(cell, {"leak.g": (0.02, 0.5)}, data),
    "objective": lambda cell, data: mx.fitting.objective(cell, {"leak.g": (0.02, 0.5)}, data),
    "value_and_grad": lambda cell, data: mx.fitting.value_and_grad(cell, {"leak.g": 0.1}, data),
    "conductances": lambda cell, data: mx.fitting.linear.conductances(cell, data),
}


@pytest.mark.parametrize("name", FITS)
def test_random_channels_are_refused(passive, steps, name):
    random = {"k": mx.channels.patch.Potassium(count=100.0)}
    cell = dataclasses.replace(passive, channels={**passive.channels, **random})
    with pytest.raises(
        ValueError, match=r"the channels of k open at random.*: use their mean, membrax\.channels\.markov"
    ):
        FITS[name](cell, steps)


def test_a_channel_of_the_users_own_may_be_random(passive, steps):
    @mx.pytree
    class Flicker(mx.channels.Leak):
        random, stream = True, 7

    cell = dataclasses.replace(passive, channels={**passive.channels, "noise": Flicker()})
    with pytest.raises(ValueError, match="the channels of noise open at random"):
        mx.fit(cell, {"leak.g": (0.02, 0.5)}, steps)


def test_a_cell_out_of_its_own_bounds_is_refused(bounds, steps):
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=-0.2)})
    with pytest.raises(ValueError, match=r"leak\.g must be at least 0 mS/cm², got -0\.2"):
        run(cell, bounds, steps)


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 0), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=2)
)


@pytest.mark.parametrize("name", ["starts", "iterations", "seed", "dt", "method"])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=ANY)
def test_senseless_arguments_are_refused_before_anything_runs(passive, bounds, steps, name, value):
    class Ran(Exception):
        pass

    def begin(*_):
        raise Ran

    with pytest.MonkeyPatch.context() as patch:
        for kind in METHODS.values():
            patch.setattr(kind, "begin", begin)
        with pytest.raises((ValueError, Ran)):
            run(passive, bounds, steps, **{name: value})
