"""Channels of the user's own that are plain dataclasses: they run, vary, fit and are saved as decorated ones."""

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.channels.channel import Ungated


def kinds(wrapper):
    """Three classes of one channel, made anew, so that JAX has seen none of them."""

    @wrapper
    class Shunt:
        g: float = 0.1
        e: float = -70.0

        def init(self, v, env):
            return {}

        def advance(self, gates, v, dt, env):
            return gates

        def current(self, gates, v, env):
            return self.g * (v - self.e)

    return Shunt


FROZEN = dataclasses.dataclass(frozen=True)
WRAPPERS = {
    "frozen": FROZEN,
    "plain": dataclasses.dataclass,
    "slots": dataclasses.dataclass(frozen=True, slots=True),
    "no comparison": dataclasses.dataclass(frozen=True, eq=False),
    "decorated": mx.pytree,
    "registered": lambda cls: jax.tree_util.register_dataclass(FROZEN(cls), ["g", "e"], []),
}


@pytest.fixture(params=WRAPPERS.values(), ids=WRAPPERS)
def kind(request):
    return kinds(request.param)


LEAK = mx.Cell({"shunt": mx.channels.Leak(g=0.1, e=-70.0)})


def test_a_plain_dataclass_runs(kind):
    cell = mx.Cell({"shunt": kind()})
    expected = np.asarray(mx.simulate(LEAK, 1.0, duration=2.0).v)
    assert np.asarray(mx.simulate(cell, 1.0, duration=2.0).v) == pytest.approx(expected, abs=1e-4)
    assert np.asarray(mx.simulate(mx.Cell({"shunt": kind(e=-60.0)}), 1.0, duration=2.0).v)[-1] > expected[-1]
    assert float(mx.rest(cell, 1.0).v) == pytest.approx(-60.0, abs=1e-3)
    assert "shunt.g" in repr(cell)


def test_its_numbers_are_parameters(kind):
    cell = mx.Cell({"shunt": kind()})
    cells = mx.vary(cell, {"shunt.g": jnp.array([0.1, 0.2, 0.4])})
    rest = jax.vmap(lambda c: mx.rest(c, 1.0).v)(cells)
    assert np.asarray(rest) == pytest.approx([-60.0, -65.0, -67.5], abs=1e-3)
    slope = jax.grad(lambda c: mx.rest(c, 1.0).v)(mx.replace(cell, {"shunt.e": -70.0}))
    assert float(slope.channels["shunt"].e) == pytest.approx(1.0, rel=1e-4)
    result = mx.run(cells, 1.0, duration=1.0, record=mx.probes.voltage(40), progress=False)
    assert np.unique(np.asarray(result.v)[:, -1]).size == 3


def test_it_is_fitted(kind):
    cell, truth = (mx.Cell({"shunt": kind(g=g)}) for g in (0.1, 0.25))
    pulse = mx.stimuli.step(1.0, 5.0, 25.0)
    trace = mx.simulate(truth, pulse, duration=40.0, state=mx.rest(truth))
    current = np.where((trace.t >= 5.0) & (trace.t < 25.0), 1.0, 0.0)
    data = mx.Recording(t=trace.t, v=np.asarray(trace.v)[None], i=current[None], unit="uA/cm2")
    found = mx.fit(cell, {"shunt.g": (0.05, 1.0)}, data, starts=4, seed=0, progress=False)
    assert float(found.values["shunt.g"]) == pytest.approx(0.25, rel=0.02)


def test_it_is_saved_and_loaded(kind, tmp_path):
    path = mx.save_cell(mx.Cell({"shunt": kind(g=0.3)}), tmp_path / "cell.json")
    again = mx.load_cell(path, channels=[kinds(FROZEN)])  # another program has its own class
    assert float(again.channels["shunt"].g) == pytest.approx(0.3)
    assert float(mx.simulate(again, duration=1.0).v[-1]) == pytest.approx(-65.0 - 5.0 * (1 - np.exp(-0.3)), abs=1e-3)


@dataclasses.dataclass(frozen=True)
class Options(Ungated):
    """A channel whose fields are not all numbers."""

    rule: "str"
    e: float = -70
    g: "float | jax.Array" = 0.1
    power: int = 1
    double: bool = False
    weight: Callable[[Any], Any] = abs
    note: "str | None" = None
    extra: float | None = None

    def current(self, gates, v, env):
        assert self.rule == "linear" and not self.double
        for _ in range(self.power):
            v = self.weight(v) * v
        return self.g * (v - self.e)


def test_fields_of_other_kinds_are_fixed(tmp_path):
    cell = mx.Cell({"x": Options("linear", weight=abs)})
    paths = [path for path in mx.pytrees.leaves(cell) if path.startswith("x.")]
    assert paths == ["x.e", "x.g"]
    assert len(jax.tree.leaves(cell.channels["x"])) == 2
    assert np.isfinite(float(jax.jit(lambda c: mx.simulate(c, duration=1.0).v[-1])(cell)))
    options = {field.name: field.metadata.get("static") for field in dataclasses.fields(Options)}
    fixed = ["rule", "power", "double", "weight", "note"]
    assert [name for name, static in options.items() if static] == fixed
    with pytest.raises(ValueError, match=r"x.weight is a builtin_function_or_method, which a file can't hold"):
        mx.save_cell(cell, tmp_path / "cell.json")


def test_a_channel_inside_another_is_registered_too():
    inner = kinds(FROZEN)

    @dataclasses.dataclass(frozen=True)
    class Twice(Ungated):
        part: object

        def current(self, gates, v, env):
            return 2.0 * self.part.current(gates, v, env)

    cell = mx.Cell({"twice": Twice(inner())})
    assert float(mx.rest(cell, 1.0).v) == pytest.approx(-65.0, abs=1e-3)
    assert "twice.part.g" in mx.pytrees.leaves(cell)


def test_a_subclass_does_not_change_its_base():
    @mx.pytree
    class Base(Ungated):
        g: float = 0.1
        count: int = 2

    @dataclasses.dataclass(frozen=True)
    class Own(Base):
        def current(self, gates, v, env):
            return self.g * sum(v for _ in range(self.count))

    assert float(mx.rest(mx.Cell({"own": Own()}), 1.0).v) == pytest.approx(5.0, abs=1e-3)
    assert len(jax.tree.leaves(Base())) == 2 and not dataclasses.fields(Base)[1].metadata


def test_many_threads_register_one_class_once():
    kind, failed = kinds(FROZEN), []
    barrier = threading.Barrier(8)

    def build():
        barrier.wait()
        try:
            mx.Cell({"shunt": kind()})
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=build) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and len(jax.tree.leaves(kind())) == 2


def test_a_class_without_a_decorator_names_it():
    class Plain:
        init = advance = current = lambda self, *args: {}

    class Undecorated(kinds(FROZEN)):
        more: float = 1.0

    for channel in (Plain(), Undecorated()):
        with pytest.raises(ValueError, match=r"whose numbers JAX can't see: decorate the class with @membrax.pytree"):
            mx.simulate(mx.Cell({"x": channel}), duration=1.0)
