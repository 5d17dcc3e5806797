"""A cell and a recording that compile and run in moments, and a firing one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
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
