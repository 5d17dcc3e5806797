import dataclasses

import jax
import jax.numpy as jnp
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Fit, Starts

PULSE = mx.stimuli.step(10.0, 2.0, 18.0)


@pytest.fixture(autouse=True)
def nothing_global_changes():
    """No test leaves a pyplot figure or a changed setting behind."""
    before = dict(matplotlib.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@pytest.fixture(scope="session")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="session")
def trace(cell):
    """20 ms with gates every 4 steps and currents every 2."""
    record = [mx.probes.gates(every=4), mx.probes.currents(every=2)]
    return mx.simulate(cell, PULSE, duration=20.0, dt=0.025, record=record)


@pytest.fixture(scope="session")
def batch(cell):
    """Three neurons, each with its own sodium conductance."""
    cells = mx.vary(cell, {"na.g": jnp.linspace(100.0, 140.0, 3)})
    return jax.vmap(lambda c: mx.simulate(c, PULSE, duration=20.0, dt=0.025))(cells)


@pytest.fixture(scope="session")
def result(cell):
    """Twelve neurons at 0 to 22 µA/cm², number 5 of them not finite."""
    amplitudes = np.arange(12) * 2.0
    cells = mx.vary(cell, {"na.g": np.where(np.arange(12) == 5, -1.0, 120.0)})
    with pytest.warns(UserWarning, match="1 of 12"):
        return mx.run(cells, mx.stimuli.step(jnp.asarray(amplitudes)), duration=30.0, dt=0.05, progress=False)


@pytest.fixture(scope="session")
def recording(cell):
    """Seven sweeps with a test pulse of −5 and a step of −4 to 20 µA/cm²."""
    t, amplitudes = np.arange(1201) * 0.05, np.arange(7) * 4.0 - 4.0
    i = np.zeros((7, len(t)))
    i[:, 100:300] = -5.0
    i[:, 400:1000] = amplitudes[:, None]

    def one(amplitude):
        pulses = mx.stimuli.step(-5.0, 5.0, 15.0) + mx.stimuli.step(amplitude, 20.0, 50.0)
        return mx.simulate(cell, pulses, duration=60.0, dt=0.05).v

    v = np.asarray(jax.vmap(one)(jnp.asarray(amplitudes)))
    return mx.Recording(t=t, v=v, i=i, unit="uA/cm2", name="steps")


@pytest.fixture(scope="session")
def fitted(cell, recording):
    """A fit of sweeps 0, 3 and 6 with five starts, one of them not finite, and one value at its bound."""
    values = {"na.g": 110.0, "leak.e, k.e": -60.0, "capacitance": 2.0}
    bounds = {"na.g": (20.0, 250.0), "leak.e, k.e": (-80.0, -40.0), "capacitance": (0.5, 2.0)}
    loss = np.array([30.0, 1.5, 2.5, np.inf, 90.0])
    starts = Starts(loss, {path: np.linspace(*bounds[path], 5) for path in bounds})
    v = np.roll(recording.v, 20, axis=1)
    training = [0, 3, 6]
    return Fit(
        cell, values, 1.5, "mean squared error [mV²]", starts, bounds, "levenberg_marquardt", recording, training, v
    )  # fmt: skip


@pytest.fixture(scope="session")
def single(fitted):
    """The same fit, of a single sweep and from a single start."""
    data = fitted.data.select([3])
    starts = Starts(fitted.starts.loss[1:2], {path: values[1:2] for path, values in fitted.starts.values.items()})
    v = fitted.v[3:4]
    return dataclasses.replace(fitted, data=data, starts=starts, sweeps=[0], v=v)
