import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import membrax as mx
from membrax.fitting.problem.nudging import (
    BLOCK,
    begin,
    block_size,
    in_blocks,
    in_rows,
    injected,
    schedule,
    trajectory,
    weight,
)
from membrax.fitting.problem.target import Target, target
from membrax.pytrees import strong

SCHEMES = [mx.integrators.staggered, mx.integrators.exponential_euler, mx.integrators.runge_kutta]
EPS = float(jnp.finfo(jnp.result_type(float)).eps)


def sweep_of(data: mx.Recording, k: int = 0, dt: float | None = None) -> Target:
    return jax.tree.map(lambda x: x[k], target(data, range(data.sweeps), dt))


def run(cell, sweep, kappa=0.0, integrator=mx.integrators.staggered):
    follow = jax.jit(trajectory, static_argnames="integrator")
    return np.asarray(follow(strong(cell), sweep, jnp.asarray(kappa, dtype=float), integrator=integrator))


def simulated(cell, data, dt, integrator=mx.integrators.staggered):
    """The cell alone under the recording's first current, at the recording's samples."""
    stimulus = mx.stimuli.from_samples(jnp.asarray(data.i[0, :-1]), data.dt, unit=data.unit)
    every = round(data.dt / dt)
    state = mx.rest(cell, injected(cell, sweep_of(data), jnp.asarray(data.holding[0], dtype=float)))
    trace = mx.simulate(
        cell, stimulus, duration=data.duration, dt=dt, state=state, integrator=integrator,
        record=mx.probes.voltage(every),
    )  # fmt: skip
    return np.asarray(trace.v)


@pytest.fixture(scope="module")
def axon(firing):
    """20 ms of a squid axon under a noisy current, without noise in the voltage."""
    return firing(3, 20.0, dt=0.025, noise=0.0)


# --- free


@pytest.mark.parametrize("integrator", SCHEMES, ids=repr)
def test_without_nudging_it_is_a_simulation_from_rest(squid, axon, integrator):
    alone = simulated(squid, axon, axon.dt, integrator)
    assert alone.max() > 0
    np.testing.assert_allclose(run(squid, sweep_of(axon), 0.0, integrator), alone, rtol=0, atol=2e5 * EPS)


def test_substeps_are_steps_of_the_simulation(squid, axon):
    coarse = axon.decimate(4)
    np.testing.assert_allclose(
        run(squid, sweep_of(coarse, dt=0.025)), simulated(squid, coarse, 0.025), rtol=0, atol=2e5 * EPS
    )


def test_more_substeps_come_closer_to_a_fine_simulation(squid, axon):
    coarse = axon.decimate(4)
    fine = simulated(squid, coarse, 0.005)
    errors = [np.abs(run(squid, sweep_of(coarse, dt=0.1 / n)) - fine).max() for n in (1, 2, 4)]
    assert errors[0] > 2.5 * errors[1] > 6 * errors[2]


def test_an_interval_has_the_current_of_its_first_sample(passive):
    i = np.zeros(8)
    i[3] = 1.0
    data = mx.Recording(t=np.arange(8) * 0.05, v=np.full(8, -65.0), i=i, unit="uA/cm2")
    moved = np.abs(np.diff(run(passive, sweep_of(data)))) > 1e-3
    assert np.flatnonzero(moved)[0] == 3  # between the samples 3 and 4
    assert not moved[:3].any()


def test_the_last_sample_of_the_current_acts_on_nothing(passive, steps):
    i = steps.i.copy()
    i[:, -1] = 1e3
    changed = dataclasses.replace(steps, i=i)
    np.testing.assert_array_equal(run(passive, sweep_of(changed)), run(passive, sweep_of(steps)))


@pytest.mark.parametrize("k", [0, 1])
def test_each_sweep_begins_at_rest_under_its_holding_current(passive, steps, k):
    v = run(passive, sweep_of(steps, k))
    resting = float(passive.channels["leak"].e) + steps.holding[k] / float(passive.channels["leak"].g)
    np.testing.assert_allclose(v[:11], resting, atol=1e-3)
    assert abs(v[40] - resting) > 1.0


def test_it_does_not_begin_at_the_first_sample_of_the_recording(squid, axon):
    v = axon.v.copy()
    v[:, 0] += 20.0
    data = dataclasses.replace(axon, v=v)
    np.testing.assert_array_equal(run(squid, sweep_of(data)), run(squid, sweep_of(axon)))


def test_nanoamperes_flow_into_the_area(passive, steps):
    cell = mx.replace(passive, {"area": 2500.0})
    nano = mx.Recording(t=steps.t, v=steps.v, i=steps.i * 2500.0 * 1e-5, unit="nA")
    np.testing.assert_allclose(run(cell, sweep_of(nano)), run(cell, sweep_of(steps)), rtol=0, atol=1e3 * EPS)
    assert not np.allclose(run(passive, sweep_of(nano)), run(passive, sweep_of(steps)), atol=0.1)


# --- clamped


@pytest.mark.parametrize("integrator", SCHEMES[:2], ids=repr)
def test_strong_nudging_follows_the_recording(squid, axon, integrator):
    other = mx.replace(squid, {"na.g": 60.0, "leak.e": -45.0})
    held = run(other, sweep_of(axon), 1e5, integrator)
    between = 0.5 * (axon.v[0, 1:] + axon.v[0, :-1])  # a stiff clamp takes the middle of each interval
    np.testing.assert_allclose(held[1:], between, rtol=0, atol=0.1)
    assert np.abs(run(other, sweep_of(axon), 0.0, integrator)[1:] - between).max() > 20


