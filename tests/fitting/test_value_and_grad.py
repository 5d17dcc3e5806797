import jax.numpy as jnp
import numpy as np
import pytest

import membrax as mx
from membrax.fitting import value_and_grad
from membrax.fitting.problem.sensitivities import choose

NAMES = {"na.g": 110.0, "k.g": 33.0, "leak.g": 0.35, "capacitance": 0.95}


@pytest.fixture(scope="module")
def cell():
    return mx.models.hodgkin_huxley()


@pytest.fixture(scope="module")
def data(cell):
    """Two sweeps of 12 ms, the second with a spike."""
    t = np.arange(0.0, 12.01, 0.025)
    levels = np.array([2.0, 10.0])[:, None] * ((t > 0.99) & (t < 9.99))
    steps = [mx.stimuli.step(level, 1.0, 10.0) for level in (2.0, 10.0)]
    v = [mx.simulate(cell, step, duration=12.0, state=mx.rest(cell)).v for step in steps]
    return mx.Recording(t=t[: len(v[0])], v=np.array(v), i=levels[:, : len(v[0])], unit="uA/cm2")


def test_forward_and_reverse_agree(cell, data):
    values = NAMES | {"k.e": -76.0, "na.shift": 0.3}
    forward, reverse = (value_and_grad(cell, values, data, ad_mode=mode) for mode in ("forward", "reverse"))
    assert float(forward.loss) == pytest.approx(float(reverse.loss), rel=1e-4)
    for name in values:
        assert float(forward.gradient[name]) == pytest.approx(float(reverse.gradient[name]), rel=2e-3), name


@pytest.mark.x64
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_gradients_are_finite_differences(cell, data, mode):
    here = value_and_grad(cell, NAMES, data, ad_mode=mode)
    for name, value in NAMES.items():
        h = 1e-5 * value
        up, down = (value_and_grad(cell, NAMES | {name: value + s * h}, data, ad_mode=mode).loss for s in (1, -1))
        assert float(here.gradient[name]) == pytest.approx(float(up - down) / (2 * h), rel=1e-5), name


def test_many_are_one_many_times(cell, data):
    values = {"na.g": np.array([100.0, 120.0, 140.0]), "k.g": 36.0}
    many = value_and_grad(cell, values, data)
    assert many.loss.shape == many.gradient["k.g"].shape == (3,)
    for k, g in enumerate(values["na.g"]):
        one = value_and_grad(cell, {"na.g": g, "k.g": 36.0}, data)
        assert float(many.loss[k]) == pytest.approx(float(one.loss), rel=1e-3, abs=1e-6)
        for name in values:
            assert float(many.gradient[name][k]) == pytest.approx(float(one.gradient[name]), rel=1e-2, abs=1e-4)
    assert float(many.loss[1]) < 1e-3 < float(many.loss[0])


def test_two_paths_may_move_as_one(cell, data):
    both = value_and_grad(cell, {"na.shift, k.shift": 0.5}, data)
    apart = value_and_grad(cell, {"na.shift": 0.5, "k.shift": 0.5}, data)
    total = float(apart.gradient["na.shift"] + apart.gradient["k.shift"])
    assert float(both.gradient["na.shift, k.shift"]) == pytest.approx(total, rel=1e-3)


def test_the_default_mode_is_the_cheaper_one():
    assert [choose(count, None) for count in (1, 5, 6, 40)] == ["forward", "forward", "reverse", "reverse"]
    assert choose(40, "forward") == "forward"
    with pytest.raises(ValueError, match="ad_mode must be one of forward, reverse or None, got 'backward'"):
        choose(3, "backward")


def test_adam_finds_the_same_either_way(cell, data):
    named = {"starts": 2, "iterations": 5, "method": "adam", "progress": False}
    one, other = (mx.fit(cell, {"na.g": (80, 160)}, data, ad_mode=mode, **named) for mode in ("forward", "reverse"))
    assert one.values["na.g"] == pytest.approx(other.values["na.g"], rel=1e-2)


BAD = {
    "unknown path": ({"na.gg": 1.0}, {}, "na.g"),
    "no values": ({}, {}, "value_and_grad needs at least one parameter"),
    "uneven": (
        {"na.g": [1.0, 2.0], "k.g": [1.0, 2.0, 3.0]},
        {},
        r"arrays \[neuron\] of equal length, got na.g: \(2,\)",
    ),
    "two axes": ({"na.g": jnp.ones((2, 2))}, {}, r"arrays \[neuron\] of equal length"),
    "a channel": ({"na": 1.0}, {}, "na is no number"),
    "ad_mode": ({"na.g": 1.0}, {"ad_mode": "both"}, "ad_mode must be one of forward, reverse or None"),
    "sweep": ({"na.g": 1.0}, {"sweeps": [7]}, "sweep"),
    "dt": ({"na.g": 1.0}, {"dt": 0.02}, "whole fraction of the sampling interval"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_words(cell, data, case):
    values, named, told = BAD[case]
    with pytest.raises(ValueError, match=told):
        value_and_grad(cell, values, data, **named)


def test_what_is_no_recording_is_refused(cell):
    with pytest.raises(ValueError, match="data must be a Recording"):
        value_and_grad(cell, {"na.g": 1.0}, np.zeros(3))


def test_a_derivative_of_fit_is_checked(cell, data):
    with pytest.raises(ValueError, match="ad_mode must be one of"):
        mx.fit(cell, {"na.g": (80, 160)}, data, ad_mode="up")
