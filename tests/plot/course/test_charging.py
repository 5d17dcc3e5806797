import numpy as np
import pytest

from membrax.laws import rc
from membrax.plot.course.charging import charging, mirror


def lines(ax):
    return {line.get_label(): np.array(line.get_data()) for line in ax.get_lines() if line.get_label()[0] != "_"}


@pytest.mark.parametrize(("start", "target"), [(-70.0, -50.0), (-50.0, -70.0), (-65.0, -64.0)])
def test_the_curve_solves_its_equation(start, target):
    t, v = lines(charging(start, target, 8.0).axes[0])["membrane potential"]
    assert v[0] == start and t[-1] == 40.0
    middle = 0.5 * (v[1:] + v[:-1])
    np.testing.assert_allclose(np.diff(v) / np.diff(t), (target - middle) / 8.0, rtol=1e-3)


@pytest.mark.parametrize("at", [0.0, 3.0, 32.0])
def test_the_tangent_reaches_the_final_value_after_tau(at):
    drawn = lines(charging(-70.0, -50.0, 8.0, tangent_at=at).axes[0])
    (t0, t1), (v0, v1) = drawn["tangent"]
    t, v = drawn["membrane potential"]
    assert (t0, t1, v1) == (at, at + 8.0, -50.0)
    assert v0 == pytest.approx(np.interp(at, t, v), abs=1e-3)
    assert (v1 - v0) / (t1 - t0) == pytest.approx(np.interp(at, t, np.gradient(v, t, edge_order=2)), rel=2e-3)


def test_half_and_sixty_three_percent_of_the_way():
    drawn = lines(charging(-70.0, -50.0, 10.0).axes[0])
    np.testing.assert_allclose(drawn["50 %"][:, 0], [10.0 * np.log(2.0), -60.0])
    np.testing.assert_allclose(drawn["63 %"][:, 0], [10.0, -50.0 - 20.0 / np.e])


def test_labels_of_the_axes():
    figures = (charging(-70, -50, 10), mirror(-70, -50, 10))
    assert {ax.get_xlabel() for figure in figures for ax in figure.axes} == {"time (ms)"}
    assert figures[0].axes[0].get_ylabel() == figures[1].axes[0].get_ylabel() == "membrane potential (mV)"
    assert figures[1].axes[1].get_ylabel() == "distance from the final value (mV)"


def test_charging_and_discharging_are_mirror_images():
    left, right = mirror(-70.0, -50.0, 10.0).axes
    drawn = lines(left)
    np.testing.assert_allclose(drawn["charging"][1] + drawn["discharging"][1], -120.0)
    (crossing,) = [line for line in left.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose([x[0] for x in crossing.get_data()], [10.0 * np.log(2.0), -60.0])
    for name, ends in (("charging", [-70.0, -50.0]), ("discharging", [-50.0, -70.0])):
        np.testing.assert_allclose(drawn[f"tangent of {name}"], [[0.0, 10.0], ends])
    assert right.get_yscale() == "log"
    for t, remains in lines(right).values():
        np.testing.assert_allclose(np.diff(np.log(remains)) / np.diff(t), -0.1, rtol=1e-6)


def test_it_can_be_saved(tmp_path):
    charging(-70, -50, 10, path=tmp_path / "a.png")
    mirror(-70, -50, 10, path=tmp_path / "b")
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("a.png", "b.png"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: charging(-70, -50, 0.0), "tau must be above 0 ms, got 0 ms"),
        (lambda: charging(-70, -70, 10.0), "must be finite and differ, got -70 mV and -70 mV"),
        (lambda: charging(-70, np.nan, 10.0), "must be finite and differ"),
        (lambda: charging(-70, -50, 10.0, tangent_at=41.0), "tangent_at must lie in 0…4 τ = 40 ms, got 41 ms"),
        (lambda: mirror(-50, -70, 10.0), "high must be above low, got -70 mV and -50 mV"),
        (lambda: mirror(-70, -50, -1.0), "tau must be above 0 ms"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_curve_agrees_with_the_laws():
    t, v = lines(charging(-70.0, -50.0, 8.0).axes[0])["membrane potential"]
    np.testing.assert_allclose(v, rc.separated(t, v0=-70.0, v_inf=-50.0, tau=8.0), rtol=1e-6)
    for part, after in ((0.5, 8.0 * np.log(2.0)), (1.0 - 1.0 / np.e, 8.0)):
        reached = rc.time_to_reach(-70.0 + 20.0 * part, v0=-70.0, v_inf=-50.0, tau=8.0)
        assert float(reached) == pytest.approx(after, rel=1e-6)
