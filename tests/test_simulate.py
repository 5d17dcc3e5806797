import dataclasses
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.integrators import Integrator, staggered

TABLE = json.loads((Path(__file__).parent / "reference" / "trajectories.json").read_text())
PULSE = stimuli.step(10.0, start=5.0, stop=45.0)


@pytest.fixture(scope="module")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="module")
def trace(cell):
    """Fifty milliseconds, three spikes."""
    return mx.simulate(cell, PULSE, duration=50.0, dt=0.025)


@pytest.fixture(scope="module")
def cells(cell):
    return mx.vary(cell, {"na.g": jnp.linspace(60.0, 180.0, 16)})


def times_of(*traces):
    """The spike times of traces one after another."""
    return np.concatenate([np.asarray(t.spikes)[: int(t.spike_count)] for t in traces])


# --- what a trace is


def test_voltages_include_initial_and_final_state(cell, trace):
    assert trace.v.shape == trace.t.shape == (2001,)
    assert trace.v[0] == cell.v_init == -65.0
    assert trace.v[-1] == trace.final.v
    assert trace.v.dtype == jnp.result_type(float)


def test_the_time_axis_is_exact_in_float64(trace):
    assert trace.t.dtype == np.float64
    assert trace.t == pytest.approx(np.arange(2001) * 0.025, abs=1e-12)


def test_spikes_are_padded_with_inf_and_their_count_is_true(trace):
    assert trace.spikes.shape == (256,)
    assert trace.spike_count == 3
    assert np.array_equal(np.isfinite(trace.spikes), np.arange(256) < 3)
    assert np.all(np.diff(trace.spikes[:3]) > 10.0)


