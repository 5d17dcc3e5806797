import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from membrax.ephys.threshold import SPIKE_THRESHOLD, SUBTHRESHOLD
from membrax.fitting.scores.spike_score import CAPACITY, features, score

DT = 0.1
SAMPLES = 600
LOOK = jax.jit(features, static_argnums=1)


def trace(spikes=(), rest=-65.0, peak=30.0, width=1.0, trough=-75.0, samples=SAMPLES):
    """Rectangular spikes at samples: `width` ms at the peak, then a trough of 2 ms."""
    v = np.full(samples, rest)
    for k in spikes:
        wide = round(width / DT)
        v[k : k + wide] = peak
        v[k + wide : k + wide + 20] = trough
    return v


def look(v, recorded=None):
    return LOOK(np.asarray(v, dtype=float), DT, None if recorded is None else np.asarray(recorded, dtype=float))


def between(model, data):
    return float(score(look(model, data), look(data)))


def crossing(k, rest=-65.0, peak=30.0):
    """When the rise to sample k passes the threshold, ms."""
    return (k - 1 + (SPIKE_THRESHOLD - rest) / (peak - rest)) * DT


# --- features


def test_features_of_two_spikes():
    found = look(trace([100, 300], peak=25.0, width=1.5, trough=-72.0))
    assert int(found.count) == 2
    np.testing.assert_allclose(found.times[:2], [crossing(100, peak=25.0), crossing(300, peak=25.0)], rtol=1e-5)
    assert np.all(np.isinf(found.times[2:])) and found.times.shape == (CAPACITY,)
    assert float(found.peak) == 25.0 and float(found.trough) == -72.0
    assert float(found.time_above_threshold) == pytest.approx(1.5, rel=1e-4)
    assert float(found.quiet) == 0.0


def test_a_silent_trace_has_no_shape():
    found = look(trace())
    assert int(found.count) == 0 and np.all(np.isinf(found.times))
    assert all(np.isinf(float(x)) for x in (found.peak, found.time_above_threshold, found.trough))


def test_a_trace_that_stays_above_the_threshold_is_no_spike():
    assert int(look(np.full(SAMPLES, 0.0)).count) == 0


@pytest.mark.parametrize("peak, count", [(SPIKE_THRESHOLD - 0.1, 0), (SPIKE_THRESHOLD + 0.1, 1)])
def test_a_spike_passes_the_threshold(peak, count):
    assert int(look(trace([200], peak=peak)).count) == count


def test_a_trough_long_after_the_spikes_is_not_theirs():
    v = trace([100], trough=-70.0)
    v[400:] = -90.0  # 30 ms later
    assert float(look(v).trough) == -70.0
    v[180:200] = -80.0  # 8 ms after it
    assert float(look(v).trough) == -80.0


def test_a_trough_before_the_first_spike_is_not_its():
    v = trace([300], trough=-70.0)
    v[100:150] = -90.0
    assert float(look(v).trough) == -70.0


def test_only_the_potential_below_the_quiet_limit_is_compared():
    model, data = np.full(SAMPLES, -60.0), np.full(SAMPLES, -63.0)
    assert float(look(model, data).quiet) == pytest.approx(3.0, rel=1e-5)
    assert float(look(np.full(SAMPLES, 10.0), np.full(SAMPLES, -20.0)).quiet) == 0.0
    below = np.full(SAMPLES, SUBTHRESHOLD - 8.0)
    assert float(look(np.full(SAMPLES, 10.0), below).quiet) == pytest.approx(8.0, rel=1e-5)