@pytest.mark.parametrize("integrator", SCHEMES, ids=repr)
def test_stronger_nudging_follows_more_closely(squid, axon, integrator):
    other = mx.replace(squid, {"na.g": 60.0, "leak.e": -45.0})
    distance = [np.sqrt(np.mean((run(other, sweep_of(axon), k, integrator) - axon.v[0]) ** 2)) for k in (0, 1, 10, 30)]
    assert distance[0] > distance[1] > distance[2] > distance[3]


def test_nudging_has_no_effect_on_the_true_model(squid, axon):
    """With the line between the samples as its potential, the clamped step is the free one, whatever κ."""
    free = run(squid, sweep_of(axon))
    own = dataclasses.replace(axon, v=free[None].astype(float))
    for kappa in (0.1, 1.0, 10.0):
        np.testing.assert_allclose(run(squid, sweep_of(own), kappa), free, rtol=0, atol=1e5 * EPS)


def test_nudging_follows_the_line_between_samples(passive):
    n, slope = 200, 2.0  # mV/ms
    t = np.arange(n) * 0.1
    data = mx.Recording(t=t, v=-65.0 + slope * t, i=np.zeros(n), unit="uA/cm2")
    kappa, g, c = 5.0, 0.2, 1.0
    # On a ramp the clamped membrane ends on a ramp, too: C v' = κ (v_data − v) + g (e − v).
    rise = kappa * slope / (kappa + g)
    expected = -65.0 - c * rise / (kappa + g) + rise * t
    for dt in (0.1, 0.05, 0.025):
        held = run(passive, sweep_of(data, dt=dt), kappa)
        np.testing.assert_allclose(held[100:], expected[100:], rtol=0, atol=1e-3)


def test_nudging_is_no_channel_of_the_candidate(passive, steps):
    _, gates = begin(strong(passive), sweep_of(steps), mx.integrators.staggered)
    assert set(gates) - set(passive.channels)
    assert list(passive.channels) == ["leak"]


# --- schedule and weight


@given(st.integers(1, 500))
def test_kappa_falls_geometrically_and_ends_at_0(iterations):
    kappas = np.array([schedule(k, iterations, 10.0, 0.1, 0.7) for k in range(iterations)])
    held = int(0.7 * iterations)
    assert np.all(kappas[held:] == 0.0)
    assert np.all(kappas[:held] >= 0.1 * (1 - 1e-9))
    if held:
        assert kappas[0] == 10.0
    if held > 1:
        assert kappas[held - 1] == pytest.approx(0.1)
        np.testing.assert_allclose(kappas[1:held] / kappas[: held - 1], 0.01 ** (1 / (held - 1)))


def test_the_last_iterations_run_free():
    assert schedule(27, 40, 30.0, 0.1, 0.7) == pytest.approx(0.1)
    assert [schedule(k, 40, 30.0, 0.1, 0.7) for k in range(28, 40)] == [0.0] * 12


def test_no_clamp_at_all_is_kappa_zero_throughout():
    assert [schedule(k, 10, 0.0, 0.1, 0.7) for k in range(10)] == [0.0] * 10


def test_the_weight_is_one_without_a_clamp():
    assert weight(0.0) == 1.0 and weight(9.0) == 10.0


# --- blocks


def test_a_block_is_a_divisor_near_the_default_size():
    assert [block_size(count) for count in (4000, 3200, 80, 7, 1)] == [40, 40, 40, 7, 1]
    assert block_size(199_999) == BLOCK
    assert block_size(62) == 31


@given(st.integers(1, 300))
def test_blocks_hold_every_interval_in_order(count):
    some = np.arange(count), 0.5 + np.arange(count)
    parts = in_rows(some)
    for k in range(2):
        assert np.array_equal(np.concatenate([np.ravel(part[k]) for part in parts]), some[k])
    assert len(parts) == 1 or len(parts[0][0]) == 1


@pytest.mark.parametrize("count", [7, 80, 199])  # one block, two, and four after a shorter one
def test_every_interval_is_taken_once(count):
    add = lambda total, block: total + jnp.sum(block[0])  # noqa: E731
    total = jax.jit(lambda some: in_blocks(add, jnp.asarray(0), some))((jnp.arange(count),))
    assert int(total) == count * (count - 1) // 2


# --- time


def test_synapses_are_driven_as_in_a_simulation(passive, steps):
    """Time counts from the first sample, so arrivals act in a fit as they do in a simulation."""
    times = mx.channels.synapse.arrivals([0.4, 7.5])
    synapse = mx.channels.synapse.Exponential(times=times, g=0.3, e=0.0, tau=2.0)
    cell = mx.Cell({**passive.channels, "synapse": synapse}, capacitance=1.0, v_init=-65.0)
    v = run(cell, sweep_of(steps))
    np.testing.assert_allclose(v, simulated(cell, steps, steps.dt / 2), rtol=0, atol=2e5 * EPS)
    assert np.ptp(v[:10]) > 1.0  # before the step of current
