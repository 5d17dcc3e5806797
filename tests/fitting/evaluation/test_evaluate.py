import dataclasses
import json

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.coincidence import ceiling, gamma
from membrax.fitting.evaluation import evaluate

TRAINING = [0, 2, 4]


@pytest.fixture(scope="module")
def evaluation(pulse_data, pulse_v):
    return evaluate(pulse_data, pulse_v, TRAINING)


def pulse(evaluation, sweep, number):
    return next(row for row in evaluation.rows if (row.pulse.sweep, row.pulse.number) == (sweep, number))


def test_every_pulse_of_every_sweep_is_a_row(evaluation):
    rows = [(row.pulse.sweep, row.pulse.number) for row in evaluation.rows]
    assert rows == [(k, n) for k in range(5) for n in (0, 1)]
    assert [row.training for row in evaluation.rows[::2]] == [True, False, True, False, True]


def test_spikes_are_counted_pulse_by_pulse(evaluation):
    assert [row.recorded.spike_count for row in evaluation.rows] == [0, 0, 0, 0, 2, 2, 3, 3, 4, 4]
    assert [row.model.spike_count for row in evaluation.rows] == [0, 0, 1, 0, 2, 2, 2, 2, 4, 4]
    assert [row.count_error for row in evaluation.rows] == [0, 0, 1, 0, 0, 0, 1, 1, 0, 0]
    assert evaluation.outside == (0, 0)


def test_errors_are_model_minus_recording(evaluation):
    row = pulse(evaluation, 2, 0)
    assert row.error("latency") == pytest.approx(2.0, abs=0.1)
    assert row.error("first_isi") == pytest.approx(92.0 - 90.0, abs=0.1)
    assert row.error("ap_amplitude") == pytest.approx(-10.0, abs=0.5)
    assert np.isnan(pulse(evaluation, 1, 0).error("latency"))


def test_gamma_is_given_where_the_cell_repeats_its_spikes(evaluation):
    for number in (0, 1):
        known, unknown = pulse(evaluation, 4, number), pulse(evaluation, 3, number)
        trains = [pulse(evaluation, 4, k).recorded.times - (100.0, 400.0)[k] for k in (0, 1)]
        assert known.ceiling == pytest.approx(ceiling(trains, 200.0), rel=1e-6)
        assert known.ceiling > 0.3 > unknown.ceiling
        model = known.model.times - known.pulse.start
        assert known.gamma == pytest.approx(gamma(trains[number], model, 200.0))
        assert np.isnan(unknown.gamma)
    assert np.isnan(pulse(evaluation, 0, 0).ceiling)  # silence repeats nothing
    assert evaluation.repeated


def test_the_second_pulse_is_compared_as_well(evaluation):
    first, second = (pulse(evaluation, 4, number).gamma for number in (0, 1))
    assert first == pytest.approx(1.0) and second < 0.8


def test_held_out_pulses_have_baselines(evaluation, pulse_data):
    assert [row.interpolated for row in evaluation.rows if not row.training] == [1.0, 1.0, 3.0, 3.0]
    assert all(np.isnan(row.interpolated) and np.isnan(row.mean_trace_rms) for row in evaluation.rows if row.training)
    row, here = pulse(evaluation, 3, 1), slice(4000, 6000)
    mean = pulse_data.v[TRAINING, here].mean(axis=0)
    assert row.mean_trace_rms == pytest.approx(np.sqrt(np.mean((mean - pulse_data.v[3, here]) ** 2)))
    clipped = np.minimum(mean, -40.0) - np.minimum(pulse_data.v[3, here], -40.0)
    assert row.mean_trace_quiet_rms == pytest.approx(np.sqrt(np.mean(clipped**2)))


def test_a_summary_is_over_training_or_held_out_pulses(evaluation):
    held_out, training = (evaluation.summary(training=side) for side in (False, True))
    assert (held_out["pieces"], held_out["spikes_recorded"], held_out["spikes_model"]) == (4, 6, 5)
    assert held_out["count_error_mean"] == pytest.approx(3 / 4)
    assert held_out["count_error_interpolated"] == pytest.approx((1 + 1 + 0 + 0) / 4)
    assert held_out["gamma_pieces"] == 0 and "gamma_mean" not in held_out
    assert training["gamma_pieces"] == 4 and "count_error_interpolated" not in training
    known = [row for row in evaluation.rows if row.training and np.isfinite(row.gamma)]
    assert training["gamma_mean"] == pytest.approx(np.mean([row.gamma for row in known]))
    assert training["ceiling_mean"] == pytest.approx(np.mean([row.ceiling for row in known]))


