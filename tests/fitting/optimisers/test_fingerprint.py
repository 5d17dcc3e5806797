"""Functions of one name are told apart by what they do, and known again in another session."""

import dataclasses
import functools
import operator
import subprocess
import sys
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from membrax.fitting.optimisers.fingerprint import fingerprint

SCALE, WEIGHTS = 2.0, (1.0, 2.0)
SOURCE = """
from membrax.fitting.fingerprint import fingerprint
import jax, functools
import jax.numpy as jnp
scale = 3.0
def inner(x): return {body}
class Loss:
    def __init__(self): self.width = 4.0
    def beside(self, b): return self.width * b.v
class Key:
    def __init__(self, name): self.name = name
def power(n): return lambda v, r, dt: scale * jnp.mean(abs(inner(v) - r) ** n)
def closing():
    import numpy as np
    return lambda v: np.mean(v[1:3]) + (v in {{"a", "b", "c"}})
sets = {{frozenset({{"a", "b"}}), frozenset({{"c", "d"}})}}
keyed = {{Key("x"): inner, Key("y"): power(2)}}
print(fingerprint([power(2), jax.tree_util.Partial(power(3), width=1.0), Loss(), sets, keyed, closing(), jnp.sin, max]))
"""


def power(n):
    return lambda v, recorded, interval: jnp.mean(abs(v - recorded) ** n)


def two(a, b):
    return lambda v: (a, b, v)


@jax.jit
def fast(x):
    return x + 1.0


def inner(x):
    return SCALE * fast(x) + WEIGHTS[1]


class Loss:
    def __init__(self, width):
        self.width = width

    def beside(self, b):
        return self.width * b.v


class Other(Loss):
    def beside(self, b):
        return self.width + b.v


Other.__qualname__ = "Loss"


class Slotted:
    __slots__ = ("width",)

    def __init__(self, width):
        self.width = width


class Wide:
    width = 2.0


class Narrow:
    width = 1.0


Narrow.__qualname__ = "Wide"


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
        ([[1], 2], [[1, 2]]),
        (functools.partial(power, (1,), 2), functools.partial(power, (1, 2))),
        ([power, two, power], [power, two, two]),
        (functools.partial(max, 1), functools.partial(min, 1)),
        (operator.itemgetter(1), operator.itemgetter(2)),
        (slice(1, 3), slice(2, 3)),
        (Fraction(1, 2), Fraction(1, 3)),
        (Slotted(1.0), Slotted(2.0)),
        (Wide(), Narrow()),
        (lambda a, *b: b, lambda a, b: b),
        (jax.jit(lambda v: v + 1.0), jax.jit(lambda v: v + 2.0)),
        (jax.random.key(0), jax.random.key(1)),
        (np.array([None, 1], object), np.array([None, 2], object)),
    ],
)
def test_what_differs_is_told_apart(one, other):
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_the_same_code_is_the_same():
    assert fingerprint(power(2)) == fingerprint(power(2))
    assert fingerprint(Kept((jnp.zeros(2), inner))) == fingerprint(Kept((jnp.zeros(2), inner)))


@pytest.mark.parametrize(("name", "value"), [("SCALE", 3.0), ("WEIGHTS", (1.0, 3.0)), ("fast", jax.jit(lambda x: x))])
def test_what_a_function_names_of_its_module_counts(monkeypatch, name, value):
    before = fingerprint(inner)
    monkeypatch.setitem(globals(), name, value)
    assert fingerprint(inner) != before


def test_a_function_that_calls_itself_comes_to_an_end():
    def again(x):
        return again(x - 1) if x else 0

    assert fingerprint(again) == fingerprint(again)


def test_what_is_shared_many_times_is_looked_at_once():
    nested = (1.0,)
    for _ in range(200):
        nested = (nested, nested)
    assert fingerprint(nested) != fingerprint((nested, nested))


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
