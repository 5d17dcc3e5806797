import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.fitting.evaluation.compare import Comparison, compare, model_voltages, summary, table

DT = 0.1
T = np.arange(500) * DT


def spike(at, peak=30.0, width=1.0, trough=-75.0):
    v = np.full(T.size, -65.0)
    for k in at:
        wide = round(width / DT)
        v[k : k + wide] = peak
        v[k + wide : k + wide + 20] = trough
    return v


DATA = mx.Recording(t=T, v=np.stack([spike([100, 300]), spike([100]), spike([])]), i=np.zeros(T.size), unit="uA/cm2")
MODEL = np.stack([spike([120, 320], 20.0, 1.5, -72.0), spike([]), spike([])])
MODEL[2] += 2.0


@pytest.fixture(scope="module")
def rows():
    return compare(MODEL, DATA, [0, 2])


def test_sweeps_that_were_fitted_are_marked(rows):
    assert [(row.sweep, row.fitted) for row in rows] == [(0, True), (1, False), (2, True)]


def test_spikes_are_counted(rows):
    counts = [(row.recorded_spikes, row.model_spikes, row.count_error) for row in rows]
    assert counts == [(2, 2, 0), (1, 0, 1), (0, 0, 0)]


def test_errors_are_root_mean_squares(rows):
    for row, model, data in zip(rows, MODEL, DATA.v, strict=True):
        assert row.rms == pytest.approx(np.sqrt(np.mean((model - data) ** 2)), rel=1e-5)
        quiet = np.minimum(model, -40.0) - np.minimum(data, -40.0)
        assert row.quiet_rms == pytest.approx(np.sqrt(np.mean(quiet**2)), rel=1e-4, abs=1e-6)


def test_errors_of_spikes_are_model_minus_recording(rows):
    passing = lambda k, peak: (k - 1 + 55.0 / (peak + 65.0)) * DT  # noqa: E731
    assert rows[0].latency_error == pytest.approx(passing(120, 20.0) - passing(100, 30.0), abs=1e-4)
    assert rows[0].peak_error == pytest.approx(-10.0)
    assert rows[0].width_error == pytest.approx(0.5, abs=1e-4)
    assert rows[0].trough_error == pytest.approx(3.0)


@pytest.mark.parametrize("k", [1, 2])
def test_where_one_is_silent_errors_of_spikes_are_nan(rows, k):
    row = rows[k]
    assert all(np.isnan(x) for x in (row.latency_error, row.peak_error, row.width_error, row.trough_error))
    assert np.isfinite(row.rms) and np.isfinite(row.quiet_rms)


def test_a_model_that_is_not_finite_has_an_infinite_or_nan_error():
    model = MODEL.copy()
    model[0, 200:] = np.nan
    row = compare(model, DATA, [0])[0]
    assert not np.isfinite(row.rms) and not np.isfinite(row.quiet_rms)


# --- summary


def row(sweep, fitted, recorded, model, error=1.0):
    fired = recorded and model
    nan = float("nan")
    return Comparison(sweep, fitted, recorded, model, 2.0 * error, error, *([error if fired else nan] * 4))


ROWS = (row(0, True, 3, 2, 1.0), row(1, False, 2, 2, 4.0), row(2, True, 5, 9, -3.0), row(3, True, 0, 0, 2.0))


def test_a_summary_is_over_the_fitted_or_the_predicted_sweeps():
    fitted = summary(ROWS, fitted=True)
    assert fitted["sweeps"] == 3 and fitted["spikes_recorded"] == 8
    assert fitted["count_error_mean"] == pytest.approx((1 + 4 + 0) / 3) and fitted["count_error_max"] == 4
    assert fitted["quiet_rms_mean"] == pytest.approx((1.0 - 3.0 + 2.0) / 3)
    assert fitted["latency_error_median"] == pytest.approx(np.median([1.0, 3.0]))  # of the sizes, where both fire
    assert summary(ROWS, fitted=False)["peak_error_median"] == 4.0


def test_a_summary_of_nothing_is_empty():
    assert summary(ROWS[:1], fitted=False) == {}


def test_a_summary_of_silent_sweeps_has_no_spike_errors():
    silent = summary((row(0, True, 0, 0),), fitted=True)
    assert all(np.isnan(silent[f"{name}_error_median"]) for name in ("latency", "peak", "width", "trough"))
    assert silent["count_error_mean"] == 0.0


# --- table


def test_the_table_shows_fitted_sweeps_first_and_aligns_its_columns(rows):
    lines = table(rows).split("\n")
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[:2] for line in lines[2:]] == [["0", "fitted"], ["2", "fitted"], ["1", "predicted"]]
    assert lines[0].split()[0] == "sweep" and set(lines[1].split()) == {"mV", "ms"}
    assert "-10.00" in lines[2] and "+0.50" in lines[2] and "+3.00" in lines[2]
    assert lines[4].split()[-4:] == ["–"] * 4


# --- the model's own voltage


def test_every_sweep_of_the_recording_is_run(passive, steps, truth):
    cell = mx.replace(passive, truth)
    v = model_voltages(cell, steps, mx.integrators.staggered, None)
    assert v.shape == steps.v.shape
    assert np.sqrt(np.mean((v - steps.v) ** 2)) == pytest.approx(0.05, rel=0.2)
    fine = model_voltages(cell, steps, mx.integrators.staggered, 0.0125)
    np.testing.assert_allclose(v, fine, atol=0.01)


def test_the_recorded_voltage_does_not_steer_the_model(passive, steps):
    other = dataclasses.replace(steps, v=steps.v + 30.0)
    one, two = (model_voltages(passive, data, mx.integrators.staggered, None) for data in (steps, other))
    np.testing.assert_array_equal(one, two)