def test_spikes_lie_between_the_samples_that_cross_zero(trace):
    for t in times_of(trace):
        k = int(t // 0.025)
        assert trace.v[k] < 0.0 <= trace.v[k + 1]


def test_the_final_state_knows_when_it_is_and_lags_nothing(trace):
    final = trace.final
    assert float(final.time.whole) + float(final.time.fraction) == pytest.approx(50.0, abs=1e-5)
    assert final.step == 2000
    assert final.lag == 0.0
    assert final.key is None


def test_every_sampling_probe_has_its_times(cell):
    record = [probes.voltage(3), probes.gates(4), probes.currents(2), probes.summary()]
    thin = mx.simulate(cell, 10.0, duration=1.0, dt=0.1, record=record)
    assert set(thin.times) == {"voltage", "gates", "currents"}
    assert thin.t == pytest.approx([0.0, 0.3, 0.6, 0.9])
    assert thin.times["gates"] == pytest.approx([0.0, 0.4, 0.8])
    assert thin.times["currents"] == pytest.approx([0.15, 0.35, 0.55, 0.75, 0.95])
    assert thin.recorded["gates"]["na"]["m"].shape == (3,)
    assert thin.recorded["currents"]["na"].shape == (5,)
    assert set(thin.recorded) == {"gates", "currents", "summary", "spikes"}  # too thin to find spikes in afterwards


def test_a_neuron_that_diverges_says_so(cell):
    fine = mx.simulate(cell, 10.0, duration=1.0)
    broken = mx.simulate(cell, lambda t: jnp.where(t < 0.5, 10.0, jnp.nan), duration=1.0)
    assert bool(fine.finite)
    assert not bool(broken.finite)
    assert np.array_equal(broken.v[:20], fine.v[:20])


@pytest.mark.parametrize(("dt", "edge"), [(0.1, 0.31), (0.1, 0.3999), (1 / 64, 0.31)])
def test_a_pulse_between_grid_points_delivers_its_charge(dt, edge):
    capacitor = mx.Cell(channels={"leak": mx.channels.Leak(g=0.0)}, v_init=0.0)
    trace = mx.simulate(capacitor, stimuli.step(20.0, edge, edge + 0.2), duration=1.0, dt=dt)
    assert float(trace.v[-1]) == pytest.approx(4.0, abs=1e-4)


# --- many at once


def looped(cells, v, spikes):
    """Both ways, and how far v [mV] and spike times [ms] may be apart: the two programs round in their own ways."""
    one = jax.jit(lambda c: mx.simulate(c, PULSE, duration=50.0))
    many = jax.jit(jax.vmap(one))(cells)
    loop = [one(jax.tree.map(lambda x, k=k: x[k], cells)) for k in range(16)]
    assert np.array_equal(many.spike_count, [t.spike_count for t in loop])
    assert set(np.asarray(many.spike_count).tolist()) == {1, 3}
    np.testing.assert_allclose(many.v, [t.v for t in loop], rtol=0, atol=v)
    np.testing.assert_allclose(many.spikes, [t.spikes for t in loop], rtol=0, atol=spikes)
    assert many.t.shape == (2001,)


def test_vmap_over_neurons_equals_the_loop(cells):
    # A tenth of a microsecond, in which the upstroke of a spike rises by less than 0.1 mV.
    looped(cells, v=0.1, spikes=1e-4)


@pytest.mark.x64
def test_vmap_over_neurons_equals_the_loop_to_a_picovolt(cells):
    looped(cells, v=1e-9, spikes=1e-12)


def test_vmap_over_stimuli_and_states_works_too(cell, trace):
    levels = jnp.asarray([0.0, 8.0, 16.0])
    batch = jax.vmap(lambda level: mx.simulate(cell, stimuli.step(level), duration=20.0))(levels)
    assert batch.v.shape == (3, 801)
    assert np.array_equal(batch.spike_count, [0, 2, 2])
    on = jax.vmap(lambda state: mx.simulate(cell, 10.0, duration=1.0, state=state))(batch.final)
    assert np.array_equal(on.v[:, 0], batch.v[:, -1])
    assert on.t == pytest.approx(20.0 + np.arange(41) * 0.025)


# --- going on


def cut_in_two(cell, cut, tolerance):
    whole = mx.simulate(cell, 10.0, duration=60.0)
    first = mx.simulate(cell, 10.0, duration=cut)
    second = mx.simulate(cell, 10.0, duration=60.0 - cut, state=first.final)
    assert times_of(first, second) == pytest.approx(times_of(whole), abs=tolerance)
    return whole, second


@pytest.mark.x64
@pytest.mark.parametrize("cut", [0.025, 2.0, 20.0, 31.5])
def test_a_run_in_two_parts_keeps_its_spike_times(cell, cut):
    # 31.5 ms is in the upstroke of the third spike. Through `final` the gates settle and start again: O(dt³) per cut.
    cut_in_two(cell, cut, tolerance=1e-4)


@pytest.mark.parametrize("cut", [0.025, 20.0, 31.5])
def test_a_run_cut_in_two_is_the_whole_run(cell, cut):
    whole, second = cut_in_two(cell, cut, tolerance=1e-3)
    assert second.t[0] == pytest.approx(cut, abs=1e-5)
    assert second.t[-1] == pytest.approx(60.0, abs=1e-5)
    assert second.final.step == whole.final.step == 2400


def test_edges_and_noise_do_not_notice_the_cut(cell):
    stimulus = stimuli.ornstein_uhlenbeck(8.0, 4.0, 3.0) + stimuli.pulse_train(5.0, 1.01, width=0.7, period=3.33)
    key = jax.random.key(1)
    record = probes.currents()
    whole = mx.simulate(cell, stimulus, duration=15.0, key=key, record=record)
    first = mx.simulate(cell, stimulus, duration=5.0, key=key, record=record)
    second = mx.simulate(cell, stimulus, duration=10.0, state=first.final, record=record)
    parts = np.concatenate([t.recorded["currents"]["stimulus"] for t in (first, second)])
    assert parts == pytest.approx(np.asarray(whole.recorded["currents"]["stimulus"]), abs=2e-4)
    assert times_of(first, second) == pytest.approx(times_of(whole), abs=1e-3)
    known = stimuli.evaluate(stimulus, duration=15.0, dt=0.025, key=key)
    assert parts == pytest.approx(np.asarray(known), abs=2e-4)


@pytest.mark.x64
def test_going_on_at_another_step_costs_second_order(cell):
    known = np.array([t for t in TABLE["squid"]["spikes"] if t < 60.0])

    def error(dt):
        first = mx.simulate(cell, 10.0, duration=31.5, dt=dt)
        second = mx.simulate(cell, 10.0, duration=28.5, dt=dt / 2, state=first.final)
        return np.abs(times_of(first, second) - known).max()

    errors = np.array([error(dt) for dt in (0.1, 0.05, 0.025)])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2.0, abs=0.15)
    assert errors[-1] < 4e-3


# --- derivatives


def loss_after(*durations):
    """Mean square depolarisation up to each of ``durations`` in order, of (na.g, k.g, capacitance, amplitude)."""

    def loss(x):
        cell = mx.models.hodgkin_huxley()
        for path, k in [("na.g", 0), ("k.g", 1), ("capacitance", 2)]:
            cell = mx.pytrees.put(cell, path, x[k])
        square = jnp.square(mx.simulate(cell, x[3], duration=durations[-1]).v + 65.0)
        return jnp.stack([jnp.mean(square[: round(until / 0.025) + 1]) for until in durations])

    return loss


POINT = (120.0, 36.0, 1.0, 10.0)


