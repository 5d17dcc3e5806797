"""Trees under a fit: the recording is of the soma."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import morphology, stimuli
from membrax.channels import Leak
from membrax.fitting.problem.from_values import problem_of
from membrax.fitting.problem.nudging import trajectory
from membrax.fitting.problem.parameters import free as free_parameters
from membrax.fitting.problem.target import target
from membrax.integrators import exponential_euler, hines, matrix_exponential
from membrax.morphology import by_distance, by_region
from membrax.pytrees import strong
from membrax.rest.trees import tree_rest

QUICK = pytest.mark.parametrize(
    "integrator", [hines, pytest.param(matrix_exponential, marks=pytest.mark.slow)], ids=repr
)
BOTH = pytest.mark.parametrize("integrator", [hines, matrix_exponential], ids=repr)
EPS = float(jnp.finfo(jnp.result_type(float)).eps)
X64 = jax.config.jax_enable_x64
INTERVAL, SAMPLES, START, STOP = 0.1, 81, 10, 60
SHAPE = morphology.discretise(morphology.ball_and_stick(8.0, 200.0, 1.0), per_section=4)


def cell_of(soma=0.3, dendrite=0.1, **changes):
    leak = Leak(g=by_region(soma=soma, dendrite=dendrite), e=-65.0)
    return mx.replace(mx.Cell({"leak": leak}, morphology=SHAPE), changes)


@pytest.fixture(scope="module")
def data():
    """A step of 0.1 nA into the soma, from a holding current of 0.02 nA."""
    i = np.zeros((1, SAMPLES))
    i[:, START:STOP] = 0.1
    i += 0.02
    cell = cell_of()
    current = stimuli.from_samples(jnp.asarray(i[0, :-1], dtype=float), INTERVAL, unit="nA")
    into = jnp.zeros(SHAPE.count).at[0].set(0.02)
    state = mx.cell.state_at(cell, tree_rest(strong(cell), 0.0, into))
    named = {"state": state, "integrator": hines, "record": mx.probes.voltage(2, sites=["soma"])}
    v = mx.simulate(cell, current, duration=8.0, dt=INTERVAL / 2, **named).v[:, 0]
    return mx.Recording(t=np.arange(SAMPLES) * INTERVAL, v=np.asarray(v)[None], i=i, unit="nA", name="soma")


@pytest.fixture(scope="module")
def sweep(data):
    return jax.tree.map(lambda x: x[0], target(data, [0], None))


def follow(cell, sweep, kappa=0.0, integrator=hines):
    run = jax.jit(trajectory, static_argnames="integrator")
    return np.asarray(run(strong(cell), sweep, jnp.asarray(kappa, dtype=float), integrator=integrator))


def test_without_nudging_it_is_a_simulation_from_rest(data, sweep):
    v = follow(cell_of(), sweep)
    assert v == pytest.approx(data.v[0], abs=2e3 * EPS)
    assert np.abs(v[:START] - v[0]).max() < 1e-3
    assert np.ptp(v) > 1.0


def test_strong_nudging_follows_the_recording_in_the_soma(data, sweep):
    far = cell_of(soma=0.6, dendrite=0.3)
    # It begins at its own rest, and not at the recording's.
    free, held = (np.abs(follow(far, sweep, kappa) - data.v[0])[1:].max() for kappa in (0.0, 1e4))
    assert free > 3.0
    assert held < 0.05 * free


@QUICK
def test_the_gradient_is_that_of_finite_differences(data, integrator):
    values = {"leak.g.soma": 0.35, "leak.g.dendrite": 0.12, "morphology.axial_resistivity": 130.0, "capacitance": 1.1}

    def misfit(changes):
        return mx.fitting.value_and_grad(cell_of(), {**values, **changes}, data, integrator=integrator)

    found = misfit({})
    assert float(found.loss) > 0.0
    h = 1e-4 if X64 else 0.02
    for path, value in values.items():
        up, down = (float(misfit({path: value * (1 + s * h)}).loss) for s in (1, -1))
        slope = (up - down) / (2 * h * value)
        assert float(found.gradient[path]) == pytest.approx(slope, rel=1e-4 if X64 else 0.02, abs=1e-6)


def test_at_the_truth_there_is_no_misfit(data):
    truth = {"leak.g.soma": 0.3, "leak.g.dendrite": 0.1, "morphology.axial_resistivity": 100.0, "capacitance": 1.0}
    found = mx.fitting.value_and_grad(cell_of(), truth, data, integrator=hines)
    assert float(found.loss) < 1e-8


@pytest.mark.slow
@BOTH
def test_regional_densities_are_found(data, integrator):
    bounds = {"leak.g.soma": (0.05, 1.0), "leak.g.dendrite": (0.02, 0.5)}
    fit = mx.fit(cell_of(0.6, 0.05), bounds, data, starts=4, progress=False, integrator=integrator)
    assert fit.values["leak.g.soma"] == pytest.approx(0.3, rel=0.2)
    assert fit.values["leak.g.dendrite"] == pytest.approx(0.1, rel=0.2)
    assert isinstance(fit.cell.morphology, morphology.Compartments)
    assert bool(mx.simulate(fit.cell, duration=0.1).finite)


@pytest.mark.parametrize(
    ("cell", "bounds", "told"),
    [
        (cell_of(), {"leak.g": (0.1, 1.0)}, "leak.g is no number.*leak.g.soma"),
        (cell_of(), {"leak.g.apical": (0.1, 1.0)}, "unknown path 'leak.g.apical'"),
        (cell_of(), {"leak.g.soma": (-0.1, 1.0)}, "a bound of leak.g.soma must be at least 0 mS/cm²"),
        (cell_of(), {"morphology.radius": (0.5, 2.0)}, "morphology.radius"),
        (cell_of(), {"morphology.length": (0.5, 2.0)}, "morphology.length"),
    ],
)
def test_bounds_of_an_array_are_refused(data, cell, bounds, told):
    with pytest.raises(ValueError, match=told):
        mx.fit(cell, bounds, data, starts=1, progress=False)


def test_a_slope_may_have_a_negative_bound():
    falling = mx.replace(cell_of(), {"leak.g": by_distance(lambda x, a, b: a + b * x, a=0.3, b=-1e-4)})
    free = free_parameters(falling, {"leak.g.b": (-1e-3, 1e-3)})
    assert free.low == (-1e-3,)


def test_schemes_without_trees_are_refused(data):
    with pytest.raises(ValueError, match="exponential_euler does not support a morphology"):
        mx.fit(cell_of(), {"leak.g.soma": (0.1, 1.0)}, data, integrator=exponential_euler, progress=False)


@pytest.mark.parametrize("path", ["capacitance.soma", "capacitance", "morphology.axial_resistivity"])
def test_a_free_leaf_of_the_propagator_is_not_precomputed(path):
    tree = mx.morphology.ball_and_stick(8.0, 200.0, 1.0)
    spread = mx.morphology.by_region(soma=1.0, elsewhere=2.0) if path == "capacitance.soma" else 1.0
    cell = mx.Cell({"leak": mx.channels.Leak()}, capacitance=spread, morphology=tree)
    data = mx.Recording(t=np.arange(3) * 0.05, v=np.full((1, 3), -65.0), i=np.zeros((1, 3)), unit="nA")
    _, problem = problem_of(cell, {path: 1.5}, data, integrator=mx.integrators.matrix_exponential)
    assert problem.moves_the_axial_current
    assert isinstance(problem.cell.morphology, mx.morphology.Compartments)
