import dataclasses

import jax
import numpy as np
import pytest

import membrax as mx
from membrax.cell import state_at
from membrax.integrators import exponential_euler
from membrax.laws.membrane import step_response


def test_squid_spikes_are_within_a_fifteenth_of_a_millisecond(distance):
    assert distance("squid", exponential_euler, dt=0.025).spikes < 0.067  # measured: 0.0613


@pytest.mark.parametrize(("case", "bound"), [("interneuron", 0.42), ("cortical", 0.12)])  # measured: 0.388, 0.111
def test_spike_times_of_the_other_models_keep_their_bounds(distance, case, bound):
    assert distance(case, exponential_euler, dt=0.025).spikes < bound


@pytest.mark.x64
def test_order_is_one_from_unsettled_gates(orders):
    seen = orders("squid_unsettled", exponential_euler, coarsest=0.0125, until=5.0)
    assert seen[-1] == pytest.approx(1.0, abs=0.05)


@pytest.mark.x64
@pytest.mark.parametrize("case", ["squid_ramp", "squid_sine"])
def test_order_from_steady_gates(orders, case):
    # Gates that begin at their steady state don't notice that they are taken half a step early: order 2 is left.
    assert orders(case, exponential_euler, until=20.0)[-1] == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("dt", [0.1, 2.5, 25.0])
def test_a_passive_membrane_is_exact_at_any_step(dt):
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.1, e=-65.0)}, v_init=-65.0, capacitance=1.5)
    trace = mx.simulate(cell, 2.0, duration=100.0, dt=dt, integrator=exponential_euler)
    exact = jax.jit(step_response)(trace.t, 2.0, conductance=0.1, reversal=-65.0, capacitance=1.5)
    assert np.asarray(trace.v) == pytest.approx(np.asarray(exact), abs=2e-3 if dt == 0.1 else 1e-4)


def test_a_gate_at_constant_voltage_is_exact_at_any_step():
    # A huge capacitor is a voltage clamp.
    cell = mx.replace(mx.models.hodgkin_huxley(), {"capacitance": 1e12})
    start = dataclasses.replace(state_at(cell, 0.0), gates=state_at(cell, -65.0).gates)
    trace = mx.simulate(cell, duration=4.0, dt=1.0, state=start, integrator=exponential_euler, record=mx.probes.gates())
    alpha, beta = 0.1 * 5.5 / -np.expm1(-5.5), 0.125 * np.exp(-65 / 80)
    steady, tau = alpha / (alpha + beta), 1 / (alpha + beta)
    n = np.asarray(trace.recorded["gates"]["k"]["n"])
    assert n == pytest.approx(steady + (n[0] - steady) * np.exp(-trace.t / tau), abs=1e-6)


def test_v_keeps_its_bounds_at_a_hundredfold_step():
    trace = mx.simulate(mx.models.hodgkin_huxley(), duration=250.0, dt=2.5, integrator=exponential_euler)
    assert np.all((trace.v >= -77.0) & (trace.v <= 50.0))