@pytest.mark.x64
def test_reverse_forward_and_finite_differences_agree():
    loss, x = loss_after(1.5, 6.0, 20.0), jnp.asarray(POINT)  # before the first spike, after it, after the second
    reverse, forward = jax.jit(jax.jacrev(loss))(x), jax.jit(jax.jacfwd(loss))(x)
    np.testing.assert_allclose(reverse, forward, rtol=1e-9)
    value = jax.jit(jax.vmap(loss))
    h = 1e-5 * np.diag(np.asarray(x))
    difference = np.asarray(value(x[None] + h) - value(x[None] - h)).T / (2e-5 * np.asarray(x))
    np.testing.assert_allclose(reverse, difference, rtol=1e-5)


def test_gradients_are_finite_and_agree_in_float32():
    loss, x = loss_after(6.0), jnp.asarray(POINT)
    reverse, forward = jax.jit(jax.jacrev(loss))(x), jax.jit(jax.jacfwd(loss))(x)
    assert np.all(np.isfinite(reverse))
    assert np.all(np.asarray(reverse) != 0.0)
    np.testing.assert_allclose(reverse, forward, rtol=2e-3)


def test_jit_vmap_and_grad_compose(cell):
    def loss(g, level):
        return jnp.mean(mx.simulate(mx.replace(cell, {"na.g": g}), level, duration=1.0).v)

    g, levels = jnp.asarray([100.0, 120.0]), jnp.asarray([8.0, 10.0])
    batch = jax.jit(jax.vmap(jax.value_and_grad(loss)))(g, levels)
    single = jax.jit(jax.value_and_grad(loss))
    for k in range(2):
        np.testing.assert_allclose([b[k] for b in batch], single(g[k], levels[k]), rtol=1e-4)


def test_the_whole_cell_can_be_differentiated(cell):
    slopes = jax.jit(jax.grad(lambda c: jnp.mean(mx.simulate(c, 10.0, duration=1.0).v)))(cell)
    assert isinstance(slopes, mx.Cell)
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(slopes))
    assert slopes.capacitance < 0.0 < slopes.v_init


# --- compiling once


def counting():
    """The default scheme, and how often JAX has traced it: once for the scan of a simulation."""
    calls = []

    def advance(*given):
        calls.append(1)
        return staggered.advance(*given)

    return Integrator("counting", advance, staggered=True), calls


def test_new_values_do_not_trace_again(cell):
    scheme, calls = counting()
    go = lambda cell, stimulus, **more: mx.simulate(cell, stimulus, duration=1.0, integrator=scheme, **more)  # noqa: E731
    first = go(cell, stimuli.step(10.0))
    traced = len(calls)
    go(mx.replace(cell, {"na.g": 100, "celsius": np.float32(10.0)}), stimuli.step(np.float64(3.0), start=0.2))
    go(mx.Cell(channels=dict(reversed(cell.channels.items())), capacitance=1, area=2.0), stimuli.step(1))
    go(cell, 7)
    assert len(calls) == traced > 0
    go(cell, 7.0, state=first.final)
    with_state = len(calls)
    go(cell, 8.0, state=go(cell, 9.0, state=first.final).final)
    assert len(calls) == with_state


# --- what is refused


def with_state(cell, **changes):
    return dataclasses.replace(mx.simulate(cell, duration=0.025).final, **changes)


