import numpy as np
import pytest

from membrax.plot.course.impedance import impedance


def rc(f, resistance=10.0, tau=10.0):
    """Of a resistor and a capacitor: kΩ·cm² at f [Hz]."""
    return resistance / (1 + 2e-3j * np.pi * np.asarray(f) * tau)


def test_magnitude_and_phase():
    left, right = impedance(rc, low=1.0, high=100.0).axes
    f = left.get_lines()[0].get_xdata()
    assert (f[0], f[-1]) == pytest.approx((1.0, 100.0))
    np.testing.assert_allclose(left.get_lines()[0].get_ydata(), 10 / np.hypot(1, 2e-2 * np.pi * f), rtol=1e-5)
    np.testing.assert_allclose(
        right.get_lines()[0].get_ydata(), -np.degrees(np.arctan(2e-2 * np.pi * f)), rtol=1e-5, atol=1e-5
    )
    assert left.get_ylabel() == "impedance |Z| (kΩ·cm²)" and right.get_ylabel() == "phase of the voltage (°)"
    assert left.get_xlabel() == right.get_xlabel() == "frequency (Hz)"


def test_waves_at_the_cutoff_frequency():
    corner = 1e3 / (2 * np.pi * 10.0)
    figure = impedance(rc, at=corner)
    current, voltage = figure.axes[0].get_lines()
    t, cycle = voltage.get_xdata(), 1e3 / corner
    np.testing.assert_allclose(
        voltage.get_ydata(), np.sqrt(0.5) * np.sin(2 * np.pi * (t / cycle - 0.125)), rtol=0, atol=1e-4
    )
    np.testing.assert_allclose(current.get_ydata(), np.sin(2 * np.pi * t / cycle), atol=1e-6)
    assert "70.7 %" in figure.get_suptitle() and "7.85 ms late" in figure.get_suptitle()
    dot = figure.axes[1].get_lines()[1]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == pytest.approx((corner, 10 * np.sqrt(0.5)))


def test_a_resonant_membrane_may_lead():
    """Below its resonance a coil beside the capacitor makes the voltage early."""
    figure = impedance(lambda f: 1 / (1 + 0.01j * f + 1 / (0.1 + 0.2j * f)), at=1.0, low=0.1)
    assert figure.get_suptitle().endswith("early")


def test_several_have_a_legend(tmp_path):
    figure = impedance({"τ = 10 ms": rc, "τ = 20 ms": lambda f: rc(f, tau=20.0)}, unit="MΩ", path=tmp_path / "z")
    assert [t.get_text() for t in figure.axes[1].get_legend().get_texts()] == ["τ = 10 ms", "τ = 20 ms"]
    assert figure.axes[0].get_ylabel() == "impedance |Z| (MΩ)"


def test_refusals():
    with pytest.raises(ValueError, match="z must be a function of the frequency"):
        impedance(3.0)
    with pytest.raises(ValueError, match="z must be a function of the frequency"):
        impedance({})
    with pytest.raises(ValueError, match="0 < low < high, got 5 and 1 Hz"):
        impedance(rc, low=5.0, high=1.0)
    with pytest.raises(ValueError, match="at must be above 0 Hz, got 0 Hz"):
        impedance(rc, at=0.0)
