import json

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import membrax as mx
from membrax.cli.main import app, main
from membrax.cli.verify import run_verify

RUNNER = CliRunner()


def command(*words):
    return RUNNER.invoke(app, [str(word) for word in words])


def test_simulate_writes_the_trace_and_the_figure(tmp_path):
    done = command("simulate", "--duration", 20, "--stop", 15, "--set", "na.g=110", "--out", tmp_path / "sim")
    assert done.exit_code == 0, done.output
    t, v = np.loadtxt(tmp_path / "sim" / "trace.csv", delimiter=",", skiprows=1, unpack=True)
    cell = mx.replace(mx.models.hodgkin_huxley(), {"na.g": 110.0})
    trace = mx.simulate(cell, mx.stimuli.step(10.0, start=5.0, stop=15.0), duration=20.0, dt=0.025)
    np.testing.assert_allclose(v, trace.v, atol=1e-3)
    assert t[-1] == 20.0
    assert f"{int(trace.spike_count)} spikes" in done.output
    assert (tmp_path / "sim" / "trace.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("simulate", "--model", "hodgkin_huxly"), "unknown model 'hodgkin_huxly': did you mean 'hodgkin_huxley'"),
        (("simulate", "--set", "na.gg=1"), "unknown path 'na.gg'"),
        (("simulate", "--set", "capacitance=-1"), "capacitance must be above 0 µF/cm², got -1 µF/cm²"),
        (("simulate", "--dt", "0"), "dt must be above 0 ms"),
        (("simulate", "--dt", "0.03"), "duration must be a multiple of dt"),
        (("simulate", "--unit", "fA"), "unknown unit 'fA'"),
        (("fit", "nowhere.abf"), "nowhere.abf"),
    ],
)
def test_a_user_error_is_one_line(words, message, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["membrax", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    text = capsys.readouterr().err
    assert text.startswith("membrax: ") and message in text and "Traceback" not in text


def test_verify_passes_on_this_install(capsys):
    assert run_verify()
    text = capsys.readouterr().out
    assert "WRONG" not in text and "checks are good" in text


@pytest.mark.slow
def test_verify_notices_a_wrong_rate(monkeypatch, capsys):
    from membrax.channels import squid

    right = squid.n_rates
    monkeypatch.setattr(squid, "n_rates", lambda *given: tuple(1.01 * rate for rate in right(*given)))
    jax.clear_caches()
    assert not run_verify(["rest", "spikes"])  # the groups that depend on a potassium rate
    jax.clear_caches()
    assert "WRONG" in capsys.readouterr().out


@pytest.mark.slow
def test_fit_writes_the_evaluation_that_it_prints(tmp_path):
    file = mx.recordings.example("cortical").save(tmp_path / "cell.npz")
    done = command("fit", file, "--sweeps", "0,6", "--iterations", 8, "--out", tmp_path / "fit")
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "fit" / "fit.json").read_text(encoding="utf-8"))
    page = (tmp_path / "fit" / "fit.html").read_text(encoding="utf-8")
    assert report["training_sweeps"] == [0, 6] and report["template"] == "pyramidal"
    error = report["evaluation"]["held_out"]["count_error_mean"]
    (line,) = (line for line in done.output.splitlines() if line.startswith("spike count error, mean over"))
    assert f" {error:.2f} " in line
    assert f"<td>{error:.2f}</td>" in page
    sentence = f"The spike count is off by {error:.2f}, mean over the held-out pulses"
    assert sentence in done.output and sentence in page
    assert (tmp_path / "fit" / "fit.png").stat().st_size > 10_000
    assert page.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("option", ["--starts", "--method", "--bound", "--area"])
def test_options_that_the_recipe_does_not_take_are_refused(option):
    done = command("fit", "cell.abf", option, "1")
    assert done.exit_code == 2
    words = " ".join(done.output.replace("│", " ").split())
    assert option in words and "--template" in words and "use membrax.fit in Python" in words


def test_an_unwritable_folder_is_found_before_the_search(tmp_path, monkeypatch, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr("sys.argv", ["membrax", "fit", "nowhere.abf", "--out", str(blocked / "fit")])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2 and str(blocked) in capsys.readouterr().err


@pytest.mark.slow
def test_demo_prints_its_tables_and_draws_its_figures(tmp_path):
    done = command("demo", "--out", tmp_path / "demo", "--neurons", 500)
    assert done.exit_code == 0, done.output
    assert "64 of 64 starts" in done.output or "starts ended within 10 %" in done.output
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {"neuron.png", "population.png", "fit.png", "fitted_cell.json"}
    values = json.loads((tmp_path / "demo" / "fitted_cell.json").read_text())["values"]
    truth = {"na.g": 120, "k.g": 36, "leak.g": 0.3, "leak.e": -54.387, "capacitance": 1.0}
    for path, value in truth.items():
        assert values[path] == pytest.approx(value, rel=0.03)
