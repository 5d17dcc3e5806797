import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting.optimisers import levenberg_marquardt
from membrax.fitting.optimisers.levenberg_marquardt import (
    LONGEST_STEP,
    LevenbergMarquardt,
    LevenbergMarquardtState,
    damped,
)
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltage_loss
from membrax.fitting.problem.target import target
from membrax.pytrees import strong

BOUNDS = {
    "na.g": (20.0, 250.0),
    "k.g": (5.0, 80.0),
    "leak.g": (0.03, 3.0),
    "leak.e": (-80.0, -40.0),
    "capacitance": (0.5, 2.0),
}
TRUTH = np.array([120.0, 36.0, 0.3, -54.387, 1.0])


def problem_of(cell, data, bounds=BOUNDS):
    return Problem(strong(cell), target(data, [0], None), free(cell, bounds), mx.integrators.staggered)


def loss_at_truth(problem):
    place = jnp.asarray(problem.free.place(TRUTH), dtype=float)
    return float(jax.jit(voltage_loss)(place, problem))


def places(problem, count, seed=0):
    return jnp.asarray(problem.free.draw(count, seed), dtype=float)


def searches(problem, place, iterations):
    """The search before the first and after every iteration."""
    method = LevenbergMarquardt(iterations=iterations)
    path = [method.begin(problem, place)]
    for k in range(iterations):
        path.append(method.iterate(problem, path[-1], k))
    return path


def same(one, other, rows):
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(np.asarray(a)[rows], np.asarray(b)[rows])


@pytest.fixture(scope="module")
def axon(squid, firing):
    return problem_of(squid, firing(1, 25.0))


@pytest.fixture(scope="module")
def path(axon):
    return searches(axon, places(axon, 8), 40)


# --- a squid axon


def test_every_start_finds_the_parameters_of_a_squid_axon(axon, path):
    found = path[-1]
    assert np.all(np.asarray(found.loss) <= 1.1 * loss_at_truth(axon))
    errors = np.abs(axon.free.value(np.asarray(found.best, dtype=float)) / TRUTH - 1)
    assert errors.max() < 0.1


def test_the_best_free_running_place_is_kept(axon, path):
    losses = np.array([search.loss for search in path])
    assert np.all(np.isinf(losses[0])) and np.all(losses[1:] <= losses[:-1])
    free_loss = jax.jit(jax.vmap(voltage_loss, in_axes=(0, None)))
    np.testing.assert_allclose(free_loss(path[-1].best, axon), path[-1].loss, rtol=1e-4)
    for search in path[1:]:
        assert np.all(np.asarray(search.loss) <= np.asarray(free_loss(search.place, axon)) * (1 + 1e-4))


def test_places_stay_between_the_bounds_and_steps_are_short(path):
    every = np.array([search.place for search in path])
    assert every.min() >= 0.0 and every.max() <= 1.0
    assert np.abs(np.diff(every, axis=0)).max() <= LONGEST_STEP * (1 + 1e-5)


def test_the_search_does_move_and_comes_to_rest(path):
    moved = [np.abs(np.asarray(b.place) - np.asarray(a.place)).max() for a, b in itertools.pairwise(path)]
    assert moved[0] > 0.05
    assert moved[-1] < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_64_starts_find_the_parameters_of_a_long_noisy_trace(squid, firing, seed):
    problem = problem_of(squid, firing(seed, 80.0, dt=0.025))
    found = searches(problem, places(problem, 64, seed), levenberg_marquardt.ITERATIONS)[-1]
    good = np.asarray(found.loss) <= 1.1 * loss_at_truth(problem)
    errors = np.abs(problem.free.value(np.asarray(found.best, dtype=float))[good] / TRUTH - 1)
    assert good.mean() >= 0.95
    assert errors.max() <= 0.03


# --- starts know nothing of one another


def test_a_start_that_is_nan_leaves_its_neighbours_bit_identical(axon, path):
    method = LevenbergMarquardt(iterations=40)
    search = method.begin(axon, path[0].place.at[2].set(jnp.nan))
    for k in range(6):
        search = method.iterate(axon, search, k)
        same(search, path[k + 1], [0, 1, 3, 4, 5, 6, 7])
    assert np.isinf(search.loss[2]) and np.all(np.isfinite(np.asarray(search.loss)[[0, 1, 3, 4, 5, 6, 7]]))


def test_a_start_does_not_depend_on_its_neighbours(axon, path):
    method = LevenbergMarquardt(iterations=40)
    others = places(axon, 8, seed=9).at[5].set(path[0].place[5])
    search = method.begin(axon, others)
    for k in range(6):
        search = method.iterate(axon, search, k)
        same(search, path[k + 1], [5])


def test_a_start_alone_takes_the_same_steps(passive_problem):
    """To rounding: another number of starts is another program."""
    place = places(passive_problem, 3)
    together = searches(passive_problem, place, 10)[-1]
    alone = searches(passive_problem, place[1:2], 10)[-1]
    np.testing.assert_allclose(alone.loss[0], together.loss[1], rtol=1e-3)
    np.testing.assert_allclose(alone.best[0], together.best[1], atol=5e-3)


