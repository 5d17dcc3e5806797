"""What a fit runs on a GPU, lowered for one where there is none."""

import jax
import jax.numpy as jnp
import pytest

import membrax as mx
from membrax.fitting.optimisers import adam, cmaes, levenberg_marquardt
from membrax.fitting.problem.parameters import free
from membrax.fitting.problem.problem import Problem, voltages
from membrax.fitting.problem.target import target
from membrax.pytrees import strong

KAPPA = 1.0


@pytest.fixture(scope="module")
def problem(squid, firing):
    bounds = {"na.g": (20.0, 250.0), "leak.g": (0.03, 3.0)}
    return Problem(strong(squid), target(firing(1, 10.0), [0], 0.025), free(squid, bounds), mx.integrators.staggered)


def lowered(function, *arguments):
    return jax.jit(function).trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()


def test_an_iteration_of_levenberg_marquardt(problem):
    search = levenberg_marquardt.LevenbergMarquardt().begin(problem, jnp.full((4, 2), 0.5))
    text = lowered(levenberg_marquardt.step_all, problem, search, jnp.asarray(KAPPA))
    assert "stablehlo.while" in text


def test_an_iteration_of_adam(problem):
    method = adam.Adam(iterations=10)
    search = method.begin(problem, jnp.full((4, 2), 0.5))
    text = lowered(lambda *args: adam.step_all(*args, settings=method), problem, None, search, jnp.asarray(KAPPA))
    assert "stablehlo.while" in text


def test_the_scores_of_a_generation(problem):
    assert "stablehlo.while" in lowered(cmaes.spike_scores, jnp.full((4, 2), 0.5), problem)


def test_the_traces_of_the_best_cell(problem):
    shown = Problem(problem.cell, problem.data, free(problem.cell, {"na.g": (1.0, 2.0)}), problem.integrator)
    assert "stablehlo.while" in lowered(lambda p: voltages(jnp.zeros((1,)), p), shown)