def test_without_held_out_sweeps_the_summary_is_empty(pulse_data, pulse_v):
    assert evaluate(pulse_data, pulse_v, range(5)).summary(training=False) == {}


def test_the_recording_as_its_own_model_is_perfect(pulse_data):
    summary = evaluate(pulse_data, pulse_data.v, TRAINING).summary(training=True)
    errors = [value for name, value in summary.items() if "error" in name or "rms" in name]
    assert len(errors) == 12 and max(errors) == 0.0
    assert summary["gamma_mean"] == pytest.approx(1.0)


def test_spikes_outside_the_pulses_are_counted(pulse_data, pulse_v):
    more = pulse_v.copy()
    more[0, 3100:3110] = 20.0
    assert evaluate(pulse_data, more, TRAINING).outside == (0, 1)


def test_a_diverged_model_has_nan_errors(pulse_data, pulse_v):
    lost = pulse_v.copy()
    lost[3, 1500:] = np.nan
    row = pulse(evaluate(pulse_data, lost, TRAINING), 3, 0)
    assert np.isnan(row.rms) and np.isnan(row.quiet_rms) and row.model.spike_count == 1
    assert np.isnan(evaluate(pulse_data, lost, TRAINING).summary(training=False)["rms_mean"])


def test_a_current_that_repeats_nothing_has_no_gamma(pulse_data, pulse_v):
    ramp = dataclasses.replace(pulse_data, i=np.outer([0.1, 0.2, 0.3, 0.4, 0.5], pulse_data.t / pulse_data.t[-1]))
    evaluation = evaluate(ramp, pulse_v, TRAINING)
    assert len(evaluation.rows) == 5 and not evaluation.repeated
    assert all(np.isnan(row.gamma) and np.isnan(row.interpolated) for row in evaluation.rows)
    assert [row.recorded.spike_count for row in evaluation.rows] == [0, 0, 4, 6, 8]


def test_the_tables_show_training_pulses_first(evaluation):
    summary, spikes, shapes = (table.split("\n") for table in evaluation.table().split("\n\n"))
    assert summary[0].split() == ["training", "pulses", "held-out", "pulses", "without", "a", "model"]
    (counts,) = (line for line in summary if line.startswith("spike count error, mean over pulses"))
    assert counts.split()[-5:] == ["0.00", "0.75", "0.50", "(f–I", "curve)"]
    for lines in (spikes, shapes):
        assert [line.split()[2] for line in lines[2:]] == ["training"] * 6 + ["held-out"] * 4


def test_the_report_is_plain(evaluation):
    report = json.loads(json.dumps(evaluation.report()))
    assert report["rows"][9]["recorded"]["times"] == pytest.approx(list(pulse(evaluation, 4, 1).recorded.times))
    assert report["rows"][9]["pulse"]["start"] == 400.0 and report["rows"][8]["model"]["spike_count"] == 4
    assert report["held_out"]["count_error_interpolated"] == 0.5


def test_a_real_cell_against_its_own_other_pulse(shared_data):
    """Where the model is the recording with its two pulses exchanged, Γ is the ceiling and counts nearly agree."""
    data = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf")
    v = data.v.copy()
    first, second = slice(2937, 12937), slice(32937, 42937)  # the pulses' samples
    v[:, first], v[:, second] = data.v[:, second], data.v[:, first]
    rows = evaluate(data, v, [0, 5, 8, 14]).rows
    for one, two in zip(rows[::2], rows[1::2], strict=True):
        assert one.recorded.spike_count == two.model.spike_count and one.ceiling == pytest.approx(
            two.ceiling, nan_ok=True
        )
        if np.isfinite(one.gamma):
            assert (one.gamma + two.gamma) / 2 == pytest.approx(one.ceiling, abs=1e-9)
    known = {round(row.pulse.level, 3): row.ceiling for row in rows if np.isfinite(row.gamma)}
    assert len(known) == 5 and known[0.3] > 0.8 and known[0.25] > 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, "data must be a Recording"),
        ({"v": "x"}, r"v must be the model's voltage \[sweep, time\]"),
        ({"v": np.zeros((1, 10))}, r"got \(1, 10\)"),
        ({"training": [99]}, "there is no sweep 99"),
        ({"by": "hour"}, "by must be one of"),
    ],
)
def test_wrong_arguments_are_refused(pulse_data, pulse_v, change, message):
    with pytest.raises(ValueError, match=message):
        evaluate(**{"data": pulse_data, "v": pulse_v, "training": [0], "by": "pulse"} | change)
