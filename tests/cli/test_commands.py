import json

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import membrax as mx
from membrax.cli import verify
from membrax.cli.main import app, main
from membrax.cli.verify import run_verify

RUNNER = CliRunner()


def command(*words):
    return RUNNER.invoke(app, [str(word) for word in words])


def test_simulate_writes_the_trace_it_speaks_of(tmp_path):
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
    ("words", "told"),
    [
        (("simulate", "--model", "hodgkin_huxly"), "unknown model 'hodgkin_huxly': did you mean 'hodgkin_huxley'"),
        (("simulate", "--set", "na.gg=1"), "unknown path 'na.gg'"),
        (("simulate", "--set", "capacitance=-1"), "capacitance must be above 0 µF/cm², got -1 µF/cm²"),
        (("simulate", "--dt", "0"), "dt must be above 0 ms"),
        (("simulate", "--dt", "0.03"), "duration must be a multiple of dt"),
        (("simulate", "--unit", "pA"), "unknown unit 'pA'"),
        (("fit", "nowhere.abf"), "nowhere.abf"),
    ],
)
def test_what_a_user_got_wrong_is_told_in_a_line(words, told, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["membrax", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("membrax: ") and told in said and "Traceback" not in said


def test_verify_passes_on_this_install(capsys):
    assert run_verify()
    said = capsys.readouterr().out
    assert "WRONG" not in said and "checks are good" in said


@pytest.mark.slow
def test_verify_notices_a_wrong_rate(monkeypatch, capsys):
    from membrax.channels import squid

    right = squid.n_rates
    monkeypatch.setattr(squid, "n_rates", lambda *given: tuple(1.01 * rate for rate in right(*given)))
    for checks in ("_laws", "_circuit", "_population", "_gradient"):  # those a potassium rate has no part in
        monkeypatch.setattr(verify, checks, lambda: ())
    jax.clear_caches()
    assert not run_verify()
    jax.clear_caches()
    assert "WRONG" in capsys.readouterr().out


@pytest.mark.slow
def test_fit_predicts_the_sweeps_it_did_not_see(tmp_path):
    file = synthetic(tmp_path / "cell.npz")
    words = ("fit", file, "--sweeps", "0,2", "--method", "cmaes", "--starts", 1, "--iterations", 2)
    done = command(*words, "--bound", "na.g=20:100", "--bound", "leak.g=0.03:0.3", "--out", tmp_path / "fit")
    assert done.exit_code == 0, done.output
    assert "predicted" in done.output and "area: " in done.output
    report = json.loads((tmp_path / "fit" / "fit.json").read_text())
    assert report["fitted_sweeps"] == [0, 2]
    assert [row["sweep"] for row in report["comparison"] if not row["fitted"]] == [1]
    assert set(report["values"]) == {"na.g", "leak.g"}
    assert (tmp_path / "fit" / "fit.png").stat().st_size > 10_000
    assert "Spike counts of the predicted pulses are off by" in done.output and "f–I curve" in done.output
    assert "no Γ is given" in done.output
    assert (tmp_path / "fit" / "fit.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def synthetic(path):
    """Three sweeps of a regular spiking cell, −0.2 to 0.6 nA."""
    cell, dt, amplitudes = mx.models.regular_spiking(), 0.05, (-0.2, 0.2, 0.6)
    t = np.arange(1201) * dt
    i = np.where((t >= 10) & (t < 50), np.array(amplitudes)[:, None], 0.0)
    v = [
        mx.simulate(
            cell, mx.stimuli.from_samples(sweep, dt, unit="nA"), duration=60.0, dt=dt, state=mx.rest(cell), key=None
        ).v
        for sweep in i
    ]
    return mx.Recording(t=t, v=np.array(v), i=i).save(path)


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
