import numpy as np
import pytest

from membrax.plot.course.solvers import convergence, one_step, solutions

TAU = 10.0


def rate(v):
    return -np.asarray(v) / TAU


def exact(t):
    return 20.0 * np.exp(-np.asarray(t) / TAU)


def test_one_step_of_each_method():
    ends = {"forward Euler": 10.0, "backward Euler": 20 / 1.5, "Crank–Nicolson": 12.0, "exact": float(exact(5.0))}
    figure = one_step(rate, exact, ends, dt=5.0)
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title("left") for ax in panels] == list(ends)
    for ax, end in zip(panels, ends.values(), strict=True):
        step = next(line for line in ax.get_lines() if line.get_marker() == "o")
        np.testing.assert_allclose(step.get_xdata(), [0.0, 5.0])
        np.testing.assert_allclose(step.get_ydata(), [20.0, end])
    assert panels[0].get_ylabel() == "potential (mV)" and panels[-1].get_xlabel() == "time (ms)"


def test_the_field_has_the_slopes_of_the_equation():
    ax = one_step(rate, exact, {"any": 10.0}, dt=5.0).axes[0]
    short = [line for line in ax.get_lines() if line.get_color() == "#C4C4C4"]
    assert len(short) == 90
    for line in short:
        (t0, t1), (v0, v1) = line.get_xdata(), line.get_ydata()
        assert (v1 - v0) / (t1 - t0) == pytest.approx(rate(0.5 * (v0 + v1)), abs=1e-3)


def test_diverging_solutions_leave_only_their_panel(tmp_path):
    t = np.linspace(0.0, 50.0, 100)
    wild = (np.arange(6) * 10.0, 20.0 * (-3.0) ** np.arange(6))
    figure = solutions((t, exact(t)), {"wild": wild, "tame": (t[::20], exact(t[::20]))}, path=tmp_path / "s")
    first, second = figure.axes
    np.testing.assert_array_equal(first.get_lines()[1].get_ydata(), wild[1])
    assert first.get_ylim() == second.get_ylim()
    assert first.get_ylim()[1] < 40.0


def test_the_legend_has_the_order():
    dt = 0.1 / 2.0 ** np.arange(6)
    errors = {"first": 3 * dt, "second": np.maximum(dt**2, 2e-5), "blown up": [np.inf, np.nan, 1.0, 1.0, 1.0, 0.0]}
    figure = convergence(dt, errors, ylabel="error of v (mV)")
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["first: order 1.0", "second: order 2.0", "blown up: order 0.0"]
    assert len(figure.axes[0].get_lines()[2].get_xdata()) == 3
    assert figure.axes[0].get_ylabel() == "error of v (mV)" and figure.axes[0].get_xlabel() == "step dt (ms)"
    assert convergence([1.0, 2.0], {"a": [1.0, 4.0]}, xlabel="h (µm)").axes[0].get_xlabel() == "h (µm)"
    assert "order" not in convergence([0.1], {"one": [1.0]}).axes[0].get_legend().get_texts()[0].get_text()


def test_errors_that_increase_again_have_no_order():
    dt = np.array([1.0, 0.1, 0.01])
    figure = convergence(dt, {"float64": dt**2, "float32": [1.0, 0.01, 0.02]})
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["float64: order 2.0", "float32"]


def test_refusals():
    with pytest.raises(ValueError, match=r"a dictionary \{method: …\}"):
        one_step(rate, exact, {}, dt=1.0)
    with pytest.raises(ValueError, match="dt must be above 0 ms, got −1 ms"):
        one_step(rate, exact, {"any": 1.0}, dt=-1.0)
    with pytest.raises(ValueError, match=r"a dictionary \{method: …\}"):
        solutions(([0.0, 1.0], [0.0, 1.0]), {})
    with pytest.raises(ValueError, match="dt must be steps"):
        convergence([0.0, 1.0], {"any": [1.0, 1.0]})
    with pytest.raises(ValueError, match="any must have one error for each step"):
        convergence([0.1, 1.0], {"any": [1.0]})
