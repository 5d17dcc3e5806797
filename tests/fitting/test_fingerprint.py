"""Functions of one name are told apart by what they do, and known again in another session."""

import dataclasses
import functools
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting.fingerprint import fingerprint

SCALE = 2.0
SOURCE = """
from membrax.fitting.fingerprint import fingerprint
import jax, functools
import jax.numpy as jnp
scale = 3.0
def inner(x): return {body}
class Loss:
    def __init__(self): self.width = 4.0
    def beside(self, b): return self.width * b.v
def power(n): return lambda v, r, dt: scale * jnp.mean(abs(inner(v) - r) ** n)
print(fingerprint([power(2), jax.tree_util.Partial(power(3), width=1.0), Loss(), {{"a", "b", "c"}}]))
"""


def power(n):
    return lambda v, recorded, interval: jnp.mean(abs(v - recorded) ** n)


def two(a, b):
    return lambda v: (a, b, v)


def inner(x):
    return SCALE * x


class Loss:
    def __init__(self, width):
        self.width = width

    def beside(self, b):
        return self.width * b.v


class Other(Loss):
    def beside(self, b):
        return self.width + b.v


Other.__qualname__ = "Loss"


@dataclasses.dataclass
class Kept:
    weights: tuple


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda v: v + 1.0, lambda v: v + 2.0),
        (lambda v: v + 1.0, lambda v: v - 1.0),
        (lambda v: jnp.sin(v), lambda v: jnp.cos(v)),
        (lambda v, k=1.0: v * k, lambda v, k=2.0: v * k),
        (power(2), power(3)),
        (two(None, 1), two(1, None)),
        (lambda v: [x + 1 for x in v], lambda v: [x + 2 for x in v]),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (jax.tree_util.Partial(inner, w=1.0), jax.tree_util.Partial(inner, w=1.0000001)),
        (Loss(1.0), Loss(2.0)),
        (Loss(1.0), Other(1.0)),
        (Loss(1.0).beside, Loss(2.0).beside),
        (Kept((jnp.zeros(2), inner)), Kept((jnp.ones(2), inner))),
        (np.zeros(2, np.float32), np.zeros(1, np.float64)),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
        (1, True),
    ],
)
def test_what_differs_is_told_apart(one, other):
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_the_same_code_is_the_same():
    assert fingerprint(power(2)) == fingerprint(power(2))
    assert fingerprint(Kept((jnp.zeros(2), inner))) == fingerprint(Kept((jnp.zeros(2), inner)))


def test_a_number_of_the_module_counts(monkeypatch):
    before = fingerprint(inner)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert fingerprint(inner) != before


def test_a_function_that_calls_itself_comes_to_an_end():
    def again(x):
        return again(x - 1) if x else 0

    assert fingerprint(again) == fingerprint(again)


def test_what_is_let_go_is_not_mistaken_for_what_was_seen():
    def fresh(n):
        return [functools.partial(power(k), {"k": [k]}) for k in range(n)]

    assert {fingerprint(fresh(30)) for _ in range(20)} == {fingerprint(fresh(30))}


@pytest.mark.slow
def test_another_session_finds_the_same_unless_a_helper_changed(tmp_path):
    def run(body, seed):
        (tmp_path / "loss.py").write_text(SOURCE.format(body=body))
        command = [sys.executable, str(tmp_path / "loss.py")]
        environment = {"PYTHONHASHSEED": seed, "JAX_PLATFORMS": "cpu"}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert run("2 * x", "1") == run("2 * x", "2") != run("3 * x", "1")
