"""A warning where a simulation goes on after the samples of its stimulus."""

import warnings

import jax
import numpy as np
import pytest

import membrax as mx
from membrax.stimuli import from_samples, step

CELL = mx.Cell({"leak": mx.channels.Leak()})


@pytest.fixture(params=["simulate", "run"])
def simulated(request):
    """A function of a stimulus and a duration."""
    if request.param == "simulate":
        return lambda stimulus, duration, **named: mx.simulate(CELL, stimulus, duration=duration, **named).final
    cells = mx.vary(CELL, {"leak.g": [0.1, 0.2]})
    return lambda stimulus, duration, **named: mx.run(
        cells, stimulus, duration=duration, progress=False, **named
    ).final  # fmt: skip


def test_a_last_sample_that_is_held_is_named(simulated):
    words = (
        r"end at 2 ms and the simulation at 5 ms: the last sample, 1.5 uA/cm2, is held until then. Append a 0 .*"
        r"numpy.pad\(samples, \(0, 3\), mode"
    )
    with pytest.warns(UserWarning, match=words) as caught:
        simulated(step(1.0) + from_samples([0.5, 1.5], 1.0), 5.0)
    assert [one.filename for one in caught] == [__file__]


@pytest.mark.parametrize(
    ("samples", "start", "duration"),
    [
        ([1.0, 1.5], 0.0, 2.0),  # the samples' own duration
        ([1.0, 1.5, 1.5], 0.0, 4.0),  # an interval more
        ([1.0, 0.0], 0.0, 9.0),  # a current that ends
        (np.pad([1.0, 1.5], (0, 3), mode="edge"), 0.0, 5.0),  # the way on that the warning names
        ([1.0, 1.5], 3.0, 5.0),
    ],
)
def test_samples_that_last_or_end_with_0_are_quiet(simulated, samples, start, duration):
    simulated(from_samples(samples, 1.0, start), duration)


def test_the_time_of_a_state_counts(simulated):
    stimulus = from_samples([1.0, 1.5], 1.0)
    half = simulated(stimulus, 2.0)
    with pytest.warns(UserWarning, match="end at 2 ms and the simulation at 4 ms"):
        simulated(stimulus, 2.0, state=half)


def test_one_of_many_stimuli_is_enough():
    many = from_samples([[1.0, 0.0], [0.0, 2.0]], 1.0)
    with pytest.warns(UserWarning, match=r"the last sample, 2 uA/cm2, .*pad\(samples, \(\(0, 0\), \(0, 4\)\), mode"):
        mx.run(CELL, many, duration=6.0, progress=False)


def test_traced_samples_are_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jax.jit(lambda x: mx.simulate(CELL, from_samples(x, 1.0), duration=9.0).v)(np.ones(2))
