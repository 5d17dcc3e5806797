"""Cells and recordings that compile and run in moments, a firing one, and a fit made of drawn spikes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Fit, Starts
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem
from membrax.fitting.problem.target import target

INTERVAL = 0.1  # ms
BOUNDS = {"leak.g": (0.02, 0.5), "capacitance": (0.5, 2.0)}  # one logarithmic, one linear
TRUTH = {"leak.g": 0.1, "capacitance": 1.25}
START, STOP, SAMPLES = 10, 70, 121


def _cell(**changes):
    channels = {"leak": mx.channels.Leak(g=0.2, e=-65.0)}
    return mx.replace(mx.Cell(channels=channels, capacitance=1.0, v_init=-65.0), changes)


def _two_steps(sizes=(1.0, -0.6), holding=(0.2, -0.1)):
    i = np.zeros((len(sizes), SAMPLES))
    i[:, START:STOP] = np.array(sizes)[:, None]
    return i + np.array(holding)[:, None]


@pytest.fixture(scope="session")
def passive():
    """A leak and a capacitance: `fit` is quick on it."""
    return _cell()


@pytest.fixture(scope="session")
def bounds():
    return dict(BOUNDS)


@pytest.fixture(scope="session")
def truth():
    return dict(TRUTH)


@pytest.fixture(scope="session")
def steps():
    """Two sweeps with a step each, from different holding currents, of a cell with the true values, little noise."""
    cell, i = _cell(**TRUTH), _two_steps()
    traces = [
        mx.simulate(
            cell, mx.stimuli.from_samples(jnp.asarray(x[:-1]), INTERVAL), duration=12.0, dt=INTERVAL / 2,
            state=mx.rest(cell, x[0]), record=mx.probes.voltage(2),
        ).v
        for x in i
    ]  # fmt: skip
    noise = np.random.default_rng(5).normal(0.0, 0.05, i.shape)
    return mx.Recording(t=np.arange(SAMPLES) * INTERVAL, v=np.array(traces) + noise, i=i, unit="uA/cm2", name="steps")


@pytest.fixture(scope="session")
def passive_problem(passive, steps, bounds):
    return Problem(passive, target(steps, [0], None), free(passive, bounds), mx.integrators.staggered)


@pytest.fixture(scope="session")
def squid():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="session")
def firing(squid):
    """A function: a squid axon's trace under a noisy current, `milliseconds` of it, from a seed."""

    def make(seed, milliseconds, dt=0.05, noise=0.5):
        current = mx.stimuli.ornstein_uhlenbeck(6.0, 8.0, 3.0)
        i = np.array(mx.stimuli.evaluate(current, duration=milliseconds, dt=dt, key=jax.random.key(seed)))
        i[: round(1.0 / dt)] = 0.0
        stimulus = mx.stimuli.from_samples(jnp.asarray(i), dt)
        trace = mx.simulate(squid, stimulus, duration=milliseconds, dt=dt, state=mx.rest(squid))
        v = np.asarray(trace.v) + np.random.default_rng(seed).normal(0.0, noise, trace.v.shape)
        data = mx.Recording(t=np.arange(len(v)) * dt, v=v, i=np.append(i, i[-1]), unit="uA/cm2")
        assert int(trace.spike_count) > 0
        return data

    return make


# --- a fit of two pulses a sweep, made of drawn spikes

SAMPLING = 0.1
TIME = np.arange(7001) * SAMPLING
FIRST_PULSE, SECOND_PULSE, PULSE = 100.0, 400.0, 200.0  # ms
LEVELS = (-0.1, 0.0, 0.1, 0.2, 0.3)
TRAINING = [0, 2, 4]
# Spikes of every sweep's two pulses, ms from the pulse's beginning. Those of sweep 3 don't repeat themselves.
RECORDED_SPIKES = [([], []), ([], []), ([40.0, 130.0], [41.0, 132.0]), ([30.0, 80.0, 150.0], [55.0, 110.0, 170.0]),
            ([20.0, 60.0, 100.0, 140.0], [22.0, 61.0, 98.0, 180.0])]  # fmt: skip
MODEL_SPIKES = [([], []), ([90.0], []), ([42.0, 134.0], [42.0, 134.0]), ([30.0, 80.0], [30.0, 80.0]),
         ([20.0, 60.0, 100.0, 140.0], [20.0, 60.0, 100.0, 140.0])]  # fmt: skip


def _drawn(trains, levels, peak=30.0):
    """Voltages [sweep, time]: at rest, higher within pulses, with a spike of 2 ms wherever there is one."""
    v = np.full((len(trains), TIME.size), -65.0)
    for k, (pair, level) in enumerate(zip(trains, levels, strict=True)):
        for begin, train in zip((FIRST_PULSE, SECOND_PULSE), pair, strict=True):
            v[k, (begin <= TIME) & (begin + PULSE > TIME)] += 50.0 * level
            for at in train:
                corners = begin + at + np.array([0.0, 1.0, 3.0, 10.0])
                seen = (corners[0] <= TIME) & (corners[-1] >= TIME)
                v[k, seen] = np.interp(TIME[seen], corners, [-55.0, peak, -70.0, -60.0])
    return v


@pytest.fixture(scope="session")
def pulse_data():
    """Five sweeps of two pulses each, of drawn spikes."""
    i = np.zeros((len(LEVELS), TIME.size))
    for begin in (FIRST_PULSE, SECOND_PULSE):
        i[:, (begin <= TIME) & (begin + PULSE > TIME)] = np.array(LEVELS)[:, None]
    noise = np.random.default_rng(2).normal(0.0, 0.02, i.shape)
    return mx.Recording(t=TIME, v=_drawn(RECORDED_SPIKES, LEVELS) + noise, i=i, name="pulses <1>", notes=("as drawn",))


@pytest.fixture(scope="session")
def pulse_v():
    """The voltages of a model of these sweeps."""
    return _drawn(MODEL_SPIKES, LEVELS, peak=20.0)


@pytest.fixture(scope="session")
def pulse_fit(pulse_data, pulse_v):
    """A fit of these sweeps as it might end: nothing is simulated."""
    cell = mx.replace(mx.models.regular_spiking(), {"na.g": 47.123456789, "kd.g": 1.0})
    values = {"na.g": 47.123456789, "kd.g": 1.0, "leak.e, m.e": -70.0}
    bounds = {"na.g": (5.0, 300.0), "kd.g": (1.0, 100.0), "leak.e, m.e": (-90.0, -50.0)}
    starts = Starts(np.array([3.0, 1.5, np.inf]), {path: np.linspace(*bounds[path], 3) for path in bounds})
    return Fit(
        cell, values, 1.5, "spike score", starts, bounds, "cmaes", pulse_data, TRAINING, pulse_v,
        ("1 of 3 starts never became finite & is out",), {"seed": 0, "dt": 0.05, "membrax": mx.__version__},
    )  # fmt: skip