def test_no_sample_is_further_apart_than_ten_millivolts():
    at = lambda v: np.full(SAMPLES, v)  # noqa: E731
    assert float(look(at(-33.0), at(-30.0)).apart) == pytest.approx(3.0, rel=1e-5)
    assert float(look(at(20.0), at(-30.0)).apart) == pytest.approx(10.0, rel=1e-5)
    # What is above a spike's threshold or in the quiet range is the business of others.
    assert float(look(at(20.0), at(-12.0)).apart) == pytest.approx(2.0, rel=1e-5)
    assert float(look(at(-70.0), at(-38.0)).apart) == pytest.approx(2.0, rel=1e-5)
    assert np.isnan(float(look(at(np.nan), at(-30.0)).apart))


def test_every_spike_is_counted_but_only_so_many_are_timed():
    v = np.full(6 * CAPACITY, -65.0)
    v[2::4] = 20.0
    found = look(v)
    assert int(found.count) == 6 * CAPACITY // 4
    assert np.all(np.isfinite(found.times)) and np.all(np.diff(found.times) > 0)


def test_two_samples_are_enough():
    assert int(look(np.array([-65.0, 20.0])).count) == 1
    assert int(look(np.array([-65.0, -65.0])).count) == 0


def test_a_trace_with_nan_has_no_score():
    v = trace([100])
    v[300:] = np.nan
    assert np.isnan(between(v, trace([100])))


# --- score


TRAINS = st.lists(st.integers(1, 15), max_size=8, unique=True).map(lambda ks: [35 * k for k in sorted(ks)])


@given(TRAINS)
def test_a_trace_beside_itself_scores_zero(train):
    assert between(trace(train), trace(train)) == 0.0


@given(TRAINS.filter(bool))
def test_every_missed_spike_makes_it_worse(train):
    scores = [between(trace(train[:n]), trace(train)) for n in range(len(train), -1, -1)]
    assert np.all(np.diff(scores) > 0.5)


@given(TRAINS.filter(lambda train: 0 < len(train) < 8))
def test_every_spike_too_many_makes_it_worse(train):
    extra = [k for k in range(35, 560, 35) if k not in train and k > train[-1]]
    scores = [between(trace([*train, *extra[:n]]), trace(train)) for n in range(len(extra) + 1)]
    assert np.all(np.diff(scores) > 0.5)


def test_a_silent_model_is_worse_than_late_spikes():
    data = trace([100, 300])
    assert between(trace(), data) > 2.0 * between(trace([210, 410]), data) > 3.0


def test_without_recorded_spikes_shape_costs_nothing():
    low, high = trace([100], peak=5.0), trace([100], peak=40.0)
    assert between(low, trace()) == pytest.approx(between(high, trace()), abs=1e-5)
    assert between(low, trace()) > 1.0


@pytest.mark.parametrize(
    "model, expected",
    [
        (dict(peak=40.0), 10.0 / 20.0),
        (dict(width=1.5), 0.5 / 1.0),
        (dict(peak=300.0), 1.0),
        (dict(width=9.0), 1.0),
    ],
)
def test_each_part_of_the_shape_counts_as_documented(model, expected):
    data, other = trace([100, 300]), trace([100, 300], **model)
    quiet = float(look(other, data).quiet) / 4.0
    lag = abs(crossing(100, peak=model.get("peak", 30.0)) - crossing(100)) / 10.0
    assert between(other, data) - quiet - lag == pytest.approx(expected, abs=1e-4)


def test_a_deeper_trough_counts_as_documented():
    data, other = trace([100], trough=-75.0), trace([100], trough=-79.0)
    quiet = float(look(other, data).quiet) / 4.0
    assert between(other, data) - quiet == pytest.approx(0.4, abs=1e-4)


@given(st.integers(1, 90))
def test_spike_times_count_as_documented(late):
    data, model = trace([200], trough=-65.0), trace([200 + late], trough=-65.0)
    quiet = float(look(model, data).quiet) / 4.0
    assert between(model, data) - quiet == pytest.approx(min(late * DT / 10.0, 1.0), abs=1e-3)


def test_a_subthreshold_error_counts_as_documented():
    assert between(trace(rest=-61.0), trace(rest=-65.0)) == pytest.approx(1.0, rel=1e-5)
