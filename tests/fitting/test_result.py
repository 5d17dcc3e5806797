import dataclasses
import json

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.report.text import fit_summary


def test_the_cell_of_a_saved_fit_is_simulated_straight_away(pulse_fit, tmp_path):
    again = mx.load_cell(pulse_fit.save(tmp_path / "fit.json"))
    run = lambda cell: mx.simulate(cell, mx.stimuli.step(0.5, unit="nA"), duration=20.0, dt=0.05).v  # noqa: E731
    np.testing.assert_array_equal(run(again), run(pulse_fit.cell))


def test_the_json_holds_the_evaluation(pulse_fit, tmp_path):
    kept = json.loads(pulse_fit.save(tmp_path / "deep" / "fit").read_text(encoding="utf-8"))
    assert kept["format"] == 1
    assert kept["channels"]["na"] == "membrax.channels.pospischil.Sodium"
    assert kept["evaluation"]["held_out"]["pieces"] == 4
    assert kept["evaluation"]["rows"][0]["gamma"] is None


@pytest.mark.parametrize("unit", ["nA", "uA/cm2"])
def test_arrays_are_a_recording_and_more(pulse_fit, tmp_path, unit):
    pulse_fit = dataclasses.replace(pulse_fit, data=dataclasses.replace(pulse_fit.data, unit=unit))
    path = pulse_fit.save(tmp_path / "fit.npz")
    again = mx.recordings.load(path)
    assert again.unit == unit and again.name == pulse_fit.data.name and again.notes[0] == "as drawn"
    for name in ("t", "v", "i"):
        np.testing.assert_array_equal(getattr(again, name), getattr(pulse_fit.data, name))
    with np.load(path) as kept:
        np.testing.assert_array_equal(kept["model_mV"], pulse_fit.v)
        assert dict(zip(kept["parameter_names"], kept["parameter_values"], strict=True)) == pulse_fit.values
        assert [tuple(pair) for pair in kept["parameter_bounds"]] == list(pulse_fit.bounds.values())
        assert list(kept["parameter_units"]) == ["mS/cm²", "mS/cm²", "mV"]
        assert kept["start_values"].shape == (3, 3) and list(kept["training_sweeps"]) == [0, 2, 4]


def test_a_fit_is_printed_as_a_table(pulse_fit):
    lines = repr(pulse_fit).splitlines()
    assert lines[0] == "Fit of 3 parameters to 3 of 5 sweeps of pulses <1>" and len(lines) <= 30
    assert any(line.split() == ["na.g", "47.1235", "mS/cm²", "5", "300"] for line in lines)
    assert any(line.split()[:3] == ["kd.g", "1", "mS/cm²"] and line.endswith("at its bound") for line in lines)
    assert "<b>Fit of 3 parameters" in pulse_fit._repr_html_() and "&lt;1&gt;" in pulse_fit._repr_html_()


@pytest.mark.parametrize(
    "method, label",
    [("levenberg_marquardt", "Levenberg–Marquardt"), ("adam", "Adam"), ("cmaes", "CMA-ES"), ("newton", "newton")],
)
def test_a_method_has_a_readable_label(pulse_fit, method, label):
    fit = dataclasses.replace(pulse_fit, method=method)
    assert fit.method_label == label
    assert f"by {label} from" in fit_summary(fit, fit.evaluate())[0] and label in repr(fit)
