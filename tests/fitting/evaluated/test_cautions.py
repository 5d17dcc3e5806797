"""What a model misses is said, and what it does not miss is not."""

import dataclasses

import numpy as np
import pytest

from membrax.ephys.pulses import Pulse
from membrax.ephys.spike_features import PulseFeatures
from membrax.fitting.evaluation.evaluate import Evaluation, Row
from membrax.fitting.report.cautions import shortfalls
from membrax.fitting.report.text import cautions

REGULAR = 20.0 + 50.0 * np.arange(8)  # ms


def response(times, width=1.0, amplitude=80.0):
    times = np.asarray(times, dtype=float)
    intervals = np.diff(times)
    latency = times[0] if len(times) else np.nan
    first, mean = (intervals[0], intervals.mean()) if len(intervals) else (np.nan, np.nan)
    return PulseFeatures(times, latency, first, mean, np.nan, amplitude, width, -60.0)


def told(recorded, model, fitted=True, **shape):
    pulse = Pulse(0, 0, 0.0, 500.0, 0.1, 0)
    row = Row(pulse, fitted, response(recorded), response(model, **shape), 1.0, 1.0)
    return shortfalls(Evaluation((row,), "nA", (0, 0)))


def test_a_model_that_does_the_same_misses_nothing():
    assert told(REGULAR, REGULAR + 2.0) == [] == told([], []) == told([], [], fitted=False)


@pytest.mark.parametrize(
    ("model", "sentences"),
    [
        (REGULAR[:-1], []),  # one spike of eight
        (REGULAR[:-2], ["In the fitted pulses the cell fires 8 spikes and the model 6: 2 too many or too few"]),
        ([], ["In the fitted pulses the cell fires 8 spikes and the model 0: 8 too many or too few"]),
        (REGULAR + 4.9, []),
        (REGULAR + 5.2, ["In the fitted pulses the first spike comes after 20 ms, the model's 25 ms."]),
        (REGULAR + np.r_[0.0, np.full(7, 13.0)], ["In the fitted pulses the first interval is 50 ms, the model's 63"]),
        (REGULAR - np.r_[np.zeros(7), 13.0], ["In the fitted pulses the last interval is 50 ms, the model's 37 ms."]),
    ],
)
def test_number_and_rhythm(model, sentences):
    found = told(REGULAR, model)
    assert len(found) == len(sentences)
    assert all(one.startswith(other) for one, other in zip(found, sentences, strict=True))


def test_shape():
    assert told(REGULAR, REGULAR, width=1.24, amplitude=71.0) == []
    broad, low = told(REGULAR, REGULAR, fitted=False, width=1.26, amplitude=69.0)
    assert broad == "In the predicted pulses the spikes' half width is 1 ms, the model's 1.26 ms."
    assert low == "In the predicted pulses the spikes' amplitude is 80 mV, the model's 69 mV."


def test_a_train_that_still_slows_down_where_the_fit_ends_is_told():
    slowing = np.cumsum([20, 30, 31, 32, 33, 34, 35, 45, 46, 47])
    (caution,) = told(slowing, slowing)
    assert "lengthen where the fitted pulse of sweep 0 ends, from 34 to 46 ms" in caution
    assert told(slowing, slowing, fitted=False) == []
    assert told(slowing[-5:], slowing[-5:]) == []  # too few to say


def test_several_pulses_are_judged_by_their_median():
    pulse = Pulse(0, 0, 0.0, 500.0, 0.1, 0)
    rows = [Row(pulse, True, response(REGULAR), response(REGULAR + late), 1.0, 1.0) for late in (0.0, 8.0, 9.0)]
    (sentence,) = shortfalls(Evaluation(tuple(rows), "nA", (0, 0)))
    assert sentence == "In the fitted pulses the first spike comes after 20 ms, the model's 28 ms (medians)."
    assert shortfalls(Evaluation(tuple(rows[:2]), "nA", (0, 0))) == []


def test_a_fit_that_is_silent_in_its_one_sweep_says_so(found):
    one = dataclasses.replace(found.data, v=found.data.v[4:], i=found.data.i[4:])
    silent = dataclasses.replace(found, data=one, v=np.full_like(one.v, -65.0), sweeps=[0])
    said = " ".join(cautions(silent, silent.evaluate()))
    assert "the cell fires 8 spikes and the model 0" in said and "nothing was predicted" in said
