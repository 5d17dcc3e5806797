import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.pulses import pulses, repeats

DT, T = 0.1, np.arange(8000) * 0.1


def recording(i, unit="nA"):
    i = np.atleast_2d(i)
    return mx.Recording(t=T, v=np.full(i.shape, -65.0), i=i, unit=unit)


def boxes(*steps, holding=0.0):
    """A current [time] with (start, stop, level) in ms."""
    i = np.full(T.size, holding)
    for start, stop, level in steps:
        i[(start - 1e-9 <= T) & (stop - 1e-9 > T)] += level
    return i


def where(result):
    return [(one.sweep, one.number, one.start, one.stop, round(one.level, 6)) for one in result]


LEVELS = (-0.1, 0.0, 0.05, 0.2)


def test_pulses_are_where_sweeps_differ():
    """A test pulse that all sweeps share and a pedestal between the pulses are none."""
    two = [boxes((50, 80, -0.05), (150, 350, x), (400, 500, -0.1), (500, 700, x)) for x in LEVELS]
    result = pulses(recording(two))
    assert where(result)[:2] == [(0, 0, 150.0, 350.0, -0.1), (0, 1, 500.0, 700.0, -0.1)]
    assert len(result) == 8 and where(result)[6:] == [(3, 0, 150.0, 350.0, 0.2), (3, 1, 500.0, 700.0, 0.2)]
    assert list(repeats(result).values()) == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_neighbouring_currents_are_no_repeats():
    result = pulses(recording([boxes((150, 350, x)) for x in np.arange(-4, 13) * 0.025]))
    assert len(result) == 17 and repeats(result) == {}


def test_sweeps_with_the_same_current_are_repeats():
    result = pulses(recording([boxes((150, 350, x)) for x in (0.1, 0.2, 0.1, 0.1)]))
    assert list(repeats(result).values()) == [[0, 2, 3]]
    same = pulses(recording([boxes((150, 350, 0.1))] * 2))
    assert where(same) == [(0, 0, 150.0, 350.0, 0.1), (1, 0, 150.0, 350.0, 0.1)]
    assert list(repeats(same).values()) == [[0, 1]]


def test_bias_against_drift_hides_no_repeat():
    one, other = boxes((150, 350, 0.2), holding=0.004), boxes((150, 350, 0.2), holding=-0.003)
    assert len(repeats(pulses(recording([one, other])))) == 1
    moved = boxes((150, 350, 0.2), holding=-0.05)
    assert repeats(pulses(recording([one, moved]))) == {}


def test_two_equal_pulses_within_one_sweep():
    result = pulses(recording(boxes((100, 300, 0.2), (300, 400, -0.1), (400, 600, 0.2), (600, 790, 0.1))))
    assert [one.start for one in result] == [100.0, 300.0, 400.0, 600.0]
    assert list(repeats(result).values()) == [[0, 2]]


@pytest.mark.parametrize("longer", [203.0, 250.0])
def test_pulses_of_other_lengths_are_no_repeats(longer):
    assert repeats(pulses(recording(boxes((100, 300, 0.2), (400, 400 + longer, 0.2))))) == {}


def test_pulse_may_last_to_the_end():
    result = pulses(recording([boxes((300, 900, x)) for x in LEVELS]))
    assert [(one.start, one.stop) for one in result] == [(300.0, 800.0)] * 4


def test_measured_current_has_the_same_pulses():
    noise = np.random.default_rng(0).normal(0.0, 0.004, (4, T.size))
    result = pulses(recording([boxes((150, 350, x)) for x in LEVELS] + noise))
    assert [one.level for one in result] == pytest.approx(LEVELS, abs=0.002)
    assert all(abs(one.start - 150.0) < 0.5 and abs(one.stop - 350.0) < 0.5 for one in result)


def ramp(low, high):
    return np.interp(T, [100.0, 700.0], [low, high])


def noise(seed):
    return np.convolve(np.random.default_rng(seed).normal(0.0, 0.05, T.size), np.ones(40) / 6.0, mode="same")


@pytest.mark.parametrize(
    "currents",
    [[ramp(0.0, 0.2), ramp(0.0, 0.4)], [noise(0), noise(1)], [np.zeros(T.size)] * 2, [boxes((100, 105, 1.0))]],
    ids=["ramps", "noise", "nothing", "a short pulse"],
)
def test_other_protocols_are_whole_sweeps(currents):
    result = pulses(recording(currents))
    assert [(one.sweep, one.start, one.stop) for one in result] == [(k, 0.0, 800.0) for k in range(len(currents))]
    assert all(np.isnan(one.level) for one in result)


def test_whole_sweeps_repeat_where_their_currents_agree():
    result = pulses(recording([noise(0), noise(1), noise(0)]))
    assert list(repeats(result).values()) == [[0, 2]]
    # A ramp that continues in the next sweep has another holding current.
    assert repeats(pulses(recording([ramp(0.0, 0.1), ramp(0.1, 0.2)]))) == {}


def test_pulses_of_a_density_with_shifted_time():
    data = dataclasses.replace(recording([boxes((150, 350, x)) for x in LEVELS], "uA/cm2"), t=T + 1000.0)
    assert pulses(data)[0].start == 1150.0


def test_real_protocol_of_two_equal_pulses(shared_data):
    data = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf")
    result = pulses(data)
    assert {(one.number, one.start, one.stop) for one in result} == {(0, 146.85, 646.85), (1, 1646.85, 2146.85)}
    assert all(places == [2 * k, 2 * k + 1] for k, places in enumerate(repeats(result).values()))
    assert len(repeats(result)) == data.sweeps == 17
    assert repeats(pulses(data.crop(None, 650.0))) == {}
