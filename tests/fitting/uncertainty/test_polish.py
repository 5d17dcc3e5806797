import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting.optimisers.levenberg_marquardt import LevenbergMarquardt
from membrax.fitting.uncertainty.polish import masked_step, polish

pytestmark = pytest.mark.slow


def test_it_lowers_for_a_gpu(passive_problem):
    problem = passive_problem
    search = LevenbergMarquardt().begin(problem, jnp.full((3, 2), 0.5))
    step = jax.jit(lambda *arguments: masked_step(*arguments))
    text = step.trace(problem, search, jnp.ones((3, 2)), jnp.zeros(())).lower(lowering_platforms=("cuda",)).as_text()
    assert "stablehlo.while" in text


@pytest.mark.slow
def test_many_recordings_are_fitted_side_by_side(passive_problem):
    """One more axis over everything, as a study of coverage needs it: every search is the same as alone."""
    data = passive_problem.data
    both = jax.tree.map(lambda x: jnp.stack([x, x + 0.1]), data)
    search = LevenbergMarquardt().begin(passive_problem, jnp.asarray(passive_problem.free.draw(3, 0), dtype=float))

    def one(data):
        problem = dataclasses.replace(passive_problem, data=data)
        return masked_step(problem, search, jnp.ones((3, 2)), jnp.ones(()))

    together = jax.jit(jax.vmap(one))(both)
    alone = one(data)
    np.testing.assert_allclose(together.place[0], alone.place, atol=1e-5)
    assert not np.allclose(together.place[1], alone.place, atol=1e-3)


def test_without_fixed_parameters_it_is_levenberg_marquardt(passive_problem):
    start = LevenbergMarquardt().begin(passive_problem, jnp.asarray(passive_problem.free.draw(3, 0), dtype=float))
    masked = masked_step(passive_problem, start, jnp.ones((3, 2)), jnp.zeros(()))
    # A single iteration is without nudging.
    plain = LevenbergMarquardt(iterations=1).iterate(passive_problem, start, 0)
    np.testing.assert_allclose(masked.loss, plain.loss, rtol=1e-4)


def test_fixed_parameters_do_not_move(passive_problem):
    start = LevenbergMarquardt().begin(passive_problem, jnp.asarray(passive_problem.free.draw(3, 0), dtype=float))
    fixed = masked_step(passive_problem, start, jnp.array([[0.0, 1.0]] * 3), jnp.zeros(()))
    np.testing.assert_array_equal(fixed.place[:, 0], start.place[:, 0])
    assert np.all(np.asarray(fixed.place[:, 1]) != np.asarray(start.place[:, 1]))


def test_all_starts_reach_the_minimum(passive_problem):
    starts = np.array([[0.4, 0.4], [0.6, 0.55], [0.5, 0.5]])
    places, loss = polish(passive_problem, starts, np.ones(2), 15)
    np.testing.assert_allclose(places, np.broadcast_to(places[0], places.shape), atol=2e-3)
    assert np.ptp(loss) < 1e-4 * loss[0] and np.all(loss < 0.004)
    fixed, more = polish(passive_problem, starts, np.array([1.0, 0.0]), 15)
    np.testing.assert_allclose(fixed[:, 1], starts[:, 1], atol=1e-7)
    assert np.all(more > loss)
