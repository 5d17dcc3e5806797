"""Whole sweeps as the pieces of an evaluation, and the summary over them."""

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.pulses import Pulse
from membrax.ephys.spike_features import PulseFeatures
from membrax.fitting.evaluation import Evaluation, Row, evaluate

DT = 0.1
T = np.arange(500) * DT


def spikes(at, peak=30.0, trough=-75.0):
    """A trace at rest with a spike of 1 ms at each of the samples ``at``."""
    v = np.full(T.size, -65.0)
    for k in at:
        v[k : k + 10] = peak
        v[k + 10 : k + 30] = trough
    return v


DATA = mx.Recording(t=T, v=np.stack([spikes([100, 300]), spikes([100]), spikes([])]), i=np.zeros(T.size), unit="uA/cm2")
MODEL = np.stack([spikes([120, 320], 20.0, -72.0), spikes([]), spikes([])])
MODEL[2] += 2.0


@pytest.fixture(scope="module")
def evaluation():
    return evaluate(DATA, MODEL, [0, 2], by="sweep")


def test_every_sweep_is_a_row(evaluation):
    assert [(row.sweep, row.training) for row in evaluation.rows] == [(0, True), (1, False), (2, True)]
    assert evaluation.piece == "sweep" and evaluation.outside == (0, 0)


def test_spikes_are_counted(evaluation):
    counts = [(row.recorded.spike_count, row.model.spike_count, row.count_error) for row in evaluation.rows]
    assert counts == [(2, 2, 0), (1, 0, 1), (0, 0, 0)]


def test_errors_are_root_mean_squares(evaluation):
    for row, model, data in zip(evaluation.rows, MODEL, DATA.v, strict=True):
        assert row.rms == pytest.approx(np.sqrt(np.mean((model - data) ** 2)), rel=1e-5)
        quiet = np.minimum(model, -40.0) - np.minimum(data, -40.0)
        assert row.quiet_rms == pytest.approx(np.sqrt(np.mean(quiet**2)), rel=1e-4, abs=1e-6)


def test_errors_of_spikes_are_model_minus_recording(evaluation):
    row = evaluation.rows[0]
    passing = lambda k, peak: (k - 1 + 55.0 / (peak + 65.0)) * DT  # noqa: E731
    assert row.error("latency") == pytest.approx(passing(120, 20.0) - passing(100, 30.0), abs=1e-4)
    assert row.error("peak_voltage") == pytest.approx(-10.0) == row.error("ap_amplitude")
    assert row.error("trough") == pytest.approx(3.0)


@pytest.mark.parametrize("k", [1, 2])
def test_where_one_is_silent_errors_of_spikes_are_nan(evaluation, k):
    row = evaluation.rows[k]
    assert all(np.isnan(row.error(name)) for name in ("latency", "ap_amplitude", "ap_duration_half_width", "trough"))
    assert np.isfinite(row.rms) and np.isfinite(row.quiet_rms)


def test_pulses_compared_by_sweep(pulse_data, pulse_v):
    by_sweep, by_pulse = (evaluate(pulse_data, pulse_v, [0, 2, 4], by=by) for by in ("sweep", "pulse"))
    assert len(by_sweep.rows) == 5 and by_sweep.piece == "sweep" and by_pulse.piece == "pulse"
    for row in by_sweep.rows:
        parts = [one for one in by_pulse.rows if one.sweep == row.sweep]
        assert row.recorded.spike_count == sum(one.recorded.spike_count for one in parts)
        assert row.model.spike_count == sum(one.model.spike_count for one in parts)
    assert by_sweep.rows[4].error("latency") == pytest.approx(by_pulse.rows[8].error("latency"))


def test_other_pieces_are_refused(pulse_data, pulse_v):
    with pytest.raises(ValueError, match="by must be one of pulse, sweep, got 'spike'"):
        evaluate(pulse_data, pulse_v, [0], by="spike")


# --- summary


def response(count, late=0.0):
    nan = float("nan")
    return PulseFeatures(np.arange(count) + late, 10.0 + late if count else nan, *[nan] * 7)


def row(sweep, training, recorded, model, error=1.0):
    piece = Pulse(sweep, 0, 0.0, 50.0, float("nan"), sweep)
    return Row(piece, training, response(recorded), response(model, error), 2.0 * abs(error), abs(error))


ROWS = (row(0, True, 3, 2, 1.0), row(1, False, 2, 2, 4.0), row(2, True, 5, 9, -3.0), row(3, True, 0, 0, 2.0))


def test_a_summary_is_over_one_side():
    summary = Evaluation(ROWS, "nA", (0, 0)).summary(training=True)
    assert summary["pieces"] == 3 and summary["spikes_recorded"] == 8
    assert summary["count_error_mean"] == pytest.approx((1 + 4 + 0) / 3) and summary["count_error_max"] == 4
    assert summary["quiet_rms_mean"] == pytest.approx((1.0 + 3.0 + 2.0) / 3)
    assert summary["latency_error_median"] == pytest.approx(np.median([1.0, 3.0]))  # of the sizes, where both fire
    assert Evaluation(ROWS, "nA", (0, 0)).summary(training=False)["latency_error_median"] == 4.0


def test_a_summary_of_nothing_is_empty():
    assert Evaluation(ROWS[:1], "nA", (0, 0)).summary(training=False) == {}


def test_a_summary_of_silent_sweeps_has_no_spike_errors():
    silent = Evaluation((row(0, True, 0, 0),), "nA", (0, 0)).summary(training=True)
    assert not any(name in silent for name in ("latency_error_median", "ap_duration_half_width_error_median"))
    assert silent["count_error_mean"] == 0.0
