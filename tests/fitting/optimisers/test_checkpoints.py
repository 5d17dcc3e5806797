"""A checkpoint knows its fit: losses of one name differ by their traced program, the same one in another session."""

import functools
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting import losses
from membrax.fitting.losses.context import named
from membrax.fitting.losses.total import SweepMean, checked_loss
from membrax.fitting.optimisers import CMAES, Adam, checkpoints

V, RECORDED = jnp.linspace(-70.0, 20.0, 50), jnp.linspace(-70.0, 10.0, 50)
SCALE, WEIGHTS, TABLE = 2.0, (1.0, 2.0), np.linspace(0.0, 1.0, 50)
SOURCE = """
from membrax.fitting.optimisers.checkpoints import program
import jax, functools
import jax.numpy as jnp
import numpy as np
scale, table = 3.0, jnp.linspace(0.0, 1.0, 50)
def inner(x): return {body}
class Loss:
    def __init__(self): self.width = 4.0
    def evaluate(self, context): return self.width * context
def power(n): return lambda v, r, dt: scale * jnp.mean(abs(inner(v) - r) ** n)
def closing():
    names = {{"a", "b", "c"}}
    return lambda v, r, dt: jnp.mean(table * v[1:3].sum()) + len(names) + jax.nn.relu(v).sum() + jax.nn.gelu(v).sum()
losses = [power(2), closing(), jax.jit(power(3))]
losses.append(jax.tree_util.Partial(lambda v, r, dt, width: width * v.sum(), width=1.0))
losses.append(lambda v, r, dt: Loss().evaluate(v).sum() + jax.random.normal(jax.random.key(3)))
v = jnp.linspace(-70.0, 20.0, 50)
print([program(loss, v, v, 0.1) for loss in losses])
"""


def power(n):
    return lambda v, recorded, interval: jnp.mean(abs(v - recorded) ** n)


@jax.jit
def fast(x):
    return x + 1.0


def inner(x):
    return SCALE * fast(x) + WEIGHTS[1]


def outer(v, recorded, interval):
    return jnp.sum(inner(v) * TABLE)


def scaled(v, recorded, interval, width=1.0):
    return width * jnp.sum(v)


class Loss:
    def __init__(self, width):
        self.width = width

    def evaluate(self, v, recorded, interval):
        return self.width * jnp.sum(v)


class Other(Loss):
    def evaluate(self, v, recorded, interval):
        return self.width + jnp.sum(v)


def program(loss):
    return checkpoints.program(loss, V, RECORDED, 0.1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda v, r, dt: v + 1.0, lambda v, r, dt: v + 2.0),
        (lambda v, r, dt: v + 1.0, lambda v, r, dt: v - 1.0),
        (lambda v, r, dt: jnp.sin(v), lambda v, r, dt: jnp.cos(v)),
        (lambda v, r, dt, k=1.0: v * k, lambda v, r, dt, k=2.0: v * k),
        (lambda v, r, dt: v, lambda v, r, dt: r),
        (lambda v, r, dt: v * dt, lambda v, r, dt: v),
        (lambda v, r, dt: v[1:3], lambda v, r, dt: v[2:3]),
        (power(2), power(3)),
        (functools.partial(scaled, width=1.0), functools.partial(scaled, width=1.0000001)),
        (Loss(1.0).evaluate, Loss(2.0).evaluate),
        (Loss(1.0).evaluate, Other(1.0).evaluate),
        (lambda v, r, dt: v * jnp.zeros(50), lambda v, r, dt: v * jnp.ones(50)),
        (lambda v, r, dt: v * np.linspace(0.0, 1.0, 50), lambda v, r, dt: v * np.linspace(0.0, 1.0 + 1e-6, 50)),
        (jax.jit(lambda v, r, dt: v + TABLE), jax.jit(lambda v, r, dt: v + 2.0 * TABLE)),
        (lambda v, r, dt: jax.random.key(0), lambda v, r, dt: jax.random.key(1)),
        (
            lambda v, r, dt: jax.lax.scan(lambda c, x: (c + x * TABLE[3], None), 0.0, v)[0],
            lambda v, r, dt: jax.lax.scan(lambda c, x: (c + x * TABLE[4], None), 0.0, v)[0],
        ),
    ],
)
def test_losses_that_calculate_differently_differ(one, other):
    assert program(one) != program(other)
    assert program(one) == program(one)


def test_the_same_calculation_is_the_same():
    assert program(power(2)) == program(power(2))
    assert program(outer) == program(lambda v, recorded, interval: outer(v, recorded, interval))


@pytest.mark.parametrize(
    ("name", "value"),
    [("SCALE", 3.0), ("WEIGHTS", (1.0, 3.0)), ("fast", jax.jit(lambda x: x)), ("TABLE", np.linspace(0.0, 2.0, 50))],
)
def test_the_names_that_a_function_looks_up_count(monkeypatch, name, value):
    before = program(outer)
    monkeypatch.setitem(globals(), name, value)
    assert program(lambda v, recorded, interval: outer(v, recorded, interval)) != before


@pytest.mark.slow
def test_another_session_finds_the_same_unless_a_helper_changed(tmp_path):
    def run(body, seed):
        (tmp_path / f"loss{seed}.py").write_text(SOURCE.format(body=body))
        command = [sys.executable, str(tmp_path / f"loss{seed}.py")]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "JAX_PLATFORMS": "cpu"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert run("2 * x", "1") == run("2 * x", "2") != run("3 * x", "1")


# --- the whole identity of a fit


@pytest.fixture
def identity(passive_problem):
    def of(loss, kind=CMAES):
        optimiser = kind(iterations=3, loss=SweepMean(checked_loss(loss, passive_problem)))
        return checkpoints.identity(passive_problem, optimiser, np.zeros((2, 2)), seed=0)

    return of


def test_a_checkpoint_knows_its_loss_and_the_settings(identity):
    narrow, wide = (jax.tree_util.Partial(losses.activity, width=w) for w in (1.0, 9.0))
    assert identity(narrow) == identity(jax.tree_util.Partial(losses.activity, width=1.0)) != identity(wide)
    assert identity(narrow, Adam) != identity(narrow)


def test_weights_of_a_sum_count(identity):
    one, other = (losses.weighted((w, losses.huber), (1.0, losses.spike_times)) for w in (1.0, 2.0))
    assert identity(one) != identity(other)


def test_two_functions_of_one_name_differ(identity):
    square, cube = (lambda v, r, dt: jnp.mean(abs(v - r) ** 2)), (lambda v, r, dt: jnp.mean(abs(v - r) ** 3))
    assert named(square) == named(cube) and identity(square) != identity(cube)
    assert identity(losses.weighted((1.0, square))) != identity(losses.weighted((1.0, cube)))
    assert identity(square) == identity(lambda v, r, dt: jnp.mean(abs(v - r) ** 2))


def test_the_seed_counts(passive_problem):
    one, other = (checkpoints.identity(passive_problem, CMAES(), np.zeros((2, 2)), seed) for seed in (0, 1))
    assert one != other


def test_a_loss_that_calls_back_into_python_is_refused():
    def loss(v, recorded, interval):
        one = jax.ShapeDtypeStruct((), v.dtype)
        return jax.lax.cond(
            v[0] > 0.0, lambda: jnp.sum(v), lambda: jax.pure_callback(lambda x: np.sum(x), one, v)
        )  # fmt: skip

    with pytest.raises(ValueError, match=r"calls back into Python .* fit without checkpoint"):
        checkpoints.program(loss, V, RECORDED, 0.1)
