"""Every public path lowers for CUDA: no development machine has a GPU, but the program that a GPU gets can be made.

`PATHS` is the one table: a name, and a function that returns a jittable function with its arguments.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import laws, probes, stimuli
from membrax.fitting.optimisers import adam, cmaes, levenberg_marquardt
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltages
from membrax.fitting.problem.target import target
from membrax.morphology import by_region, discretise, lead_field
from membrax.population import chunk_program

INTEGRATORS = {name: getattr(mx.integrators, name) for name in ("staggered", "exponential_euler", "runge_kutta")}
TREE_STEPS = {name: getattr(mx.integrators, name) for name in ("hines", "matrix_exponential")}
MODELS = [name for name in mx.models.__all__ if name[0].islower()]
PROBES = [probes.voltage(4), probes.gates(2), probes.currents(4), probes.summary(), probes.spikes()]
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
NOT_WAVEFORMS = {"Stimulus", "StimulusLike", "Waveform", "as_stimulus", "batch_axes", "batch_size", "begin", "evaluate"}
NOT_WAVEFORMS |= {"mean_density"}

simulate = functools.partial(mx.simulate, duration=1.0)


def axon():
    return mx.models.hodgkin_huxley()


@functools.cache
def tree():
    shape = discretise(mx.morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=3)
    channels = {
        "na": mx.channels.squid.Sodium(g=by_region(soma=120.0, dendrite=40.0)), "k": mx.channels.squid.Potassium(),
        "leak": mx.channels.Leak(),
    }  # fmt: skip
    return mx.pytrees.strong(mx.Cell(channels, morphology=shape))


def tree_trace(cell, integrator, **options):
    current = stimuli.step(1.0, 0.1, 0.5, unit="nA").at("soma") + stimuli.sine(0.1, 100.0, unit="nA").at(1, 0.3)
    return simulate(cell, current + stimuli.constant(1.0), integrator=integrator, **options)


@functools.cache
def problem():
    data = mx.recordings.example()
    data = dataclasses.replace(data, t=data.t[:400], v=data.v[:, :400], i=data.i[:, :400])
    bounds = {"na.g": (20.0, 250.0), "leak.g": (0.03, 3.0)}
    return Problem(
        mx.pytrees.strong(axon()), target(data, [0], 0.025), free(axon(), bounds), mx.integrators.staggered
    ), data


PLACES = jnp.full((4, 2), 0.5)
KAPPA = jnp.asarray(1.0)


def simulations():
    """One neuron: every integrator with all probes, every model, every stimulus, restarts and derivatives."""
    for name, integrator in INTEGRATORS.items():
        yield (
            f"simulate, {name}",
            lambda i=integrator: (lambda c: simulate(c, 10.0, integrator=i, record=PROBES), axon()),
        )
        yield f"gradient of a batch, {name}", lambda i=integrator: gradient_of_a_batch(i)
        for stimulus in ("step", "ornstein_uhlenbeck"):
            yield f"run, {name}, {stimulus}", lambda i=integrator, s=stimulus: chunk(i, STIMULI[s])
    for name in MODELS:
        yield f"simulate, {name}", lambda name=name: (lambda c: simulate(c, 1.0), getattr(mx.models, name)())
        yield f"rest, {name}", lambda name=name: (mx.rest, getattr(mx.models, name)(), jnp.asarray(0.0))
    for name, stimulus in STIMULI.items():
        yield f"simulate under {name}", lambda s=stimulus: (
            lambda s, key: simulate(axon(), s, key=key), s, jax.random.key(0),
        )  # fmt: skip
    yield "restart", lambda: (lambda c, s: simulate(c, state=s).final, axon(), mx.cell.state_at(axon(), -65.0))
    yield "forward sensitivities", lambda: (
        jax.jacfwd(lambda g: simulate(mx.replace(axon(), {"na.g": g}), 10.0).v), jnp.asarray(120.0),
    )  # fmt: skip
    yield "gradient of the rest of a batch", lambda: (
        jax.vmap(jax.grad(lambda c: mx.rest(c).v)), mx.vary(axon(), {"k.g": [20.0, 36.0]}),
    )  # fmt: skip
    yield "resting point", lambda: (mx.resting_point, axon(), jnp.asarray(0.0))
    yield "voltage clamp", lambda: (
        lambda c, v: mx.clamp.voltage_clamp(c, v, duration=1.0, dt=0.025, series_resistance=0.01).i, axon(),
        jnp.asarray(-20.0),
    )  # fmt: skip


def gradient_of_a_batch(integrator):
    def loss(cell, level):
        return jnp.mean(jnp.square(simulate(cell, stimuli.step(level), integrator=integrator).v))

    cells = mx.vary(axon(), {"na.g": [100.0, 120.0, 140.0]})
    return jax.vmap(jax.value_and_grad(loss, argnums=(0, 1))), cells, jnp.arange(3.0)


def chunk(integrator, stimulus):
    cells = mx.vary(axon(), {"na.g": np.linspace(60.0, 180.0, 5)})
    program, given = chunk_program(cells, stimulus, duration=1.0, record=PROBES, integrator=integrator, key=0)
    return program, *given


def trees():
    """Trees: both axial steps, their derivatives, their rest, and the potentials in the bath."""
    sites = [probes.voltage(4, sites=["soma", (1, 0.5)]), probes.gates(4), probes.currents(4)]
    sites += [probes.transmembrane(4), probes.summary(), probes.spikes(site=(1, 1.0))]
    for name, step in TREE_STEPS.items():
        yield f"tree, {name}", lambda step=step: (lambda c: tree_trace(c, step, record=sites), tree())
        yield f"gradient of a tree, {name}", lambda step=step: (
            jax.grad(lambda c: jnp.mean(tree_trace(c, step).v)), tree(),
        )  # fmt: skip
    yield "rest of a tree", lambda: (lambda c: mx.rest(c).v, tree())
    for source in ("line", "point"):
        yield f"lead field, {source}", lambda source=source: (
            functools.partial(lead_field, source=source), tree().morphology, jnp.ones((3, 3)),
        )  # fmt: skip
    yield "compartments", lambda: (
        lambda c: (c.area, c.conductance, c.half_resistance, c.matrix()), tree().morphology,
    )  # fmt: skip


def fits():
    """Fits: an iteration of every optimiser, and losses with their gradients."""
    lm, descent = levenberg_marquardt.LevenbergMarquardt(), adam.Adam(iterations=10)
    yield "Levenberg–Marquardt", lambda: (
        levenberg_marquardt.step_all, problem()[0], lm.begin(problem()[0], PLACES), KAPPA,
    )  # fmt: skip
    yield "Adam", lambda: (
        functools.partial(adam.step_all, settings=descent), problem()[0], None,
        descent.begin(problem()[0], PLACES), KAPPA,
    )  # fmt: skip
    yield "CMA-ES", lambda: (cmaes.spike_scores, PLACES, problem()[0])
    yield "traces of a fit", lambda: (voltages, PLACES[0], problem()[0])
    yield "objective", objective


def objective():
    f = mx.fitting.losses
    loss = f.weighted((1.0, f.spike_times), (1.0, f.activity), (1.0, f.feature_distance))
    one = mx.fitting.objective(axon(), {"na.g": (20.0, 250.0), "leak.g": (0.03, 3.0)}, problem()[1], loss=loss)
    return jax.vmap(jax.value_and_grad(one)), PLACES


def formulas():
    """Laws that are more than arithmetic."""
    at, ends = jnp.ones((2, 3)), jnp.ones((5, 3))
    yield "point sources", lambda: (lambda e, s: laws.extracellular.point_sources(e, s, conductivity=0.3), at, ends)
    yield "line sources", lambda: (
        lambda e, a, b: laws.extracellular.line_sources(e, a, b, conductivity=0.3, radius=1.0), at, ends, ends + 1.0,
    )  # fmt: skip


PATHS = dict([*simulations(), *trees(), *fits(), *formulas()])
SLOW = {f"gradient of a tree, {name}" for name in TREE_STEPS}


def lowered(function, *given):
    """The program for CUDA, as text."""
    return jax.jit(function).trace(*given).lower(lowering_platforms=("cuda",)).as_text()


@pytest.mark.parametrize("path", [pytest.param(p, marks=pytest.mark.slow) if p in SLOW else p for p in PATHS])
def test_it_lowers_for_cuda_without_callbacks(path):
    text = lowered(*PATHS[path]())
    assert "module" in text
    assert "callback" not in text


def test_there_is_a_path_for_every_stimulus():
    assert set(stimuli.__all__) - NOT_WAVEFORMS <= set(STIMULI)


def test_a_callback_is_detected():
    try:
        text = lowered(lambda x: jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), x.dtype), x), jnp.asarray(1.0))
    except ValueError:
        return  # some releases refuse to lower it
    assert "callback" in text
