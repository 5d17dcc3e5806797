import numpy as np
import pytest

import membrax as mx
from membrax.plot.course.passive import responses, shares

T = np.linspace(0.0, 100.0, 201)


def test_a_voltage_has_the_colour_of_its_current():
    figure = responses(
        T, {"weak": -65 + T, "strong": -65 + 2 * T}, {"weak": T, "strong": 2 * T},
        points={"simulated": (T[::20], -65 + T[::20])}, levels={"rest": -65.0},
    )  # fmt: skip
    upper, lower = figure.axes
    for k, size in enumerate((1, 2)):
        np.testing.assert_array_equal(upper.get_lines()[k].get_ydata(), -65 + size * T)
        np.testing.assert_array_equal(lower.get_lines()[k].get_ydata(), size * T)
        assert upper.get_lines()[k].get_color() == lower.get_lines()[k].get_color()
    assert upper.get_ylabel() == "membrane\npotential (mV)"
    assert lower.get_ylabel() == "injected\n(µA/cm²)" and lower.get_xlabel() == "time (ms)"
    assert [t.get_text() for t in upper.get_legend().get_texts()] == ["weak", "strong", "simulated"]


def test_a_single_current_is_black(tmp_path):
    figure = responses(T, {"v": T}, {"i": T}, unit="nA", path=tmp_path / "r.png")
    assert figure.axes[1].get_ylabel() == "injected\n(nA)"
    assert figure.axes[1].get_lines()[0].get_color() == "#1A1A1A"
    assert (tmp_path / "r.png").exists()
    assert len(responses(T, {"v": T}).axes) == 1


def test_charge_is_conserved():
    """The capacitor's charge, drawn from a simulation's currents, is C times its change of potential."""
    cell = mx.Cell(channels={"leak": mx.channels.Leak(g=0.1, e=-65.0)}, capacitance=2.0, v_init=-65.0)
    trace = mx.simulate(
        cell, mx.stimuli.step(1.0, 5.03, 30.0), duration=60.0, dt=0.1, record=mx.probes.currents(every=1)
    )
    kept = trace.recorded["currents"]
    figure = shares(trace.times["currents"], kept["stimulus"], kept["leak"])
    left, right = figure.axes
    injected, channels, capacitor = (line.get_ydata() for line in left.get_lines()[:3])
    np.testing.assert_allclose(channels + capacitor, injected, atol=1e-6)
    delivered, through, stored = (line.get_ydata() for line in right.get_lines()[:3])
    assert delivered[-1] == pytest.approx(1.0 * (30.0 - 5.03), abs=1e-4)
    np.testing.assert_allclose(delivered, through + stored, atol=1e-3)
    v = np.asarray(trace.v)
    np.testing.assert_allclose(stored, 2.0 * (v[1:] - v[0]), rtol=0, atol=2e-4)
    assert left.get_ylabel() == "current (µA/cm²)" and right.get_ylabel() == "charge so far (nC/cm²)"


def test_refusals():
    with pytest.raises(ValueError, match="v must have one value for each of x"):
        responses(T, {"v": T[1:]})
    with pytest.raises(ValueError, match="i must have one value for each of x"):
        responses(T, {"v": T}, {"i": T[1:]})
    with pytest.raises(ValueError, match="t must have at least two steps, got 1"):
        shares([0.5], [1.0], [0.0])
    with pytest.raises(ValueError, match="through the channels must have one value"):
        shares(T, T, T[1:])
