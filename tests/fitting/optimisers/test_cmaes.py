import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting.optimisers.cmaes import CMAES
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltages
from membrax.fitting.scores import spike_score
from membrax.fitting.scores.online import spike_scores

METHOD = CMAES(iterations=8, population=6)


def places(problem, count=3, seed=0):
    return jnp.asarray(problem.free.draw(count, seed), dtype=float)


def searches(problem, method=METHOD, count=3):
    path = [method.begin(problem, places(problem, count))]
    for k in range(method.iterations):
        path.append(method.iterate(problem, path[-1], k))
    return path


@pytest.fixture(scope="module")
def path(passive_problem):
    return searches(passive_problem)


def test_the_same_seed_gives_the_same_numbers(passive_problem, path):
    again = searches(passive_problem)[-1]
    np.testing.assert_array_equal(again.scores, path[-1].scores)
    np.testing.assert_array_equal(again.best, path[-1].best)


def test_another_seed_gives_others(passive_problem, path):
    other = searches(passive_problem, dataclasses.replace(METHOD, seed=17))[-1]
    assert not np.any(np.array(other.scores) == np.array(path[-1].scores))


def test_the_best_candidate_of_every_start_is_kept(path):
    losses = np.array([search.loss for search in path])
    assert np.all(np.isinf(losses[0])) and np.all(losses[1:] <= losses[:-1])
    np.testing.assert_array_equal(path[-1].loss, np.array(path[-1].scores).min(axis=(0, 2)))
    assert np.all(losses[-1] < losses[1])


def test_the_best_place_has_its_score(passive_problem, path):
    scores = spike_scores(jnp.asarray(path[-1].best, dtype=float), passive_problem)
    np.testing.assert_allclose(scores, path[-1].loss, rtol=1e-4)
    assert path[-1].best.min() >= 0.0 and path[-1].best.max() <= 1.0


def test_scores_are_those_of_the_traces(passive_problem):
    place = places(passive_problem, 2)
    recorded = passive_problem.data.v[0]

    @jax.jit
    def expected(p):
        v = voltages(p, passive_problem)[0]
        return spike_score.score(spike_score.features(v, 0.1, recorded), spike_score.features(recorded, 0.1))

    np.testing.assert_allclose(spike_scores(place, passive_problem), [expected(p) for p in place], rtol=1e-4)


def test_a_search_is_taken_up_from_its_scores(passive_problem, path):
    arrays = METHOD.pack(path[4])
    again = METHOD.unpack(METHOD.begin(passive_problem, places(passive_problem)), arrays)
    for k in range(4, METHOD.iterations):
        again = METHOD.iterate(passive_problem, again, k)
    np.testing.assert_array_equal(again.scores, path[-1].scores)
    np.testing.assert_array_equal(again.best, path[-1].best)


def test_models_that_are_not_finite_are_never_the_best(passive_problem):
    nowhere = dataclasses.replace(
        passive_problem, data=dataclasses.replace(passive_problem.data, holding=jnp.array([jnp.nan]))
    )
    found = METHOD.iterate(nowhere, METHOD.begin(nowhere, places(nowhere)), 0)
    assert np.all(np.isinf(found.loss)) and np.all(np.isfinite(found.scores))
    back = METHOD.iterate(passive_problem, found, 1)
    assert np.all(np.isfinite(back.loss))


def test_one_parameter_is_enough(passive, passive_problem):
    scale = free(passive, {"leak.g": (0.02, 0.5)})
    problem = Problem(passive, passive_problem.data, scale, mx.integrators.staggered)
    found = searches(problem)[-1]
    assert np.all(np.isfinite(found.loss)) and np.all(found.loss <= searches(problem)[1].loss)


@pytest.mark.slow
def test_a_firing_cell_is_found_on_its_spikes(squid, firing):
    data = firing(1, 60.0)
    found = mx.fit(squid, {"na.g": (20, 250), "k.g": (5, 80)}, data, method=CMAES(iterations=40), progress=False)
    assert found.evaluate(by="sweep").rows[0].count_error == 0
    assert found.loss < 0.6
