"""JAX's own tools for a fault find none in healthy cells: `jax.debug_nans` and `jax.checking_leaks`."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.fitting import losses
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem
from membrax.fitting.problem.target import target
from membrax.fitting.scores.train_score import train_scores

BOUNDS = {"na.g": (90.0, 150.0), "k.g": (30.0, 40.0)}
RECORD = [probes.voltage(4), probes.gates(2), probes.currents(4), probes.summary(), probes.spikes()]
PULSE = stimuli.step(10.0, 0.5)  # without an end
WAVEFORMS = {
    "nothing": None,
    "number": 10.0,
    "step": stimuli.step(10.0, 0.5, 1.0),
    "step_without_end": PULSE,
    "constant": stimuli.constant(10.0),
    "pulse_train": stimuli.pulse_train(10.0, 0.5, width=0.3, period=0.6),
    "ramp": stimuli.ramp(10.0, 0.5, 1.5),
    "sine": stimuli.sine(5.0, 50.0, 0.5),
    "chirp": stimuli.chirp(5.0, 1.0, 100.0, 0.5, 1.5),
    "samples": stimuli.from_samples([0.0, 10.0, 5.0], 0.7),
    "function": stimuli.function(jnp.sin),
    "noise": stimuli.ornstein_uhlenbeck(5.0, 1.0, 2.0),
}


@pytest.fixture
def no_nans():
    """JAX raises where a compiled function returns a NaN."""
    with jax.debug_nans(True):
        yield


@pytest.fixture
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture
def tree():
    squid = mx.channels.squid
    shape = mx.morphology.discretise(mx.morphology.ball_and_stick(10.0, 200.0, 2.0), max_length=100.0)
    channels = {"na": squid.Sodium(), "k": squid.Potassium(), "leak": mx.channels.Leak()}
    return mx.Cell(channels, morphology=shape)


@pytest.fixture(scope="module")
def data():
    return mx.recordings.example().crop(0.0, 15.0)


@pytest.mark.parametrize("name", WAVEFORMS)
def test_a_healthy_run_under_every_waveform(cell, name, no_nans):
    key = 1 if name == "noise" else None
    trace = mx.simulate(cell, WAVEFORMS[name], duration=2.0, key=key)
    assert trace.finite and np.all(np.isinf(trace.spikes[int(trace.spike_count) :]))


@pytest.mark.parametrize("name", ["step_without_end", "sine"])
def test_gradients_of_a_healthy_run(cell, name, no_nans):
    def last(cell, stimulus):
        return mx.simulate(cell, stimulus, duration=1.0).v[-1]

    gradients = jax.grad(last, argnums=(0, 1))(mx.pytrees.strong(cell), WAVEFORMS[name])
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradients))


def test_many_healthy_neurons(cell, no_nans):
    cells = mx.vary(cell, {"na.g": [100.0, 120.0]})
    result = mx.run(cells, PULSE, duration=5.0, record=RECORD, chunk=2.5, progress=False)
    assert result.spike_counts.tolist() == [1, 1] and result.finite.all()
    one = lambda g: mx.simulate(mx.replace(cell, {"na.g": g}), PULSE, duration=5.0, record=RECORD)  # noqa: E731
    traces = jax.vmap(one)(jnp.asarray([100.0, 120.0]))
    assert np.asarray(traces.spikes)[:, 0] == pytest.approx(result.spike_times[:, 0], abs=1e-5)


def test_a_healthy_tree(tree, no_nans):
    pulse = stimuli.step(1.0, 0.5, unit="nA")
    assert mx.simulate(tree, pulse, duration=1.0).finite
    cells = mx.vary(tree, {"na.g": [100.0, 120.0]})
    assert mx.run(cells, pulse, duration=1.0, progress=False).finite.all()
    assert np.all(np.isfinite(mx.rest(tree).v))


def test_the_rest_and_a_clamp_of_a_healthy_cell(cell, no_nans):
    strong = mx.pytrees.strong(cell)
    assert np.isfinite(mx.rest(cell).v)
    assert np.isfinite(jax.grad(lambda cell: mx.rest(cell).v)(strong).channels["leak"].e)
    assert np.all(np.isfinite(jax.vmap(lambda i: mx.rest(cell, i).v)(jnp.asarray([0.0, 1.0]))))
    assert np.all(np.isfinite(mx.clamp.voltage_clamp(cell, 0.0, duration=2.0, dt=0.025).i))


@pytest.mark.parametrize("method", ["levenberg_marquardt", "adam", "cmaes"])
def test_a_search_among_healthy_cells(cell, data, method, no_nans):
    found = mx.fit(cell, BOUNDS, data, starts=1, iterations=1, method=method, progress=False)
    assert np.isfinite(found.loss)


def test_the_spike_score_of_a_search(cell, data, no_nans):
    problem = Problem(mx.pytrees.strong(cell), target(data, [0], None), free(cell, BOUNDS))
    silent = dataclasses.replace(problem.data, v=jnp.full_like(problem.data.v, -65.0))
    for compared in (
        problem,
        dataclasses.replace(problem, data=silent),
    ):  # a score of spikes that both have, and of one that the recording lacks
        assert np.all(np.isfinite(train_scores(jnp.full((2, 2), 0.5), compared)))


@pytest.mark.parametrize("name", ["spike_times", "feature_distance"])
def test_losses_of_healthy_cells(cell, data, name, no_nans):
    objective = mx.fitting.objective(cell, BOUNDS, data, [0], getattr(losses, name))
    value, gradient = objective.value_and_gradient(jnp.full((2,), 0.5), "reverse")
    assert np.isfinite(value) and np.all(np.isfinite(gradient))


def test_features_of_a_silent_trace(no_nans):
    silent = losses.features(jnp.full((400,), -65.0), 0.025)
    assert np.isinf(silent.time_to_first_spike) and np.all(np.isinf(silent.times))


def test_a_gradient_at_given_values(cell, data, no_nans):
    result = mx.fitting.value_and_grad(cell, {"na.g": jnp.asarray([110.0, 120.0])}, data)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves((result.loss, result.gradient)))


def test_a_diverged_neuron_raises(cell):
    def diverge(v):
        return mx.simulate(cell, lambda t: v * jnp.sqrt(-t), duration=1.0).v[-1]

    with jax.debug_nans(True), pytest.raises(FloatingPointError, match="nan"):
        diverge(1.0)


def test_no_tracer_leaks(cell):
    with jax.checking_leaks():
        assert mx.simulate(cell, PULSE, duration=1.0, record=[probes.voltage(), probes.gates(2)]).finite


@pytest.mark.slow
def test_no_tracer_leaks_from_runs_fits_and_gradients(cell, data):
    last = lambda g: mx.simulate(mx.replace(cell, {"na.g": g}), PULSE, duration=1.0).v[-1]  # noqa: E731
    cells = mx.vary(cell, {"na.g": [100.0, 120.0]})
    with jax.checking_leaks():
        assert mx.simulate(cell, PULSE, duration=1.0, record=RECORD).finite
        assert mx.run(cells, PULSE, duration=1.0, progress=False).finite.all()
        assert np.isfinite(jax.grad(last)(100.0))
        assert np.isfinite(mx.fit(cell, BOUNDS, data, starts=1, iterations=1, progress=False).loss)
