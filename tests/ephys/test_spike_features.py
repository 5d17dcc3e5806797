import numpy as np
import pytest

from membrax.ephys.spike_features import adaptation_index, pulse_features

DT = 0.02
T = np.arange(10_000) * DT  # 200 ms
RISE, FALL, PEAK, REST, LOW = 100.0, 50.0, 40.0, -60.0, -70.0  # mV/ms, mV/ms, mV


def trace(times, peaks=None):
    """Triangular spikes that begin at ``times`` [ms] at rest, fall to a trough and come back slowly."""
    v = np.full(T.size, REST)
    for k, begin in enumerate(times):
        peak = PEAK if peaks is None else peaks[k]
        up, down = (peak - REST) / RISE, (peak - LOW) / FALL
        corners = [begin, begin + up, begin + up + down, begin + up + down + 8.0]
        seen = (corners[0] <= T) & (corners[-1] >= T)
        v[seen] = np.interp(T[seen], corners, [REST, peak, LOW, REST])
    return v


def passing(begin):
    """When a spike that begins there passes −10 mV."""
    return begin + (-10.0 - REST) / RISE


def test_spike_of_straight_lines():
    result = pulse_features(T, trace([50.0]), 40.0, 180.0)
    assert result.spike_count == 1 and result.times[0] == pytest.approx(passing(50.0), abs=1e-6)
    assert result.latency == pytest.approx(passing(10.0), abs=1e-6)
    assert result.ap_amplitude == pytest.approx(PEAK - REST)
    half = 0.5 * (PEAK - REST)
    assert result.ap_duration_half_width == pytest.approx(half / RISE + half / FALL, rel=1e-6)
    assert result.trough == pytest.approx(LOW, abs=0.1)
    assert np.isnan([result.first_isi, result.mean_isi, result.adaptation_index]).all()


def test_shapes_are_means_over_the_spikes():
    result = pulse_features(T, trace([50.0, 90.0, 150.0], peaks=[40.0, 30.0, 20.0]), 0.0, 200.0)
    assert result.ap_amplitude == pytest.approx(90.0)
    assert result.first_isi == pytest.approx(40.0, abs=1e-6) and result.mean_isi == pytest.approx(50.0)
    assert result.adaptation_index == pytest.approx(20.0 / 100.0)


def test_only_spikes_within_the_pulse_count():
    v = trace([20.0, 60.0, 150.0])
    inside = pulse_features(T, v, 50.0, 100.0)
    assert inside.spike_count == 1 and inside.latency == pytest.approx(passing(10.0), abs=1e-6)
    assert pulse_features(T, v, 60.0, passing(60.0)).spike_count == 0
    assert pulse_features(T, v, 60.0, passing(60.0) + DT).spike_count == 1


def test_silence_has_no_shape():
    result = pulse_features(T, np.full(T.size, REST), 0.0, 200.0)
    assert result.spike_count == 0
    assert all(
        np.isnan(getattr(result, name))
        for name in ("latency", "adaptation_index", "ap_amplitude", "ap_duration_half_width", "trough")
    )


def test_trough_cut_by_the_pulse_end_is_nan():
    v = trace([50.0])
    falling = pulse_features(T, v, 0.0, 52.5)
    assert falling.spike_count == 1 and np.isnan(falling.trough) and np.isfinite(falling.ap_duration_half_width)
    assert pulse_features(T, v, 0.0, 56.0).trough == pytest.approx(LOW, abs=0.1)


def test_trace_that_stays_up_has_no_width():
    v = np.where(T < 100.0, REST, 0.0)
    result = pulse_features(T, v, 0.0, 200.0)
    assert result.spike_count == 1 and np.isnan(result.ap_duration_half_width)
    assert result.ap_amplitude == pytest.approx(-REST)


def test_trace_that_is_not_finite_has_the_spikes_before():
    v = trace([50.0, 120.0])
    v[T > 100.0] = np.nan
    assert pulse_features(T, v, 0.0, 200.0).spike_count == 1


@pytest.mark.parametrize("origin", [0.0, 1000.0])
def test_times_are_those_of_the_recording(origin):
    result = pulse_features(T + origin, trace([50.0]), origin + 40.0, origin + 180.0)
    assert (
        result.latency == pytest.approx(passing(10.0), abs=1e-6) and result.times[0] == origin + result.latency + 40.0
    )


@pytest.mark.parametrize(
    ("intervals", "index"),
    [([10.0, 10.0, 10.0], 0.0), ([10.0, 20.0, 40.0], 1 / 3), ([40.0, 20.0], -1 / 3), ([10.0], np.nan), ([], np.nan)],
)
def test_adaptation(intervals, index):
    assert adaptation_index(np.array(intervals)) == pytest.approx(index, nan_ok=True)


@pytest.mark.parametrize("ratio", [1.0, 1.2, 0.8])
def test_intervals_of_constant_ratio_have_its_index(ratio):
    intervals = 10.0 * ratio ** np.arange(8)
    assert adaptation_index(intervals) == pytest.approx((ratio - 1) / (ratio + 1), abs=1e-12)
