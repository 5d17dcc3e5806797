"""Terms on spike trains: closed forms, limits, and the derivative of a crossing."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membrax.fitting import losses

pytestmark = pytest.mark.slow

INTERVAL = 0.1
SAMPLES = 1500
THRESHOLD = -10.0
TRAINS = st.lists(st.integers(1, 13), max_size=8, unique=True).map(lambda ks: [10.0 * k for k in sorted(ks)])


def trace(times=(), rest=-65.0, peak=45.0):
    """Triangular spikes of 2 ms that cross −10 mV exactly at ``times`` [ms]."""
    t = np.arange(SAMPLES) * INTERVAL
    v = np.full(SAMPLES, rest)
    for at in times:
        top = at + (peak - THRESHOLD) / (peak - rest)
        v = np.maximum(v, peak - (peak - rest) * np.abs(t - top))
    return jnp.asarray(v, dtype=float)


@functools.cache
def measured(term, **how):
    return jax.jit(lambda v, recorded: term(v, recorded, INTERVAL, **how))


TIMES, COUNT = measured(losses.spike_times), measured(losses.spike_count)
WAVE, FAST = measured(losses.waveform), measured(losses.spike_times, scale=0.01)


CROSSINGS = jax.jit(lambda v: losses.crossing_times(v, INTERVAL, capacity=16))


@given(TRAINS)
def test_crossings_are_where_the_line_between_samples_crosses(times):
    found = np.asarray(CROSSINGS(trace(times)))
    np.testing.assert_allclose(found[: len(times)], times, atol=2e-3)
    assert np.all(np.isnan(found[len(times) :]))


@pytest.mark.parametrize("place", [30.02, 30.05, 30.09])
def test_the_derivative_of_a_crossing_is_the_implicit_functions(place):
    """−(∂v/∂θ)/(∂v/∂t) at the crossing: for a shift of v the inverse slope, for the threshold its negative."""
    slope = 110.0  # mV/ms
    v = trace([place])
    at = lambda up, threshold: losses.crossing_times(v + up, INTERVAL, threshold=threshold, capacity=4)[0]  # noqa: E731
    by_shift, by_threshold = jax.grad(at, argnums=(0, 1))(0.0, THRESHOLD)
    assert float(by_shift) == pytest.approx(-1.0 / slope, rel=1e-3)
    assert float(by_threshold) == pytest.approx(1.0 / slope, rel=1e-3)


@given(TRAINS, TRAINS)
def test_counts_are_compared(ours, theirs):
    assert float(COUNT(trace(ours), trace(theirs))) == abs(len(ours) - len(theirs))


@given(TRAINS, st.floats(-4.0, 4.0))
def test_what_moves_together_stays_matched(times, shift):
    moved = [at + shift for at in times]
    assert float(TIMES(trace(moved), trace(moved))) == pytest.approx(0.0, abs=1e-6)
    expected = shift**2 / (25.0 + shift**2) if times else 0.0
    assert float(TIMES(trace(moved), trace(times))) == pytest.approx(expected, abs=2e-3)


@given(TRAINS.filter(bool))
def test_every_missing_spike_costs_its_share(times):
    for n in range(len(times) + 1):
        assert float(TIMES(trace(times[:n]), trace(times))) == pytest.approx((len(times) - n) / len(times), abs=1e-5)


def test_missing_and_additional_spikes_cost_the_missing_term():
    missing = measured(losses.spike_times, missing=2.5)
    assert float(missing(trace(), trace([20.0, 40.0]))) == 2.5
    assert float(missing(trace([20.0, 40.0]), trace())) == 5.0


@given(st.floats(1.0, 8.0))
def test_a_lag_costs_at_most_one(lag):
    assert 0.999 < float(FAST(trace([50.0 + lag]), trace([50.0]))) < 1.0


def test_spikes_beyond_the_capacity_are_counted_and_not_timed():
    few = measured(losses.spike_times, capacity=2)
    assert float(few(trace([20.0, 40.0, 63.0]), trace([20.0, 40.0, 60.0]))) == pytest.approx(0.0, abs=1e-6)
    assert float(few(trace([20.0, 40.0]), trace([20.0, 40.0, 60.0]))) == pytest.approx(1 / 3, abs=1e-6)


# --- van Rossum


@settings(max_examples=20)
@given(TRAINS, TRAINS, st.sampled_from([1.0, 10.0, 100.0]))
def test_van_rossum_is_the_integral(ours, theirs, tau):
    """1/τ ∫ (f − g)² dt with a jump of 1 and a decay of τ at every spike, by a fine sum."""
    found = measured(losses.van_rossum, tau=tau)(trace(ours), trace(theirs))
    fine = np.arange(0.0, 140.0 + 12.0 * tau, tau / 400.0)
    filtered = lambda times: sum((np.exp(-(fine - t) / tau) * (fine >= t) for t in times), np.zeros_like(fine))  # noqa: E731
    expected = np.sum(np.square(filtered(ours) - filtered(theirs))) / 400.0
    assert float(found) == pytest.approx(expected, rel=2e-2, abs=2e-2)


@given(st.floats(0.0, 30.0))
def test_a_moved_spike_costs_one_less_the_overlap(apart):
    found = measured(losses.van_rossum, tau=10.0)(trace([50.0 + apart]), trace([50.0]))
    assert float(found) == pytest.approx(1.0 - np.exp(-apart / 10.0), abs=1e-3)


# --- activity


def rectangular(starts, length=10):
    """0 mV for 1 ms from each start [ms], else far below: the activity is 0 or 1."""
    v = np.full(SAMPLES, -500.0)
    for start in starts:
        v[round(start / INTERVAL) : round(start / INTERVAL) + length] = 500.0
    return jnp.asarray(v, dtype=float)


@pytest.mark.parametrize("kernel", ["exponential", "gaussian"])
@pytest.mark.parametrize("width", [10.0, 20.0])
def test_a_lone_spike_of_a_millisecond_costs_half(kernel, width):
    found = measured(losses.activity, kernel=kernel, width=width)(rectangular([50.0]), rectangular([]))
    assert float(found) == pytest.approx(0.5, rel=0.04)


@given(TRAINS, TRAINS)
def test_activity_is_van_rossum_with_the_spikes_areas(ours, theirs):
    filtered = measured(losses.activity, width=15.0)(rectangular(ours), rectangular(theirs))
    of_times = measured(losses.van_rossum, tau=15.0)(trace(ours), trace(theirs))
    assert float(filtered) == pytest.approx(float(of_times), rel=0.05, abs=0.03)


def test_a_narrow_kernel_sees_times_and_a_wide_one_rates():
    at = lambda width, v: float(measured(losses.activity, width=width)(v, rectangular([40.0, 80.0])))  # noqa: E731
    late, fewer = rectangular([45.0, 85.0]), rectangular([40.0])
    assert at(2.0, late) > at(2.0, fewer) and at(40.0, late) < at(40.0, fewer)


def test_a_width_may_change_without_a_new_compilation():
    traced = []

    @jax.jit
    def ask(loss, v):
        traced.append(1)
        return loss(v, rectangular([40.0]), INTERVAL)

    found = [ask(jax.tree_util.Partial(losses.activity, width=w), rectangular([45.0])) for w in (2.0, 5.0, 20.0)]
    assert len(traced) == 1 and found[0] > found[1] > found[2]


# --- waveform and phase plane


@given(TRAINS.filter(bool), st.floats(-3.0, 3.0))
def test_waveforms_don_t_ask_when(times, shift):
    assert float(WAVE(trace([at + shift for at in times]), trace(times))) < 5e-3


def test_a_waveform_that_is_higher_costs_by_its_root_mean_square():
    mine, wave = trace([50.0], peak=65.0), trace([50.0])
    found = measured(losses.waveform, begin=0.0, end=0.5, scale=10.0)(mine, wave)
    # From −10 mV upwards one rises by 130 and one by 110 mV/ms.
    square = np.mean(np.square(20.0 * np.arange(0.0, 0.51, 0.1)))
    assert float(found) == pytest.approx(square / (100.0 + square), rel=2e-2)


def test_each_recorded_spike_without_partner_costs_a_whole():
    data = trace([30.0, 60.0, 90.0])
    assert float(WAVE(trace([30.0]), data)) == pytest.approx(2 / 3, abs=1e-4)
    assert float(WAVE(trace([30.0, 60.0, 90.0, 120.0]), data)) == pytest.approx(0.0, abs=1e-4)
    assert float(WAVE(trace([30.0]), trace())) == 0.0


def test_a_spike_at_the_end_of_a_sweep_is_compared_in_part():
    assert float(WAVE(trace([148.0]), trace([100.0]))) < 5e-3


@pytest.mark.parametrize("measure", ["hellinger", "square"])
def test_the_phase_plane_does_not_ask_when(measure):
    plane = measured(losses.phase_plane, measure=measure)
    models = trace([20.0, 60.0]), trace([20.0], peak=9.0), trace()
    same, lower, none = (plane(v, trace([40.0, 100.0])) for v in models)
    assert float(same) < 1e-5 < float(lower) < float(none)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_bin_of_one_trace_alone_counts_by_its_share(share):
    """With all of q in one place and a share s of p elsewhere, ½ Σ (√p − √q)² is 1 − √(1 − s)."""
    rest = trace(rest=-80.0)
    away = rest.at[: round(share * SAMPLES)].set(-40.0)
    found = float(measured(losses.phase_plane, blur=0.0)(away, rest))
    assert found == pytest.approx(1.0 - np.sqrt(1.0 - share), abs=3e-3)


@pytest.mark.parametrize("measure", ["hellinger", "square"])
def test_traces_that_share_no_bin_are_one_apart(measure):
    plane = measured(losses.phase_plane, blur=0.0, measure=measure)
    assert float(plane(trace(rest=-80.0), trace(rest=-40.0))) == pytest.approx(1.0, abs=5e-3)


def test_blurred_bins_see_how_far_apart_two_potentials_are():
    plane = measured(losses.phase_plane)
    apart = [float(plane(trace(rest=-60.0 + x), trace(rest=-60.0))) for x in (2.0, 6.0, 12.0)]
    assert 0.0 < apart[0] < apart[1] < apart[2] < 1.0


# --- voltage


def test_huber_is_quadratic_near_and_linear_far():
    zero = jnp.zeros(2)
    assert float(losses.huber(zero + 2.0, zero, scale=5.0)) == pytest.approx(2.0)
    assert float(losses.huber(zero + 20.0, zero, scale=5.0)) == pytest.approx(5.0 * (20.0 - 2.5))
    assert float(losses.huber(zero - 4.0, zero, scale=5.0)) == pytest.approx(0.5 * losses.mean_square(zero + 4.0, zero))


def test_what_is_above_the_ceiling_is_all_the_same():
    assert float(losses.subthreshold(trace([50.0], peak=20.0), trace([50.0], peak=60.0))) < 15.0
    high = jnp.full(5, -30.0)
    assert float(losses.subthreshold(high, high + 50.0)) == 0.0
    assert float(losses.subthreshold(high - 14.0, high + 50.0)) == pytest.approx(16.0)
