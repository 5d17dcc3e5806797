"""Searches for the least of a loss of one's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting import losses
from membrax.fitting.losses.context import named
from membrax.fitting.optimisers import checkpoints
from membrax.fitting.optimisers.custom_loss import OwnAdam, OwnEvolution, own_method

pytestmark = pytest.mark.slow


def own(v, recorded, interval):
    return jnp.mean(jnp.abs(v - recorded) ** 1.5)


def least(method, problem, starts):
    """The best value of each parameter after all iterations."""
    search = method.begin(problem, jnp.asarray(problem.free.draw(starts, 0), dtype=float))
    for k in range(method.iterations):
        search = method.iterate(problem, search, k)
    best = int(np.argmin(search.loss))
    return dict(zip(problem.free.names, problem.free.value(np.asarray(search.best, dtype=float))[best], strict=True))


@pytest.mark.parametrize("name, iterations", [("adam", 60), ("evolution", 25)])
def test_a_search_finds_the_truth(passive_problem, truth, name, iterations):
    method = own_method(own, passive_problem, name, iterations=iterations)
    assert least(method, passive_problem, 2) == pytest.approx(truth, rel=0.05)


def test_evolution_is_for_any_loss_and_adam_is_asked_for(passive_problem):
    assert isinstance(own_method(own, passive_problem, None, seed=3), OwnEvolution)
    method = own_method(own, passive_problem, "adam", ad_mode="reverse")
    assert isinstance(method, OwnAdam) and method.ad_mode == "reverse" and method.loss_name == "own"


@pytest.mark.parametrize(
    "loss, name, told",
    [
        (own, "levenberg", "method must be one of adam, evolution or None for a loss of your own, got 'levenberg'"),
        (3.0, None, "loss must be a function loss"),
        (lambda v, recorded, interval: v, None, r"loss must give one number per sweep, got the shape \(121,\)"),
        (losses.weighted(([1.0, 1.0], own)), None, "weights are for 2 sweeps, but 1 are fitted"),
    ],
)
def test_what_can_t_be_searched_is_refused(passive_problem, loss, name, told):
    with pytest.raises(ValueError, match=told):
        own_method(loss, passive_problem, name)


def test_a_loss_is_named_by_its_function_and_settings():
    assert named(losses.spike_times) == "spike_times"
    assert named(jax.tree_util.Partial(losses.activity, width=5.0)) == "activity(width=5)"
    both = losses.weighted((1.0, losses.huber), ([1.0, 2.0], jax.tree_util.Partial(losses.huber, scale=2.0)))
    assert named(both) == "1 huber + [1, 2] huber(scale=2)"
    assert named(losses.clamp_current(width=0.5)) == "Imbalance(scale=1, width=0.5)"


def test_a_checkpoint_knows_its_loss(passive_problem):
    place = np.zeros((2, 2))
    mark = lambda loss: checkpoints.identity(passive_problem, own_method(loss, passive_problem, None), place)  # noqa: E731
    narrow, wide = (jax.tree_util.Partial(losses.activity, width=w) for w in (1.0, 9.0))
    assert mark(narrow) == mark(jax.tree_util.Partial(losses.activity, width=1.0)) != mark(wide)


def test_a_checkpoint_knows_two_functions_of_one_name_apart(passive_problem):
    place = np.zeros((2, 2))
    mark = lambda loss: checkpoints.identity(passive_problem, own_method(loss, passive_problem, None), place)  # noqa: E731
    square, cube = (lambda v, r, dt: jnp.mean(abs(v - r) ** 2)), (lambda v, r, dt: jnp.mean(abs(v - r) ** 3))
    assert named(square) == named(cube) and mark(square) != mark(cube)
    assert mark(losses.weighted((1.0, square))) != mark(losses.weighted((1.0, cube)))
    assert mark(square) == mark(lambda v, r, dt: jnp.mean(abs(v - r) ** 2))
