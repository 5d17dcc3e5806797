"""Measures of a spike, on curves whose measures are known and on the squid axon."""

import numpy as np
import pytest

import membrax as mx
from membrax.protocols import spike_shape

T = np.arange(0.0, 20.0, 0.01)


def gaussian(height=100.0, at=5.0, width=0.5, rest=-65.0):
    return rest + height * np.exp(-(((T - at) / width) ** 2) / 2)


def test_a_gaussian_has_the_measures_of_a_gaussian():
    result = spike_shape((T, gaussian(at=5.0037)))
    assert result.rest == pytest.approx(-65.0)
    assert (result.peak, result.peak_time) == pytest.approx((35.0, 5.0037), abs=1e-4)
    assert result.amplitude_from_rest == pytest.approx(100.0, abs=1e-3)
    assert result.half_width_from_rest == pytest.approx(2 * 0.5 * np.sqrt(2 * np.log(2)), abs=1e-3)
    steepest = 100.0 / 0.5 * np.exp(-0.5)
    assert (result.steepest_rise, -result.steepest_fall) == pytest.approx((steepest, steepest), rel=1e-3)


def test_the_trough_is_the_smallest_value_after_the_peak():
    v = gaussian() - 20.0 * np.exp(-(((T - 9.0) / 1.0) ** 2) / 2)
    result = spike_shape((T, v))
    assert (result.trough, result.trough_time) == pytest.approx((-85.0, 9.0), abs=0.02)
    assert result.afterhyperpolarisation == pytest.approx(20.0, abs=0.02)


def test_threshold_is_where_the_last_rise_begins():
    # A slow ramp to −50 mV, then 100 mV in 1 ms.
    v = np.interp(T, [0.0, 5.0, 6.0, 7.0, 20.0], [-65.0, -50.0, 50.0, -65.0, -65.0])
    result = spike_shape((T, v), slope=50.0)
    assert result.threshold == pytest.approx(-50.0, abs=0.6)
    assert result.threshold_time == pytest.approx(5.0, abs=0.011)


def test_only_the_first_spike_is_measured():
    v = gaussian(80.0, at=4.0) + gaussian(100.0, at=12.0) + 65.0
    assert spike_shape((T, v)).peak == pytest.approx(15.0, abs=1e-3)


def test_the_spike_of_the_squid_axon(squid, reference):
    trace = mx.simulate(squid, mx.stimuli.step(100.0, 0.0, 0.1), duration=20.0, dt=0.005, state=mx.rest(squid))
    result, expected = spike_shape(trace)._asdict(), reference["squid"]["shape"]
    close = {"peak": 0.02, "trough": 0.002, "threshold": 0.06, "steepest_rise": 0.5, "steepest_fall": 0.1}
    for name, value in expected.items():
        assert result[name] == pytest.approx(value, abs=close.get(name, 0.002)), name


@pytest.mark.parametrize("after", [10, 200])
def test_a_trace_cut_in_the_fall_has_no_trough(after, squid):
    trace = mx.simulate(squid, mx.stimuli.step(100.0, 0.0, 0.1), duration=20.0, dt=0.005, state=mx.rest(squid))
    t, v = np.asarray(trace.t), np.asarray(trace.v)
    whole, end = spike_shape((t, v)), int(v.argmax()) + after
    cut = spike_shape((t[:end], v[:end]))
    assert cut[:6] == whole[:6]
    assert np.isnan(
        [cut.half_width_from_rest, cut.trough, cut.trough_time, cut.afterhyperpolarisation, cut.steepest_fall]
    ).all()
    until = spike_shape(trace, until=float(t[end]))
    assert (
        np.isnan([until.trough, until.steepest_fall]).all() and until.half_width_from_rest == whole.half_width_from_rest
    )


def test_a_trace_cut_in_the_rise_has_no_spike():
    v = gaussian()
    assert np.isnan(spike_shape((T[:490], v[:490]))[1:]).all()


def test_the_second_spike_ends_the_trough():
    v = gaussian(80.0, at=4.0) + 65.0 + gaussian(80.0, at=12.0) - 25.0 * np.exp(-(((T - 16.0) / 1.0) ** 2) / 2)
    result = spike_shape((T, v))
    assert result.trough == pytest.approx(-65.0, abs=1e-3) and result.trough_time < 12.0


def test_no_spike_has_no_measures():
    result = spike_shape((T, np.full_like(T, -65.0)))
    assert result.rest == -65.0 and np.isnan(result[1:]).all()


def test_invalid_arguments_raise():
    with pytest.raises(ValueError, match="of one neuron, got the shapes"):
        spike_shape((T, np.zeros((2, len(T)))))
    with pytest.raises(ValueError, match="trace must be a Trace or a pair"):
        spike_shape(3.0)
    with pytest.raises(ValueError, match="slope must be above 0 mV/ms, got -1 mV/ms"):
        spike_shape((T, gaussian()), slope=-1.0)
    with pytest.raises(ValueError, match="until must be after the peak at 5 ms, got 2 ms"):
        spike_shape((T, gaussian()), until=2.0)
