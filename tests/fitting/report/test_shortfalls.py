"""Large differences between model and cell have a sentence; small ones have none."""

import dataclasses

import numpy as np
import pytest

from membrax.ephys.pulses import Pulse
from membrax.ephys.spike_features import PulseFeatures
from membrax.fitting.evaluation import Evaluation, Row
from membrax.fitting.report.shortfalls import shortfalls
from membrax.fitting.report.warnings import fit_warnings

REGULAR = 20.0 + 50.0 * np.arange(8)  # ms


def response(times, width=1.0, amplitude=80.0):
    times = np.asarray(times, dtype=float)
    intervals = np.diff(times)
    latency = times[0] if len(times) else np.nan
    first, mean = (intervals[0], intervals.mean()) if len(intervals) else (np.nan, np.nan)
    return PulseFeatures(times, latency, first, mean, np.nan, -55.0 + amplitude, amplitude, width, -60.0)


def sentences_of(recorded, model, training=True, **shape):
    pulse = Pulse(0, 0, 0.0, 500.0, 0.1, 0)
    row = Row(pulse, training, response(recorded), response(model, **shape), 1.0, 1.0)
    return shortfalls(Evaluation((row,), "nA", (0, 0)))


def test_an_equal_model_has_no_shortfalls():
    assert sentences_of(REGULAR, REGULAR + 2.0) == [] == sentences_of([], []) == sentences_of([], [], training=False)


@pytest.mark.parametrize(
    ("model", "sentences"),
    [
        (REGULAR[:-1], []),  # one spike of eight
        (REGULAR[:-2], ["In the training pulses the cell fires 8 spikes and the model 6: 2 too many or too few"]),
        ([], ["In the training pulses the cell fires 8 spikes and the model 0: 8 too many or too few"]),
        (REGULAR + 4.9, []),
        (REGULAR + 5.2, ["In the training pulses the first spike comes after 20 ms, the model's 25 ms."]),
        (
            REGULAR + np.r_[0.0, np.full(7, 13.0)],
            ["In the training pulses the first interval is 50 ms, the model's 63"],
        ),
        (REGULAR - np.r_[np.zeros(7), 13.0], ["In the training pulses the last interval is 50 ms, the model's 37 ms."]),
    ],
)
def test_number_and_rhythm(model, sentences):
    result = sentences_of(REGULAR, model)
    assert len(result) == len(sentences)
    assert all(one.startswith(other) for one, other in zip(result, sentences, strict=True))


def test_shape():
    assert sentences_of(REGULAR, REGULAR, width=1.24, amplitude=71.0) == []
    broad, low = sentences_of(REGULAR, REGULAR, training=False, width=1.26, amplitude=69.0)
    assert broad == "In the held-out pulses the spikes' half width is 1 ms, the model's 1.26 ms."
    assert low == "In the held-out pulses the spikes' amplitude is 80 mV, the model's 69 mV."


def test_unfinished_adaptation_has_a_sentence():
    slowing = np.cumsum([20, 30, 31, 32, 33, 34, 35, 45, 46, 47])
    (caution,) = sentences_of(slowing, slowing)
    assert "lengthen at the end of the training pulse of sweep 0, from 34 to 46 ms" in caution
    assert sentences_of(slowing, slowing, training=False) == []
    assert sentences_of(slowing[-5:], slowing[-5:]) == []  # too few to say


def test_several_pulses_are_compared_by_their_median():
    pulse = Pulse(0, 0, 0.0, 500.0, 0.1, 0)
    rows = [Row(pulse, True, response(REGULAR), response(REGULAR + late), 1.0, 1.0) for late in (0.0, 8.0, 9.0)]
    (sentence,) = shortfalls(Evaluation(tuple(rows), "nA", (0, 0)))
    assert sentence == "In the training pulses the first spike comes after 20 ms, the model's 28 ms (medians)."
    assert shortfalls(Evaluation(tuple(rows[:2]), "nA", (0, 0))) == []


def test_a_silent_fit_of_one_sweep_has_warnings(pulse_fit):
    one = dataclasses.replace(pulse_fit.data, v=pulse_fit.data.v[4:], i=pulse_fit.data.i[4:])
    silent = dataclasses.replace(pulse_fit, data=one, v=np.full_like(one.v, -65.0), sweeps=[0])
    text = " ".join(fit_warnings(silent, silent.evaluate()))
    assert "the cell fires 8 spikes and the model 0" in text and "No sweep is held out" in text
