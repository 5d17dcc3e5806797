"""Four classes of cortical neuron: their firing patterns, and spike times of the authors' NEURON model.

The reference times are those which the Open Source Brain keeps beside its copy of the authors' files (repository
OpenSourceBrain/PospischilEtAl2008, NEURON_MODIFIED/.test.*.spikes.mep: NEURON, dt 0.001 ms, first order, upward
crossings of 0 mV, rounded to 0.001 ms). Their calcium reversal potential is Nernst's for 2 and 2.4e-4 mM at 36 °C.
"""

import jax
import numpy as np
import pytest

import membrax as mx

REST = jax.jit(lambda cell: mx.rest(cell).v)
E_CA = 120.2554
STEPS = {  # nA, start and stop in ms
    "regular_spiking": (0.75, 300.0, 700.0),
    "fast_spiking": (0.5, 300.0, 700.0),
    "intrinsically_bursting": (0.15, 500.0, 2500.0),
}
NEURON = {
    "regular_spiking": [320.554, 348.522, 387.944, 456.690, 592.105],
    "fast_spiking": [
        317.023, 337.195, 357.367, 377.539, 397.711, 417.882, 438.054, 458.226, 478.398, 498.569,
        518.741, 538.913, 559.085, 579.257, 599.428, 619.600, 639.772, 659.944, 680.115, 700.299,
    ],
    "intrinsically_bursting": [617.725, 624.632, 631.101, 637.786, 644.909, 652.671, 661.420, 672.085],
}  # fmt: skip
CELLS = {name: getattr(mx.models, name)() for name in (*STEPS, "low_threshold_spiking")}
RESTS = {
    "regular_spiking": -70.57,
    "fast_spiking": -70.0,
    "intrinsically_bursting": -85.29,
    "low_threshold_spiking": -83.95,
}


def spikes(name, stimulus, duration=800.0, dt=0.025):
    cell = CELLS[name]
    if "cal" in cell.channels:
        cell = mx.replace(cell, {"cal.e": E_CA})
    trace = mx.simulate(cell, stimulus, duration=duration, dt=dt)
    return np.asarray(trace.spikes[: int(trace.spike_count)], dtype=float), np.asarray(trace.v, dtype=float)


def step(amplitude, start, stop):
    return mx.stimuli.step(amplitude, start, stop, unit="nA")


@pytest.fixture(scope="module")
def published():
    """Spike times under the currents of the published figures, to 800 ms."""
    return {name: spikes(name, step(*STEPS[name]))[0] for name in STEPS}


@pytest.mark.parametrize("name", CELLS)
def test_it_rests_near_its_leak(name):
    cell, v = CELLS[name], float(REST(CELLS[name]))
    assert v == pytest.approx(RESTS[name], abs=0.01)
    assert v == pytest.approx(float(cell.channels["leak"].e), abs=1.2)


@pytest.mark.parametrize(("name", "diameter"), [("regular_spiking", 96), ("fast_spiking", 67)])
def test_the_area_is_that_of_a_cylinder_as_long_as_wide(name, diameter):
    assert float(CELLS[name].area) == pytest.approx(np.pi * diameter**2, rel=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_parameters_are_those_of_the_authors_files(name):
    # S/cm² there, mS/cm² here.
    expected = {"na": (50.0, 50.0), "kd": (5.0, -100.0)} | {
        "regular_spiking": {"leak": (0.1, -70.0), "m": (0.07, -100.0)},
        "fast_spiking": {"leak": (0.15, -70.0), "kd": (10.0, -100.0)},
        "intrinsically_bursting": {"leak": (0.01, -85.0), "m": (0.03, -100.0), "cal": (0.17, 120.0)},
        "low_threshold_spiking": {"leak": (0.01, -85.0), "m": (0.03, -100.0), "cat": (0.4, 120.0)},
    }[name]
    channels = CELLS[name].channels
    assert {n: (float(c.g), float(c.e)) for n, c in channels.items()} == {
        n: pytest.approx(x) for n, x in expected.items()
    }
    assert float(CELLS[name].celsius) == 36.0
    assert float(CELLS[name].capacitance) == 1.0


@pytest.mark.parametrize(
    ("name", "most"), [("regular_spiking", np.inf), ("fast_spiking", 0.1), ("intrinsically_bursting", 0.5)]
)
def test_spike_times_are_those_of_neuron(name, most, published):
    ours, theirs = published[name], np.array(NEURON[name])
    ours = ours[ours < theirs[-1] + 10.0]
    assert len(ours) == len(theirs)
    # 0.2 ms and 1 % of the time since the first spike: the adapting cell's intervals grow, and its errors with them.
    np.testing.assert_array_less(np.abs(ours - theirs), np.minimum(0.2 + 0.01 * (theirs - theirs[0]), most))


@pytest.mark.x64
@pytest.mark.parametrize("name", STEPS)
def test_spike_times_converge_to_those_of_neuron(name):
    theirs = np.array(NEURON[name])
    ours = spikes(name, step(*STEPS[name]), dt=0.005)[0]
    np.testing.assert_allclose(ours[: len(theirs)], theirs, atol=0.4)


def test_a_regular_spiking_cell_adapts(published):
    intervals = np.diff(published["regular_spiking"])
    assert np.all(np.diff(intervals) > 0)
    assert intervals[-1] > 3 * intervals[0]


def test_without_its_m_current_it_does_not():
    cell = mx.replace(CELLS["regular_spiking"], {"m.g": 0.0})
    trace = mx.simulate(cell, step(0.75, 300.0, 700.0), duration=800.0)
    intervals = np.diff(np.asarray(trace.spikes[: int(trace.spike_count)]))
    assert intervals[-1] < 1.02 * intervals[1]


def test_a_fast_spiking_cell_does_not_adapt(published):
    intervals = np.diff(published["fast_spiking"])
    np.testing.assert_allclose(intervals, intervals.mean(), rtol=0.003)


def test_an_intrinsically_bursting_cell_bursts_at_onset(published):
    times = published["intrinsically_bursting"]
    assert np.sum(times < 700.0) == 8
    assert np.max(np.diff(times[:5])) < 8.0
    assert np.sum((times > 700.0) & (times < 800.0)) == 0


def test_a_low_threshold_cell_starts_with_a_doublet_and_adapts():
    times, _ = spikes("low_threshold_spiking", step(0.15, 400.0, 800.0))
    intervals = np.diff(times)
    assert len(times) == 4
    assert intervals[0] < 15.0
    assert np.all(intervals[1:] > 3 * intervals[0])


def test_released_from_an_inhibition_it_bursts():
    held = mx.stimuli.constant(0.08, unit="nA") + step(-0.1, 400.0, 700.0)
    times, _ = spikes("low_threshold_spiking", held)
    assert not np.any((times > 300.0) & (times < 700.0))
    rebound = times[times > 700.0]
    assert len(rebound) == 2
    assert rebound[1] - rebound[0] < 15.0


def test_without_its_calcium_current_it_does_not():
    cell = mx.replace(CELLS["low_threshold_spiking"], {"cat.g": 0.0})
    held = mx.stimuli.constant(0.08, unit="nA") + step(-0.1, 400.0, 700.0)
    trace = mx.simulate(cell, held, duration=800.0)
    assert not np.any(np.asarray(trace.spikes)[: int(trace.spike_count)] > 700.0)
