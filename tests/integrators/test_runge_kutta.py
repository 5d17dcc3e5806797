import numpy as np
import pytest

import membrax as mx
from membrax.integrators import rk4, runge_kutta


def test_spike_times_are_good_to_microseconds(distance):
    # What is left in float32 is rounding and the straight line through the crossing.
    assert distance("squid", runge_kutta, dt=0.025).spikes < 2e-3
    assert distance("interneuron", runge_kutta, dt=0.025).spikes < 5e-3
    assert distance("cortical", runge_kutta, dt=0.025).spikes < 5e-3


@pytest.mark.x64
def test_spike_times_of_every_model_are_good_to_a_microsecond(distance):
    for case in ("squid", "squid_warm", "interneuron", "cortical"):
        assert distance(case, runge_kutta, dt=0.025).spikes < 1e-3


@pytest.mark.x64
@pytest.mark.parametrize("case", ["squid_unsettled", "squid_ramp", "squid_sine"])
def test_order_is_four_whatever_the_start_and_the_stimulus(orders, case):
    seen = orders(case, runge_kutta, coarsest=0.05)  # at 0.1 it is not stable through a spike
    assert np.all(seen > 3.8), seen
    assert seen[-1] == pytest.approx(4.0, abs=0.2)


@pytest.mark.x64
def test_runge_kutta_agrees_with_the_reference(distance):
    assert distance("squid_unsettled", runge_kutta, dt=0.0125).v < 1e-4
    assert distance("squid_ramp", runge_kutta, dt=0.0125, until=10.0).v < 1e-6


@pytest.mark.parametrize("start", [1.0, 1.01, 1.0125, 1.02])
def test_an_edge_between_grid_points_keeps_its_charge(start):
    # On a capacitor alone v counts the charge: 10 µA/cm² for 3 ms into 2 µF/cm² are 15 mV.
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.0)}, capacitance=2.0, v_init=0.0)
    pulse = mx.stimuli.step(10.0, start=start, stop=start + 3.0)
    trace = mx.simulate(cell, pulse, duration=6.0, dt=0.025, integrator=runge_kutta)
    assert float(trace.v[-1]) == pytest.approx(15.0, abs=1e-3)


def test_rk4_is_its_short_name():
    assert rk4 is runge_kutta
