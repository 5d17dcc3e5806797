"""Several searches side by side, of which the best goes on."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting.optimisers import checkpoints, race
from membrax.fitting.optimisers.cmaes import WORST
from membrax.fitting.optimisers.race import Race
from membrax.fitting.problem.count_bounds import CountBounds
from membrax.fitting.scores import train_score

METHOD = Race(iterations=10, population=6)


def searches(problem, method=METHOD, count=4):
    path = [method.begin(problem, jnp.asarray(problem.free.draw(count, 0), dtype=float))]
    for k in range(method.iterations):
        path.append(method.iterate(problem, path[-1], k))
    return path


@pytest.fixture(scope="module")
def path(passive_problem):
    return searches(passive_problem)


def test_the_best_goes_on(path):
    assert path[3].running == (0, 1, 2, 3) and len(path[4].running) == 1
    (kept,) = path[4].running
    assert path[3].loss[kept] == path[3].loss.min()


def test_one_start_is_never_dropped(passive_problem):
    assert searches(passive_problem, count=1)[-1].running == (0,)


def test_losses_fall_but_where_the_step_changes(path):
    losses = np.array([search.loss for search in path[1:]])
    fine = 9
    assert np.all(np.diff(losses[:fine], axis=0) <= 0)
    assert np.all(np.isfinite(losses[:fine])) and np.all(losses[:fine] < WORST)


def test_the_best_of_each_is_kept(path):
    last = path[-1]
    for row, k in zip(last.scores[-1], last.running, strict=True):
        assert last.loss[k] == row.min()  # one fine generation alone
    assert last.best.min() >= 0.0 and last.best.max() <= 1.0


@pytest.mark.parametrize("done", [2, 5, 9])
def test_a_race_is_taken_up_from_its_scores(passive_problem, path, done):
    fresh = METHOD.begin(passive_problem, jnp.asarray(passive_problem.free.draw(4, 0), dtype=float))
    again = METHOD.unpack(fresh, METHOD.pack(path[done]))
    for k in range(done, METHOD.iterations):
        again = METHOD.iterate(passive_problem, again, k)
    assert again.running == path[-1].running
    np.testing.assert_array_equal(again.best, path[-1].best)
    np.testing.assert_array_equal(again.loss, path[-1].loss)


def test_a_search_that_was_dropped_can_not_win_by_an_easier_score(path):
    last = path[-1]
    dropped = [k for k in range(4) if k not in last.running]
    assert np.isinf(last.loss[dropped]).all() and np.isfinite(last.loss[list(last.running)]).all()


@pytest.mark.parametrize("generations", [1, 2, 3, 4, 5, 7, 10, 23])
@pytest.mark.parametrize("expected", [False, True])
def test_it_knows_how_many_simulations_it_takes(passive_problem, monkeypatch, generations, expected):
    sweep = passive_problem.data
    unseen = CountBounds(jax.tree.map(lambda x: jnp.concatenate([x, x]), sweep), jnp.zeros(2), jnp.ones(2))
    problem = dataclasses.replace(passive_problem, unseen=unseen if expected else None)
    asked = []

    def scores(places, problem):
        asked.append(len(places) * (len(problem.data.v) + (0 if problem.unseen is None else 2)))
        return jnp.asarray(np.random.default_rng(len(asked)).uniform(size=len(places)))

    monkeypatch.setattr(race, "train_scores", scores)
    method = Race(iterations=generations, population=6)
    searches(problem, method, count=5)
    assert method.simulations(5, 1, 2 if expected else 0) == sum(asked)


def test_long_sweeps_are_scored_in_parts_of_one_size(passive_problem, monkeypatch):
    asked = []
    monkeypatch.setattr(
        race, "train_scores", lambda places, problem: asked.append(len(places)) or jnp.zeros(len(places))
    )
    candidates = np.zeros((256, len(passive_problem.free)))
    for kept in (race.KEPT, 100.0 * passive_problem.data.v.size, 0.1):
        monkeypatch.setattr(race, "KEPT", kept)
        assert sum(len(part) for part in race._scored(candidates, passive_problem)) == 256
    assert asked == [256] + 4 * [64] + 256 * [1]


def test_a_checkpoint_of_other_rules_is_no_checkpoint_of_this_race(passive_problem, monkeypatch):
    place = passive_problem.free.draw(2, 0)
    mark = lambda: checkpoints.identity(passive_problem, Race(), place)  # noqa: E731
    own = mark()
    assert mark() == own
    monkeypatch.setattr(race, "GUIDED", 0.5)
    assert mark() != own
    monkeypatch.undo()
    monkeypatch.setattr(race, "score", lambda model, data: train_score.score(model, data) + 1.0)
    assert mark() != own
