"""Every public path lowers for CUDA: no development machine has a GPU, but what a GPU would be given can be made."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import probes, stimuli
from membrax.population import chunk_program

INTEGRATORS = [mx.integrators.staggered, mx.integrators.exponential_euler, mx.integrators.runge_kutta]
MODELS = [name for name in mx.models.__all__ if name[0].islower()]
EVERYTHING = [probes.voltage(4), probes.gates(2), probes.currents(4), probes.summary(), probes.spikes()]
STIMULI = {
    "step": stimuli.step(10.0, 1.0, 4.0, unit="nA"),
    "constant": stimuli.constant(10.0),
    "pulse_train": stimuli.pulse_train(10.0, 1.0, width=0.5, period=2.0, count=3.0),
    "ramp": stimuli.ramp(10.0, 0.0, 5.0),
    "sine": stimuli.sine(10.0, 100.0),
    "chirp": stimuli.chirp(10.0, 1.0, 100.0, 0.0, 5.0),
    "from_samples": stimuli.from_samples(np.arange(5.0), 1.0),
    "function": stimuli.function(lambda t: jnp.sin(t)),
    "ornstein_uhlenbeck": stimuli.ornstein_uhlenbeck(5.0, 2.0, 3.0),
}
NO_STIMULI = {
    "Stimulus",
    "StimulusLike",
    "as_stimulus",
    "batch_axes",
    "batch_size",
    "begin",
    "mean_density",
    "evaluate",
}


def lowers(function, *given):
    """The program for CUDA, as text; no callback to the host is in it."""
    text = jax.jit(function).trace(*given).lower(lowering_platforms=("cuda",)).as_text()
    assert "module" in text
    assert "callback" not in text
    return text


@pytest.fixture(scope="module")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.mark.parametrize("integrator", INTEGRATORS, ids=repr)
def test_simulate_with_every_integrator_and_probe(cell, integrator):
    lowers(lambda c: mx.simulate(c, 10.0, duration=1.0, integrator=integrator, record=EVERYTHING), cell)


@pytest.mark.parametrize("model", MODELS)
def test_simulate_of_every_model(model):
    lowers(lambda c: mx.simulate(c, 1.0, duration=1.0), getattr(mx.models, model)())


def test_there_is_a_case_for_every_stimulus():
    assert set(stimuli.__all__) - NO_STIMULI <= set(STIMULI)


@pytest.mark.parametrize("stimulus", STIMULI)
def test_simulate_under_every_stimulus(cell, stimulus):
    lowers(lambda s, key: mx.simulate(cell, s, duration=1.0, key=key), STIMULI[stimulus], jax.random.key(0))


@pytest.mark.parametrize("integrator", INTEGRATORS, ids=repr)
def test_the_gradient_of_a_batch(cell, integrator):
    def loss(c, level):
        return jnp.mean(jnp.square(mx.simulate(c, stimuli.step(level), duration=1.0, integrator=integrator).v))

    cells = mx.vary(cell, {"na.g": [100.0, 120.0, 140.0]})
    lowers(jax.vmap(jax.value_and_grad(loss, argnums=(0, 1))), cells, jnp.arange(3.0))


def test_forward_sensitivities(cell):
    lowers(jax.jacfwd(lambda g: mx.simulate(mx.replace(cell, {"na.g": g}), 10.0, duration=1.0).v), jnp.asarray(120.0))


def test_going_on_from_a_state(cell):
    lowers(lambda c, s: mx.simulate(c, duration=1.0, state=s).final, cell, mx.cell.state_at(cell, -65.0))


@pytest.mark.parametrize("model", MODELS)
def test_rest_of_every_model(model):
    cell = getattr(mx.models, model)()
    lowers(lambda c, i: mx.rest(c, i), cell, jnp.asarray(0.0))


def test_the_gradient_of_the_rest_of_a_batch(cell):
    cells = mx.vary(cell, {"k.g": [20.0, 36.0]})
    lowers(jax.vmap(jax.grad(lambda c: mx.rest(c).v)), cells)


def test_the_resting_point_and_its_stability(cell):
    lowers(mx.resting_point, cell, jnp.asarray(0.0))


@pytest.mark.parametrize("stimulus", ["step", "ornstein_uhlenbeck"])
@pytest.mark.parametrize("integrator", INTEGRATORS, ids=repr)
def test_the_chunk_of_a_run(cell, integrator, stimulus):
    cells = mx.vary(cell, {"na.g": np.linspace(60.0, 180.0, 5)})
    function, arguments = chunk_program(
        cells, STIMULI[stimulus], duration=1.0, record=EVERYTHING, integrator=integrator, key=0
    )
    lowers(function, *arguments)


def test_a_callback_would_be_seen():
    with pytest.raises((AssertionError, ValueError)):
        lowers(lambda x: jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), x.dtype), x), jnp.asarray(1.0))