BAD = {
    "capacitance": (lambda c: mx.simulate(mx.replace(c, {"capacitance": -1.0}), duration=1.0),
        "capacitance must be above 0 µF/cm², got -1 µF/cm²"),
    "capacitance, built": (lambda c: mx.simulate(mx.Cell(channels=c.channels, capacitance=0.0), duration=1.0),
        "capacitance must be above 0 µF/cm², got 0 µF/cm²"),
    "conductance": (lambda c: mx.replace(c, {"na.g": -3}), "na.g must be at least 0 mS/cm², got -3 mS/cm²"),
    "nan": (lambda c: mx.replace(c, {"na.e": np.nan}), "na.e must be finite, got nan mV"),
    "celsius": (lambda c: mx.replace(c, {"celsius": -300.0}), "celsius must be above -273.15 °C, got -300 °C"),
    "zero dt": (lambda c: mx.simulate(c, duration=1.0, dt=0.0), "dt must be above 0 ms, got 0 ms"),
    "nan dt": (lambda c: mx.simulate(c, duration=1.0, dt=np.nan), "dt must be finite, got nan ms"),
    "dt as text": (lambda c: mx.simulate(c, duration=1.0, dt="0.1"), "dt must be a number in ms, got '0.1'"),
    "negative duration": (lambda c: mx.simulate(c, duration=-5.0), "duration must be above 0 ms, got -5 ms"),
    "duration off the grid": (lambda c: mx.simulate(c, duration=1.01, dt=0.025),
        "duration must be a multiple of dt = 0.025 ms, got 1.01 ms; 1 ms would do"),
    "duration below dt": (lambda c: mx.simulate(c, duration=0.01, dt=0.025), "0.025 ms would do"),
    "traced dt": (lambda c: jax.jit(lambda dt: mx.simulate(c, duration=1.0, dt=dt).v)(0.025), "dt is traced by JAX"),
    "traced duration": (lambda c: jax.grad(lambda d: mx.simulate(c, duration=d).v[-1])(1.0), "duration is traced by"),
    "unknown path": (lambda c: mx.replace(c, {"na.gg": 1.0}), "unknown path 'na.gg': did you mean 'na.g'"),
    "unknown channel": (lambda c: mx.replace(c, {"kv.g": 1.0}), "unknown path 'kv.g': did you mean 'k.g'"),
    "unknown unit": (lambda c: mx.simulate(c, stimuli.step(1.0, unit="fA"), duration=1.0), "unknown unit 'fA'"),
    "batched cells": (lambda c: mx.simulate(mx.vary(c, {"na.g": [100.0, 120.0]}), duration=1.0),
        "simulate takes one neuron, but .* has the shape \\(2,\\): use membrax.run, or jax.vmap"),
    "batched stimulus": (lambda c: mx.simulate(c, stimuli.step(np.ones(3)), duration=1.0),
        "simulate takes one stimulus, but this one holds 3: use membrax.run, or jax.vmap"),
    "noise without key": (lambda c: mx.simulate(c, stimuli.ornstein_uhlenbeck(1.0, 1.0, 1.0), duration=1.0),
        "the stimulus is random: pass key=jax.random.key"),
    "stimulus": (lambda c: mx.simulate(c, "10", duration=1.0), "a stimulus must come from membrax.stimuli"),
    "probe": (lambda c: mx.simulate(c, duration=1.0, record="voltage"), "record takes probes"),
    "probes": (lambda c: mx.simulate(c, duration=1.0, record=[probes.gates(), probes.gates(2)]), "two probes called"),
    "states of many": (lambda c: mx.simulate(c, duration=1.0, state=with_state(c, v=jnp.zeros(3))),
        "state must be of one neuron, got 3"),
    "state of another model": (lambda c: mx.simulate(mx.models.wang_buzsaki(), duration=1.0, state=with_state(c)),
        r"state must have the gates of this cell, .*'na': \['h'\]}, got .*'na': \['h', 'm'\]"),
    "no state": (lambda c: mx.simulate(c, duration=1.0, state=-65.0), "state must be a membrax.State, .* got -65.0"),
    "no cell": (lambda c: mx.simulate("squid", duration=1.0), "cell must be a membrax.Cell .*, got 'squid'"),
    "scheme by name": (lambda c: mx.simulate(c, duration=1.0, integrator="rk4"), "integrator must be one of .*'rk4'"),
    "key": (lambda c: mx.simulate(c, stimuli.ornstein_uhlenbeck(1.0, 1.0, 1.0), duration=1.0, key=1.5),
        "key must be one jax.random.key\\(seed\\) or a whole number below 2\\*\\*63, got 1.5"),
    "stimulus of nan": (lambda c: mx.simulate(c, float("nan"), duration=1.0), "amplitude must be finite, got nan"),
    "channel's name": (lambda c: mx.simulate(mx.Cell(channels={"area": mx.channels.Leak()}), duration=1.0),
        "a channel may not be called 'area'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_value_unit_and_bound(cell, case):
    call, told = BAD[case]
    with pytest.raises(ValueError, match=told):
        call(cell)


def test_a_key_an_old_key_and_a_seed_are_one(cell):
    noise = stimuli.ornstein_uhlenbeck(8.0, 4.0, 3.0)
    plain, *others = (
        mx.simulate(cell, noise, duration=1.0, key=key).v
        for key in (3, np.int64(3), jax.random.key(3), jax.random.PRNGKey(3))
    )
    assert all(np.array_equal(plain, other) for other in others)
    assert not np.array_equal(plain, mx.simulate(cell, noise, duration=1.0, key=4).v)


def test_a_thinned_trace_takes_no_memory_for_stimuli(cell):
    def end(level):
        return mx.simulate(cell, stimuli.step(level), duration=50.0, record=mx.probes.voltage(every=1000)).v[-1]

    size = jax.jit(jax.vmap(end)).lower(jnp.zeros(500)).compile().memory_analysis().temp_size_in_bytes
    assert size < 500 * 2000  # not a number of four bytes for each neuron and step