def test_a_start_without_a_resting_state_waits_and_can_come_back(passive_problem):
    """What isn't finite is never a better place, and raises the damping only."""
    method = LevenbergMarquardt(iterations=10)
    nowhere = dataclasses.replace(
        passive_problem, data=dataclasses.replace(passive_problem.data, holding=jnp.array([jnp.nan]))
    )
    before = method.begin(passive_problem, places(passive_problem, 3))
    waiting = method.iterate(nowhere, before, 0)
    np.testing.assert_array_equal(waiting.place, before.place)
    assert np.all(np.isinf(waiting.loss)) and np.all(np.asarray(waiting.damping) > np.asarray(before.damping))
    after = method.iterate(passive_problem, waiting, 1)
    assert np.all(np.isfinite(after.loss)) and np.all(np.asarray(after.place) != np.asarray(before.place))


# --- one step


def test_a_damped_step_solves_the_damped_equations():
    curvature = jnp.array([[2.0, 0.5], [0.5, 1.0]])
    gradient = jnp.array([0.1, -0.05])
    place = jnp.array([0.5, 0.5])
    step = damped(gradient, curvature, place, jnp.asarray(1e-7)) - place
    np.testing.assert_allclose(step, -np.linalg.solve(np.asarray(curvature), np.asarray(gradient)), rtol=1e-4)
    half = damped(gradient, curvature, place, jnp.asarray(1.0)) - place
    expected = -np.linalg.solve(np.asarray(curvature) + np.diag([2.0, 1.0]), np.asarray(gradient))
    np.testing.assert_allclose(half, expected, rtol=1e-4)


def test_more_damping_is_a_shorter_step_down_the_slope():
    curvature, gradient = jnp.array([[2.0, 0.5], [0.5, 1.0]]), jnp.array([0.1, -0.05])
    place = jnp.array([0.5, 0.5])
    steps = [np.asarray(damped(gradient, curvature, place, jnp.asarray(mu)) - place) for mu in (0.1, 1.0, 1e3)]
    assert np.linalg.norm(steps[0]) > np.linalg.norm(steps[1]) > np.linalg.norm(steps[2]) > 0
    assert all(step @ np.asarray(gradient) < 0 for step in steps)


def test_a_parameter_pushed_against_its_bound_is_fixed():
    curvature = jnp.array([[2.0, 1.5], [1.5, 2.0]])
    gradient = jnp.array([0.1, 0.02])
    at_bound = damped(gradient, curvature, jnp.array([0.0, 0.5]), jnp.asarray(1e-7))
    assert float(at_bound[0]) == 0.0
    assert float(at_bound[1]) == pytest.approx(0.5 - 0.02 / 2.0, rel=1e-4)  # as if it were the only parameter
    top = damped(-gradient, curvature, jnp.array([1.0, 0.5]), jnp.asarray(1e-7))
    assert float(top[0]) == 1.0 and float(top[1]) == pytest.approx(0.5 + 0.02 / 2.0, rel=1e-4)


def test_a_parameter_leaves_its_bound_by_an_inward_slope():
    left = damped(jnp.array([-0.1, 0.0]), jnp.eye(2), jnp.array([0.0, 0.5]), jnp.asarray(1e-7))
    np.testing.assert_allclose(left, [0.1, 0.5], rtol=1e-4)


def test_steps_are_bounded_and_end_at_the_bounds():
    far = damped(jnp.array([-1e6, 1.0]), jnp.eye(2), jnp.array([0.2, 0.1]), jnp.asarray(1e-7))
    assert float(far[0]) == pytest.approx(0.2 + LONGEST_STEP) and 0.0 <= float(far[1]) <= 0.1
    over = damped(jnp.array([-0.25, 0.0]), jnp.eye(2), jnp.array([0.9, 0.1]), jnp.asarray(1e-7))
    assert float(over[0]) == 1.0


def test_a_parameter_without_effect_stays_where_it_is():
    curvature, gradient = jnp.array([[1.0, 0.0], [0.0, 0.0]]), jnp.array([0.1, 0.0])
    place = damped(gradient, curvature, jnp.array([0.5, 0.5]), jnp.asarray(1e-7))
    np.testing.assert_allclose(place, [0.4, 0.5], rtol=1e-4)
    nothing = damped(jnp.zeros(2), jnp.zeros((2, 2)), jnp.array([0.5, 0.0]), jnp.asarray(1e-2))
    np.testing.assert_array_equal(nothing, [0.5, 0.0])


def test_a_search_is_packed_into_arrays_and_back(passive_problem):
    method = LevenbergMarquardt(iterations=10)
    search = method.iterate(passive_problem, method.begin(passive_problem, places(passive_problem, 3)), 0)
    arrays = method.pack(search)
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    back = method.unpack(method.begin(passive_problem, places(passive_problem, 3, seed=4)), arrays)
    assert isinstance(back, LevenbergMarquardtState)
    same(back, search, slice(None))
