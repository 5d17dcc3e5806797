import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting.optimisers import adam
from membrax.fitting.optimisers.adam import Adam
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem

METHOD = Adam(iterations=60)


def places(problem, count=3, seed=0):
    return jnp.asarray(problem.free.draw(count, seed), dtype=float)


def searches(problem, place, method=METHOD):
    path = [method.begin(problem, place)]
    for k in range(method.iterations):
        path.append(method.iterate(problem, path[-1], k))
    return path


@pytest.fixture(scope="module")
def path(passive_problem):
    return searches(passive_problem, places(passive_problem))


def test_the_loss_falls_towards_that_of_the_noise(path):
    losses = np.array([search.loss for search in path])
    assert np.all(np.isinf(losses[0])) and np.all(losses[1:] <= losses[:-1])
    assert np.all(losses[-1] < 0.02 * losses[1]) and np.all(losses[-1] < 0.02)


def test_the_truth_is_found(passive_problem, path, truth):
    values = passive_problem.free.value(np.asarray(path[-1].best, dtype=float))
    np.testing.assert_allclose(values, np.tile(list(truth.values()), (3, 1)), rtol=0.1)


def test_places_stay_between_the_bounds(path):
    every = np.array([search.place for search in path])
    assert every.min() >= 0.0 and every.max() <= 1.0


def test_a_truth_outside_the_bounds_is_met_at_the_bound(passive, passive_problem):
    narrow = free(passive, {"leak.g": (0.2, 0.5), "capacitance": (0.5, 1.0)})
    problem = Problem(passive, passive_problem.data, narrow, mx.integrators.staggered)
    path = searches(problem, places(problem))
    np.testing.assert_array_equal(np.asarray(path[-1].best)[:, 0], 0.0)
    assert np.all(path[-1].loss < path[1].loss)


def test_a_nan_start_leaves_its_neighbours_bit_identical(passive_problem, path):
    search = METHOD.begin(passive_problem, path[0].place.at[1].set(jnp.nan))
    for k in range(10):
        search = METHOD.iterate(passive_problem, search, k)
        for a, b in zip(jax.tree.leaves(search), jax.tree.leaves(path[k + 1]), strict=True):
            np.testing.assert_array_equal(np.asarray(a)[[0, 2]], np.asarray(b)[[0, 2]])
    assert np.isinf(search.loss[1])


def test_a_start_whose_gradient_is_nan_stays_where_it_is(passive_problem, path):
    """Its momentum, too: a step without a gradient is no step."""
    nowhere = dataclasses.replace(
        passive_problem, data=dataclasses.replace(passive_problem.data, holding=jnp.array([jnp.nan]))
    )
    before = path[10]
    after = METHOD.iterate(nowhere, before, 10)
    np.testing.assert_array_equal(after.place, before.place)
    np.testing.assert_array_equal(after.loss, before.loss)
    on = METHOD.iterate(passive_problem, after, 10)
    np.testing.assert_array_equal(on.place, path[11].place)


@pytest.mark.parametrize("nudged, first", [(True, adam.KAPPA[0]), (False, 0.0)])
def test_nudging_is_annealed_to_0_or_never_there(monkeypatch, passive_problem, nudged, first):
    kappas = []
    step = lambda problem, loss, state, kappa, settings: kappas.append(float(kappa)) or state  # noqa: E731
    monkeypatch.setattr(adam, "step_all", step)
    searches(passive_problem, places(passive_problem), Adam(iterations=10, nudged=nudged))
    assert kappas[0] == pytest.approx(first) and kappas[7:] == [0.0, 0.0, 0.0]
    assert kappas[6] == pytest.approx(adam.KAPPA[1] if nudged else 0.0)


def test_a_search_is_packed_into_arrays_and_back(passive_problem, path):
    arrays = METHOD.pack(path[7])
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    back = METHOD.unpack(METHOD.begin(passive_problem, places(passive_problem, seed=4)), arrays)
    for a, b in zip(jax.tree.leaves(back), jax.tree.leaves(path[7]), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"iterations": 0}, "iterations must be a whole number of at least 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0"),
        ({"ad_mode": "backward"}, "ad_mode must be one of forward, reverse or None, got 'backward'"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Adam(**settings)
