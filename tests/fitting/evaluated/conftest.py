"""A fit of two pulses a sweep as it might end, made of drawn spikes: nothing is simulated."""

import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Fit, Starts
from membrax.fitting.evaluation.compare import compare

DT = 0.1
T = np.arange(7001) * DT
FIRST, SECOND, LONG = 100.0, 400.0, 200.0  # ms
LEVELS = (-0.1, 0.0, 0.1, 0.2, 0.3)
FITTED = [0, 2, 4]
# Spikes of every sweep's two pulses, ms from the pulse's beginning. Those of sweep 3 don't repeat themselves.
RECORDED = [([], []), ([], []), ([40.0, 130.0], [41.0, 132.0]), ([30.0, 80.0, 150.0], [55.0, 110.0, 170.0]),
            ([20.0, 60.0, 100.0, 140.0], [22.0, 61.0, 98.0, 180.0])]  # fmt: skip
MODEL = [([], []), ([90.0], []), ([42.0, 134.0], [42.0, 134.0]), ([30.0, 80.0], [30.0, 80.0]),
         ([20.0, 60.0, 100.0, 140.0], [20.0, 60.0, 100.0, 140.0])]  # fmt: skip


def drawn(trains, levels, peak=30.0):
    """Voltages [sweep, time]: at rest, higher within pulses, with a spike of 2 ms wherever there is one."""
    v = np.full((len(trains), T.size), -65.0)
    for k, (pair, level) in enumerate(zip(trains, levels, strict=True)):
        for begin, train in zip((FIRST, SECOND), pair, strict=True):
            v[k, (begin <= T) & (begin + LONG > T)] += 50.0 * level
            for at in train:
                corners = begin + at + np.array([0.0, 1.0, 3.0, 10.0])
                seen = (corners[0] <= T) & (corners[-1] >= T)
                v[k, seen] = np.interp(T[seen], corners, [-55.0, peak, -70.0, -60.0])
    return v


@pytest.fixture(scope="session")
def data():
    i = np.zeros((len(LEVELS), T.size))
    for begin in (FIRST, SECOND):
        i[:, (begin <= T) & (begin + LONG > T)] = np.array(LEVELS)[:, None]
    noise = np.random.default_rng(2).normal(0.0, 0.02, i.shape)
    return mx.Recording(t=T, v=drawn(RECORDED, LEVELS) + noise, i=i, name="pulses <1>", notes=("as drawn",))


@pytest.fixture(scope="session")
def v(data):
    return drawn(MODEL, LEVELS, peak=20.0)


@pytest.fixture(scope="session")
def found(data, v):
    cell = mx.replace(mx.models.regular_spiking(), {"na.g": 47.123456789, "kd.g": 1.0})
    values = {"na.g": 47.123456789, "kd.g": 1.0, "leak.e, m.e": -70.0}
    bounds = {"na.g": (5.0, 300.0), "kd.g": (1.0, 100.0), "leak.e, m.e": (-90.0, -50.0)}
    starts = Starts(np.array([3.0, 1.5, np.inf]), {path: np.linspace(*bounds[path], 3) for path in bounds})
    return Fit(
        cell, values, 1.5, "spike score", starts, bounds, "cmaes", data, FITTED, v, compare(v, data, FITTED),
        ("1 of 3 starts never became finite & is out",), {"seed": 0, "dt": 0.05, "membrax": mx.__version__},
    )  # fmt: skip
