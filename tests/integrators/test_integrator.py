import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.cell import environment, state_at
from membrax.integrators import Integrator, exponential_euler, runge_kutta, staggered

EVERY = [staggered, exponential_euler, runge_kutta]


def charge(cell, state, currents, dt, env, system):
    """No scheme: v is the sum of the stimulus's parts, so that a test can see them."""
    return dataclasses.replace(state, v=jnp.stack(currents).sum())


@pytest.mark.parametrize("integrator", EVERY, ids=repr)
def test_one_step_alone_is_a_simulation_of_one_step(integrator):
    cell = mx.models.hodgkin_huxley()
    alone = integrator(cell, state_at(cell, -60.0), jnp.asarray(10.0), 0.025, environment(cell))
    trace = mx.simulate(mx.replace(cell, {"v_init": -60.0}), 10.0, duration=0.025, integrator=integrator)
    assert float(alone.v) == pytest.approx(float(trace.final.v), abs=1e-5)
    assert float(alone.gates["na"]["m"]) == pytest.approx(float(trace.final.gates["na"]["m"]), abs=1e-6)
    assert float(alone.lag) == float(trace.final.lag) == 0.0


@pytest.fixture(scope="module")
def resting():
    return mx.rest(mx.models.hodgkin_huxley())


@pytest.mark.parametrize("integrator", EVERY, ids=repr)
def test_a_neuron_at_rest_stays_there(integrator, resting):
    trace = mx.simulate(mx.models.hodgkin_huxley(), duration=20.0, state=resting, integrator=integrator)
    assert np.ptp(trace.v) < 2e-3


@pytest.mark.parametrize("integrator", EVERY, ids=repr)
def test_a_settled_neuron_stays_settled(integrator):
    # The axon rests 3.4 µV above −65 mV, which it finds by itself.
    trace = mx.simulate(mx.models.hodgkin_huxley(), duration=20.0, integrator=integrator)
    assert np.asarray(trace.v)[-100:] == pytest.approx(-64.9966, abs=3e-4)
    assert np.ptp(trace.v) < 1e-2


@pytest.mark.parametrize("integrator", [staggered, exponential_euler], ids=repr)
def test_schemes_agree_on_the_membrane_potential_at_small_steps(integrator):
    cell = mx.models.wang_buzsaki()
    fine = mx.simulate(cell, 1.5, duration=5.0, dt=0.0125, integrator=runge_kutta)
    trace = mx.simulate(cell, 1.5, duration=5.0, dt=0.0125, integrator=integrator)
    assert np.abs(trace.v - fine.v).max() < 5e-3


def test_a_users_scheme_gets_its_pieces_of_the_stimulus():
    # A ramp of 1 µA/cm² per ms: its means over the thirds of the third step of 0.3 ms add up to 3 · 0.75.
    own = Integrator("own", charge, pieces=3)
    cell = mx.models.hodgkin_huxley()
    ramp = mx.stimuli.ramp(10.0, 0.0, 10.0)
    assert float(mx.simulate(cell, ramp, duration=0.9, dt=0.3, integrator=own).v[-1]) == pytest.approx(2.25, rel=1e-5)
    cells = mx.vary(cell, {"na.g": [100.0, 120.0]})
    result = mx.run(cells, ramp, duration=0.9, dt=0.3, integrator=own, progress=False, record=mx.probes.voltage())
    assert result.v[:, -1] == pytest.approx(2.25, rel=1e-5)


def test_a_scheme_is_named_where_it_is_printed():
    assert repr(staggered) == "membrax.integrators.staggered"
