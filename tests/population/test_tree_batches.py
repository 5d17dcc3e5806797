"""Batches of trees on a CPU, with the neurons last in every array: each tree agrees with `simulate`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax import morphology, probes, stimuli
from membrax.cell import settle
from membrax.channels import Leak, patch, squid
from membrax.integrators import hines
from membrax.morphology import by_region
from membrax.population import tree_batches

EPS = float(jnp.finfo(jnp.result_type(float)).eps)
MANY, SOME = 37, np.array([0, 5, 36])
SHAPE = morphology.discretise(morphology.binary_tree(5, length=60.0, radius=1.0), per_section=2)
COUNT = SHAPE.count
RECORD = [
    probes.voltage(4), probes.gates(8), probes.currents(8), probes.transmembrane(8), probes.spikes(threshold=-62.0),
    probes.summary(),
]  # fmt: skip
DENSITIES = np.linspace(25.0, 45.0, MANY)


@pytest.fixture(scope="module")
def cell():
    channels = {"k": squid.Potassium(), "leak": Leak(g=by_region(dendrite=0.3, elsewhere=0.1))}
    return mx.Cell(channels, morphology=SHAPE)


def spread_densities(cell):
    return mx.vary(cell, {"k.g": DENSITIES[:, None] * np.linspace(1.0, 0.5, COUNT)}), 0.5


def shapes(cell):
    radii = np.linspace(0.7, 1.4, MANY)[:, None] * np.asarray(SHAPE.radius)
    # A density at a site becomes a current by that compartment's area, which each tree has its own of.
    return mx.vary(cell, {"morphology.radius": radii}), stimuli.step(100.0, 0.2).at(1, 0.7)


def temperatures(cell):
    return mx.vary(cell, {"celsius": np.linspace(5.0, 15.0, MANY), "capacitance": np.linspace(0.8, 1.2, MANY)}), 2.0


def two_electrodes(cell):
    step = stimuli.step(0.3, 0.1, unit="nA").at(2, 1.0)
    return mx.vary(cell, {"k.g": DENSITIES}), step + stimuli.ramp(4.0, 0.0, 2.0)


def own_currents(cell):
    return cell, stimuli.step(np.linspace(0.01, 0.1, MANY), 0.1, unit="nA").at(0, 0.0)


SLOW = pytest.mark.slow
CASES = [
    spread_densities, shapes, pytest.param(temperatures, marks=SLOW), pytest.param(two_electrodes, marks=SLOW),
    pytest.param(own_currents, marks=SLOW),
]  # fmt: skip


def run(cells, stimulus, **named):
    return mx.run(cells, stimulus, duration=2.0, record=RECORD, integrator=hines, progress=False, **named)


def of_one(tree, k):
    """Neuron ``k`` of many."""
    return jax.tree.map(lambda x: x[k] if jnp.ndim(x) and len(x) == MANY else x, tree)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_tree_of_many_agrees_with_simulate(cell, case):
    cells, stimulus = case(cell)
    many, stimulus = run(cells, stimulus), mx.stimuli.as_stimulus(stimulus)
    assert np.ptp(many.v[:, -1, 0]) > 0.1  # they differ, and by more than rounding
    bounds = {"gates": 50 * EPS, "currents": 1e4 * EPS, "transmembrane": 1e3 * EPS, "summary": 500 * EPS}
    for k in SOME:
        one = mx.simulate(of_one(cells, k), of_one(stimulus, k), duration=2.0, record=RECORD, integrator=hines)
        np.testing.assert_allclose(many.v[k], one.v, atol=500 * EPS)
        assert many.spike_counts[k] == one.spike_count
        np.testing.assert_allclose(many.spike_times[k], one.spikes[: many.spike_times.shape[1]], atol=1e3 * EPS)
        for name, bound in bounds.items():
            for a, b in zip(jax.tree.leaves(many.recorded[name]), jax.tree.leaves(one.recorded[name]), strict=True):
                np.testing.assert_allclose(a[k], b, atol=bound, err_msg=name)
        final = settle(of_one(cells, k), of_one(many.final, k))
        for a, b in zip(jax.tree.leaves(final.gates), jax.tree.leaves(one.final.gates), strict=True):
            np.testing.assert_allclose(a, b, atol=50 * EPS)


def test_some_trees_fire(cell):
    cells, stimulus = own_currents(cell)
    result = mx.run(cells, stimulus, duration=2.0, record=RECORD[4], integrator=hines, progress=False)
    assert 0 < (result.spike_counts > 0).sum() < MANY


def test_chunks_of_trees_change_no_bit(cell):
    cells, stimulus = spread_densities(cell)  # as above, what was compiled serves again
    whole, cut = run(cells, stimulus), run(cells, stimulus, chunk=0.5)
    assert np.array_equal(whole.v, cut.v)
    assert np.array_equal(whole.spike_times, cut.spike_times, equal_nan=True)
    assert np.array_equal(whole.final.v, cut.final.v)


@pytest.mark.parametrize("count", [3, tree_batches.LARGEST + 1])
def test_padded_batches_lose_no_tree(cell, count):
    values = np.linspace(40.0, 20.0, count)
    record = probes.voltage(20, sites=[0])
    named = {"duration": 1.0, "record": record, "integrator": hines}
    result = mx.run(mx.vary(cell, {"k.g": values}), 2.0, progress=False, **named)
    assert result.v.shape == (count, 3, 1)
    assert result.spike_counts.shape == (count,)
    assert (np.diff(result.v[:, -1, 0]) > 0).all()  # less potassium, less repolarised, in the order they were given in
    for k in (0, count - 1):
        alone = mx.simulate(mx.replace(cell, {"k.g": values[k]}), 2.0, **named)
        np.testing.assert_allclose(result.v[k], alone.v, atol=500 * EPS)


@pytest.mark.parametrize("count, size", [(3, 3), (100, 100), (128, 128), (129, 72), (300, 104), (10_000, 128)])
def test_batch_sizes(count, size):
    assert tree_batches.batch_size(count) == size


@pytest.mark.slow
def test_noise_is_the_same_in_a_small_and_a_large_batch():
    cell = mx.Cell({"k": patch.Potassium(count=500.0), "leak": Leak()}, morphology=SHAPE)
    noise = stimuli.ornstein_uhlenbeck(0.0, 2.0, 1.0)
    cells = mx.vary(cell, {"leak.g": np.full(MANY, 0.3)})
    named = {"duration": 1.0, "record": probes.voltage(20), "integrator": hines, "key": 3, "progress": False}
    many = mx.run(cells, noise, **named)
    few = mx.run(jax.tree.map(lambda x: x[:4], cells), noise, **named)
    np.testing.assert_allclose(many.v[:4], few.v, atol=2e3 * EPS)
    old = mx.run(cells, noise, **named | {"key": jax.random.PRNGKey(3)})  # a key as it was before keys had a type
    assert np.array_equal(old.v, many.v)
    assert len(set(many.v[:, -1, 0].tolist())) == MANY


def test_an_invalid_tree_does_not_affect_the_others(cell):
    values = DENSITIES.copy()
    values[7] = np.nan
    sound = run(mx.vary(cell, {"k.g": DENSITIES}), 1.0)
    with pytest.warns(UserWarning, match="7"):
        result = run(mx.vary(cell, {"k.g": values}), 1.0)
    others = np.arange(MANY) != 7
    assert result.finite.tolist() == others.tolist()
    np.testing.assert_allclose(result.v[others], sound.v[others], atol=500 * EPS)
