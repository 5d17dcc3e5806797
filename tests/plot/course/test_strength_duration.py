import numpy as np
import pytest

from membrax.plot.course.strength_duration import reading, strength_duration

TAU = 12.0
D = np.geomspace(0.1, 200.0, 40)
STRENGTH = 1.5 / -np.expm1(-D / TAU)
T = np.linspace(0.0, 100.0, 1001)
V = -70.0 + 8.0 * -np.expm1(-np.maximum(T - 10.0, 0.0) / TAU)


def test_the_chronaxie_is_at_twice_the_rheobase():
    figure = strength_duration(
        D, STRENGTH, rheobase=1.5, chronaxie=TAU * np.log(2), points={"measured": (D[::9], STRENGTH[::9])}
    )
    left, right = figure.axes
    curve = left.get_lines()[0]
    square = next(line for line in left.get_lines() if line.get_marker() == "s")
    assert square.get_ydata()[0] == 3.0
    assert np.interp(square.get_xdata()[0], curve.get_xdata(), curve.get_ydata()) == pytest.approx(3.0, rel=0.01)
    charge = right.get_lines()[0]
    np.testing.assert_allclose(charge.get_ydata(), D * STRENGTH)
    assert charge.get_ydata()[0] == pytest.approx(1.5 * TAU, rel=0.01)  # a short pulse needs C·ΔV
    assert left.get_ylabel() == "threshold current (µA/cm²)" and right.get_ylabel() == "threshold charge (nC/cm²)"
    dots = [line for line in right.get_lines() if line.get_marker() == "o"][-1]
    np.testing.assert_allclose(dots.get_ydata(), D[::9] * STRENGTH[::9])


def test_the_tangent_reaches_the_plateau_after_tau(tmp_path):
    figure = reading(T, V, start=10.0, rest=-70.0, plateau=-62.0, tau=TAU, path=tmp_path / "reading")
    left, right = figure.axes
    recorded, tangent, point = left.get_lines()[:3]
    np.testing.assert_array_equal(recorded.get_ydata(), V)
    np.testing.assert_allclose(tangent.get_xdata(), [10.0, 22.0])
    np.testing.assert_allclose(tangent.get_ydata(), [-70.0, -62.0])
    reached = np.interp(point.get_xdata()[0], T, V)
    assert point.get_ydata()[0] == pytest.approx(reached, abs=0.01)
    dots, line = right.get_lines()
    np.testing.assert_allclose(
        np.interp(dots.get_xdata(), line.get_xdata(), line.get_ydata()), dots.get_ydata(), atol=0.01
    )
    assert right.get_yscale() == "log"
    assert figure.get_suptitle() == "Step response: 8 mV at the plateau, τ = 12 ms"
    assert (tmp_path / "reading.png").exists()


def test_a_downward_step_gives_the_same_distances():
    up, down = (reading(T, s * V, start=10.0, rest=s * -70.0, plateau=s * -62.0, tau=TAU) for s in (1, -1))
    np.testing.assert_allclose(up.axes[1].get_lines()[0].get_ydata(), down.axes[1].get_lines()[0].get_ydata())
    assert down.get_suptitle().startswith("Step response: −8 mV")


def test_refusals():
    with pytest.raises(ValueError, match="rheobase must be above 0 µA/cm², got −1 µA/cm²"):
        strength_duration(D, STRENGTH, rheobase=-1.0, chronaxie=1.0)
    with pytest.raises(ValueError, match="chronaxie must be above 0 ms"):
        strength_duration(D, STRENGTH, rheobase=1.0, chronaxie=0.0)
    with pytest.raises(ValueError, match="duration must be above 0 ms, got 0 ms"):
        strength_duration([0.0, 1.0], [1.0, 1.0], rheobase=1.0, chronaxie=1.0)
    with pytest.raises(ValueError, match="tau must be above 0 ms, got −1 ms"):
        reading(T, V, start=0.0, rest=0.0, plateau=1.0, tau=-1.0)
    with pytest.raises(ValueError, match="plateau and rest must differ, got −70 mV"):
        reading(T, V, start=0.0, rest=-70.0, plateau=-70.0, tau=1.0)
