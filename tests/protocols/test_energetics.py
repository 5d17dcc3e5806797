"""The ions of one spike, against charges integrated beside the equations at relative tolerance 1e-10."""

import numpy as np
import pytest

import membrax as mx
from membrax.protocols import spike_energetics


@pytest.fixture(scope="module")
def result(squid):
    return spike_energetics(squid, [6.3, 18.5, 40.0])


def test_sodium_and_potassium_of_a_spike(result, reference):
    for k, celsius in enumerate(("6.3", "18.5")):
        expected = reference["squid"]["energetics"][celsius]
        assert result.sodium[k] == pytest.approx(expected["sodium"], rel=1e-3)
        assert result.potassium[k] == pytest.approx(expected["potassium"], rel=1e-3)
        assert result.amplitude[k] == pytest.approx(expected["amplitude"], abs=0.1)


def test_warmth_makes_spikes_cheap_and_then_fail(result):
    assert result.sodium[0] > 3 * result.sodium[1]
    assert result.excess_ratio[1] == pytest.approx(4.0, abs=0.1)  # the four-fold waste that was long assumed
    assert result.overlap[0] > result.overlap[1] > 0.5
    assert np.isnan(result.sodium[2])


def test_its_numbers_fit_together(result):
    np.testing.assert_allclose(result.atp[:2], result.sodium[:2] / 3, rtol=1e-6)
    np.testing.assert_allclose(result.excess_ratio[:2], (result.sodium / result.minimum)[:2], rtol=1e-5)
    np.testing.assert_allclose(result.minimum[:2], result.amplitude[:2] * 1e3 / 96485.33212331001, rtol=1e-5)


def test_without_a_temperature_it_is_the_cells_own(squid, result):
    alone = spike_energetics(squid)
    assert np.ndim(alone.sodium) == 0
    assert float(alone.sodium) == pytest.approx(result.sodium[0], rel=1e-5)


def test_only_the_totals_depend_on_how_long_is_waited(squid):
    short, long = (spike_energetics(squid, duration=duration, dt=0.02) for duration in (50.0, 200.0))
    assert short.overlap == pytest.approx(long.overlap, rel=2e-4)
    assert short.sodium == pytest.approx(long.sodium, rel=1e-3)
    assert long.sodium_total > 1.1 * short.sodium_total


def test_several_spikes_are_not_one(squid):
    # A train with little potassium current, cut where it passes the resting potential on its way down.
    train = mx.replace(squid, {"leak.e": -48.0, "k.g": 28.0})
    start = mx.rest(train)
    trace = mx.simulate(train, mx.stimuli.step(150.0, 0.0, 0.1), duration=60.0, dt=0.02, state=start)
    v = np.asarray(trace.v)
    second = np.flatnonzero((v[:-1] < 0.0) & (v[1:] >= 0.0))[1]
    end = second + int(np.argmax(v[second + 10 :] < float(start.v))) + 10
    assert abs(v[end] - float(start.v)) < 1.0
    assert np.isnan(spike_energetics(train, duration=0.02 * int(end), dt=0.02).sodium)


def test_invalid_arguments_raise(squid):
    with pytest.raises(ValueError, match="unknown channel 'sodium'"):
        spike_energetics(squid, sodium="sodium")
    with pytest.raises(ValueError, match=r"celsius must be above -273.15 °C, got -300 °C"):
        spike_energetics(squid, [6.3, -300.0])
    with pytest.raises(ValueError, match="a protocol takes one neuron"):
        spike_energetics(mx.vary(squid, {"na.g": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="depolarisation must be above 0 mV, got -5 mV"):
        spike_energetics(squid, depolarisation=-5)
