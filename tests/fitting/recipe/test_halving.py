"""Several searches side by side, of which the best continues."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting.optimisers import checkpoints
from membrax.fitting.optimisers.cmaes import CMAES, WORST
from membrax.fitting.problem.count_bounds import CountBounds
from membrax.fitting.problem.target import Target, target
from membrax.fitting.recipe.halving import SuccessiveHalving, beginning, coarse
from membrax.fitting.scores import train_score
from membrax.fitting.scores.train_score import train_scores

SCHEDULE = SuccessiveHalving()
METHOD = CMAES(iterations=10, population=6, schedule=SCHEDULE, loss=train_scores)


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


def test_a_dropped_search_can_not_win_by_an_easier_score(path):
    last = path[-1]
    dropped = [k for k in range(4) if k not in last.running]
    assert np.isinf(last.loss[dropped]).all() and np.isfinite(last.loss[list(last.running)]).all()


@pytest.mark.parametrize("generations", [1, 2, 3, 4, 5, 7, 10, 23])
@pytest.mark.parametrize("bounded", [False, True])
def test_the_number_of_simulations_is_known_before(passive_problem, generations, bounded):
    sweep = passive_problem.data
    held_out = CountBounds(jax.tree.map(lambda x: jnp.concatenate([x, x]), sweep), jnp.zeros(2), jnp.ones(2))
    problem = dataclasses.replace(passive_problem, count_bounds=held_out if bounded else None)
    asked = []

    def scores(places, problem):
        asked.append(len(places) * (len(problem.data.v) + (0 if problem.count_bounds is None else 2)))
        return jnp.asarray(np.random.default_rng(len(asked)).uniform(size=len(places)))

    searches(problem, CMAES(generations, 6, schedule=SCHEDULE, loss=scores), count=5)
    assert SCHEDULE.simulations(generations, 6, 5, 1, 2 if bounded else 0) == sum(asked)


def test_a_checkpoint_of_another_schedule_is_refused(passive_problem):
    place = passive_problem.free.draw(2, 0)
    identity = lambda **changes: checkpoints.identity(  # noqa: E731
        passive_problem, dataclasses.replace(METHOD, **changes), place, seed=0
    )
    worse = lambda places, problem: train_score.train_scores(places, problem) + 1.0  # noqa: E731
    assert identity() == identity(schedule=SuccessiveHalving())
    assert identity() != identity(schedule=SuccessiveHalving(guided=0.5))
    assert identity() != identity(loss=worse)


# --- coarse sweeps, and their beginnings


def test_coarse_sweeps_keep_their_charge(steps):
    fine = target(steps, [0, 1], None)
    thin = coarse(fine, 0.2)
    assert thin.interval == pytest.approx(0.2) and thin.substeps == 1
    assert thin.v.shape[-1] == thin.i.shape[-1] + 1
    np.testing.assert_allclose(jnp.sum(thin.i, -1) * thin.interval, jnp.sum(fine.i, -1) * fine.interval, rtol=1e-5)
    np.testing.assert_array_equal(thin.v, fine.v[:, ::2])


@pytest.mark.parametrize("samples, n", [(12, 3), (13, 3), (14, 3), (11, 2)])
def test_a_remainder_is_left_out(samples, n):
    whole = Target(jnp.ones((1, samples - 1)), jnp.zeros((1, samples)), jnp.zeros((1,)), interval=0.05)
    thin = coarse(whole, 0.05 * n)
    assert thin.i.shape[-1] == (samples - 1) // n and thin.v.shape[-1] == thin.i.shape[-1] + 1


def test_what_is_coarse_already_stays():
    whole = Target(jnp.ones((1, 9)), jnp.zeros((1, 10)), jnp.zeros((1,)), interval=0.25, substeps=3)
    assert coarse(whole, 0.1) is whole


def sampled_every(interval, substeps):
    samples = 41
    flat = jnp.zeros((1, samples - 1)), jnp.zeros((1, samples)), jnp.zeros(1)
    return Target(*flat, interval=interval, substeps=substeps)


def test_the_coarse_step_is_bounded_for_sparse_samples():
    assert coarse(sampled_every(0.25, 5), 0.1).substeps == 3
    assert coarse(sampled_every(0.1, 2), 0.1).substeps == 1
    assert coarse(sampled_every(0.25, 1), 0.1).substeps == 1  # no finer than it was


def test_the_beginning_of_sweeps_is_all_of_short_ones():
    data = sampled_every(0.25, 5)
    assert beginning(data, 10.0) is data
    cut = beginning(data, 5.0)
    assert cut.i.shape == (1, 20) and cut.v.shape == (1, 21)


def test_the_beginning_reaches_beyond_the_first_spike():
    data = sampled_every(0.25, 5)
    fires = dataclasses.replace(data, v=jnp.full_like(data.v, -65.0).at[0, 12].set(20.0))
    assert beginning(fires, 5.0).i.shape == (1, 32)
    assert beginning(fires, 7.0) is fires
    ends_a_spike = dataclasses.replace(fires, v=fires.v.at[0, :2].set(20.0))
    assert beginning(ends_a_spike, 5.0).i.shape == (1, 32)
